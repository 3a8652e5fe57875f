"""The verbs of a meeting: book, move, cancel, note who came, write it up. Each is one transaction with its audit and its event."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from boardwell.capabilities.meetings import happenings
from boardwell.capabilities.meetings.availability import clashes, hosts_now, lock_hosts, take
from boardwell.capabilities.meetings.models import Meeting, TakenQuarter
from boardwell.capabilities.meetings.slots import Slot, Wish, slot_at, slots
from boardwell.kit.events import emit
from boardwell.kit.handle import Outcome, StepHandle
from boardwell.kit.people import Player, hosts_of, require
from boardwell.kit.rows import now
from boardwell.kit.words import Conflict, Invalid


def wish_of(handle: StepHandle) -> Wish:
    """What the playbook says of the meeting."""
    settings = handle.settings
    return Wish(
        minutes=settings.get("minutes", 60), notice_hours=settings.get("notice_hours", 24), horizon_days=settings.get("horizon_days", 30),
        together=settings.get("who", "all") == "all",
    )  # fmt: skip


def players_of(handle: StepHandle) -> list[Player]:
    """Who of us may host it."""
    return hosts_of(handle.journey_id, handle.settings.get("hosts", ()), everybody=not wish_of(handle).together)


def booked_meeting(step_id: str) -> Meeting | None:
    """The step's meeting that is agreed and not over."""
    return Meeting.objects.filter(step_id=step_id, state="booked").first()


def last_meeting(step_id: str) -> Meeting | None:
    """The newest meeting of the step, whatever became of it."""
    return Meeting.objects.filter(step_id=step_id).order_by("-created_at", "-id").first()


def open_slots(handle: StepHandle) -> list[Slot]:
    """The times that can be had now; those of the step's own meeting are among them."""
    at, wish = now(), wish_of(handle)
    booked = booked_meeting(handle.step_id)
    return slots(hosts_now(players_of(handle), at, wish.horizon_days, but=booked.id if booked else ""), wish, at)


def _taken() -> Invalid:
    said = _("Somebody has just taken this time. Choose another one.")
    return Invalid(said, {"slot": [said]})


def book(handle: StepHandle, start: datetime, *, time_zone: str) -> None:
    """Books a slot that is still free, or moves the step's meeting to it. Invalid when it is gone; NotAllowed, Conflict as for every step."""
    try:
        with transaction.atomic():
            handle.save_progress({**handle.progress, "zone": time_zone})
            players, wish, at = players_of(handle), wish_of(handle), now()
            lock_hosts(players)
            booked = booked_meeting(handle.step_id)
            hosts = hosts_now(players, at, wish.horizon_days, but=booked.id if booked else "")
            slot = slot_at(hosts, wish, at, start)
            if slot is None:
                raise _taken()
            _agree(handle, booked, slot, time_zone)
    except IntegrityError as problem:
        raise _taken() from problem


def place(handle: StepHandle, start: datetime, *, host_ids: Sequence[str], time_zone: str) -> None:
    """Books or moves for the team: at any time, also past, as long as none of the hosts has another meeting of ours then."""
    require("journeys:complete")
    end = start + timedelta(minutes=wish_of(handle).minutes)
    try:
        with transaction.atomic():
            handle.save_progress({**handle.progress, "zone": time_zone})
            players = {player.id: player for player in players_of(handle)}
            chosen = [each for each in host_ids if each in players]
            if not chosen:
                raise Invalid(_("Choose who hosts it."), {"host": [_("Choose who hosts it.")]})
            lock_hosts([players[each] for each in chosen])
            booked = booked_meeting(handle.step_id)
            busy = clashes(chosen, start, end, but=booked.id if booked else "")
            if busy:
                names = ", ".join(players[each].name for each in chosen if each in busy)
                said = _("%(names)s: already in another meeting then.") % {"names": names}
                raise Invalid(said, {"day": [said]})
            _agree(handle, booked, Slot(start, end, tuple(chosen)), time_zone)
    except IntegrityError as problem:
        raise _taken() from problem


def _agree(handle: StepHandle, booked: Meeting | None, slot: Slot, time_zone: str) -> None:
    meeting = booked or Meeting(
        account_id=handle.account_id,
        step_id=handle.step_id,
        journey_id=handle.journey_id,
        step_key=handle.key,
        contact_id=handle.contact_id,
    )
    before = _as_noted(booked)
    former = tuple(each for each in meeting.host_ids if each not in slot.host_ids)
    meeting.start_at, meeting.end_at, meeting.host_ids, meeting.time_zone = slot.start, slot.end, list(slot.host_ids), time_zone
    meeting.sequence += 1 if booked else 0
    meeting.save()
    take(meeting.id, slot.host_ids, slot.start, slot.end)
    handle.note("meeting.moved" if booked else "meeting.booked", {**_as_noted(meeting), "before": before})
    kind = happenings.MeetingMoved if booked else happenings.MeetingBooked
    emit(said_of(kind, meeting, former))


def cancel(handle: StepHandle, reason: str = "") -> None:
    """Calls the meeting off; the step stays open, for another time. Conflict when none is booked."""
    _end(handle, "cancelled", "meeting.cancelled", happenings.MeetingCancelled, reason)


def call_off(handle: StepHandle) -> None:
    """Cancels what is still to come of a step that was left out; says nothing of why, which is the team's. Twice changes nothing."""
    with transaction.atomic():
        meeting = Meeting.objects.select_for_update().filter(step_id=handle.step_id, state="booked", end_at__gt=now()).first()
        if meeting is not None:
            _close(handle, meeting, "cancelled", "meeting.cancelled", happenings.MeetingCancelled, "")


def mark_missed(handle: StepHandle) -> None:
    """Notes that the customer did not come. Conflict before its beginning. The step stays theirs, and they get new times by mail."""
    require("journeys:complete")
    _end(handle, "missed", "meeting.missed", happenings.MeetingMissed, "", begun=True)


def _end(handle: StepHandle, state: str, verb: str, kind: type[happenings.MeetingEvent], reason: str, *, begun: bool = False) -> None:
    with transaction.atomic():
        handle.save_progress(dict(handle.progress))
        meeting = booked_meeting(handle.step_id)
        if meeting is None:
            raise Conflict(_("No meeting is booked any more. Reload the page to see what happened."))
        if begun and meeting.start_at > now():
            raise Conflict(_("The meeting has not begun yet."))
        _close(handle, meeting, state, verb, kind, reason)


def _close(handle: StepHandle, meeting: Meeting, state: str, verb: str, kind: type[happenings.MeetingEvent], reason: str) -> None:
    meeting.state, meeting.reason = state, reason
    meeting.sequence += 1
    meeting.save()
    TakenQuarter.objects.filter(meeting_id=meeting.id).delete()
    handle.note(verb, _as_noted(meeting))
    emit(said_of(kind, meeting))


@dataclass(frozen=True, slots=True)
class Action:
    """Something that was agreed: who does what by when."""

    title: str
    person_id: str
    due_on: date | None


def write_up(handle: StepHandle, minutes: str, actions: Sequence[Action], *, ends: bool) -> list[str]:
    """Keeps the minutes and makes each action a step of the journey; with `ends` the meeting was held and the step is done.

    All or nothing. Conflict for a meeting that has not begun; a step that has no meeting was met about without one. Returns the keys of
    the new steps. Invalid names the action by its number: `action_2_title`.
    """
    require("journeys:complete")
    with transaction.atomic():
        handle.save_progress({**handle.progress, "minutes": minutes})
        meeting = booked_meeting(handle.step_id)
        if meeting is not None and meeting.start_at > now():
            raise Conflict(_("The meeting has not begun yet. Move it to when you met, or cancel it."))
        keys = []
        for number, action in enumerate(actions, start=1):
            try:
                keys.append(handle.add_step(action.title, person_id=action.person_id, due_on=action.due_on))
            except Invalid as problem:
                raise Invalid(str(problem), {f"action_{number}_{field}": said for field, said in problem.fields.items()}) from problem
        if meeting is not None:
            meeting.minutes = minutes
            meeting.state = "held" if ends else meeting.state
            meeting.save()
        handle.note("meeting.written_up", {"steps": keys, "characters": len(minutes)})
        if ends:
            if meeting is not None:
                handle.note("meeting.held", _as_noted(meeting))
                emit(said_of(happenings.MeetingHeld, meeting))
            handle.complete(Outcome(word="held", answers=_answers(meeting, minutes)))
    return keys


def _answers(meeting: Meeting | None, minutes: str) -> dict[str, Any]:
    found: dict[str, Any] = {"minutes": minutes} if minutes else {}
    if meeting is not None:
        found |= {"start_at": meeting.start_at.isoformat(), "time_zone": meeting.time_zone, "host_ids": list(meeting.host_ids)}
    return found


def _as_noted(meeting: Meeting | None) -> dict[str, Any]:
    if meeting is None:
        return {}
    return {"meeting": meeting.id, "start_at": meeting.start_at.isoformat(), "hosts": list(meeting.host_ids), "state": meeting.state}


def said_of(kind: type[happenings.MeetingEvent], meeting: Meeting, former: tuple[str, ...] = ()) -> happenings.MeetingEvent:
    """What happened to a meeting; `former` are hosts who need not come any more."""
    return kind(
        meeting_id=meeting.id,
        journey_id=meeting.journey_id,
        account_id=meeting.account_id,
        sequence=meeting.sequence,
        former_host_ids=former,
    )
