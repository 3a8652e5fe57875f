"""Whether a gate may open, condition by condition: what holds, and what stands in the way; pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from boardwell.domain.playbooks.document import GateRule


@dataclass(frozen=True, slots=True)
class Standing:
    """What gates look at. `steps` maps the key of each step of the plan to its state; `signed`: whoever opens it by hand has."""

    facts: Mapping[str, Any]
    steps: Mapping[str, str]
    today: date
    committed_on: date | None = None
    signed: bool = False


@dataclass(frozen=True, slots=True)
class Verdict:
    """One condition: whether it holds, and the keys of the steps that stand in its way."""

    rule: GateRule
    holds: bool
    steps: tuple[str, ...] = ()


def judged(rules: Iterable[GateRule], standing: Standing) -> tuple[Verdict, ...]:
    """Each condition in order. A step that this customer does not get stands in nobody's way; a skipped one is not done."""
    known = {**standing.facts, **{f"steps.{key}": state for key, state in standing.steps.items()}}
    return tuple(_verdict(rule, standing, known) for rule in rules)


def _verdict(rule: GateRule, standing: Standing, known: Mapping[str, Any]) -> Verdict:
    match rule.kind:
        case "if":
            return Verdict(rule, rule.condition is not None and rule.condition.holds(known))
        case "done":
            missing = standing.steps.get(rule.step, "done") not in {"done", "cancelled"}
            return Verdict(rule, not missing, (rule.step,) if missing else ())
        case "nothing_blocked":
            blocked = tuple(key for key, state in standing.steps.items() if state == "blocked")
            return Verdict(rule, not blocked, blocked)
        case "in_time":
            return Verdict(rule, standing.committed_on is None or standing.today <= standing.committed_on)
    return Verdict(rule, standing.signed)


def may_open(verdicts: Iterable[Verdict]) -> bool:
    """Whether every condition holds."""
    return all(verdict.holds for verdict in verdicts)
