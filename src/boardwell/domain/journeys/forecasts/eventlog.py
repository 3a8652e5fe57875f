"""Cases and their events as any log has them, and what was known of them at a moment; pure."""

import csv
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from boardwell.domain.journeys.eventlogs.shapes import Trace

SECONDS_PER_DAY = 86_400.0


class Event(NamedTuple):
    """`at` in days since 1970-01-01 UTC; `activity` is any name."""

    at: float
    activity: str


@dataclass(frozen=True, slots=True)
class Case:
    """One case: its events in order of time, and when it ended (`ended_at` None: still running)."""

    key: str
    events: tuple[Event, ...]
    ended_at: float | None = None

    @property
    def began_at(self) -> float:
        """When its first event happened."""
        return self.events[0].at


def days_of(moment: datetime) -> float:
    """A moment as days since 1970-01-01 UTC; one without a time zone is taken as UTC."""
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp() / SECONDS_PER_DAY


def read_csv(path: Path) -> list[Case]:
    """Finished cases of a CSV file whose first three columns are case, activity and time of completion, in the file's order."""
    found: dict[str, list[Event]] = {}
    with path.open(newline="", encoding="utf-8") as lines:
        rows = csv.reader(lines)
        next(rows, None)
        for case, activity, completed, *_rest in rows:
            found.setdefault(case, []).append(Event(days_of(datetime.fromisoformat(completed)), activity))
    cases = []
    for key, events in found.items():
        events.sort(key=lambda event: event.at)
        cases.append(Case(key, tuple(events), events[-1].at))
    return cases


def cases_of(traces: Iterable[Trace]) -> list[Case]:
    """Finished cases of an imported log; each ends with its last activity."""
    return [
        Case(trace.key, tuple(Event(days_of(done.at), done.activity) for done in trace.done), days_of(trace.done[-1].at))
        for trace in traces
    ]  # fmt: skip


def as_known_at(cases: Iterable[Case], moment: float) -> list[Case]:
    """What somebody could have known at a moment: later events are not there, and what ended later is still running."""
    known = []
    for case in cases:
        events = tuple(event for event in case.events if event.at < moment)
        if events:
            ended_at = case.ended_at if case.ended_at is not None and case.ended_at < moment else None
            known.append(Case(case.key, events, ended_at))
    return known


def activities_of(cases: Sequence[Case]) -> dict[str, int]:
    """How often each activity happened."""
    counts: dict[str, int] = {}
    for case in cases:
        for event in case.events:
            counts[event.activity] = counts.get(event.activity, 0) + 1
    return counts
