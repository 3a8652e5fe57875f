"""Conditions over facts, in the Common Expression Language (CEL); pure, bounded, never `eval`.

What is not known is null, and no condition fails: comparing with null by < or > is false, sums with it are null, and
null is not true. `==` and `!=` compare it like any value, as CEL does: `facts.region != "eu"` holds while the region
is unknown. The text is read once into nested closures; evaluating takes about a microsecond for each part.
"""

import math
import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache
from typing import Any

from boardwell.domain.playbooks.celtext import FACTS, MOST_CHARACTERS, TODAY, ConditionError, Node, Roots, read

ANSWERS: Roots = (("facts", None), ("answers", None), ("item", None))
"""Roots of a form's expressions: `answers.seats`, a column `answers.owners.share`, and `item.share` within its own row."""

type _Run = Callable[[Mapping[str, Any]], Any]

_LARGEST = 2**63 - 1


@dataclass(frozen=True, slots=True)
class Condition:
    """A compiled condition; equal when its text is equal."""

    text: str
    facts: frozenset[str] = field(compare=False)
    tree: Node = field(compare=False, repr=False)
    _run: _Run = field(compare=False, repr=False)

    def holds(self, known: Mapping[str, Any]) -> bool:
        """Whether it is true for these facts. Never raises: what cannot be told is not true."""
        return self._run(known) is True

    def value(self, known: Mapping[str, Any]) -> Any:
        """What it comes to for these facts: a text, a number, a truth value, a list, or None when that cannot be told."""
        return self._run(known)


@lru_cache(maxsize=4096)
def compile_condition(text: str, roots: Roots = FACTS) -> Condition:
    """Compiles a condition such as `facts.seats > 50 && facts.region == "eu"`; raises ConditionError.

    With other `roots` it may look at more: what stands at `step.key` is asked for under that name.
    """
    tree = read(text, roots)
    found: set[str] = set()
    _collect(tree, found)
    return Condition(text, frozenset(found), tree, _closure(tree))


@lru_cache(maxsize=8192)
def compile_expression(text: str) -> Condition:
    """Compiles an expression of a form: over `facts.…`, `answers.…` and `item.…`, with sum, min, max, round and today().

    The values are looked up by `answers.<key>`, `answers.<key>.<column>`, `item.<key>` and `@today`. Raises ConditionError.
    """
    tree = read(text, ANSWERS)
    found: set[str] = set()
    _collect(tree, found)
    return Condition(text, frozenset(found), tree, _closure(tree))


def _collect(node: Node, found: set[str]) -> None:
    if node.op == "fact":
        found.add(node.value)
    for inner in node.args:
        _collect(inner, found)


def _closure(node: Node) -> _Run:
    op = node.op
    if op == "lit":
        value = node.value
        return lambda _known: value
    if op == "fact":
        name = node.value
        return lambda known: _plain(known.get(name))
    runs = tuple(_closure(inner) for inner in node.args)
    if op == "list":
        return lambda known: [run(known) for run in runs]
    if op == "not":
        only = runs[0]
        return lambda known: only(known) is not True
    if op == "if":
        test, yes, no = runs
        return lambda known: yes(known) if test(known) is True else no(known)
    if op == "neg":
        only = runs[0]
        return lambda known: _minus(0, only(known))
    if op == "call":
        return _call(node.value, runs)
    return _binary(op, *runs)


def _binary(op: str, left: _Run, right: _Run) -> _Run:
    if op == "&&":
        return lambda known: left(known) is True and right(known) is True
    if op == "||":
        return lambda known: left(known) is True or right(known) is True
    if op == "==":
        return lambda known: _same(left(known), right(known))
    if op == "!=":
        return lambda known: not _same(left(known), right(known))
    if op == "in":
        return lambda known: _inside(left(known), right(known))
    if op in _ORDER:
        compare = _ORDER[op]
        return lambda known: _ordered(compare, left(known), right(known))
    reckon = _SUMS[op]
    return lambda known: reckon(left(known), right(known))


def _call(name: str, runs: tuple[_Run, ...]) -> _Run:
    first = runs[0]
    if name == "has":
        return lambda known: first(known) is not None
    if name == "size":
        return lambda known: _size(first(known))
    if name in _TOTALS:
        total = _TOTALS[name]
        return lambda known: total(_numbers(first(known)))
    if name == "round":
        digits = runs[1]
        return lambda known: _rounded(first(known), digits(known))
    test, second = _TEXT_TESTS[name], runs[1]
    return lambda known: _text_test(test, first(known), second(known))


def _plain(value: Any) -> Any:
    """Dates as ISO 8601 text, so that they compare with the dates that are written in conditions."""
    return value.isoformat() if isinstance(value, date) else value


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _same(left: Any, right: Any) -> bool:
    if isinstance(left, bool) or isinstance(right, bool):
        return left is right
    if isinstance(left, list | tuple) and isinstance(right, list | tuple):
        return len(left) == len(right) and all(map(_same, left, right))
    return bool(left == right)


def _inside(left: Any, right: Any) -> bool:
    if left is None or not isinstance(right, list | tuple | Mapping):
        return False
    return any(_same(left, one) for one in right)


def _ordered(compare: Callable[[Any, Any], bool], left: Any, right: Any) -> bool:
    if (_is_number(left) and _is_number(right)) or (isinstance(left, str) and isinstance(right, str)):
        return compare(left, right)
    if isinstance(left, bool) and isinstance(right, bool):
        return compare(left, right)
    return False


_ORDER: dict[str, Callable[[Any, Any], bool]] = {"<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge}


def _fits(value: Any) -> bool:
    """CEL's numbers have 64 bits; what does not fit is null, so that no condition grows without end."""
    return isinstance(value, float) or (_is_number(value) and -_LARGEST <= value <= _LARGEST)


def _bounded(value: Any) -> Any:
    return value if _fits(value) else None


def _plus(left: Any, right: Any) -> Any:
    if _fits(left) and _fits(right):
        return _bounded(left + right)
    if isinstance(left, str) and isinstance(right, str):
        return left + right
    if isinstance(left, list) and isinstance(right, list):
        return left + right
    return None


def _minus(left: Any, right: Any) -> Any:
    return _bounded(left - right) if _fits(left) and _fits(right) else None


def _times(left: Any, right: Any) -> Any:
    return _bounded(left * right) if _fits(left) and _fits(right) else None


def _divided(left: Any, right: Any) -> Any:
    """Whole numbers are divided towards zero, as in CEL; by zero is null."""
    if not (_fits(left) and _fits(right)) or right == 0:
        return None
    if isinstance(left, int) and isinstance(right, int):
        quotient = abs(left) // abs(right)
        return quotient if (left < 0) == (right < 0) else -quotient
    return left / right


def _rest(left: Any, right: Any) -> Any:
    if isinstance(left, bool) or isinstance(right, bool) or not isinstance(left, int) or not isinstance(right, int) or right == 0:
        return None
    rest = abs(left) % abs(right)
    return -rest if left < 0 else rest


_SUMS: dict[str, Callable[[Any, Any], Any]] = {"+": _plus, "-": _minus, "*": _times, "/": _divided, "%": _rest}


def _size(value: Any) -> int | None:
    return len(value) if isinstance(value, str | list | tuple | Mapping) else None


def _numbers(value: Any) -> list[int | float] | None:
    """The numbers of a list, without what is not known; None when something else stands in it."""
    found = [one for one in value if one is not None] if isinstance(value, list | tuple) else None
    return found if found is not None and all(map(_fits, found)) else None


def _sum(numbers: list[int | float] | None) -> Any:
    if numbers is None:
        return None
    return _bounded(sum(numbers) if all(isinstance(one, int) for one in numbers) else math.fsum(numbers))


_TOTALS: dict[str, Callable[[list[int | float] | None], Any]] = {
    "sum": _sum, "min": lambda numbers: min(numbers, default=None) if numbers else None,
    "max": lambda numbers: max(numbers, default=None) if numbers else None,
}  # fmt: skip


def _rounded(value: Any, digits: Any) -> Any:
    if not (_fits(value) and isinstance(digits, int) and not isinstance(digits, bool) and 0 <= digits <= 9):
        return None
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return round(value, digits) if digits else round(value)


def _text_test(test: Callable[[str, str], bool], subject: Any, part: Any) -> bool:
    return isinstance(subject, str) and isinstance(part, str) and test(subject, part)


_TEXT_TESTS: dict[str, Callable[[str, str], bool]] = {
    "startsWith": str.startswith, "endsWith": str.endswith, "contains": operator.contains,
}  # fmt: skip

__all__ = [
    "ANSWERS", "FACTS", "MOST_CHARACTERS", "TODAY", "Condition", "ConditionError", "Roots", "compile_condition", "compile_expression",
]  # fmt: skip
