"""The team's load by week, and one member: their weeks, hours and days off, role and access."""

from io import BytesIO
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from boardwell.domain.journeys.queries.load import MOST_WEEKS, WEEKS, TeamLoad, member_load, team_load
from boardwell.domain.organisations.absences import absences_from
from boardwell.domain.people.access import may_plan_time
from boardwell.domain.people.actions.change_member import change_member
from boardwell.domain.people.actions.note_export import note_export
from boardwell.domain.people.actions.plan_time import add_time_off, change_week, remove_time_off, undo_time
from boardwell.domain.people.queries import member_by_id
from boardwell.domain.people.roles import ROLE_LABELS
from boardwell.domain.vault.actions.keep_picture import change_member_picture
from boardwell.doors.workspace.attempts import Errors, attempt, day_from, number_from, say_errors, say_undo, whole_number
from boardwell.doors.workspace.csvout import csv_response
from boardwell.doors.workspace.entry import ask_for_proof, workspace
from boardwell.doors.workspace.loadpages import picture_of
from boardwell.doors.workspace.views.handing import offer_hand_over
from boardwell.kernel import tenancy
from boardwell.ui.page import page

_TIME_VERBS = ("week", "time_off", "time_off_remove", "undo_time")


@workspace("people:view")
def load(request: HttpRequest, slug: str) -> HttpResponse:
    """Members by weeks: who has how much, who has too much and on which steps."""
    weeks, role = _asked_for(request.GET)
    found = team_load(weeks=weeks, role=role)
    context = {
        "load": found, "picture": picture_of(found), "weeks": str(weeks), "role": role, "roles": list(ROLE_LABELS.items()),
        "week_choices": [(str(number), str(number)) for number in (4, 8, 12, MOST_WEEKS)],
    }  # fmt: skip
    return page(request, "workspace/load.html", context)


def _asked_for(given: QueryDict) -> tuple[int, str]:
    role = given.get("role", "")
    return min(max(whole_number(given.get("weeks", "")[:4], WEEKS), 1), MOST_WEEKS), role if role in ROLE_LABELS else ""


@workspace("lists:export")
@require_POST
def export(request: HttpRequest, slug: str) -> HttpResponseBase:
    """The load as it is shown, a line for each member and week, as CSV; who took it is written down first."""
    weeks, role = _asked_for(request.POST)
    found = team_load(weeks=weeks, role=role)
    note_export("load", query={"weeks": str(weeks), "role": role}, rows=len(found.members))
    header = (_("Id"), _("Name"), _("Role"), _("Week from"), _("Hours of work"), _("Hours there are"), _("Hours too many"))
    return csv_response("load.csv", header, lambda: [_rows(found)])


def _rows(found: TeamLoad) -> list[tuple[Any, ...]]:
    return [
        (one.id, one.name, ROLE_LABELS[one.role], week.monday, *(round(minutes / 60, 2) for minutes in (week.minutes, week.capacity, week.over)))
        for one in found.members
        for week in one.weeks
    ]  # fmt: skip


@workspace("people:view")
def member(request: HttpRequest, slug: str, member_id: str) -> HttpResponse:
    """One member; what is posted changes their role, access, hours or days off, or is their first picture."""
    if request.method != "POST":
        return _member_page(request, member_id)
    verb = request.POST.get("verb", "")
    if verb in _TIME_VERBS:
        return _change_time(request, slug, member_id, verb)
    if verb == "picture":
        return _hang_up(request, slug, member_id)
    if verb not in {"role", "activate", "deactivate"}:
        raise Http404
    ask_for_proof(request)
    if verb == "role":
        role = request.POST.get("role", "")
        _none, errors = attempt(request, lambda: change_member(member_id, role=role), _("Saved."))
    else:
        _none, errors = attempt(request, lambda: change_member(member_id, active=verb == "activate"), _("Saved."))
    say_errors(request, errors)
    if verb == "deactivate" and errors is None and tenancy.current().actor.may("journeys:assign"):
        return offer_hand_over(request, slug, member_id) or redirect("workspace:people", slug=slug)
    return redirect("workspace:people", slug=slug)


def _hang_up(request: HttpRequest, slug: str, member_id: str) -> HttpResponse:
    """A first picture for a colleague; whoever has one changes it themselves."""
    if member_by_id(member_id).photo_file_id:
        raise Http404
    upload: Any = request.FILES.get("picture") or BytesIO()
    _none, errors = attempt(request, lambda: change_member_picture(member_id, upload), _("Saved."))
    if errors is not None:
        return _member_page(request, member_id, errors)
    return redirect("workspace:member", slug=slug, member_id=member_id)


def _change_time(request: HttpRequest, slug: str, member_id: str, verb: str) -> HttpResponse:
    posted = {name: request.POST.get(name, "").replace("\x00", "") for name in ("hours", "first_on", "last_on", "words")}
    days = {name: day_from(posted[name]) for name in ("first_on", "last_on")}
    if verb == "week":
        _none, errors = attempt(request, lambda: change_week(member_id, hours=number_from(posted["hours"])))
        said = _("Saved.")
    elif verb == "time_off":
        _none, errors = attempt(request, lambda: add_time_off(member_id, **days, words=posted["words"]))
        said = _("Noted. The load and the forecasts reckon with it; no planned day has moved.")
    elif verb == "time_off_remove":
        _none, errors = attempt(request, lambda: remove_time_off(member_id, **days))
        said = _("Removed.")
    else:
        _none, errors = attempt(request, lambda: undo_time(member_id), _("Undone. Everything is as it was before."))
        said = ""
    if errors is not None and verb in {"week", "time_off"}:
        return _member_page(request, member_id, errors, posted)
    say_errors(request, errors)
    if said and errors is None:
        say_undo(request, request.path, "undo_time", said)
    return redirect("workspace:member", slug=slug, member_id=member_id)


def _member_page(request: HttpRequest, member_id: str, errors: Errors | None = None, typed: dict[str, str] | None = None) -> HttpResponse:
    found, shown = member_load(member_id), member_by_id(member_id)
    may_plan = may_plan_time(tenancy.current().actor, member_id)
    hours = f"{shown.week_minutes / 60:g}"
    context = {
        "load": found, "picture": picture_of(found, with_steps=True), "one": shown, "role_label": ROLE_LABELS[shown.role], "errors": errors,
        "may_plan": may_plan, "absences": absences_from(shown.time_off) if may_plan else (), "today": timezone.localdate(),
        "typed": typed or {}, "hours": (typed or {}).get("hours") or hours,
    }  # fmt: skip
    return page(request, "workspace/member.html", context, status=422 if errors else 200)
