"""The plan of an order and all that follows from it, computed once for equal orders, as in an import of thousands."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Any, NamedTuple

from boardwell.domain.journeys.documents import document_of_version, hash_of_version, parties_from
from boardwell.domain.journeys.inserting import PreparedStep, prepare
from boardwell.domain.journeys.plan import PlannedStep, plan_for
from boardwell.kernel.events import encode


@dataclass(frozen=True, slots=True)
class Plan:
    """The steps, their rows but for what differs between journeys, and the journey's own numbers.

    `first` are the steps that are open at once, `waits_for` the one of them that holds everything up; when gates shut all of them,
    there is no first, and `waits_for` is what would be.
    """

    steps: tuple[PlannedStep, ...]
    rows: tuple[PreparedStep, ...]
    first: tuple[PlannedStep, ...]
    waits_for: PlannedStep
    live_on: date | None
    customer_total: int
    required_total: int


class _Key(NamedTuple):
    """What a plan follows from. The version's hash names the document in every organisation."""

    sha256: str
    facts: str
    kickoff_on: date
    calendar: str
    zone: str


class _Uncompared(NamedTuple):
    """The same again, as values; they follow from the key, so they take no part in the cache's comparison."""

    version_id: str
    facts: Mapping[str, Any]
    calendar: dict[str, Any]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Uncompared)

    def __hash__(self) -> int:
        return 0


def plan_of(version_id: str, facts: Mapping[str, Any], kickoff_on: date, calendar: dict[str, Any], zone: str) -> Plan | None:
    """The plan of a version of the current organisation for these facts; None when it has no step at all."""
    key = _Key(hash_of_version(version_id), encode(facts), kickoff_on, encode(calendar), zone)
    return _cached(key, _Uncompared(version_id, facts, calendar))


@lru_cache(maxsize=64)
def _cached(key: _Key, rest: _Uncompared) -> Plan | None:
    document = document_of_version(rest.version_id)
    steps = tuple(plan_for(document, rest.facts, key.kickoff_on, parties_from(rest.calendar, key.zone)))
    beginning = tuple(step for step in steps if not step.needs)
    if not beginning:
        return None
    first = tuple(step for step in beginning if not step.gates)
    by_urgency = {"customer": 0, "third": 1, "ours": 2}
    marked = [step.due_on for step in steps if step.source.marks == "go_live" and step.due_on]
    return Plan(
        steps, prepare(steps, key.zone), first, min(first or beginning, key=lambda step: by_urgency[step.source.side]),
        marked[0] if marked else max((step.due_on for step in steps if step.due_on), default=None),
        sum(1 for step in steps if step.source.side != "ours"),
        sum(1 for step in steps if step.source.required),
    )  # fmt: skip
