"""A working calendar's year as a person looks at it: twelve months of weeks, and why each day off is one; pure."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, timedelta

import holidays


@dataclass(frozen=True, slots=True)
class Day:
    """One day. `why` is worked, week (not a working weekday), holiday or off; `name` is the public holiday's name."""

    on: date
    why: str
    name: str = ""


@dataclass(frozen=True, slots=True)
class Month:
    """A month as weeks from Monday; None stands for days of its neighbours."""

    first: date
    weeks: tuple[tuple[Day | None, ...], ...]

    @property
    def worked(self) -> int:
        """Days on which work is done."""
        return sum(day is not None and day.why == "worked" for week in self.weeks for day in week)


def year_of(
    year: int, *, weekdays: Collection[int], country: str = "", subdivision: str = "", days_off: Collection[str] = ()
) -> tuple[tuple[Month, ...], tuple[Day, ...]]:
    """The twelve months, and every holiday and day off that falls on a working weekday, in order."""
    named = _named(country, subdivision, year)
    own = {day for day in days_off if day.startswith(f"{year:04}-")}
    days: dict[date, Day] = {}
    at = date(year, 1, 1)
    while at.year == year:
        if at.weekday() not in weekdays:
            days[at] = Day(at, "week", named.get(at, ""))
        elif at in named:
            days[at] = Day(at, "holiday", named[at])
        else:
            days[at] = Day(at, "off" if at.isoformat() in own else "worked")
        at += timedelta(days=1)
    months = tuple(_month(year, number, days) for number in range(1, 13))
    return months, tuple(day for day in days.values() if day.why in {"holiday", "off"})


def _named(country: str, subdivision: str, year: int) -> dict[date, str]:
    if not country:
        return {}

    try:
        found = holidays.country_holidays(country, subdiv=subdivision or None, years=year, language="en_US")
    except NotImplementedError:
        return {}
    return {day: str(name) for day, name in found.items()}


def _month(year: int, number: int, days: dict[date, Day]) -> Month:
    first = date(year, number, 1)
    cells: list[Day | None] = [None] * first.weekday()
    at = first
    while at.month == number:
        cells.append(days[at])
        at += timedelta(days=1)
        if at.year != year:
            break
    cells += [None] * (-len(cells) % 7)
    return Month(first, tuple(tuple(cells[start : start + 7]) for start in range(0, len(cells), 7)))
