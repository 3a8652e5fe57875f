"""The JSON Schema of a playbook (draft 2020-12), for editors and other programs; pure."""

from collections.abc import Mapping
from typing import Any

from boardwell.domain.playbooks.document import CLOCKS
from boardwell.domain.playbooks.faults import BOOK_KEY_PATTERN, FACT_TYPES, KEY_PATTERN, LANGUAGES, MOST_DAYS, MOST_HOURS, KindRules

_TEXTS: dict[str, Any] = {
    "oneOf": [
        {"type": "string"},
        {"type": "object", "propertyNames": {"enum": list(LANGUAGES)}, "additionalProperties": {"type": "string"}, "minProperties": 1},
    ]
}  # fmt: skip
_KEY = {"type": "string", "pattern": f"^{KEY_PATTERN}$"}
_REMINDER_DAYS = {"type": "array", "items": {"type": "integer", "minimum": 1, "maximum": 365}}
_COUNTED = {
    "type": "object", "additionalProperties": False, "required": ["days"],
    "properties": {
        "days": {"type": "integer", "minimum": -MOST_DAYS, "maximum": MOST_DAYS}, "unit": {"enum": ["working", "calendar"]},
        "from": {"type": "string", "pattern": "^(kickoff|step:.+|fact:.+)$"},
    },
}  # fmt: skip
"""A day that is counted from another."""
_GATE: dict[str, Any] = {
    "type": "array", "minItems": 1, "maxItems": 10,
    "items": {
        "type": "object", "additionalProperties": False, "properties": {"says": _TEXTS, "who": {"type": "string"}, "if": {"type": "string", "maxLength": 500}, "done": {"type": "string"}, "nothing_blocked": {"const": True}, "in_time": {"const": True}, "opened_by": {"type": "string"}},
        "oneOf": [{"required": ["if", "says"]}, {"required": ["done"]}, {"required": ["nothing_blocked"]}, {"required": ["in_time"]}, {"required": ["opened_by"]}],
    },
}  # fmt: skip
"""Conditions before a stage or a step, each of one kind."""
_SIDE = {"enum": ["ours", "customer", "third"]}
_VISIBILITY = {"enum": ["shared", "internal"]}


def schema(kinds: Mapping[str, KindRules] | None = None) -> dict[str, Any]:
    """The schema; with `kinds`, each kind's settings too."""
    step: dict[str, Any] = {
        "type": "object", "additionalProperties": False, "required": ["key", "kind", "side", "owner", "title"],
        "properties": {
            "key": _KEY, "kind": {"enum": sorted(kinds)} if kinds else {"type": "string"}, "side": _SIDE,
            "owner": {"type": "string"}, "visibility": _VISIBILITY, "required": {"type": "boolean"},
            "minutes": {"type": "integer", "minimum": 1, "maximum": 10000},
            "effort": {"type": "number", "minimum": 0, "maximum": MOST_HOURS}, "title": _TEXTS, "help": _TEXTS, "expect": _TEXTS,
            "due": _COUNTED, "not_before": _COUNTED, "deadline": _COUNTED, "fixed": {"type": "boolean"},
            "duration": {"type": "integer", "minimum": 0, "maximum": MOST_DAYS},
            "needs": {
                "type": "array",
                "items": {
                    "oneOf": [
                        {"type": "string"},
                        {
                            "type": "object", "additionalProperties": False, "required": ["step"],
                            "properties": {"step": {"type": "string"}, "type": {"enum": ["fs", "ss", "ff", "sf"]}, "lag": {"type": "integer"}, "unit": {"enum": ["working", "calendar"]}},
                        },
                    ]
                },
            },
            "when": {"type": "string", "maxLength": 500}, "gate": _GATE,
            "remind": {
                "type": "object", "additionalProperties": False,
                "properties": {
                    "before": _REMINDER_DAYS, "on": {"type": "boolean"},
                    "after": _REMINDER_DAYS, "escalate": {"type": "integer", "minimum": 1, "maximum": 365},
                },
            },
            "settings": {"type": "object"},
        },
    }  # fmt: skip
    if kinds:
        step["allOf"] = [
            {"if": {"properties": {"kind": {"const": word}}}, "then": {"properties": {"settings": dict(rules.schema)}}}
            for word, rules in sorted(kinds.items())
        ]
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema", "title": "Boardwell playbook", "type": "object",
        "additionalProperties": False, "required": ["boardwell", "key", "title", "stages"],
        "properties": {
            "boardwell": {"const": 1}, "key": {"type": "string", "pattern": f"^{BOOK_KEY_PATTERN}$"}, "title": _TEXTS, "summary": _TEXTS,
            "party": {"enum": ["customer", "vendor", "partner"]}, "languages": {"type": "array", "items": {"enum": list(LANGUAGES)}},
            "roles": {
                "type": "object", "propertyNames": _KEY,
                "additionalProperties": {"type": "object", "additionalProperties": False, "required": ["side", "title"], "properties": {"side": _SIDE, "title": _TEXTS}},
            },
            "facts": {
                "type": "object", "propertyNames": _KEY,
                "additionalProperties": {
                    "type": "object", "additionalProperties": False, "required": ["type", "title"],
                    "properties": {"type": {"enum": list(FACT_TYPES)}, "title": _TEXTS, "visibility": _VISIBILITY, "choices": {"type": "object", "additionalProperties": _TEXTS}},
                },
            },
            "escalation": {
                "type": "array", "maxItems": 8,
                "items": {
                    "type": "object", "additionalProperties": False, "required": ["after"],
                    "properties": {
                        "after": {"type": "integer", "minimum": 1, "maximum": 365}, "unit": {"enum": ["hours", "days"]}, "clock": {"enum": list(CLOCKS)},
                        "tell": {"type": "array", "items": {"type": "string"}}, "reassign": {"const": "owner"},
                    },
                },
            },
            "stages": {
                "type": "array", "minItems": 1,
                "items": {
                    "type": "object", "additionalProperties": False, "required": ["key", "title", "steps"],
                    "properties": {"key": _KEY, "title": _TEXTS, "gate": _GATE, "steps": {"type": "array", "items": step, "minItems": 1}},
                },
            },
        },
    }  # fmt: skip
