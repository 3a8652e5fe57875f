"""The JSON Schema of a playbook (draft 2020-12), for editors and other programs; pure."""

from collections.abc import Mapping
from typing import Any

from boardwell.domain.playbooks.problems import FACT_TYPES, LANGUAGES, KindRules

_TEXTS: dict[str, Any] = {
    "oneOf": [
        {"type": "string"},
        {"type": "object", "propertyNames": {"enum": list(LANGUAGES)}, "additionalProperties": {"type": "string"}, "minProperties": 1},
    ]
}  # fmt: skip
_SIDE = {"enum": ["ours", "customer", "third"]}
_VISIBILITY = {"enum": ["shared", "internal"]}


def schema(kinds: Mapping[str, KindRules] | None = None) -> dict[str, Any]:
    """The schema; with `kinds`, each kind's settings too."""
    step: dict[str, Any] = {
        "type": "object", "additionalProperties": False, "required": ["key", "kind", "side", "owner", "title"],
        "properties": {
            "key": {"type": "string"}, "kind": {"enum": sorted(kinds)} if kinds else {"type": "string"}, "side": _SIDE,
            "owner": {"type": "string"}, "visibility": _VISIBILITY, "required": {"type": "boolean"},
            "minutes": {"type": "integer", "minimum": 1, "maximum": 10000}, "title": _TEXTS, "help": _TEXTS, "expect": _TEXTS,
            "due": {
                "type": "object", "additionalProperties": False, "required": ["days"],
                "properties": {
                    "days": {"type": "integer", "minimum": -1500, "maximum": 1500}, "unit": {"enum": ["working", "calendar"]},
                    "from": {"type": "string", "pattern": "^(kickoff|step:.+|fact:.+)$"},
                },
            },
            "needs": {
                "type": "array",
                "items": {
                    "oneOf": [
                        {"type": "string"},
                        {
                            "type": "object", "additionalProperties": False, "required": ["step"],
                            "properties": {"step": {"type": "string"}, "type": {"enum": ["fs", "ss", "ff", "sf"]}, "lag": {"type": "integer"}},
                        },
                    ]
                },
            },
            "when": {"type": "string", "maxLength": 500},
            "remind": {
                "type": "object", "additionalProperties": False,
                "properties": {
                    "before": {"type": "array", "items": {"type": "integer"}}, "on": {"type": "boolean"},
                    "after": {"type": "array", "items": {"type": "integer"}}, "escalate": {"type": "integer"},
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
            "boardwell": {"const": 1}, "key": {"type": "string", "pattern": "^[a-z][a-z0-9-]*$"}, "title": _TEXTS, "summary": _TEXTS,
            "party": {"enum": ["customer", "vendor", "partner"]}, "languages": {"type": "array", "items": {"enum": list(LANGUAGES)}},
            "roles": {
                "type": "object",
                "additionalProperties": {"type": "object", "additionalProperties": False, "required": ["side", "title"], "properties": {"side": _SIDE, "title": _TEXTS}},
            },
            "facts": {
                "type": "object",
                "additionalProperties": {
                    "type": "object", "additionalProperties": False, "required": ["type", "title"],
                    "properties": {"type": {"enum": list(FACT_TYPES)}, "title": _TEXTS, "visibility": _VISIBILITY, "choices": {"type": "object", "additionalProperties": _TEXTS}},
                },
            },
            "stages": {
                "type": "array", "minItems": 1,
                "items": {
                    "type": "object", "additionalProperties": False, "required": ["key", "title", "steps"],
                    "properties": {"key": {"type": "string"}, "title": _TEXTS, "steps": {"type": "array", "items": step, "minItems": 1}},
                },
            },
        },
    }  # fmt: skip
