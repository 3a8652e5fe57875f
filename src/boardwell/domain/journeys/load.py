"""Who has how much to do in which week: the effort of steps, spread over the days on which their doers work; pure.

Work and capacity are minutes, weeks are named by their Monday (ISO 8601). What is not done is still ahead: an open step has its whole
effort left, from today on, and one that is overdue has it today. Costs grow with steps times the weeks that each lasts.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import NamedTuple

from boardwell.domain.journeys.calendars import Calendar, calendar_without
from boardwell.domain.journeys.duedates import WorkingTime
from boardwell.domain.organisations.absences import Absence

WEEK = 7


@dataclass(frozen=True, slots=True)
class Work:
    """A step that somebody has to do. `starts_on` is when it can begin by the plan."""

    step_id: str
    member_id: str
    minutes: int
    starts_on: date
    due_on: date


class Share(NamedTuple):
    """What a step costs in one week."""

    step_id: str
    minutes: int


@dataclass(frozen=True, slots=True)
class WeekLoad:
    """One week of a member. `shares` are the steps of it, the largest first."""

    monday: date
    minutes: int
    capacity: int
    shares: tuple[Share, ...] = ()

    @property
    def over(self) -> int:
        """Minutes beyond the capacity; 0 when it fits."""
        return max(0, self.minutes - self.capacity)

    @property
    def free(self) -> int:
        """Minutes that are left; 0 when there are none."""
        return max(0, self.capacity - self.minutes)


@dataclass(frozen=True, slots=True)
class Hands:
    """When a member works: the house's days without their own absences, and how much of an ordinary week."""

    week_minutes: int
    time: WorkingTime
    off: tuple[Absence, ...] = ()

    @property
    def calendar(self) -> Calendar:
        """The days on which they work."""
        return calendar_without(self.time, self.off)

    def capacity(self, monday: date, today: date) -> int:
        """Minutes of a week from today on: an ordinary week's, less holidays and absences; 0 for a week that is over."""
        start = max(monday, today).toordinal()
        worked = self.calendar.between(start, max(start, monday.toordinal() + WEEK))
        return round(self.week_minutes * worked / len(set(self.time.weekdays)))


def monday_of(day: date) -> date:
    """The Monday of a day's week."""
    return day - timedelta(days=day.weekday())


def weeks_from(first: date, count: int) -> tuple[date, ...]:
    """The Mondays of a number of weeks from that of a day on."""
    monday = monday_of(first)
    return tuple(monday + timedelta(weeks=number) for number in range(count))


def spread(work: Work, calendar: Calendar, today: date) -> dict[date, int]:
    """The minutes of a step by week, in equal parts for each worked day from its start (not before today) to its due day.

    They add up to the whole. With no worked day in between, all of it falls on the due day's week: there it shows as too much.
    """
    now = today.toordinal()
    end = max(work.due_on.toordinal(), now) + 1
    begin = min(max(work.starts_on.toordinal(), now), end - 1)
    days = calendar.between(begin, end)
    if not days:
        return {monday_of(date.fromordinal(end - 1)): work.minutes}
    found: dict[date, int] = {}
    at, given = begin, 0
    while at < end:
        monday = monday_of(date.fromordinal(at))
        to = min(end, monday.toordinal() + WEEK)
        until = work.minutes * calendar.between(begin, to) // days
        if until > given:
            found[monday] = until - given
        at, given = to, until
    return found


def load_of(works: Iterable[Work], hands: Mapping[str, Hands], mondays: Sequence[date], today: date) -> dict[str, tuple[WeekLoad, ...]]:
    """The weeks of every member in `hands`, in order; work of others, and what lies outside the weeks, is left out."""
    wanted = set(mondays)
    shares: dict[tuple[str, date], list[Share]] = {}
    for work in works:
        theirs = hands.get(work.member_id)
        if theirs is None:
            continue
        for monday, minutes in spread(work, theirs.calendar, today).items():
            if monday in wanted:
                shares.setdefault((work.member_id, monday), []).append(Share(work.step_id, minutes))
    return {
        member_id: tuple(
            _week(monday, theirs.capacity(monday, today), shares.get((member_id, monday), [])) for monday in mondays
        )
        for member_id, theirs in hands.items()
    }  # fmt: skip


def _week(monday: date, capacity: int, shares: list[Share]) -> WeekLoad:
    return WeekLoad(
        monday, sum(one.minutes for one in shares), capacity, tuple(sorted(shares, key=lambda one: (-one.minutes, one.step_id)))
    )


def with_room(loads: Mapping[str, Sequence[WeekLoad]], more: Mapping[str, Mapping[date, int]]) -> list[tuple[str, int]]:
    """(member, minutes left) of those who could take `more` (by member, minutes by week) without going over, most room first.

    What is left is counted over the weeks in question.
    """
    found = []
    for member_id, weeks in loads.items():
        added = more.get(member_id, {})
        touched = [week for week in weeks if week.monday in added]
        if touched and all(week.minutes + added[week.monday] <= week.capacity for week in touched):
            found.append((member_id, sum(week.free - added[week.monday] for week in touched)))
    return sorted(found, key=lambda one: (-one[1], one[0]))
