"""Worked days of each party as arrays, so that counting them costs the same for one day and for a year; pure.

A day is its ordinal (`date.toordinal`). An instant is the midnight at which that day begins: work on day 5 begins at 5 and ends
at 6. All functions are monotone in the instant, which is what makes a schedule and its way back agree.
"""

from collections.abc import Callable
from datetime import date
from functools import lru_cache

from boardwell.domain.journeys.duedates import WorkingTime
from boardwell.domain.organisations.absences import Absence

FARTHEST = date(2300, 1, 1).toordinal()
"""Where time ends for a plan: what would lie beyond ends here."""
_MARGIN = 400
"""Days by which the arrays grow beyond what was asked."""


class Calendar:
    """Which days are worked, from `is_worked`; the arrays grow with what is asked, the answers never change."""

    __slots__ = ("_before", "_days", "_first", "_is_worked", "_last")

    def __init__(self, is_worked: Callable[[date], bool]) -> None:
        self._is_worked = is_worked
        self._first, self._last = 1, 0
        self._days: list[int] = []
        self._before: list[int] = []

    def _fill(self, first: int, last: int) -> None:
        first, last = max(1, first), min(last, FARTHEST)
        days, before, count = [], [], 0
        for day in range(first, last + 1):
            before.append(count)
            if self._is_worked(date.fromordinal(day)):
                days.append(day)
                count += 1
        self._first, self._last, self._days, self._before = first, last, days, before

    def _reach(self, day: int) -> None:
        """Makes the arrays hold a day."""
        if not self._before:
            self._fill(day - _MARGIN, day + _MARGIN)
        elif day < self._first:
            self._fill(day - _MARGIN, self._last)
        elif day > self._last:
            self._fill(self._first, day + _MARGIN)

    def _count(self, instant: int) -> int:
        """Worked days before an instant, counted from where the arrays begin."""
        if not self._first <= instant <= self._last:
            instant = min(max(instant, 1), FARTHEST)
            self._reach(instant)
        return self._before[instant - self._first]

    def _nth(self, instant: int, n: int) -> int:
        """The n-th worked day (n ≥ 1) at or after an instant; FARTHEST when there is none before it."""
        at = self._count(instant) + n - 1
        while at >= len(self._days):
            if self._last >= FARTHEST:
                return FARTHEST
            self._reach(self._last + _MARGIN + n)
            at = self._count(instant) + n - 1
        return self._days[at]

    def _nth_last(self, instant: int, n: int) -> int:
        """The n-th worked day (n ≥ 1) before an instant, looking back; 1 when there is none."""
        at = self._count(instant) - n
        while at < 0:
            if self._first <= 1:
                return 1
            self._reach(self._first - _MARGIN - n)
            at = self._count(instant) - n
        return self._days[at]

    def is_worked(self, day: int) -> bool:
        """Whether work is done on a day."""
        return self._count(day + 1) > self._count(day)

    def begin(self, instant: int) -> int:
        """The first worked day at or after an instant: when work that may begin then really begins."""
        return self._nth(instant, 1)

    def after(self, instant: int, days: int) -> int:
        """The end of the `days`-th worked day from an instant on; the instant itself for none."""
        return self._nth(instant, days) + 1 if days else instant

    def back(self, instant: int, days: int) -> int:
        """The latest beginning from which `days` worked days end by an instant; the instant itself for none."""
        return self._nth_last(instant, days) if days else instant

    def end_from(self, instant: int) -> int:
        """The first end of a worked day at or after an instant."""
        return self._nth(instant - 1, 1) + 1

    def end_by(self, instant: int) -> int:
        """The last end of a worked day at or before an instant."""
        return self._nth_last(instant, 1) + 1

    def begin_by(self, instant: int) -> int:
        """The last worked day that begins at or before an instant."""
        return self._nth_last(instant + 1, 1)

    def past(self, instant: int, days: int) -> int:
        """The latest instant whose `days`-th worked day looking back (days ≥ 1) lies at or before `instant`."""
        return self._nth(instant + 1, days)

    def between(self, start: int, end: int) -> int:
        """Worked days from one instant to another; negative when the other is earlier."""
        start, end = min(start, FARTHEST), min(end, FARTHEST)
        if end < start:
            return -self.between(end, start)
        self._reach(max(start, 1))
        self._reach(max(end, 1))
        return self._count(end) - self._count(start)


@lru_cache(maxsize=256)
def calendar_of(time: WorkingTime) -> Calendar:
    """The calendar of a working time, kept in the process."""
    return Calendar(time.is_worked)


@lru_cache(maxsize=2048)
def calendar_without(time: WorkingTime, off: tuple[Absence, ...]) -> Calendar:
    """The calendar of a working time without somebody's absences; kept in the process."""
    if not off:
        return calendar_of(time)
    return Calendar(lambda day: time.is_worked(day) and not any(one.holds(day) for one in off))
