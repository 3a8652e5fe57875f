"""Reads a fact from a form field, by the fact's type."""

import math
from typing import Any

from django.utils.translation import gettext as _

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
