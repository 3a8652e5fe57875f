"""One's own weekly digest: when it comes and of what, and what it would say now."""

from datetime import date, timedelta

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from boardwell.domain.people.actions.choose_digest import choose_digest
from boardwell.domain.people.queries import member_by_id
from boardwell.doors.workspace.attempts import Errors, attempt, whole_number
from boardwell.doors.workspace.entry import workspace
from boardwell.kernel import tenancy
from boardwell.kernel.clock import now
from boardwell.listeners.notifications.weekly import A_WEEK, digest_for, heading_of, zone_of
from boardwell.ui.page import page

_A_MONDAY = date(2024, 1, 1)


@workspace("journeys:view")
def weekly(request: HttpRequest, slug: str) -> HttpResponse:
    """Chooses the day, the hour and the scope; below, the digest as it would read today."""
    errors: Errors | None = None
    posted = request.POST
    if request.method == "POST":
        day = posted.get("weekday", "")
        _none, errors = attempt(
            request,
            lambda: choose_digest(
                weekday=whole_number(day, -1) if day else None, hour=whole_number(posted.get("hour", ""), -1), scope=posted.get("scope", "")
            ),
            _("Saved."),
        )
        if errors is None:
            return redirect("workspace:weekly", slug=slug)
    member = member_by_id(tenancy.current().actor.id)
    with timezone.override(zone_of(member)):
        week, sections = digest_for(member, now() - A_WEEK, {})
    chosen = {"weekday": "" if member.digest_weekday is None else str(member.digest_weekday), "hour": str(member.digest_hour),
              "scope": member.digest_scope}  # fmt: skip
    context = {
        "errors": errors, "values": {name: posted.get(name, "") for name in chosen} if errors else chosen,
        "weekdays": [("", _("Never")), *((str(day), date_format(_A_MONDAY + timedelta(days=day), "l")) for day in range(7))],
        "hours": [(str(hour), f"{hour:02}:00") for hour in range(24)],
        "scopes": [("mine", _("The onboardings that I own")), ("all", _("All onboardings"))],
        "zone": str(zone_of(member)), "heading": heading_of(member), "sections": sections, "running": week.running,
    }  # fmt: skip
    return page(request, "workspace/weekly.html", context, status=422 if errors else 200)
