"""Reads bodies strictly: what JSON (RFC 8259) does not know, or no database keeps, is refused before an operation sees it."""

import json
from datetime import date
from typing import Annotated, Any, NoReturn

from django.http import HttpRequest
from ninja import Field
from ninja.parser import Parser
from ninja.types import DictStrAny
from pydantic import BaseModel, ConfigDict

LARGEST = 2**53
"""Whole numbers beyond it are not the same number in every program (RFC 8259, 6)."""
DEEPEST = 24

Day = Annotated[date, Field(ge=date(1990, 1, 1), le=date(2200, 12, 31))]
"""A day on which an onboarding can happen."""


class In(BaseModel):
    """Base of every body: a field that we do not know is refused by name, since it is most likely misspelt."""

    model_config = ConfigDict(extra="forbid")


class StrictParser(Parser):
    """JSON without NaN and Infinity, without huge numbers, doubled keys and bottomless nesting."""

    def parse_body(self, request: HttpRequest) -> DictStrAny:
        """The body; ValueError when it is not acceptable, which the framework answers with 400."""
        body: DictStrAny = _STRICT.decode(request.body.decode(json.detect_encoding(request.body), "surrogatepass"))
        _require_shallow(body, DEEPEST)
        return body


def _refuse(word: str) -> NoReturn:
    raise ValueError(f"{word} is no JSON")


def _bounded(digits: str) -> int:
    if len(digits) > 17 or abs(number := int(digits)) > LARGEST:
        raise ValueError("a number is too large")
    return number


def _finite(digits: str) -> float:
    if abs(number := float(digits)) > 1e300:
        raise ValueError("a number is too large")
    return number


def _each_key_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name stands twice in one object")
    return found


_STRICT = json.JSONDecoder(parse_constant=_refuse, parse_int=_bounded, parse_float=_finite, object_pairs_hook=_each_key_once)


def _require_shallow(value: Any, left: int) -> None:
    if left == 0:
        raise ValueError("nested too deeply")
    if isinstance(value, dict):
        value = value.values()
    elif not isinstance(value, list):
        return
    for inner in value:
        _require_shallow(inner, left - 1)
