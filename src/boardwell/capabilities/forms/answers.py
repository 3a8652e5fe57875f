"""Reads, checks and shows the answers of a form."""

import re
from collections.abc import Mapping
from datetime import date
from typing import Any
from urllib.parse import urlsplit

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.http import QueryDict
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from boardwell.kit.words import in_language, line, paragraph

FIELD_TYPES = ("text", "long_text", "number", "date", "email", "phone", "url", "yes_no", "choice", "choices", "country", "list")
_PHONE = re.compile(r"\+?[0-9 ()./-]{5,30}")
_LARGEST = 1e15


def as_typed(field: Mapping[str, Any], typed: QueryDict) -> Any:
    """What was sent for a field, unchecked, so that a form can be shown again as it was."""
    key = "f_" + field["key"]
    return typed.getlist(key) if field["type"] == "choices" else typed.get(key, "")


def choices_of(field: Mapping[str, Any], fact_types: Mapping[str, Any]) -> dict[str, str]:
    """Value and words: the field's own choices, else those of the fact that it records."""
    own = field.get("choices")
    if own is None and field.get("fact") in fact_types:
        own = fact_types[field["fact"]].choices
    return {str(value): in_language(words) for value, words in (own or {}).items()}


def shown_field(field: Mapping[str, Any], value: Any, fact_types: Mapping[str, Any]) -> dict[str, Any]:
    """A field as the template draws it."""
    if isinstance(value, bool):
        value = "yes" if value else "no"
    if isinstance(value, list) and field["type"] == "list":
        value = "\n".join(map(str, value))
    return {
        "name": "f_" + field["key"], "type": field["type"], "label": in_language(field["label"]),
        "hint": in_language(field.get("hint")), "required": field.get("required", False),
        "value": "" if value is None else value, "min": field.get("min"), "max": field.get("max"),
        "choices": list(choices_of(field, fact_types).items()),
    }  # fmt: skip


def check_answers(
    fields: list[dict[str, Any]], typed: QueryDict, fact_types: Mapping[str, Any]
) -> tuple[dict[str, Any], dict[str, list[str]]]:
    """(answers by key, errors by the input's name); an optional field left empty gives no answer."""
    answers: dict[str, Any] = {}
    errors: dict[str, list[str]] = {}
    for field in fields:
        raw = as_typed(field, typed)
        empty = not raw if isinstance(raw, list) else not str(raw).strip()
        if empty:
            if field.get("required"):
                errors["f_" + field["key"]] = [_("Answer “%(label)s”.") % {"label": in_language(field["label"])}]
            continue
        try:
            answers[field["key"]] = _value(field, raw, choices_of(field, fact_types))
        except ValueError as problem:
            errors["f_" + field["key"]] = [str(problem)]
    return answers, errors


def _value(field: Mapping[str, Any], raw: Any, choices: Mapping[str, str]) -> Any:
    kind = field["type"]
    if kind == "choices":
        if not set(raw) <= set(choices):
            raise ValueError(_("Choose from the list."))
        return [value for value in choices if value in raw]
    text = line(raw, 1000)
    if kind == "long_text":
        return paragraph(raw, 10_000)
    if kind == "list":
        return [line(one, 300) for one in paragraph(raw, 10_000).split("\n") if one.strip()][:100]
    if kind == "number":
        return _number(field, text)
    if kind == "yes_no":
        if text not in {"yes", "no"}:
            raise ValueError(_("Choose yes or no."))
        return text == "yes"
    if kind == "choice":
        if text not in choices:
            raise ValueError(_("Choose from the list."))
        return text
    return _checked_text(kind, text)


def _number(field: Mapping[str, Any], text: str) -> int | float:
    try:
        value = float(text.replace(" ", "").replace("\u00a0", "").replace(",", "."))
    except ValueError:
        raise ValueError(_("Enter a number, such as 25.")) from None
    if not abs(value) <= _LARGEST:
        raise ValueError(_("That number is too large."))
    if field.get("min") is not None and value < field["min"]:
        raise ValueError(_("Enter %(least)s or more.") % {"least": field["min"]})
    if field.get("max") is not None and value > field["max"]:
        raise ValueError(_("Enter %(most)s or less.") % {"most": field["max"]})
    return int(value) if value == int(value) else value


def _checked_text(kind: str, text: str) -> str:
    if kind == "date":
        try:
            day = date.fromisoformat(text)
        except ValueError:
            raise ValueError(_("Enter a day as year-month-day, such as 2026-12-24.")) from None
        if not 1900 <= day.year <= 2200:
            raise ValueError(_("Enter a day between 1900 and 2200."))
        return day.isoformat()
    if kind == "email":
        try:
            validate_email(text)
        except ValidationError:
            raise ValueError(_("Enter an e-mail address, such as name@example.com.")) from None
    if kind == "phone" and not _PHONE.fullmatch(text):
        raise ValueError(_("Enter a telephone number, such as +976 11 123456."))
    if kind == "url":
        address = text if "://" in text else f"https://{text}"
        try:
            parts = urlsplit(address)
        except ValueError:
            parts = urlsplit("")
        if parts.scheme not in {"http", "https"} or "." not in parts.netloc:
            raise ValueError(_("Enter a web address, such as https://example.com."))
        return address
    if kind == "country":
        code = text.upper()
        if not (len(code) == 2 and code.isascii() and code.isalpha()):
            raise ValueError(_("Enter the country's two-letter code, such as BD."))
        return code
    return text


def in_words(field: Mapping[str, Any], value: Any, fact_types: Mapping[str, Any]) -> str:
    """An answer as a person reads it."""
    if isinstance(value, bool):
        return _("Yes") if value else _("No")
    choices = choices_of(field, fact_types)
    if isinstance(value, list):
        return ", ".join(choices.get(str(one), str(one)) for one in value)
    if field["type"] == "date":
        try:
            return date_format(date.fromisoformat(str(value)), "DATE_FORMAT")
        except ValueError:
            return str(value)
    return choices.get(str(value), str(value))
