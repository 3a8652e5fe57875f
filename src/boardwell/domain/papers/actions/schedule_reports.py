"""Say how often a status report is written."""

from datetime import date, timedelta
from zoneinfo import ZoneInfo

from django.db import transaction
from django.utils.translation import gettext as _

from boardwell.domain.audit.actions import record
from boardwell.domain.journeys.models import Journey
from boardwell.domain.journeys.rows import lock_journey
from boardwell.domain.papers.actions.write_paper import composed, draft_paper, hand_out
from boardwell.domain.papers.events import PaperPrepared
from boardwell.domain.papers.kinds import RHYTHMS
from boardwell.domain.papers.models import Paper, ReportSchedule
from boardwell.kernel import tenancy
from boardwell.kernel.clock import now
from boardwell.kernel.errors import Invalid
from boardwell.kernel.events import emit

_DAYS = {"week": 7, "fortnight": 14, "month": 28}
"""A month is four weeks, so that the weekday stays."""


def schedule_reports(journey_id: str, *, every: str, first_on: date | None, by_itself: bool) -> None:
    """From `first_on` (tomorrow at the earliest) a report every week, fortnight or four weeks; "" stops it.

    Raises NotFound, NotAllowed, Invalid.
    """
    tenancy.require("papers:write")
    with transaction.atomic():
        journey = lock_journey(journey_id)
        next_on = _checked(journey, every, first_on) if every else None
        ReportSchedule.objects.filter(journey=journey).delete()
        if next_on is not None:
            ReportSchedule(
                organisation_id=journey.organisation_id, account_id=journey.account_id, journey=journey, every=every,
                next_on=next_on, by_itself=by_itself,
            ).save(force_insert=True)  # fmt: skip
        record(
            "paper.scheduled", object_kind="journey", object_id=journey.id, account_id=journey.account_id, journey_id=journey.id,
            label=journey.title, after={"every": every, "first_on": first_on.isoformat() if every and first_on else None, "by_itself": by_itself},
        )  # fmt: skip


def _checked(journey: Journey, every: str, first_on: date | None) -> date:
    wrong: dict[str, list[str]] = {}
    if every not in RHYTHMS:
        wrong["every"] = [_("Choose one of the list.")]
    if first_on is None or first_on <= _today(journey):
        wrong["first_on"] = [_("Choose a day from tomorrow on.")]
    if wrong or first_on is None:
        raise Invalid(_("That cannot be scheduled so."), wrong)
    return first_on


def _today(journey: Journey) -> date:
    return now().astimezone(ZoneInfo(journey.time_zone)).date()


def write_scheduled(schedule_id: str) -> bool:
    """Writes the report that is due, once, and moves the schedule on; True when one was written.

    Sent when it goes by itself, else it lies ready and the owner is told. Ended journeys lose their schedule, paused ones wait.
    """
    with transaction.atomic():
        schedule = ReportSchedule.objects.select_related("journey").filter(pk=schedule_id).first()
        if schedule is None:
            return False
        journey = lock_journey(schedule.journey_id)
        schedule.refresh_from_db()
        today = _today(journey)
        if schedule.next_on > today or journey.state == "paused":
            return False
        if journey.state in {"cancelled", "closed"}:
            schedule.delete()
            return False
        while schedule.next_on <= today:
            schedule.next_on += timedelta(days=_DAYS[schedule.every])
        schedule.save()
        paper = Paper.objects.get(pk=draft_paper(journey.id, "status_report"))
        if schedule.by_itself and paper.revision == 1:  # nobody has touched it: what it says is as of today
            paper.until_on = today
            paper.sections = composed(journey, paper.kind, paper.language, paper.since_on, today)
            hand_out(paper, journey.owner.name)
        else:
            emit(PaperPrepared(paper_id=paper.id, journey_id=journey.id, account_id=journey.account_id, kind=paper.kind))
        return True
