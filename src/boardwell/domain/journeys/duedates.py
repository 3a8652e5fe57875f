"""Working time and due days: weekdays, public holidays, days off, and what a playbook's rules make of them; pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from boardwell.domain.playbooks.document import StepPlan

_FURTHEST_DAYS = 3_650


@lru_cache(maxsize=512)
def public_holidays(country: str, subdivision: str, year: int) -> frozenset[date]:
    """Public holidays of a country (ISO 3166-1 alpha-2) in a year; empty for a country that `holidays` does not know."""
    if not country:
        return frozenset()
    import holidays  # reading it takes a tenth of the start, and nobody needs it before the first plan

    try:
        return frozenset(holidays.country_holidays(country, subdiv=subdivision or None, years=year))
    except NotImplementedError:
        return frozenset()


@dataclass(frozen=True, slots=True)
class WorkingTime:
    """Which days are worked. `weekdays`: Monday is 0; `days_off`: ISO dates; at least one weekday is worked."""

    weekdays: tuple[int, ...] = (0, 1, 2, 3, 4)
    country: str = ""
    subdivision: str = ""
    days_off: tuple[str, ...] = ()
    time_zone: str = "UTC"
    _off: frozenset[date] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        if not set(self.weekdays) & set(range(7)):
            raise ValueError("a working week needs at least one day")
        object.__setattr__(self, "_off", frozenset(date.fromisoformat(day) for day in self.days_off))

    @property
    def zone(self) -> ZoneInfo:
        """The time zone in which a day begins and ends."""
        return ZoneInfo(self.time_zone)

    def is_worked(self, day: date) -> bool:
        """Whether work is done on this day."""
        return (
            day.weekday() in self.weekdays and day not in self._off and day not in public_holidays(self.country, self.subdivision, day.year)
        )

    def next_worked(self, day: date) -> date:
        """The day itself when worked, else the first worked day after it."""
        for offset in range(_FURTHEST_DAYS):
            candidate = day + timedelta(days=offset)
            if self.is_worked(candidate):
                return candidate
        return day

    def add(self, day: date, days: int, unit: str = "working") -> date:
        """`days` after `day` (before it when negative). Working days skip what is not worked; zero lands on a worked day."""
        if unit == "calendar":
            return day + timedelta(days=days)
        if days == 0:
            return self.next_worked(day)
        one = timedelta(days=1 if days > 0 else -1)
        left, current, walked = abs(days), day, 0
        while left and walked < _FURTHEST_DAYS:
            current += one
            walked += 1
            if self.is_worked(current):
                left -= 1
        return current

    def working_days_between(self, start: date, end: date) -> int:
        """Worked days after `start` up to and including `end`; negative when `end` lies before `start`."""
        if end < start:
            return -self.working_days_between(end, start)
        span = min((end - start).days, _FURTHEST_DAYS)
        return sum(self.is_worked(start + timedelta(days=offset)) for offset in range(1, span + 1))


def due_dates(steps: Iterable[StepPlan], kickoff_on: date, facts: Mapping[str, Any], time: WorkingTime) -> dict[str, date | None]:
    """The due day of every step by key. None where there is no rule, or it counts from a fact that is not known yet.

    Rules that count in a circle (which the linter refuses) give None rather than no end.
    """
    rules = {step.key: step.due for step in steps}
    found: dict[str, date | None] = {}

    def day_of(key: str, on_the_way: frozenset[str]) -> date | None:
        if key in found:
            return found[key]
        rule = rules.get(key)
        if rule is None or key in on_the_way:
            return None
        kind, _, name = rule.origin.partition(":")
        if kind == "step":
            origin = day_of(name, on_the_way | {key})
        elif kind == "fact":
            origin = as_day(facts.get(name))
        else:
            origin = kickoff_on
        found[key] = time.add(origin, rule.days, rule.unit) if origin is not None else None
        return found[key]

    return {key: day_of(key, frozenset()) for key in rules}


def as_day(value: Any) -> date | None:
    """A fact's value as a day: a date or ISO text; None for everything else."""
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, date):
        return value
    try:
        return date.fromisoformat(str(value)[:10])
    except ValueError:
        return None
