"""Settings of escalation: the rungs of the house's ladder, and its working hours."""

from typing import Any

from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from boardwell.domain.audit.queries import log_of_settings
from boardwell.domain.journeys.actions.change_ladder import change_ladder, suggested
from boardwell.domain.journeys.escalating import house_ladder
from boardwell.domain.journeys.ladders import MOST_RUNGS, Ladder, Rung
from boardwell.domain.journeys.queries.escalation import clock_words, member_names, who_words
from boardwell.doors.workspace.attempts import Errors, attempt, whole_number
from boardwell.doors.workspace.entry import workspace
from boardwell.doors.workspace.navigation import settings_sections
from boardwell.kernel import tenancy
from boardwell.ui.page import page


@workspace("settings:view")
def escalation(request: HttpRequest, slug: str) -> HttpResponse:
    """The rungs as rows, one empty; an empty ladder offers the usual one."""
    errors: Errors | None = None
    ladder = house_ladder()
    if request.method == "POST" and request.POST.get("usual"):
        ladder = suggested()
    elif request.method == "POST":
        ladder = _typed(request.POST)
        _none, errors = attempt(request, lambda: change_ladder(ladder), _("Saved. Open steps find their place in a moment."))
        if errors is None:
            return redirect("workspace:settings_escalation", slug=slug)
    names = member_names()
    context: dict[str, Any] = {
        "section": "escalation", "sections": settings_sections(tenancy.current().actor), "errors": errors, "ladder": ladder,
        "rungs": [_shown(number, rung, names) for number, rung in enumerate((*ladder.rungs, None)[:MOST_RUNGS])],
        "units": [("hours", _("working hours")), ("days", _("working days"))],
        "clocks": [
            ("our_turn", _("it is our turn")), ("our_overdue", _("it is our turn and overdue")),
            ("their_overdue", _("it is the other side's turn and overdue")),
        ],
        "tells": [
            ("doer", _("Whoever does the step")), ("owner", _("Whoever owns the onboarding")), ("managers", _("The managers")),
            ("admins", _("The administrators")), *names.items(),
        ],
        "takers": [("", _("nobody else")), ("owner", _("Whoever owns the onboarding")), *names.items()],
        "history": log_of_settings("ladder"),
    }  # fmt: skip
    return page(request, "workspace/settings_escalation.html", context, status=422 if errors else 200)


def _typed(posted: QueryDict) -> Ladder:
    rungs = [
        Rung(
            whole_number(posted.get(f"rung{n}_after", "")[:6], -1), posted.get(f"rung{n}_unit", "")[:10], posted.get(f"rung{n}_clock", "")[:20],
            tuple(one[:40] for one in posted.getlist(f"rung{n}_tell")), posted.get(f"rung{n}_reassign", "")[:40],
        )
        for n in range(MOST_RUNGS)
        if posted.get(f"rung{n}_after", "").strip()
    ]  # fmt: skip
    return Ladder(tuple(rungs), whole_number(posted.get("from_hour", "")[:3], 9), whole_number(posted.get("until_hour", "")[:3], 17))


def _shown(number: int, rung: Rung | None, names: dict[str, str]) -> dict[str, Any]:
    field = f"rung{number}"
    return {
        "number": number + 1, "is_new": rung is None, "after_name": f"{field}_after", "unit_name": f"{field}_unit", "clock_name": f"{field}_clock",
        "tell_name": f"{field}_tell", "reassign_name": f"{field}_reassign", "after": "" if rung is None or rung.after < 0 else rung.after,
        "unit": rung.unit if rung else "days", "clock": rung.clock if rung else "our_overdue", "tell": rung.tell if rung else (),
        "reassign": rung.reassign if rung else "",
        "words": clock_words(rung.clock, rung.after, rung.unit) if rung and rung.after > 0 else "",
        "who": who_words(rung.tell, rung.reassign, names) if rung else "",
    }  # fmt: skip
