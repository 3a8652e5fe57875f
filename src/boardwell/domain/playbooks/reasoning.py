"""Can a condition ever be true, can it ever be false? Tries every combination of telling values; pure."""

import re
from collections.abc import Mapping
from itertools import islice, product
from typing import Any

from boardwell.domain.playbooks.conditions import Condition

MOST_COMBINATIONS = 3_000
_NUMBER = re.compile(r"(?<![\w.])-?\d+(?:\.\d+)?")
_TEXT = re.compile(r"'([^']*)'|\"([^\"]*)\"")


def always(condition: Condition, facts: Mapping[str, Mapping[str, Any]]) -> bool | None:
    """False when never true, True when always true, None when both happen or it cannot be told.

    Numbers are tried at, just below and above every number in the text; choices at every value; a fact that is not
    known is tried as well when asking “ever false”. Only when every combination was tried is the answer sure.
    """
    numbers = sorted({float(text) for text in _NUMBER.findall(condition.text)})
    words = [one or other for one, other in _TEXT.findall(condition.text)]
    domains = {name: _values(fact, numbers, words) for name, fact in facts.items()}
    names = sorted(domains)
    size = 1
    for name in names:
        size *= len(domains[name])
    complete = size <= MOST_COMBINATIONS
    ever_true = ever_false = False
    for combination in islice(product(*(domains[name] for name in names)), MOST_COMBINATIONS):
        if condition.holds(dict(zip(names, combination, strict=True))):
            ever_true = True
        else:
            ever_false = True
        if ever_true and ever_false:
            return None
    if not complete:
        return None
    return ever_true


def _values(fact: Mapping[str, Any], numbers: list[float], words: list[str]) -> list[Any]:
    kind = fact.get("type")
    choices = [str(value) for value in fact.get("choices") or {}]
    if kind == "number":
        near = {shifted for number in numbers or [0.0] for shifted in (number - 1, number, number + 1)}
        return [None, *(int(value) if value == int(value) else value for value in sorted(near))]
    if kind == "yes_no":
        return [None, True, False]
    if kind == "choice":
        return [None, *choices]
    if kind == "choices":
        return [None, [], *([value] for value in choices), choices]
    if kind == "list":
        return [None, [], *([word] for word in words), words]
    if kind == "date":
        dates = [word for word in words if re.fullmatch(r"\d{4}-\d\d-\d\d", word)]
        return [None, "1900-01-01", *dates, "2999-12-31"]
    return [None, "", "something else", *words]
