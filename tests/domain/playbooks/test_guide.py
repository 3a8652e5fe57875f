"""The guide to playbooks is true: its examples have no problem, and it names every key, code and fact type that there is."""

import re
from pathlib import Path

import jsonschema
import pytest
from django.test import Client

from boardwell.domain.journeys.kinds import kind_rules
from boardwell.domain.playbooks import problemwords
from boardwell.domain.playbooks.document import parse
from boardwell.domain.playbooks.edits import STEP_ORDER
from boardwell.domain.playbooks.faults import FACT_TYPES, LANGUAGES
from boardwell.domain.playbooks.jsonschema import schema
from boardwell.domain.playbooks.problems import lint
from boardwell.domain.playbooks.yamlfile import load

GUIDE = (Path(__file__).resolve().parents[3] / "docs" / "guides" / "playbooks.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"```yaml\n(.*?)```", GUIDE, re.DOTALL)
UNSAID = {
    "party",
    "side",
    "visibility",
    "required",
    "fact_type",
    "too_many_steps",
    "minutes",
    "effort",
    "need_type",
    "need_lag",
    "duration",
    "fixed",
}
"""Codes whose message says it all: a word that is not one of a few, a number out of bounds."""


def test_the_guide_has_examples() -> None:
    assert len(EXAMPLES) == 2


@pytest.mark.parametrize("example", EXAMPLES, ids=["smallest", "whole"])
def test_every_example_is_sound_and_fits_the_schema(example: str) -> None:
    assert lint(example, kinds=kind_rules()) == []
    jsonschema.Draft202012Validator(schema(kind_rules())).validate(load(example).plain)


def test_the_whole_example_shows_every_field_of_a_step() -> None:
    shown = {name for stage in load(EXAMPLES[1]).plain["stages"] for step in stage["steps"] for name in step}
    assert shown == set(STEP_ORDER)
    assert parse(EXAMPLES[1]).languages == ("en", "ms")


def test_the_guide_names_every_field_language_and_type() -> None:
    named = set(re.findall(r"`([a-z_]+)`", GUIDE))
    assert ({*STEP_ORDER, *LANGUAGES, *FACT_TYPES} - named) == set()


def test_the_guide_explains_every_code_of_the_linter() -> None:
    codes = {fault.partition(".")[0] for fault in problemwords._WORDS}
    assert codes - UNSAID - set(re.findall(r"`([a-z_]+)`", GUIDE)) == set()


def test_the_schema_is_published_at_its_address() -> None:
    client = Client()
    answer = client.get("/schemas/playbook-1.json")
    assert (answer.status_code, answer.headers["Content-Type"], answer.headers["Access-Control-Allow-Origin"]) == (
        200, "application/schema+json; charset=utf-8", "*",
    )  # fmt: skip
    assert answer.headers["Cache-Control"] == "public, max-age=604800"
    published = answer.json()
    assert published.pop("$id").endswith("/schemas/playbook-1.json")
    assert published == schema(kind_rules())
    assert client.get("/schemas/playbook-1.json", headers={"If-None-Match": answer.headers["ETag"]}).status_code == 304
    assert client.post("/schemas/playbook-1.json").status_code == 405
