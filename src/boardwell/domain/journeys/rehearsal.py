"""A playbook played through on made-up customers: how long it takes, where it sticks, who is busy when, which way people go; pure.

Nothing is known of these customers but what the playbook declares: choices are as likely as each other, numbers lie on every
side of the limits that conditions name. With facts of real customers given, whole customers are drawn from those instead.
"""

import math
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from itertools import pairwise
from random import Random
from typing import Any, Self

from boardwell.domain.journeys.calendars import Calendar
from boardwell.domain.journeys.duedates import Parties, WorkingTime, due_dates
from boardwell.domain.journeys.plan import contracted_links, included_keys
from boardwell.domain.journeys.schedule import Activity, Network, Span, network_of
from boardwell.domain.journeys.schedulecourse import SIDES, calendars_of, first_days
from boardwell.domain.playbooks.celtext import Node
from boardwell.domain.playbooks.document import Document, FactType

type Draw = Callable[[str, str, int, Random], int]
"""From a step's key, side, worked days of the plan and dice to worked days."""
MOST = 5_000
_APART = 1_000_003
"""How far the dice of two seeds lie apart: more than there are customers."""
SPREAD = 0.45
"""How far real durations scatter round the planned one, as the logarithm's standard deviation, when no past is given."""


@dataclass(frozen=True, slots=True)
class Stuck:
    """A step on the way that decides the end: in how many of a hundred runs, and how many worked days it takes there."""

    key: str
    share: int
    days: float


@dataclass(frozen=True, slots=True)
class Branch:
    """A step that not everybody gets: its condition and its share of customers in hundredths."""

    key: str
    condition: str
    share: int


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """What came out. Days are calendar days from kick-off to the end, the kick-off's day counted.

    `load`: minutes for each customer by role and week (1 is the first). `untimed`: steps that name no effort. `ends`: each run's days, in order.
    """

    customers: int
    p10: int
    p50: int
    p80: int
    p95: int
    planned: int
    stuck: tuple[Stuck, ...]
    branches: tuple[Branch, ...]
    never: tuple[str, ...]
    load: Mapping[str, Sequence[float]]
    untimed: tuple[str, ...]
    from_past: bool
    ends: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class _Way:
    """One shape of the plan: the network for the steps of a customer, what each is given, and days to the end as planned."""

    network: Network
    given: tuple[int, ...]
    end: int | None
    planned: int = 0


@dataclass(slots=True)
class Tally:
    """What has been played so far; it can be kept between turns. Minutes of `load` are those of all customers together."""

    customers: int = 0
    ends: list[int] = field(default_factory=list)
    planned: list[int] = field(default_factory=list)
    had: Counter[str] = field(default_factory=Counter)
    stuck: Counter[str] = field(default_factory=Counter)
    stuck_days: Counter[str] = field(default_factory=Counter)
    load: dict[str, Counter[int]] = field(default_factory=dict)

    def as_plain(self) -> dict[str, Any]:
        """As JSON can hold it."""
        load = {role: {str(week): minutes for week, minutes in weeks.items()} for role, weeks in self.load.items()}
        return {**{name: getattr(self, name) for name in self.__slots__}, "load": load}

    @classmethod
    def from_plain(cls, plain: Mapping[str, Any]) -> Self:
        """The same again from `as_plain`."""
        counters = {name: Counter(plain.get(name, {})) for name in ("had", "stuck", "stuck_days")}
        load = {role: Counter({int(week): minutes for week, minutes in weeks.items()}) for role, weeks in plain.get("load", {}).items()}
        return cls(plain.get("customers", 0), list(plain.get("ends", ())), list(plain.get("planned", ())), **counters, load=load)


def rehearse(
    document: Document, *, customers: int = 1000, kickoff_on: date, times: Parties | None = None,
    past: Sequence[Mapping[str, Any]] = (), drawn: Draw | None = None, seed: int = 0,
) -> Rehearsal:  # fmt: skip
    """Plays `customers` of them; the same for the same seed. 1,000 times 50 steps take one or two seconds. Raises ValueError, CircleError."""
    if not 1 <= customers <= MOST:
        raise ValueError(f"between 1 and {MOST} customers")
    tally = Tally()
    play(document, tally, customers, kickoff_on=kickoff_on, times=times, past=past, drawn=drawn, seed=seed)
    return summed(document, tally, from_past=bool(past))


def play(
    document: Document, tally: Tally, customers: int, *, kickoff_on: date, times: Parties | None = None,
    past: Sequence[Mapping[str, Any]] = (), drawn: Draw | None = None, seed: int = 0,
) -> None:  # fmt: skip
    """Plays so many more and adds them to the tally. Each customer has dice of their own, so turns of any size give the same."""
    times = times or Parties(WorkingTime())
    calendars = calendars_of(times)
    taken = drawn or _scattered
    limits = _limits(document)
    ways: dict[tuple[Any, ...], _Way] = {}
    dated = [key for key, fact in document.facts.items() if fact.type == "date"]
    start = kickoff_on.toordinal()
    for customer in range(tally.customers, tally.customers + customers):
        dice = Random(seed * _APART + customer)  # noqa: S311 - made-up customers, not secrets
        facts = dict(dice.choice(past)) if past else _made_up(document, limits, kickoff_on, dice)
        included = included_keys(document, facts)
        tally.had.update(included)
        shape = (included, *(facts.get(key) for key in dated))
        way = ways.get(shape)
        if way is None:
            way = ways[shape] = _way(document, included, facts, kickoff_on, times, calendars)
        if not way.network.activities:
            continue
        durations = [
            taken(activity.key, SIDES[activity.calendar], given, dice) if given else 0
            for activity, given in zip(way.network.activities, way.given, strict=True)
        ]
        spans = way.network.forward(start, durations=durations)
        last = _last(way, spans)
        tally.ends.append(spans[last].finish - start)
        tally.planned.append(way.planned)
        for place in _decisive(way.network, spans, last):
            key = way.network.activities[place].key
            tally.stuck[key] += 1
            tally.stuck_days[key] += durations[place]
        for activity, span in zip(way.network.activities, spans, strict=True):
            source = document.step(activity.key)
            if source is not None and source.effort_minutes:
                first, final = (span.start - start) // 7, max(span.start, span.finish - 1) - start
                weeks = range(first, final // 7 + 1)
                booked = tally.load.setdefault(source.owner, Counter())
                for week in weeks:
                    booked[week + 1] += source.effort_minutes / len(weeks)  # type: ignore[assignment]  # parts of minutes
    tally.customers += customers


def summed(document: Document, tally: Tally, *, from_past: bool) -> Rehearsal:
    """What a tally says."""
    ends, customers, stuck_days = sorted(tally.ends), max(1, tally.customers), tally.stuck_days
    played = max(1, len(ends))
    every = list(document.every_step())
    planned = sorted(tally.planned)
    return Rehearsal(
        tally.customers, _level(ends, 0.1), _level(ends, 0.5), _level(ends, 0.8), _level(ends, 0.95),
        planned[len(planned) // 2] if planned else 0,
        tuple(
            Stuck(key, round(100 * count / played), round(stuck_days[key] / count, 1))
            for key, count in sorted(tally.stuck.items(), key=lambda one: -stuck_days[one[0]])[:5]
            if stuck_days[key]
        ),
        tuple(Branch(step.key, step.when.text, round(100 * tally.had[step.key] / customers)) for step in every if step.when is not None),
        tuple(step.key for step in every if not tally.had[step.key]),
        {
            role: [round(weeks.get(week, 0.0) / customers, 1) for week in range(1, max(weeks) + 1)]
            for role, weeks in tally.load.items()
        },
        tuple(step.key for step in every if not step.effort_minutes and step.kind != "milestone"),
        from_past, tuple(ends),
    )  # fmt: skip


def _level(days: Sequence[int], level: float) -> int:
    return days[min(len(days) - 1, math.ceil(level * len(days)) - 1)] if days else 0


def _last(way: _Way, spans: Sequence[Span]) -> int:
    """The place of the go-live, or of the step that ends last."""
    if way.end is not None:
        return way.end
    finishes = [span.finish for span in spans]
    return finishes.index(max(finishes))


def _scattered(_key: str, _side: str, given: int, dice: Random) -> int:
    """Worked days round the planned ones, half of them more, half less."""
    return max(1, round(given * math.exp(dice.gauss(0, SPREAD))))


def _way(
    document: Document, included: frozenset[str], facts: Mapping[str, Any], kickoff_on: date, times: Parties, calendars: Sequence[Calendar]
) -> _Way:
    """The steps in order, each with the worked days between what it waits for and its day."""
    steps = [step for step in document.every_step() if step.key in included]
    links = contracted_links(document, included)
    due = due_dates(document.every_step(), kickoff_on, facts, times)
    if any(step.duration is not None for step in steps):
        due |= first_days(document, links, due, kickoff_on, facts, times)
    activities = []
    for step in steps:
        day = due.get(step.key)
        activity = Activity(key=step.key, duration=1, calendar=SIDES.index(step.side), links=links[step.key])
        activities.append(
            replace(activity, finished_on=day.toordinal()) if day is not None else replace(activity, duration=step.duration or 0)
        )
    left = network_of(activities, calendars).forward(kickoff_on.toordinal())
    given, open_ones = [], []
    for step, activity, span in zip(steps, activities, left, strict=True):
        day = due.get(step.key)
        begins = min(span.start, span.finish)
        days = step.duration if step.duration is not None else calendars[activity.calendar].between(begins, span.finish)
        fixed = day.toordinal() if step.fixed and day is not None else None
        given.append(max(0, days))
        open_ones.append(replace(activity, duration=max(0, days), finished_on=None, fixed_on=fixed))
    end = next((place for place, step in enumerate(steps) if step.marks == "go_live"), None)
    way = _Way(network_of(open_ones, calendars), tuple(given), end)
    if not steps:
        return way
    start = kickoff_on.toordinal()
    spans = way.network.forward(start)
    return replace(way, planned=spans[_last(way, spans)].finish - start)


def _decisive(network: Network, spans: Sequence[Span], last: int) -> list[int]:
    """The places of the steps whose end decides the last one's, walking back along what held each one up."""
    at = {activity.key: place for place, activity in enumerate(network.activities)}
    found, place = [], last
    while place not in found:
        found.append(place)
        cause = spans[place].cause
        if cause < 0:
            break
        place = at[network.activities[place].links[cause].before]
    return found


def planned_days(document: Document, times: Parties, kickoff_on: date) -> dict[str, int]:
    """The worked days that the plan gives each of its steps, all of them included and no fact known. Raises CircleError."""
    way = _way(document, frozenset(document.steps_by_key), {}, kickoff_on, times, calendars_of(times))
    return {activity.key: given for activity, given in zip(way.network.activities, way.given, strict=True)}


def _limits(document: Document) -> dict[str, list[Any]]:
    """The values that conditions compare each fact with."""
    found: dict[str, list[Any]] = {}

    def walk(node: Node) -> None:
        names = [inner.value for inner in node.args if inner.op == "fact"]
        for inner in node.args:
            values = (
                [inner.value] if inner.op == "lit" else [one.value for one in inner.args if one.op == "lit"] if inner.op == "list" else []
            )
            for name in names:
                found.setdefault(name, []).extend(values)
            walk(inner)

    for step in document.every_step():
        if step.when is not None:
            walk(step.when.tree)
    return found


def _made_up(document: Document, limits: Mapping[str, Sequence[Any]], kickoff_on: date, dice: Random) -> dict[str, Any]:
    return {key: _value(fact, limits.get(key, ()), kickoff_on, dice) for key, fact in document.facts.items()}


def _value(fact: FactType, limits: Sequence[Any], kickoff_on: date, dice: Random) -> Any:
    """A value of the fact's type, on any side of the limits that conditions name."""
    if fact.type == "yes_no":
        return dice.random() < 0.5
    if fact.type == "choice" and fact.choices:
        return dice.choice(list(fact.choices))
    if fact.type == "choices":
        return [value for value in fact.choices if dice.random() < 0.5]
    if fact.type == "number":
        named = sorted({float(one) for one in limits if isinstance(one, int | float) and not isinstance(one, bool)})
        if not named:
            return dice.randrange(1, 101)
        places = [
            named[0] - max(1.0, abs(named[0]) / 2),
            *named,
            *((a + b) / 2 for a, b in pairwise(named)),
            named[-1] + max(1.0, abs(named[-1]) / 2),
        ]
        value = dice.choice(places)
        return int(value) if value == int(value) else value
    if fact.type == "date":
        return (kickoff_on + timedelta(days=dice.randrange(0, 91))).isoformat()
    words = [one for one in limits if isinstance(one, str)]
    return dice.choice([*words, "other"]) if words else "text"
