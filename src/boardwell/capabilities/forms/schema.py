"""The JSON Schema of a form's settings, and what people call them."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from boardwell.capabilities.forms.definition import FIELD_TYPES, PAGES, SIMPLE_TYPES
from boardwell.kit.kind import KEY, TEXTS, settings_of

_EXPRESSION: dict[str, Any] = {"type": "string", "maxLength": 500}
_CURRENCY: dict[str, Any] = {"type": "string", "pattern": "^[A-Z]{3}$"}
_FORMATS = ("pdf", "png", "jpg", "docx", "xlsx", "csv", "txt", "pptx", "zip")
RARE = "x-rare"
"""Marks a setting that the editor keeps folded until somebody wants it."""


def _rare(schema: Mapping[str, Any]) -> dict[str, Any]:
    return {**schema, RARE: True}


def _field(types: tuple[str, ...], *, columns: bool) -> dict[str, Any]:
    properties: dict[str, Any] = {
        "key": KEY, "type": {"enum": list(types)}, "label": TEXTS, "hint": TEXTS, "required": {"type": "boolean"},
        "choices": {"type": "object", "additionalProperties": TEXTS}, "when": _rare(_EXPRESSION), "value": _rare(_EXPRESSION),
        "min": _rare({"type": "number"}), "max": _rare({"type": "number"}), "currency": _rare(_CURRENCY),
        "country": _rare({"type": "string", "pattern": "^[A-Z]{2}$"}), "country_from": _rare(KEY),
    }  # fmt: skip
    if columns:
        properties |= {
            "fact": KEY, "again": _rare({"type": "boolean"}),
            "currencies": _rare({"type": "array", "items": _CURRENCY, "minItems": 1, "maxItems": 40}),
            "accept": _rare({"type": "array", "items": {"enum": list(_FORMATS)}, "minItems": 1}),
            "max_mb": _rare({"type": "integer", "minimum": 1, "maximum": 50}),
            "columns": _rare({"type": "array", "minItems": 1, "maxItems": 12, "items": _field((*SIMPLE_TYPES, "calculated"), columns=False)}),
        }  # fmt: skip
    return {"type": "object", "properties": properties, "required": ["key", "type", "label"], "additionalProperties": False}


_FIELDS = {"type": "array", "minItems": 1, "maxItems": 200, "items": _field(FIELD_TYPES, columns=True)}
SETTINGS = settings_of(
    {
        "pages": {"enum": list(PAGES)},
        "review": {"type": "boolean"},
        "fields": _FIELDS,
        "sections": {
            "type": "array", "minItems": 1, "maxItems": 40,
            "items": {
                "type": "object",
                "properties": {
                    "key": KEY, "title": TEXTS, "help": TEXTS, "side": _rare({"enum": ["ours", "customer", "third"]}), "role": _rare(KEY),
                    "when": _rare(_EXPRESSION),
                    "repeat": _rare({
                        "type": "object",
                        "properties": {
                            "least": {"type": "integer", "minimum": 0, "maximum": 50}, "most": {"type": "integer", "minimum": 1, "maximum": 50},
                            "item": TEXTS,
                        },
                        "additionalProperties": False,
                    }),
                    "fields": _FIELDS,
                },
                "required": ["key", "title", "fields"], "additionalProperties": False,
            },
        },
        "rules": {
            "type": "array", "minItems": 1, "maxItems": 60,
            "items": {
                "type": "object",
                "properties": {
                    "check": _EXPRESSION, "message": TEXTS, "at": {"type": "array", "items": {"type": "string"}, "maxItems": 20}, "when": _rare(_EXPRESSION),
                },
                "required": ["check", "message"], "additionalProperties": False,
            },
        },
    }
)  # fmt: skip


def setting_words() -> dict[str, str]:
    """What people call the settings, by their place; the house has words for the rest."""
    types = {
        "text": _("Short text"), "long_text": _("Long text"), "number": _("Number"), "money": _("Money"), "date": _("Date"),
        "choice": _("One of a list"), "choices": _("Several of a list"), "yes_no": _("Yes or no"), "email": _("E-mail address"),
        "phone": _("Telephone number"), "url": _("Web address"), "country": _("Country"), "iban": _("Bank account (IBAN)"),
        "tax_id": _("Tax number"), "rating": _("Rating"), "list": _("List"), "address": _("Address"), "file": _("File"),
        "table": _("Table"), "calculated": _("Calculated"), "heading": _("Heading"),
    }  # fmt: skip
    field = {
        "label": _("Question"), "type": _("Kind of answer"), "choices": _("Answers to choose from"), "when": _("Only when"),
        "value": _("Calculated from"), "currency": _("Currency"), "country": _("Country of the number"),
        "country_from": _("Question that says the country"), **{f"type={word}": words for word, words in types.items()},
    }  # fmt: skip
    more = {
        "fact": _("Fact that the answer records"), "again": _("Ask although it is known"), "currencies": _("Currencies to choose from"),
        "accept": _("Formats"), "max_mb": _("Largest size in MB"), "columns": _("Columns"),
    }  # fmt: skip
    found = {
        "pages": _("Pages"), "pages=all": _("Everything on one page"), "pages=sections": _("One section a page"),
        "pages=one-question": _("One question a page"), "review": _("We look at the answers before the step is done"),
        "fields": _("Questions"), "sections": _("Sections"), "rules": _("Checks across questions"), "rules.check": _("Has to be true"),
        "rules.message": _("What to say when it is not"), "rules.at": _("Questions to say it at"), "rules.when": _("Only when"),
        "sections.title": _("Title"), "sections.help": _("Introduction"), "sections.side": _("Filled in by"), "sections.role": _("Meant for the role"),
        "sections.side=ours": _("Us"), "sections.side=customer": _("The customer"), "sections.side=third": _("A third party"),
        "sections.when": _("Only when"), "sections.repeat": _("Asked again and again"), "sections.fields": _("Questions"),
    }  # fmt: skip
    for place in ("fields", "sections.fields"):
        found |= {f"{place}.{name}": words for name, words in {**field, **more}.items()}
        found |= {f"{place}.columns.{name}": words for name, words in field.items()}
    return found


FAULT_WORDS: Mapping[str, Any] = {
    "no_questions": gettext_lazy("A form needs fields or sections."),
    "duplicate_key": gettext_lazy("There are two questions or sections called “%(name)s”."),
    "needs": gettext_lazy("This needs “%(name)s”."),
    "only_calculated": gettext_lazy("Only a question of the type calculated has a value."),
    "not_in_rows": gettext_lazy("“%(name)s” cannot stand in a row."),
    "fact_in_rows": gettext_lazy("An answer inside a row cannot be a fact: there may be several."),
    "fact_type": gettext_lazy("The fact “%(name)s” is of the type %(type)s, which an answer of the type %(kind)s cannot be."),
    "min_max": gettext_lazy("The largest is smaller than the smallest."),
    "unknown_question": gettext_lazy("There is no question “%(name)s”."),
    "unknown_question.near": gettext_lazy("There is no question “%(name)s”. Did you mean “%(near)s”?"),
    "unknown_item": gettext_lazy("There is no “%(name)s” in the same row."),
    "unknown_item.near": gettext_lazy("There is no “%(name)s” in the same row. Did you mean “%(near)s”?"),
    "unknown_role": gettext_lazy("There is no role “%(name)s”. Declare it under roles."),
    "unknown_role.near": gettext_lazy("There is no role “%(name)s”. Did you mean “%(near)s”?"),
    "role_side": gettext_lazy("“%(name)s” is on another side than this section."),
    "section_side": gettext_lazy("The customer cannot fill in a part of a step of ours."),
    "internal_fact": gettext_lazy("Customers can tell the internal fact “%(name)s” from what this form does."),
    "circle": gettext_lazy("These hang on each other in a circle: %(names)s."),
}  # fmt: skip
