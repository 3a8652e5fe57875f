"""How a meeting shows itself: the customer picks a time, the team sees to the rest."""

from datetime import UTC, date, datetime, time, timedelta
from itertools import groupby
from typing import Any
from zoneinfo import ZoneInfo

from django.http import QueryDict
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from boardwell.capabilities.meetings import booking
from boardwell.capabilities.meetings.invites import calendar_message
from boardwell.capabilities.meetings.letters import in_words, invite_of
from boardwell.capabilities.meetings.models import Meeting
from boardwell.kit.handle import StepHandle
from boardwell.kit.people import actor_now, guests_of, house_calendar, member_players, time_zones
from boardwell.kit.rows import now
from boardwell.kit.screens import Files, HandedOut, Screen, Submitted
from boardwell.kit.words import Invalid, in_language, line, paragraph, to_html

MOST_DAYS = 15
"""Days with free times that are shown; more would bury the next one."""
ACTION_ROWS = 4
FARTHEST = timedelta(days=366)
FILE = "meeting.ics"


def guest_zone(handle: StepHandle) -> str:
    """The customer's clock: what they chose here, else their own or their account's."""
    chosen = str(handle.progress.get("zone", ""))
    if chosen in time_zones():
        return chosen
    guests = guests_of(handle.journey_id, handle.account_id, handle.contact_id)
    acting = actor_now().id
    return next((one.time_zone for one in guests if one.id == acting), guests[0].time_zone if guests else house_calendar()["time_zone"])


def reader_zone(handle: StepHandle) -> str:
    """The clock by which the page speaks: a member's own, else the customer's."""
    actor = actor_now()
    if actor.kind != "member":
        return guest_zone(handle)
    found = member_players([actor.id])
    return found[0].time_zone if found else guest_zone(handle)


class MeetingScreen(Screen):
    """Times by day, by the reader's own clock; what is booked, with its calendar file; for the team also how it went."""

    template = "meetings/meeting.html"

    def context(self, handle: StepHandle, typed: QueryDict | None = None) -> dict[str, Any]:
        actor = actor_now()
        zone = reader_zone(handle)
        last = booking.last_meeting(handle.step_id)
        booked = last if last is not None and last.state == "booked" else None
        context: dict[str, Any] = {
            "agenda": to_html(in_language(handle.settings.get("agenda"))), "place": in_language(handle.settings.get("place")),
            "minutes_long": booking.wish_of(handle).minutes, "zone": zone, "zones": [(one, one) for one in sorted(time_zones())],
            "days": _days(handle, zone, typed.get("slot", "") if typed is not None else ""), "booked": _shown(booked, zone) if booked else None,
            "was_missed": last is not None and last.state == "missed", "is_team": actor.is_insider, "file": FILE,
        }  # fmt: skip
        if actor.is_insider:
            context |= _for_team(handle, booked, typed, zone)
        return context

    def submit(self, handle: StepHandle, typed: QueryDict, files: Files) -> Submitted:
        verb = typed.get("verb", "book")
        if verb == "zone":
            return _keep_zone(handle, typed.get("zone", ""))
        if verb == "cancel":
            booking.cancel(handle, line(typed.get("reason", ""), 300))
            return Submitted(saved=True, message=_("Cancelled. Everybody gets a mail, and the times are free again."))
        if verb == "missed":
            booking.mark_missed(handle)
            return Submitted(saved=True, message=_("Noted. The customer gets a friendly mail with the way to new times."))
        if verb == "place":
            return _place(handle, typed)
        if verb in {"held", "minutes"}:
            return _write_up(handle, typed, ends=verb == "held")
        start = _instant(typed.get("slot", ""))
        if start is None:
            return Submitted(errors={"slot": [_("Choose a time.")]})
        booking.book(handle, start, time_zone=guest_zone(handle))
        return Submitted(saved=True, message=_("Booked. The mail that you get puts the meeting into your calendar."))

    def hand_out(self, handle: StepHandle, name: str) -> HandedOut | None:
        meeting = booking.booked_meeting(handle.step_id)
        if name != FILE or meeting is None:
            return None
        hosts = member_players(meeting.host_ids)
        invite = invite_of(meeting, handle, hosts, [], sequence=meeting.sequence, is_ours=actor_now().is_insider)
        return HandedOut(FILE, "text/calendar; charset=utf-8; method=PUBLISH", calendar_message(invite, "PUBLISH").encode())


def _days(handle: StepHandle, zone: str, chosen: str) -> list[dict[str, Any]]:
    """Days with their free times by a clock, the first one open, or the one that holds what was chosen."""
    clock = ZoneInfo(zone)
    local = [slot.start.astimezone(clock) for slot in booking.open_slots(handle)]
    days: list[dict[str, Any]] = []
    for day, listed in groupby(local, key=datetime.date):
        if len(days) == MOST_DAYS:
            break
        times = [(start.isoformat(), date_format(start, "TIME_FORMAT")) for start in listed]
        days.append({
            "label": date_format(day, "l") + ", " + date_format(day, "DATE_FORMAT"), "times": times, "count": len(times),
            "is_open": any(value == chosen for value, _label in times), "key": day.isoformat(), "chosen": chosen,
        })  # fmt: skip
    if days and not any(day["is_open"] for day in days):
        days[0]["is_open"] = True
    return days


def _shown(meeting: Meeting, zone: str) -> dict[str, Any]:
    names = [one.name for one in member_players(meeting.host_ids)]
    has_begun = meeting.start_at <= now()
    return {"when": in_words(meeting.start_at, zone), "names": ", ".join(names), "has_begun": has_begun, "state": meeting.state}


def _for_team(handle: StepHandle, booked: Meeting | None, typed: QueryDict | None, zone: str) -> dict[str, Any]:
    players = booking.players_of(handle)
    chosen = booked.host_ids if booked else [player.id for player in players] if booking.wish_of(handle).together else []
    start = booked.start_at.astimezone(ZoneInfo(zone)) if booked else None
    get = typed.get if typed is not None else (lambda name, default="": default)
    people = [(player.id, player.name) for player in players]
    people += [(guest.id, guest.name) for guest in guests_of(handle.journey_id, handle.account_id) if guest.id not in dict(people)]
    return {
        "hosts": people[: len(players)], "chosen_hosts": typed.getlist("host") if typed is not None else chosen,
        "day": get("day", start.date().isoformat() if start else ""), "time": get("time", f"{start:%H:%M}" if start else ""),
        "guest_zone": guest_zone(handle), "minutes": get("minutes", str(handle.progress.get("minutes", ""))), "people": people,
        "may_add": actor_now().may("journeys:edit"),
        "actions": [
            {"number": n, "title": get(f"action_{n}_title", ""), "person": get(f"action_{n}_person", ""), "due": get(f"action_{n}_due", "")}
            for n in range(1, ACTION_ROWS + 1)
        ],
    }  # fmt: skip


def _keep_zone(handle: StepHandle, zone: str) -> Submitted:
    if zone not in time_zones():
        return Submitted(errors={"zone": [_("Use a time zone such as Asia/Dhaka.")]})
    handle.save_progress({**handle.progress, "zone": zone})
    return Submitted(saved=True, message=_("Times are now shown for %(zone)s.") % {"zone": zone})


def _place(handle: StepHandle, typed: QueryDict) -> Submitted:
    clock = ZoneInfo(reader_zone(handle))
    try:
        wanted = datetime.combine(date.fromisoformat(typed.get("day", "")), time.fromisoformat(typed.get("time", "")), clock)
    except ValueError:
        return Submitted(errors={"day": [_("Enter a day and a time.")]})
    if abs(wanted.date() - now().date()) > FARTHEST:
        return Submitted(errors={"day": [_("Choose a day within a year.")]})
    if wanted.astimezone(UTC).astimezone(clock).replace(tzinfo=None) != wanted.replace(tzinfo=None):
        return Submitted(errors={"day": [_("There is no such time on that day: the clocks change.")]})
    booking.place(handle, wanted.astimezone(UTC), host_ids=typed.getlist("host"), time_zone=guest_zone(handle))
    return Submitted(saved=True, message=_("Booked. Everybody gets a mail with the calendar entry."))


def _write_up(handle: StepHandle, typed: QueryDict, *, ends: bool) -> Submitted:
    actions: list[booking.Action] = []
    numbers: list[int] = []
    errors: dict[str, list[str]] = {}
    for n in range(1, ACTION_ROWS + 1):
        title, due = line(typed.get(f"action_{n}_title", ""), 200), typed.get(f"action_{n}_due", "")
        if not title:
            continue
        try:
            due_on = date.fromisoformat(due) if due else None
        except ValueError:
            errors[f"action_{n}_due"] = [_("Enter a day.")]
            continue
        actions.append(booking.Action(title, typed.get(f"action_{n}_person", ""), due_on))
        numbers.append(n)
    if errors:
        return Submitted(errors=errors)
    try:
        keys = booking.write_up(handle, paragraph(typed.get("minutes", ""), 20_000), actions, ends=ends)
    except Invalid as problem:
        return Submitted(errors=_renumbered(problem, numbers) or {"minutes": [str(problem)]})
    if ends:
        return Submitted(done=True)
    said = _("Minutes saved.")
    return Submitted(saved=True, message=said if not keys else _("Minutes saved, and the actions are steps of the plan now."))


def _renumbered(problem: Invalid, numbers: list[int]) -> dict[str, list[str]]:
    """Errors of the n-th action as errors of the row in which it stood."""
    found = {}
    for field, said in problem.fields.items():
        _action, number, name = field.split("_", 2)
        found[f"action_{numbers[int(number) - 1]}_{name}"] = said
    return found


def _instant(text: str) -> datetime | None:
    try:
        found = datetime.fromisoformat(text)
        return found.astimezone(UTC) if found.tzinfo is not None else None
    except (ValueError, OverflowError):
        return None
