"""Escalation ladders and their clocks: working time that stands still while the other side holds the ball or the journey is paused; pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from boardwell.domain.journeys.duedates import WorkingTime
from boardwell.domain.playbooks.document import CLOCKS, Document, Rung, StepPlan

type Span = tuple[datetime, datetime | None]
"""From an instant to another, or until now and further."""

_FURTHEST_DAYS = 3_650
MOST_RUNGS = 8


@dataclass(frozen=True, slots=True)
class Hours:
    """When a party works: on the worked days of its calendar, from one hour to another of its own clock."""

    time: WorkingTime
    from_hour: int = 9
    until_hour: int = 17

    @property
    def day_seconds(self) -> int:
        """How long a working day is."""
        return (self.until_hour - self.from_hour) * 3600

    def window(self, day: date) -> tuple[datetime, datetime] | None:
        """The working hours of a day in UTC; None on a day off."""
        if not self.time.is_worked(day):
            return None
        zone = self.time.zone
        start = datetime.combine(day, time(self.from_hour), zone).astimezone(UTC)
        end = datetime.combine(day + timedelta(days=1 if self.until_hour == 24 else 0), time(self.until_hour % 24), zone).astimezone(UTC)
        return start, end

    def seconds_of(self, rung: Rung) -> int:
        """How much working time a rung waits for."""
        return rung.after * (3600 if rung.unit == "hours" else self.day_seconds)


def running(
    clock: str, side: str, opened_at: datetime, due_at: datetime | None, waits: Sequence[Span], pauses: Sequence[Span]
) -> list[Span]:
    """When a clock of an open step has run, and whether it runs still (the last span has no end).

    `waits`: when the step lay with the side that does not do it. `our_turn` runs while it lies with us; `our_overdue` the same, from the
    end of the due day on; `their_overdue` from there on while it lies with whoever else does it.
    """
    ours_to_do = side == "ours"
    if clock == "their_overdue" and ours_to_do:
        return []
    with_doer = (clock != "their_overdue") == ours_to_do
    held: list[Span] = (
        _without([(opened_at, None)], waits) if with_doer else [span for span in waits if span[1] is None or span[1] > opened_at]
    )
    if clock != "our_turn":
        if due_at is None:
            return []
        held = [(max(start, due_at), end) for start, end in held if end is None or end > due_at]
    return _without(held, pauses)


def _without(spans: Iterable[Span], holes: Iterable[Span]) -> list[Span]:
    """The spans but for the holes, in order."""
    found = list(spans)
    for hole_start, hole_end in holes:
        left: list[Span] = []
        for start, end in found:
            if (end is not None and end <= hole_start) or (hole_end is not None and hole_end <= start):
                left.append((start, end))
                continue
            if start < hole_start:
                left.append((start, hole_start))
            if hole_end is not None and (end is None or hole_end < end):
                left.append((hole_end, end))
        found = left
    return sorted(found, key=lambda span: span[0])


def worked(hours: Hours, spans: Iterable[Span], until: datetime) -> int:
    """Seconds of working time in the spans up to an instant."""
    return sum(_worked_between(hours, start, min(end or until, until)) for start, end in spans if start < until)


def _worked_between(hours: Hours, start: datetime, end: datetime) -> int:
    total, day = 0, start.astimezone(hours.time.zone).date()
    last = min(end.astimezone(hours.time.zone).date(), day + timedelta(days=_FURTHEST_DAYS))
    while day <= last:
        if (window := hours.window(day)) is not None:
            total += max(0, int((min(end, window[1]) - max(start, window[0])).total_seconds()))
        day += timedelta(days=1)
    return total


def reached_at(hours: Hours, spans: Iterable[Span], seconds: int) -> datetime | None:
    """The instant at which so much working time has passed; None when the clock stands still before it."""
    left = seconds
    for start, end in spans:
        day = start.astimezone(hours.time.zone).date()
        for offset in range(_FURTHEST_DAYS):
            window = hours.window(day + timedelta(days=offset))
            if window is None:
                continue
            begin, close = max(start, window[0]), window[1] if end is None else min(end, window[1])
            if end is not None and window[0] >= end:
                break
            length = int((close - begin).total_seconds())
            if length >= left > 0 or (left == 0 and length > 0):
                return begin + timedelta(seconds=left)
            left -= max(0, length)
    return None


@dataclass(frozen=True, slots=True)
class Ladder:
    """What a house does when things take too long: its working hours, and the rungs."""

    rungs: tuple[Rung, ...] = ()
    from_hour: int = 9
    until_hour: int = 17


def ladder_from(kept: Mapping[str, Any]) -> Ladder:
    """The ladder that `kept_ladder` wrote; an empty mapping is one without rungs."""
    return Ladder(
        tuple(
            Rung(int(rung["after"]), rung["unit"], rung["clock"], tuple(rung["tell"]), rung.get("reassign", "")) for rung in kept.get("rungs", ())
        ),
        int(kept.get("from_hour", 9)), int(kept.get("until_hour", 17)),
    )  # fmt: skip


def kept_ladder(ladder: Ladder) -> dict[str, Any]:
    """A ladder as JSON."""
    return {
        "from_hour": ladder.from_hour, "until_hour": ladder.until_hour,
        "rungs": [
            {"after": rung.after, "unit": rung.unit, "clock": rung.clock, "tell": list(rung.tell), "reassign": rung.reassign} for rung in ladder.rungs
        ],
    }  # fmt: skip


def rungs_for(house: Ladder, document: Document, plan: StepPlan | None) -> tuple[Rung, ...]:
    """The rungs of a step: the playbook's own ladder in place of the house's, and the step's own `escalate` beside it."""
    rungs = house.rungs if document.escalation is None else document.escalation
    days = plan.remind.escalate if plan is not None else None
    if days:
        own = Rung(days, "days", "our_overdue" if plan is not None and plan.side == "ours" else "their_overdue", ("owner", "managers"))
        rungs = (*rungs, own)
    return tuple({rung.key: rung for rung in rungs}.values())


def next_rung(
    hours: Hours, rungs: Iterable[Rung], done: Iterable[str], clocks: Mapping[str, Sequence[Span]]
) -> tuple[datetime, Rung] | None:  # fmt: skip
    """Which rung that is not done comes first, and when; None while the clocks of all of them stand still."""
    finished = set(done)
    found = [
        (at, rung)
        for rung in rungs
        if rung.key not in finished and (at := reached_at(hours, clocks[rung.clock], hours.seconds_of(rung))) is not None
    ]
    return min(found, key=lambda one: one[0], default=None)


__all__ = [
    "CLOCKS",
    "Hours",
    "Ladder",
    "Rung",
    "Span",
    "kept_ladder",
    "ladder_from",
    "next_rung",
    "reached_at",
    "rungs_for",
    "running",
    "worked",
]
