"""Lets open steps climb their ladders: reads their clocks from what the log says, and does what is due, once for each rung."""

import logging
from collections.abc import Iterable
from datetime import timedelta
from typing import NamedTuple

from boardwell.domain.audit.actions import Entry, record_many
from boardwell.domain.audit.queries import Line, entries_for_object
from boardwell.domain.journeys.actions.assign_step import assign_step
from boardwell.domain.journeys.documents import document_of_version, working_time_from
from boardwell.domain.journeys.events import StepEscalated
from boardwell.domain.journeys.ladders import CLOCKS, Hours, Ladder, Rung, Span, ladder_from, next_rung, rungs_for, running
from boardwell.domain.journeys.models import OPEN_STATES, Escalation, Step
from boardwell.domain.organisations.queries import current_organisation
from boardwell.domain.people.models import Member
from boardwell.kernel.clock import now
from boardwell.kernel.errors import BoardwellError
from boardwell.kernel.events import emit

MOST_LINES = 5_000
"""Entries of one object that are looked through."""
log = logging.getLogger("boardwell.escalation")


class Climb(NamedTuple):
    """A step's ladder and its clocks as of now."""

    hours: Hours
    rungs: tuple[Rung, ...]
    clocks: dict[str, list[Span]]


def house_ladder() -> Ladder:
    """The ladder of the organisation that acts."""
    return ladder_from(current_organisation().ladder)


def climb_of(step: Step) -> Climb | None:
    """The ladder of an open step with its clocks; None when it has none. Two queries of its log. `step.journey` is at hand."""
    journey = step.journey
    document, house = document_of_version(journey.version_id), house_ladder()
    rungs = rungs_for(house, document, document.step(step.key.partition("~")[0]))
    if not rungs or step.opened_at is None or step.state not in OPEN_STATES:
        return None
    hours = Hours(working_time_from(journey.calendar, journey.time_zone), house.from_hour, house.until_hour)
    waits = _spans(entries_for_object(step.id, most=MOST_LINES), "waiting")
    pauses = _spans(entries_for_object(journey.id, most=MOST_LINES), "paused")
    clocks = {clock: running(clock, step.side, step.opened_at, step.due_at, waits, pauses) for clock in CLOCKS}
    return Climb(hours, rungs, clocks)


def _spans(lines: Iterable[Line], held: str) -> list[Span]:
    """When an object was in a state, by what the log says of it."""
    spans: list[Span] = []
    for line in sorted(lines, key=lambda line: line.position):
        state = "done" if line.verb == "step.completed" else line.after.get("state")
        if state is None:
            continue
        is_open = bool(spans) and spans[-1][1] is None
        if state == held and not is_open:
            spans.append((line.at, None))
        elif state != held and is_open:
            spans[-1] = (spans[-1][0], line.at)
    return spans


def wind(step: Step) -> None:
    """Sets when the next rung of a step is due, as things stand; a step that was opened again begins below the first one."""
    climb = climb_of(step)
    row = Escalation.objects.filter(step=step).first()
    if climb is None or step.opened_at is None:
        if row is not None:
            Escalation.objects.filter(pk=row.pk).update(next_at=None)
        return
    if row is None:
        row = Escalation(account_id=step.account_id, step=step, opened_at=step.opened_at)
    elif row.opened_at != step.opened_at:
        row.opened_at, row.done = step.opened_at, []
    _set_next(row, climb)
    row.save()


def _set_next(row: Escalation, climb: Climb) -> None:
    found = next_rung(climb.hours, climb.rungs, [one["key"] for one in row.done], climb.clocks)
    row.next_at = found[0] if found else None


def climb(row: Escalation) -> list[str]:
    """Does every rung that is due, each once, and sets the next; returns their keys. In the caller's transaction, with the row locked.

    Judged anew from the log: a clock that has come to stand still meanwhile sets off nothing.
    """
    at, did = now(), []
    step = Step.objects.select_related("journey").get(pk=row.step_id)
    found = climb_of(step) if step.journey.state in {"active", "live"} and row.opened_at == step.opened_at else None
    while found is not None:
        due = next_rung(found.hours, found.rungs, [one["key"] for one in row.done], found.clocks)
        if due is None or due[0] > at:
            break
        told = _do(step, due[1])
        row.done = [*row.done, {"key": due[1].key, "at": at.isoformat(), "told": told}]
        did.append(due[1].key)
    if found is None:
        row.next_at = None
    else:
        _set_next(row, found)
    row.save()
    return did


def _do(step: Step, rung: Rung) -> list[str]:
    told = people_of(rung, step)
    if rung.reassign and step.side == "ours":
        to = step.journey.owner_id if rung.reassign == "owner" else rung.reassign
        try:
            if to != step.member_id:
                assign_step(step.journey_id, step.key, member_id=to)
        except BoardwellError as problem:  # they have left: those who are told hear of it all the same
            log.warning("a step could not be given on", extra={"step": step.id, "why": str(problem)})
    record_many(
        [
            Entry(
                "step.escalated", object_kind="step", object_id=step.id, account_id=step.account_id, journey_id=step.journey_id,
                label=step.key, after={"rung": rung.key, "told": told, "reassign": rung.reassign},
            )
        ]
    )  # fmt: skip
    emit(
        StepEscalated(
            journey_id=step.journey_id, account_id=step.account_id, step_id=step.id, step_key=step.key, kind=step.kind, side=step.side,
            visibility=step.visibility, clock=rung.clock, after=rung.after, unit=rung.unit, member_ids=tuple(told),
        )
    )  # fmt: skip
    return told


def people_of(rung: Rung, step: Step) -> list[str]:
    """Ids of the active members whom a rung tells, each once."""
    found: list[str] = []
    for who in rung.tell:
        if who == "doer":
            found += [step.member_id] if step.member_id else []
        elif who == "owner":
            found.append(step.journey.owner_id)
        elif who in {"managers", "admins"}:
            roles = ["manager"] if who == "managers" else ["owner", "admin"]
            found += Member.objects.filter(active=True, role__in=roles).order_by("id").values_list("id", flat=True)
        else:
            person = step.journey.roles.get(who, who)
            found += [person] if isinstance(person, str) and person.startswith("mem_") else []
    active = set(Member.objects.filter(pk__in=found, active=True).values_list("id", flat=True))
    return [member for member in dict.fromkeys(found) if member in active]


LOOK_EVERY = timedelta(seconds=60)
