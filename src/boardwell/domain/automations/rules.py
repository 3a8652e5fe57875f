"""A rule as plain values: when, if, then; how it is kept, and the expression that its clauses stand for; pure."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from boardwell.domain.playbooks.conditions import Condition, Roots, compile_condition

ROOTS: Roots = (
    ("facts", None),
    ("account", frozenset({"name", "country", "party", "industry", "language"})),
    (
        "journey",
        frozenset({
            "state", "health", "playbook", "title", "stage", "value", "currency", "owner", "days", "overdue", "done", "total", "kickoff_on",
            "planned_live_on", "committed_live_on", "forecast_live_on", "waiting_side",
        }),
    ),
    ("step", frozenset({"key", "kind", "side", "stage", "role", "visibility", "state", "required", "planned_on", "days_late"})),
    ("event", frozenset({"before", "after", "by", "visibility", "facts"})),
)  # fmt: skip
"""What an expression may look at. What an event is not about is null: a condition never fails."""

OPERATORS = ("is", "is_not", "more", "less", "contains", "known", "unknown")
MOST_CLAUSES = 4
MOST_DEEDS = 4
_PLAIN_NAME = re.compile(r"[a-z_][A-Za-z0-9_]*")


@dataclass(frozen=True, slots=True)
class Clause:
    """One condition of the form: `subject` is a path such as journey.health or facts.seats, `kind` how its value is written.

    `kind`: text, number, yes_no or list.
    """

    subject: str
    operator: str
    value: str = ""
    kind: str = "text"

    @property
    def expression(self) -> str:
        """The same in CEL."""
        root, _dot, name = self.subject.partition(".")
        path = self.subject if _PLAIN_NAME.fullmatch(name) else f"{root}[{json.dumps(name)}]"
        match self.operator:
            case "known":
                return f"{path} != null"
            case "unknown":
                return f"{path} == null"
            case "contains" if self.kind == "list":
                return f"{_text(self.value)} in {path}"
            case "contains":
                return f"{path}.contains({_text(self.value)})"
        sign = {"is": "==", "is_not": "!=", "more": ">", "less": "<"}[self.operator]
        return f"{path} {sign} {self._literal}"

    @property
    def _literal(self) -> str:
        if self.kind == "number":
            return number_of(self.value) or "null"
        if self.kind == "yes_no":
            return "true" if self.value in {"yes", "true"} else "false"
        return _text(self.value)

    @property
    def condition(self) -> Condition:
        """Compiled; ConditionError when the subject is none."""
        return compile_condition(self.expression, ROOTS)


def number_of(text: str) -> str | None:
    """A number as an expression writes it, or None when it is none."""
    clean = text.strip().replace(",", ".")
    return clean if re.fullmatch(r"-?\d{1,15}(\.\d{1,6})?", clean) else None


def _text(value: str) -> str:
    return json.dumps(value, ensure_ascii=False)


@dataclass(frozen=True, slots=True)
class Deed:
    """One thing to do. `do` names it in `deeds`; the other words mean what it says there."""

    do: str
    who: str = ""
    what: str = ""
    text: str = ""
    value: str = ""


@dataclass(frozen=True)
class Rule:
    """When `trigger`, if every clause and the `expression` hold, then the deeds, all or none."""

    trigger: str
    clauses: tuple[Clause, ...] = ()
    expression: str = ""
    deeds: tuple[Deed, ...] = field(default=())

    @cached_property
    def conditions(self) -> tuple[Condition, ...]:
        """Each clause compiled, the expression last when there is one."""
        written = [clause.condition for clause in self.clauses]
        return tuple([*written, compile_condition(self.expression, ROOTS)] if self.expression else written)

    def unmet(self, known: Mapping[str, Any]) -> int | None:
        """The number of the first condition that does not hold, counted as in `conditions`; None when all hold."""
        return next((number for number, condition in enumerate(self.conditions) if not condition.holds(known)), None)


def kept(rule: Rule) -> dict[str, Any]:
    """A rule as JSON; what is empty is left out."""
    return {
        "trigger": rule.trigger,
        "clauses": [_told(clause, ("subject", "operator", "value", "kind")) for clause in rule.clauses],
        "expression": rule.expression,
        "deeds": [_told(deed, ("do", "who", "what", "text", "value")) for deed in rule.deeds],
    }


def _told(part: Clause | Deed, names: tuple[str, ...]) -> dict[str, str]:
    return {name: getattr(part, name) for name in names if getattr(part, name)}


def rule_from(given: Mapping[str, Any]) -> Rule:
    """The rule that `kept` wrote."""
    return Rule(
        given["trigger"], tuple(Clause(**{"operator": "is", **clause}) for clause in given["clauses"]), given["expression"],
        tuple(Deed(**deed) for deed in given["deeds"]),
    )  # fmt: skip


MOST_DEPTH = 4
"""Automations that may set each other off in a row before one is cut: a person's act is 0."""
MOST_OF_ONE = 10
"""Firings of one rule on one onboarding within an hour."""
MOST_OF_ALL = 60
"""Firings of all rules on one onboarding within an hour."""
MOST_FAILURES = 5
"""Errors in a row after which a rule is stopped."""


def cut_by(depth: int, of_one: int, of_all: int) -> str:
    """The guard that stops a firing: depth, rate or journey_rate; empty when none does. Counts are of the hour before."""
    if depth >= MOST_DEPTH:
        return "depth"
    if of_one >= MOST_OF_ONE:
        return "rate"
    return "journey_rate" if of_all >= MOST_OF_ALL else ""


def depth_in(cause: str) -> tuple[int, str]:
    """Depth and firing of an event's cause as `cause_of` wrote it; (0, "") for what a person did."""
    depth, _colon, firing_id = cause.partition(":")
    return (int(depth), firing_id) if depth.isdecimal() else (0, "")


def cause_of(depth: int, firing_id: str) -> str:
    """What the events of a firing carry."""
    return f"{depth + 1}:{firing_id}"
