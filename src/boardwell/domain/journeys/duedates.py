"""Working time and due days: weekdays, public holidays, days off, and what a playbook's rules make of them; pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from boardwell.domain.playbooks.document import DueRule, StepPlan

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


@lru_cache(maxsize=128)
def holiday_names(country: str, subdivision: str, year: int) -> Mapping[date, str]:
    """What each public holiday of a country is called, in English where the names are there in it."""
    if not country:
        return {}
    import holidays

    try:
        found = holidays.country_holidays(country, subdiv=subdivision or None, years=year, language="en_US")
    except NotImplementedError:
        return {}
    return {day: str(name) for day, name in found.items()}


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


@dataclass(frozen=True, slots=True)
class Parties:
    """The working time of each side; a side of which nothing is known works when we do."""

    ours: WorkingTime
    customer: WorkingTime | None = None
    third: WorkingTime | None = None

    def of(self, side: str) -> WorkingTime:
        """The working time of a side: ours, customer or third."""
        found = {"customer": self.customer, "third": self.third}.get(side)
        return self.ours if found is None else found


@lru_cache(maxsize=256)
def week_of(country: str) -> tuple[int, ...]:
    """The working days of a country's usual week; Monday to Friday where it is not known."""
    import holidays

    try:
        weekend = holidays.country_holidays(country).weekend if country else {5, 6}
    except NotImplementedError:
        weekend = {5, 6}
    return tuple(day for day in range(7) if day not in weekend) or (0, 1, 2, 3, 4)


def due_dates(
    steps: Iterable[StepPlan], kickoff_on: date, facts: Mapping[str, Any], time: WorkingTime | Parties, field: str = "due"
) -> dict[str, date | None]:
    """The due day of every step by key. None where there is no rule, or it counts from a fact that is not known yet.

    With `field` the days of another rule: not_before or deadline. Working days are those of the step's side. Rules that
    count in a circle (which the linter refuses) give None rather than no end.
    """
    times = time if isinstance(time, Parties) else Parties(time)
    by_key = {step.key: step for step in steps}
    due: dict[str, date | None] = {}
    for key in by_key:
        _count(key, by_key, kickoff_on, facts, times, due)
    if field == "due":
        return due
    found: dict[str, date | None] = {}
    for key, step in by_key.items():
        rule: DueRule | None = getattr(step, field)
        if rule is not None:
            origin = due.get(rule.origin.partition(":")[2]) if rule.origin.startswith("step:") else _origin(rule, kickoff_on, facts)
            found[key] = times.of(step.side).add(origin, rule.days, rule.unit) if origin is not None else None
    return found


def _count(
    key: str, steps: Mapping[str, StepPlan], kickoff_on: date, facts: Mapping[str, Any], times: Parties, found: dict[str, date | None]
) -> None:
    """Finds the due day of a step, and of those that it counts from."""
    chain: list[str] = []
    at = key
    while at in steps and at not in found and at not in chain:
        chain.append(at)
        rule = steps[at].due
        if rule is None or not rule.origin.startswith("step:"):
            break
        at = rule.origin.partition(":")[2]
    if at in chain[:-1]:  # a circle: what stands in it has no day
        found.update(dict.fromkeys(chain[chain.index(at) :]))
    for one in reversed(chain):
        rule = steps[one].due
        if one in found or rule is None:
            found.setdefault(one, None)
            continue
        origin = found.get(rule.origin.partition(":")[2]) if rule.origin.startswith("step:") else _origin(rule, kickoff_on, facts)
        found[one] = times.of(steps[one].side).add(origin, rule.days, rule.unit) if origin is not None else None


def _origin(rule: DueRule, kickoff_on: date, facts: Mapping[str, Any]) -> date | None:
    kind, _sep, name = rule.origin.partition(":")
    return as_day(facts.get(name)) if kind == "fact" else kickoff_on


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
