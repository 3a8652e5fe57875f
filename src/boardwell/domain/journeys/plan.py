"""What a playbook gives for one customer: which steps, in which order, due when, waiting for what; pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from boardwell.domain.journeys.duedates import WorkingTime, due_dates
from boardwell.domain.playbooks.document import Document, StepPlan


@dataclass(frozen=True, slots=True)
class PlannedStep:
    """One step that this customer gets. `needs` holds keys of steps that are in the plan too."""

    key: str
    stage_key: str
    position: int
    due_on: date | None
    needs: tuple[str, ...]
    source: StepPlan


def included_keys(document: Document, facts: Mapping[str, Any]) -> frozenset[str]:
    """Keys of the steps whose condition holds for these facts; a step without a condition is always in."""
    return frozenset(step.key for stage in document.stages for step in stage.steps if step.when is None or step.when.holds(facts))


def contracted_needs(document: Document, included: frozenset[str]) -> dict[str, tuple[str, ...]]:
    """Needs among the included steps. Where a needed step is left out, its own needs take its place.

    Without this, leaving a step out would open what follows it before what came before it.
    """
    direct = {step.key: tuple(need.step for need in step.needs) for stage in document.stages for step in stage.steps}
    resolved: dict[str, tuple[str, ...]] = {}

    def behind(key: str, seen: frozenset[str]) -> tuple[str, ...]:
        """What stands for `key` in a list of needs: itself when included, else what it needed."""
        if key in included or key in seen or key not in direct:
            return (key,) if key in included else ()
        return tuple(found for need in direct[key] for found in behind(need, seen | {key}))

    for key in direct:
        if key in included:
            needs = [found for need in direct[key] for found in behind(need, frozenset({key}))]
            resolved[key] = tuple(dict.fromkeys(needs))
    return resolved


def unlocks_of(planned: Iterable[PlannedStep]) -> dict[str, str]:
    """What waits for each step of a plan, as `Step.unlocks` keeps it: keys in plan order, with spaces between."""
    steps = list(planned)
    waiting: dict[str, list[str]] = {step.key: [] for step in steps}
    for step in steps:
        for need in step.needs:
            if need in waiting:
                waiting[need].append(step.key)
    return {key: " ".join(keys) for key, keys in waiting.items()}


def plan_for(document: Document, facts: Mapping[str, Any], kickoff_on: date, working_time: WorkingTime) -> list[PlannedStep]:
    """The plan in document order. Cost: linear in steps and needs, plus the days that are counted."""
    included = included_keys(document, facts)
    needs = contracted_needs(document, included)
    every_step = [step for stage in document.stages for step in stage.steps]
    due = due_dates(every_step, kickoff_on, facts, working_time)
    planned = []
    position = 0
    for stage in document.stages:
        for step in stage.steps:
            position += 1
            if step.key in included:
                planned.append(PlannedStep(step.key, stage.key, position, due.get(step.key), needs[step.key], step))
    return planned
