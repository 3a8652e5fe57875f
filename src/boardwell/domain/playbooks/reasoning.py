"""Can a condition ever be true, can it ever be false? Tries one value of every kind that it can tell apart; pure."""

from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from itertools import combinations, pairwise, product
from typing import Any

from boardwell.domain.playbooks.celtext import Node
from boardwell.domain.playbooks.conditions import Condition

MOST_COMBINATIONS = 3_000
_MOST_MEMBERS = 8
_COMPARISONS = frozenset({"<", "<=", ">", ">=", "==", "!="})


def always(condition: Condition, facts: Mapping[str, Mapping[str, Any]]) -> bool | None:
    """False when never true, True when always true, None when both happen or it cannot be told.

    Sure only where every part compares one fact with values that are written out: then the values at, between and
    beyond those stand for all others. Sums, sizes, parts of texts and facts compared with each other are not judged,
    because a wrong “never” would keep a sound playbook from being published.
    """
    if not _decidable(condition.tree):
        return None
    domains = [_values(fact, _literals_beside(condition.tree, name)) for name, fact in sorted(facts.items())]
    size = 1
    for domain in domains:
        size *= len(domain)
    if size > MOST_COMBINATIONS:
        return None
    names = sorted(facts)
    seen: set[bool] = set()
    for combination in product(*domains):
        seen.add(condition.holds(dict(zip(names, combination, strict=True))))
        if len(seen) == 2:
            return None
    return seen.pop()


def _decidable(node: Node) -> bool:
    if node.op in {"&&", "||", "not", "if"}:
        return all(_decidable(inner) for inner in node.args)
    if node.op in {"lit", "fact"}:
        return True
    if node.op == "call":
        return bool(node.value == "has")
    if node.op in _COMPARISONS:
        return {inner.op for inner in node.args} <= {"lit", "fact"} and any(inner.op == "lit" for inner in node.args)
    if node.op == "in":
        item, group = node.args
        if group.op == "list":
            return item.op in {"lit", "fact"} and all(one.op == "lit" for one in group.args)
        return item.op == "lit" and group.op == "fact"
    return False


def _literals_beside(node: Node, name: str) -> list[Any]:
    """Every written value that the condition holds against the fact."""
    return [value for beside in _parts(node) if _mentions(beside, name) for value in _written(beside)]


def _parts(node: Node) -> Iterator[Node]:
    if node.op in _COMPARISONS or node.op == "in":
        yield node
    for inner in node.args:
        yield from _parts(inner)


def _mentions(node: Node, name: str) -> bool:
    return any(inner.op == "fact" and inner.value == name for inner in node.args)


def _written(node: Node) -> Iterator[Any]:
    for inner in node.args:
        if inner.op == "lit":
            yield inner.value
        elif inner.op == "list":
            yield from _written(inner)


def _values(fact: Mapping[str, Any], beside: list[Any]) -> list[Any]:
    kind = fact.get("type")
    given = fact.get("choices")
    choices = [str(value) for value in given] if isinstance(given, Mapping) else []
    words = sorted({value for value in beside if isinstance(value, str)})
    if kind == "number":
        numbers = sorted({value for value in beside if isinstance(value, int | float) and not isinstance(value, bool)}) or [0]
        between = [(low + high) / 2 for low, high in pairwise(numbers)]
        return [None, numbers[0] - 1, *numbers, *between, numbers[-1] + 1]
    if kind == "yes_no":
        return [None, True, False]
    if kind == "choice":
        return [None, *choices]
    if kind == "choices":
        return [None, *_groups([choice for choice in choices if choice in words], has_other=any(c not in words for c in choices))]
    if kind == "list":
        return [None, *_groups(words, has_other=True)]
    if kind == "date":
        return [None, "1900-01-01", *_days(words), "2999-12-31"]
    # U+0000 put behind a text gives the next one in order: it stands for everything up to the text that follows.
    return [None, "", *words, *(word + "\x00" for word in words)]


def _groups(members: list[str], *, has_other: bool) -> list[list[str]]:
    """Every choice of members, with and without one that is not mentioned; more than can be tried when there are many."""
    if len(members) > _MOST_MEMBERS:
        return [[]] * (MOST_COMBINATIONS + 1)
    every = [list(group) for count in range(len(members) + 1) for group in combinations(members, count)]
    return every + [[*group, "\x00other"] for group in every] if has_other else every


def _days(words: list[str]) -> Iterator[str]:
    for word in words:
        yield word
        try:
            day = date.fromisoformat(word)
            yield (day - timedelta(days=1)).isoformat()
            yield (day + timedelta(days=1)).isoformat()
        except (ValueError, OverflowError):
            continue
