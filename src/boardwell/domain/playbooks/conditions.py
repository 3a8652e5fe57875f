"""Conditions over facts, in the Common Expression Language (CEL); pure, bounded, never `eval`."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import lru_cache
from typing import Any

import celpy
from celpy import celtypes
from lark import Token, Tree

MOST_CHARACTERS = 500
FUNCTIONS = frozenset({"size", "int", "double", "string", "startsWith", "endsWith", "contains"})
"""What may be called. Comprehensions and regular expressions are left out: they are how an expression becomes slow."""


class ConditionError(ValueError):
    """A condition that cannot be used. `column` counts from 1 within the expression."""

    def __init__(self, message: str, column: int = 1) -> None:
        super().__init__(message)
        self.column = column


@dataclass(frozen=True, slots=True)
class Condition:
    """A compiled condition; equal when its text is equal."""

    text: str
    facts: frozenset[str] = field(compare=False)
    _program: Any = field(compare=False, repr=False)
    _tree: Any = field(compare=False, repr=False)

    def holds(self, known: Mapping[str, Any]) -> bool:
        """Whether it is true for these facts. What is not known is null, and comparing with null is false, never an error."""
        values = {name: known.get(name) for name in self.facts}
        try:
            answer = self._program.evaluate({"facts": celpy.json_to_cel({k: _plain(v) for k, v in values.items()})})
        except celpy.CELEvalError:
            return False
        return isinstance(answer, bool | celtypes.BoolType) and bool(answer)


def _plain(value: Any) -> Any:
    if isinstance(value, datetime | date):
        return value.isoformat()
    return value


@lru_cache(maxsize=1)
def _environment() -> celpy.Environment:
    return celpy.Environment()


@lru_cache(maxsize=2048)
def compile_condition(text: str) -> Condition:
    """Compiles a condition such as `facts.seats > 50 && facts.region == "eu"`; raises ConditionError."""
    if not isinstance(text, str):
        raise ConditionError("a condition is a text such as: facts.seats > 50")
    if len(text) > MOST_CHARACTERS:
        raise ConditionError(f"longer than {MOST_CHARACTERS} characters")
    if text.count("(") > 40 or text.count("[") > 40 or text.count("!") > 40 or text.count("-") > 100:
        raise ConditionError("nested too deeply")
    try:
        tree = _environment().compile(text)
        facts = frozenset(_facts_in(tree))
        program = _environment().program(tree)
    except celpy.CELParseError as problem:
        raise ConditionError("not a condition that can be read", int(getattr(problem, "column", 1) or 1)) from problem
    except ConditionError:
        raise
    except Exception as problem:
        raise ConditionError("not a condition that can be read") from problem
    return Condition(text, facts, program, tree)


def _facts_in(tree: Tree[Token]) -> set[str]:
    found: set[str] = set()
    inside: set[int] = set()
    for part in tree.iter_subtrees_topdown():
        if part.data == "member_dot_arg" or part.data == "ident_arg" or part.data == "dot_ident_arg":
            name = next((str(token) for token in part.children if isinstance(token, Token)), "")
            if name not in FUNCTIONS:
                raise ConditionError(f"{name}() is not available in conditions")
        if part.data == "member_dot":
            owner, name = part.children[0], str(part.children[1])
            identifiers = [leaf for leaf in owner.iter_subtrees() if leaf.data == "ident"] if isinstance(owner, Tree) else []
            if len(identifiers) == 1 and str(identifiers[0].children[0]) == "facts" and not list(owner.find_data("member_dot")):
                found.add(name)
                inside.add(id(identifiers[0]))
    for part in tree.iter_subtrees_topdown():
        if part.data == "ident" and id(part) not in inside:
            token = part.children[0]
            raise ConditionError(f"“{token}” is not known here; facts are written facts.{token}", int(getattr(token, "column", 1) or 1))
    return found
