"""What a playbook gives for one customer: which steps, in which order, due when, waiting for what; pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from boardwell.domain.journeys.duedates import Parties, WorkingTime, due_dates
from boardwell.domain.journeys.schedule import Link
from boardwell.domain.journeys.schedulecourse import first_days
from boardwell.domain.playbooks.document import Document, StepPlan


@dataclass(frozen=True, slots=True)
class PlannedStep:
    """One step that this customer gets. `needs` holds keys of steps that are in the plan too, `gates` the gates before it."""

    key: str
    stage_key: str
    position: int
    due_on: date | None
    needs: tuple[str, ...]
    source: StepPlan
    gates: tuple[str, ...] = ()


def included_keys(document: Document, facts: Mapping[str, Any]) -> frozenset[str]:
    """Keys of the steps whose condition holds for these facts; a step without a condition is always in."""
    return frozenset(step.key for stage in document.stages for step in stage.steps if step.when is None or step.when.holds(facts))


def contracted_links(document: Document, included: frozenset[str]) -> dict[str, tuple[Link, ...]]:
    """What each included step waits for. Where a needed step is left out, what it waited for takes its place.

    The way through a left-out step keeps the ends at both sides and adds the lags up, in the unit of the longer one.
    """
    direct = {step.key: tuple(Link(need.step, need.type, need.lag, need.unit) for need in step.needs) for step in document.every_step()}
    resolved: dict[str, tuple[Link, ...]] = {}
    for key in direct:
        if key not in included:
            continue
        found: dict[str, Link] = {}
        seen = {key}
        waiting = list(reversed(direct[key]))
        while waiting:
            link = waiting.pop()
            if link.before in included:
                found.setdefault(link.before, link)
            elif link.before in direct and link.before not in seen:
                seen.add(link.before)
                waiting += [_through(far, link) for far in reversed(direct[link.before])]
        resolved[key] = tuple(found.values())
    return resolved


def _through(far: Link, near: Link) -> Link:
    """One link for two with a left-out step between them."""
    unit = near.unit if abs(near.lag) >= abs(far.lag) else far.unit
    return Link(far.before, far.type[0] + near.type[1], far.lag + near.lag, unit)


def contracted_needs(document: Document, included: frozenset[str]) -> dict[str, tuple[str, ...]]:
    """What has to end before each included step opens.

    Without the contraction, leaving a step out would open what follows it before what came before it. What waits for another's
    beginning opens when that one opens, so it waits for the same ends; what holds up an end only does not lock.
    """
    links = contracted_links(document, included)
    return gates_of(links)


def gates_of(links: Mapping[str, tuple[Link, ...]]) -> dict[str, tuple[str, ...]]:
    """Keys of the steps whose end each step waits for before it opens."""
    found: dict[str, tuple[str, ...]] = {}
    for key in links:
        ends: dict[str, None] = {}
        seen, waiting = {key}, list(reversed(links[key]))
        while waiting:
            link = waiting.pop()
            if link.type == "fs":
                ends.setdefault(link.before)
            elif link.type == "ss" and link.before not in seen:
                seen.add(link.before)
                waiting += reversed(links.get(link.before, ()))
        found[key] = tuple(ends)
    return found


def next_ones(key: str, needs: Mapping[str, Sequence[str]]) -> tuple[str, ...]:
    """Of what a step waits for, that which none of the rest waits for already, directly or through others; in the order given.

    For saying it: the lock itself keeps every need, because one in between may be skipped before what came before it has ended.
    """
    direct = tuple(dict.fromkeys(needs.get(key, ())))
    if len(direct) < 2:
        return direct
    implied: set[str] = set()
    waiting = [far for near in direct for far in needs.get(near, ())]
    while waiting:
        far = waiting.pop()
        if far not in implied:
            implied.add(far)
            waiting += needs.get(far, ())
    return tuple(near for near in direct if near not in implied)


def unlocks_of(planned: Iterable[PlannedStep]) -> dict[str, str]:
    """What waits for each step of a plan, as `Step.unlocks` keeps it: keys in plan order, with spaces between."""
    steps = list(planned)
    waiting: dict[str, list[str]] = {step.key: [] for step in steps}
    for step in steps:
        for need in step.needs:
            if need in waiting:
                waiting[need].append(step.key)
    return {key: " ".join(keys) for key, keys in waiting.items()}


def plan_for(document: Document, facts: Mapping[str, Any], kickoff_on: date, working_time: WorkingTime | Parties) -> list[PlannedStep]:
    """The plan in document order. Cost: linear in steps and needs, plus the days that are counted.

    A due rule gives the day. With a duration the step also has to fit in after what it waits for; with a duration and no due rule
    it is planned as early as it can be.
    """
    times = working_time if isinstance(working_time, Parties) else Parties(working_time)
    included = included_keys(document, facts)
    links = contracted_links(document, included)
    needs = gates_of(links)
    due = due_dates(document.every_step(), kickoff_on, facts, times)
    if any(step.duration is not None for step in document.every_step()):
        due |= first_days(document, links, due, kickoff_on, facts, times)
    planned = []
    position = 0
    for stage in document.stages:
        for step in stage.steps:
            position += 1
            if step.key in included:
                planned.append(
                    PlannedStep(step.key, stage.key, position, due.get(step.key), needs[step.key], step, document.gated.get(step.key, ()))
                )
    return planned
