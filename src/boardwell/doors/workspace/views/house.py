"""Settings of the house itself: name and place, quiet hours, languages, working calendars with their year."""

from typing import Any
from zoneinfo import available_timezones

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _

from boardwell.domain.audit.queries import log_of_settings
from boardwell.domain.journeys.queries.following import Shifts, preview_of
from boardwell.domain.organisations.actions.change_settings import (
    days_if_saved,
    delete_calendar,
    save_calendar,
    undo_calendar,
    update_habits,
    update_organisation,
)
from boardwell.domain.organisations.queries import calendars, country_codes, current_organisation, policy_of_current, subdivisions_of
from boardwell.domain.organisations.workyear import year_of
from boardwell.doors.workspace.attempts import Errors, attempt, say_undo, whole_number
from boardwell.doors.workspace.entry import workspace
from boardwell.doors.workspace.navigation import settings_sections
from boardwell.kernel import tenancy
from boardwell.ui.page import LANGUAGE_NAMES, page

_PLACE = ("name", "country", "time_zone", "language")


@workspace("settings:view")
def general(request: HttpRequest, slug: str) -> HttpResponse:
    """Name, place and language; quiet hours and the languages that customers may choose."""
    organisation, policy = current_organisation(), policy_of_current()
    values: dict[str, Any] = {name: getattr(organisation, name) for name in _PLACE}
    values |= {name: getattr(policy, name) for name in ("quiet_from_hour", "quiet_until_hour", "languages")}
    errors: Errors | None = None
    posted = request.POST
    if request.method == "POST" and posted.get("part") == "organisation":
        values |= {name: posted.get(name, "").replace("\x00", "") for name in _PLACE}
        place = {name: str(values[name]) for name in _PLACE}
        _none, errors = attempt(request, lambda: update_organisation(**place), _("Saved."))
    elif request.method == "POST":
        hours = {name: whole_number(posted.get(name, "")[:6], -1) for name in ("quiet_from_hour", "quiet_until_hour")}
        languages = posted.getlist("languages")
        values |= {**{name: posted.get(name, "") for name in hours}, "languages": languages}
        _none, errors = attempt(request, lambda: update_habits(**hours, languages=languages), _("Saved."))
    if request.method == "POST" and errors is None:
        return redirect("workspace:settings_general", slug=slug)
    context = {
        "section": "general", "sections": settings_sections(tenancy.current().actor), "values": values, "errors": errors,
        "zones": [(zone, zone) for zone in sorted(available_timezones())], "languages": list(LANGUAGE_NAMES.items()),
        "history": log_of_settings("organisation", "access"),
    }  # fmt: skip
    return page(request, "workspace/settings_general.html", context, status=422 if errors else 200)


@workspace("settings:view")
def calendars_page(request: HttpRequest, slug: str) -> HttpResponse:
    """Every calendar with its year; “Show the year” looks at what was typed and writes nothing."""
    errors: Errors | None = None
    posted = request.POST
    typed = _typed(request) if request.method == "POST" else None
    shifts: Shifts | None = None
    if typed is not None and not posted.get("look"):
        verb, _colon, named = posted.get("verb", "").partition(":")
        if posted.get("delete"):
            _none, errors = attempt(request, lambda: delete_calendar(posted["delete"]), _("Deleted."))
        elif verb == "undo":
            _none, errors = attempt(request, lambda: undo_calendar(named[:40]), _("Undone. Everything is as it was before."))
        else:
            order = _order(typed, is_default=bool(posted.get("is_default")))
            shifts, errors = attempt(request, lambda: None if posted.get("confirm") else _shifts(order))
            if errors is None and shifts is None:
                kept, errors = attempt(request, lambda: save_calendar(**order))
                if errors is None:
                    say_undo(request, request.path, f"undo:{kept}", _("Saved."))
        if errors is None and shifts is None:
            return redirect("workspace:settings_calendars", slug=slug)
    shown = [
        _shown(
            {"id": one.id, "name": one.name, "country": one.country, "subdivision": one.subdivision, "weekdays": list(one.weekdays),
             "days_off": list(one.days_off), "is_default": one.is_default, "followed": one}
            | (typed if typed is not None and typed["id"] == one.id else {}),
            is_open=typed is not None and typed["id"] == one.id,
        )
        for one in calendars()
    ]  # fmt: skip
    empty = {"id": "", "name": "", "country": "", "subdivision": "", "weekdays": [0, 1, 2, 3, 4], "days_off": [], "is_default": False}
    shown.append(
        {
            **(typed if typed is not None and not typed["id"] else empty),
            "is_default": False,
            "days_off": "",
            "is_open": typed is not None and not typed["id"],
        }
    )
    context = {
        "section": "calendars", "sections": settings_sections(tenancy.current().actor), "shown": shown, "errors": errors,
        "shifts": shifts, "as_default": bool(posted.get("is_default")), "countries": country_codes(),
        "weekdays": list(enumerate(_weekdays())), "history": log_of_settings("calendar"),
    }  # fmt: skip
    return page(request, "workspace/settings_calendars.html", context, status=422 if errors else 200)


def _weekdays() -> tuple[str, ...]:
    return (_("Monday"), _("Tuesday"), _("Wednesday"), _("Thursday"), _("Friday"), _("Saturday"), _("Sunday"))


def _typed(request: HttpRequest) -> dict[str, Any]:
    posted = request.POST
    clean = {name: posted.get(name, "").replace("\x00", "")[:5000] for name in ("name", "country", "subdivision")}
    return {
        **clean, "id": posted.get("calendar_id", "").replace("\x00", "")[:40],
        "weekdays": [whole_number(day[:3], -1) for day in posted.getlist("weekdays")[:10]],
        "days_off": [day.strip() for day in posted.get("days_off", "").replace("\x00", "").splitlines() if day.strip()],
    }  # fmt: skip


def _order(typed: dict[str, Any], *, is_default: bool) -> dict[str, Any]:
    # Another country has other provinces: what was chosen for the former one goes with it.
    subdivision = typed["subdivision"] if typed["subdivision"] in _subdivisions(typed["country"]) else ""
    return {
        "calendar_id": typed["id"], "name": typed["name"], "country": typed["country"], "subdivision": subdivision,
        "weekdays": typed["weekdays"], "days_off": typed["days_off"], "is_default": is_default,
    }  # fmt: skip


def _shifts(order: dict[str, Any]) -> Shifts | None:
    """What saving it would move; None when nothing would."""
    days = days_if_saved(**order)
    found = preview_of(days) if days is not None else None
    return found if found is not None and (found.moved or found.unseen) else None


def _subdivisions(country: str) -> list[str]:
    return subdivisions_of(country) if country in country_codes() else []


def _shown(values: dict[str, Any], *, is_open: bool) -> dict[str, Any]:
    year = timezone.localdate().year
    known = values["country"] if values["country"] in country_codes() else ""
    subdivisions = _subdivisions(known)
    months, free = year_of(
        year, weekdays=values["weekdays"], country=known,
        subdivision=values["subdivision"] if values["subdivision"] in subdivisions else "", days_off=values["days_off"],
    )  # fmt: skip
    return {
        **values, "days_off": "\n".join(values["days_off"]), "subdivisions": subdivisions, "months": months, "free": free, "year": str(year),
        "worked": sum(month.worked for month in months), "is_open": is_open,
    }  # fmt: skip
