"""A running case as numbers: what happened last and how often, how long it has taken, how busy the house is; pure.

One row for each event of a case, seen just after it. Nothing in a row was known only later. The same columns serve every
log; which activity stands behind a column is learnt from the log that is trained on.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from boardwell.domain.journeys.forecasts.eventlog import Case, activities_of

Floats = NDArray[np.float64]
COUNTED = 24
"""Activities that get a column of their own: the most frequent ones."""
BUSY_COLUMNS = 5
"""The last columns: how busy the house is. A learner may leave them out where they mislead."""
_THURSDAY = 3  # 1970-01-01
_WEEK, _MONTH = 7.0, 28.0


@dataclass(frozen=True, slots=True)
class Prefixes:
    """Rows of numbers, one for each event seen, ordered as the cases are.

    `case` is the place of the case, `length` the events seen, `at` the moment, `remaining` the days until the end (nan while
    it runs), `known_days` how long the case has been watched since: until its end, or until `seen_at`.
    """

    columns: Floats
    case: NDArray[np.int64]
    length: NDArray[np.int64]
    last: NDArray[np.int64]
    at: Floats
    remaining: Floats
    known_days: Floats

    def only(self, wanted: NDArray[np.bool_] | NDArray[np.int64]) -> Self:
        """Some of the rows."""
        return type(self)(*(getattr(self, name)[wanted] for name in self.__slots__))

    @property
    def is_ended(self) -> NDArray[np.bool_]:
        """Which rows belong to a case whose end is known."""
        return ~np.isnan(self.remaining)


@dataclass(frozen=True, slots=True)
class Alphabet:
    """The activities of a log: each one's place when ordered by the days that usually remain after it, and those counted."""

    order: dict[str, int]
    counted: dict[str, int]

    def place(self, activity: str) -> int:
        """Where an activity stands; one never seen stands before all."""
        return self.order.get(activity, -1)


def alphabet_of(cases: Sequence[Case]) -> Alphabet:
    """Learns the activities from cases; those still running count for the order only by having happened."""
    left: dict[str, list[float]] = {}
    for case in cases:
        if case.ended_at is not None:
            for event in case.events:
                left.setdefault(event.activity, []).append(case.ended_at - event.at)
    counts = activities_of(cases)
    by_days = sorted(counts, key=lambda activity: (float(np.median(left.get(activity, [0.0]))), activity))
    by_count = sorted(counts, key=lambda activity: (-counts[activity], activity))[:COUNTED]
    return Alphabet({activity: place for place, activity in enumerate(by_days)}, {activity: n for n, activity in enumerate(by_count)})


def prefixes_of(
    cases: Sequence[Case],
    alphabet: Alphabet,
    seen_at: float,
    *,
    shortest: int = 1,
    with_last: bool = True,
    among: Sequence[Case] | None = None,
) -> Prefixes:
    """The rows of cases as seen at a moment. `among`: the cases that make the house busy, when they are more than these.

    `with_last`: whether the last event of an ended case has a row (after it nothing remains).
    """
    rows: list[list[float]] = []
    facts: list[tuple[int, int, int, float, float, float]] = []
    for place, case in enumerate(cases):
        counts = [0.0] * (len(alphabet.counted) + 1)
        seen: set[str] = set()
        longest = 0.0
        began = case.began_at
        places = [alphabet.place(event.activity) for event in case.events]
        ends = case.ended_at
        lengths = len(case.events) - (0 if with_last or ends is None else 1)
        for n in range(lengths):
            at, activity = case.events[n]
            counts[alphabet.counted.get(activity, -1)] += 1
            seen.add(activity)
            since = at - case.events[n - 1].at if n else 0.0
            before = at - case.events[n - 2].at if n > 1 else since
            longest = max(longest, since)
            if n + 1 < shortest:
                continue
            elapsed = at - began
            rows.append(
                [
                    places[n], places[n - 1] if n else -2, places[n - 2] if n > 1 else -2, n + 1, len(seen), counts[alphabet.counted.get(activity, -1)],
                    elapsed, since, before, longest, elapsed / (n + 1), (at + _THURSDAY) % _WEEK, at % 1.0 * 24, (began + _THURSDAY) % _WEEK, *counts,
                ]
            )  # fmt: skip
            facts.append(
                (place, n + 1, places[n], at, (ends - at) if ends is not None else np.nan, (ends if ends is not None else seen_at) - at)
            )
    width = 14 + len(alphabet.counted) + 1
    own = np.asarray(rows, dtype=np.float64).reshape(len(rows), width)
    told = np.asarray(facts, dtype=np.float64).reshape(len(facts), 6)
    place_of, length, last = (told[:, n].astype(np.int64) for n in range(3))
    columns = np.concatenate([own, _busy(told[:, 3], among if among is not None else cases)], axis=1)
    return Prefixes(columns, place_of, length, last, told[:, 3], told[:, 4], told[:, 5])


def _busy(at: Floats, cases: Sequence[Case]) -> Floats:
    """How busy the house was, as ratios: this week against the last four, so that a growing house does not look like another one."""
    events = np.sort(np.asarray([event.at for case in cases for event in case.events]))
    began = np.sort(np.asarray([case.began_at for case in cases]))
    ended = np.sort(np.asarray([case.ended_at for case in cases if case.ended_at is not None]))

    def within(moments: Floats, days: float) -> Floats:
        return (np.searchsorted(moments, at, "left") - np.searchsorted(moments, at - days, "left")).astype(np.float64)

    def against(moments: Floats) -> Floats:
        return within(moments, _WEEK) / (within(moments, _MONTH) / 4 + 1)

    running = (np.searchsorted(began, at, "right") - np.searchsorted(ended, at, "left")).astype(np.float64)
    return np.stack(
        [
            against(events),
            against(began),
            against(ended),
            running / (within(began, _MONTH) + 1),
            within(events, 1.0) / (within(events, _WEEK) / 7 + 1),
        ],
        axis=1,
    )
