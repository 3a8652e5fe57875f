"""Scheduled status reports are written in the morning of their day."""

from datetime import timedelta
from zoneinfo import ZoneInfo

from boardwell.domain.papers.actions.schedule_reports import write_scheduled
from boardwell.domain.papers.models import ReportSchedule
from boardwell.kernel import tenancy
from boardwell.kernel.clock import now
from boardwell.kernel.recurring import AGAIN, Again, every

BATCH = 50
HOUR = 8
"""Local time from which a report may be written."""


@every(timedelta(minutes=15), name="papers.scheduled")
def write_due() -> Again | None:
    """Writes what is due, a batch at a time; the look-up is a range of an index."""
    latest = (now() + timedelta(hours=14)).date()  # the day that has begun furthest east
    with tenancy.unscoped("the clock runs for every organisation"):
        found = ReportSchedule.objects.filter(next_on__lte=latest, journey__state__in=["active", "live", "cancelled", "closed"])
        due = list(found.order_by("next_on").values_list("organisation_id", "id", "next_on", "journey__time_zone")[:BATCH])
    written = 0
    for organisation_id, schedule_id, next_on, zone in due:
        local = now().astimezone(ZoneInfo(zone))
        if (next_on, HOUR) <= (local.date(), local.hour) or next_on < local.date():
            with tenancy.acting_for(organisation_id):
                written += write_scheduled(schedule_id)
    return AGAIN if written and len(due) == BATCH else None
