"""A JSON Schema becomes a form; what does not come along is said; nothing that can be given breaks it."""

import json
from typing import Any

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from boardwell.capabilities.forms.importing import NoSchema, read_json_schema
from boardwell.capabilities.forms.schema import SETTINGS
from boardwell.domain.journeys.kinds import kind_rules
from boardwell.domain.playbooks.problems import lint
from boardwell.kit.testing import playbook_of

SCHEMA: dict[str, Any] = {
    "$schema": "https://json-schema.org/draft/2020-12/schema", "type": "object", "additionalProperties": False, "required": ["companyName", "seats"],
    "$defs": {"person": {"type": "object", "properties": {"name": {"type": "string"}, "since": {"type": "string", "format": "date"}}, "required": ["name"]}},
    "properties": {
        "companyName": {"type": "string", "title": "Company", "description": "As registered", "maxLength": 80, "pattern": "^A"},
        "about": {"type": "string", "maxLength": 4000}, "seats": {"type": "integer", "minimum": 1, "maximum": 500}, "agree": {"type": "boolean"},
        "mail": {"type": ["string", "null"], "format": "email"}, "plan": {"enum": ["small", "large"]},
        "region": {"oneOf": [{"const": "eu", "title": "Europe"}, {"const": "us", "title": "America"}]},
        "uses": {"type": "array", "items": {"enum": ["chat", "mail"]}}, "tags": {"type": "array", "items": {"type": "string"}},
        "owners": {"type": "array", "items": {"$ref": "#/$defs/person"}, "minItems": 1, "maxItems": 5},
        "address": {"type": "object", "title": "Address", "properties": {"city": {"type": "string"}}},
        "clock": {"type": "string", "format": "time"}, "either": {"anyOf": [{"type": "string"}]}, "loop": {"$ref": "#/properties/loop"},
    },
}  # fmt: skip


def test_it_becomes_a_form_of_the_same_shape() -> None:
    found = read_json_schema(json.dumps(SCHEMA), "en")
    (name, about, seats, agree, mail, plan, region, uses, tags, owners, clock) = found.settings["fields"]
    assert name == {
        "key": "company_name",
        "type": "text",
        "label": {"en": "Company"},
        "hint": {"en": "As registered"},
        "required": True,
        "max": 80,
    }
    assert (about["type"], agree["type"], mail["type"], tags["type"], clock["type"]) == ("long_text", "yes_no", "email", "list", "text")
    assert (seats["min"], seats["max"], seats["required"]) == (1, 500, True)
    assert (list(plan["choices"]), region["choices"]["eu"], uses["type"]) == (["small", "large"], {"en": "Europe"}, "choices")
    assert [(one["key"], one["type"], one.get("required", False)) for one in owners["columns"]] == [
        ("name", "text", True),
        ("since", "date", False),
    ]
    assert (owners["type"], owners["min"], owners["max"]) == ("table", 1, 5)
    (section,) = found.settings["sections"]
    assert (section["key"], section["title"], section["fields"][0]["key"]) == ("address", {"en": "Address"}, "city")


def test_what_does_not_come_along_is_said_with_its_place() -> None:
    assert set(read_json_schema(json.dumps(SCHEMA), "en").left) == {
        ("#", "additionalProperties"), ("#/properties/companyName", "pattern"), ("#/properties/clock", "format time"), ("#/properties/either", "anyOf"),
        ("#/properties/either", "type"), ("#/properties/loop", "type"),
    }  # fmt: skip


def test_what_was_imported_has_no_fault() -> None:
    found = read_json_schema(json.dumps(SCHEMA), "en").settings
    assert [one.fault for one in lint(playbook_of("form", found), kinds=kind_rules()) if one.severity == "error"] == []


@pytest.mark.parametrize(
    "text", ["", "[]", "{", '{"type": "object"}', '{"properties": {}}', '{"properties": {"a": {}}}', "x" * 200_001, "[" * 100_000]
)
def test_what_is_no_schema_of_an_object_is_refused(text: str) -> None:
    with pytest.raises(NoSchema):
        read_json_schema(text, "en")


_JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.text(max_size=6), st.sampled_from(["string", "object", "array", "number"])),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["type", "properties", "items", "enum", "oneOf", "$ref", "const", "title", "format", "minimum", "maxLength", "required", "a", "B c"]), inner, max_size=5),
    max_leaves=25,
)  # fmt: skip


@given(st.dictionaries(st.text(max_size=8), _JSON, min_size=1, max_size=4))
@settings(max_examples=300, deadline=None)
def test_whatever_is_given_makes_settings_that_fit_or_is_refused(properties: dict[str, Any]) -> None:
    try:
        found = read_json_schema(json.dumps({"properties": properties}), "en")
    except NoSchema:
        return
    jsonschema.Draft202012Validator(SETTINGS).validate(found.settings)
