"""Reads facts from form fields, by each fact's type."""

import math
from collections.abc import Iterable
from typing import Any

from django.http import QueryDict
from django.utils.translation import gettext as _

from boardwell.domain.journeys.queries.shapes import FactView
from boardwell.kernel.errors import Invalid


def fact_value(kind: str, typed: list[str], field: str = "") -> Any:
    """The value, None when nothing was typed. Raises Invalid naming `field` for a number that is none."""
    text = typed[0].replace("\x00", "").strip()[:5000] if typed else ""
    if kind == "choices":
        return [value for value in typed if value]
    if kind == "list":
        return [line.strip() for line in text.splitlines() if line.strip()]
    if kind == "yes_no":
        return {"yes": True, "no": False}.get(text)
    if kind == "number" and text:
        try:
            value = float(text.replace(",", "."))
        except ValueError:
            value = float("nan")
        if not math.isfinite(value):
            message = _("“%(text)s” is not a number.") % {"text": text[:40]}
            raise Invalid(message, {field: [message]} if field else None)
        return int(value) if value == int(value) else value
    return text or None


def as_typed(kind: str, typed: list[str]) -> Any:
    """What was typed, unchecked, in the shape that the form draws: nothing is lost when it is refused."""
    text = typed[0] if typed else ""
    if kind == "choices":
        return typed
    if kind == "list":
        return text.splitlines()
    return {"yes": True, "no": False}.get(text) if kind == "yes_no" else text


def changed_facts(facts: Iterable[FactView], typed: QueryDict) -> dict[str, Any]:
    """The facts whose value was changed in the form. Raises Invalid naming each field that cannot be read."""
    wanted: dict[str, Any] = {}
    faults: dict[str, list[str]] = {}
    for fact in facts:
        field = f"fact_{fact.key}"
        if field not in typed:
            continue
        try:
            value = fact_value(fact.type, typed.getlist(field), field)
        except Invalid as problem:
            faults |= problem.fields
            continue
        if value != fact.value and not (value in (None, "", []) and fact.value is None):
            wanted[fact.key] = value
    if faults:
        raise Invalid(next(iter(faults.values()))[0], faults)
    return wanted
