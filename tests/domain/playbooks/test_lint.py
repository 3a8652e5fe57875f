"""The linter names every fault with its place; what it finds sound can be parsed; shipped playbooks are sound."""

from pathlib import Path

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from boardwell.domain.journeys.kinds import kind_rules
from boardwell.domain.playbooks.conditions import ConditionError, compile_condition
from boardwell.domain.playbooks.difference import difference
from boardwell.domain.playbooks.document import parse
from boardwell.domain.playbooks.jsonschema import schema
from boardwell.domain.playbooks.problems import lint
from boardwell.domain.playbooks.starter import starter
from boardwell.domain.playbooks.yamlfile import load

SHIPPED = sorted((Path(__file__).resolve().parents[3] / "playbooks").glob("*.yaml"))
HEAD = """boardwell: 1
key: x
title: {en: X}
roles:
  we: {side: ours, title: {en: We}}
  they: {side: customer, title: {en: They}}
facts:
  seats: {type: number, title: {en: Seats}}
  region: {type: choice, title: {en: Region}, choices: {eu: {en: EU}, us: {en: US}}}
  start: {type: date, title: {en: Start}}
  risk: {type: text, title: {en: Risk}, visibility: internal}
stages:
  - key: s
    title: {en: S}
    steps:
"""
OK = "{key: ok, kind: task, side: ours, owner: we, title: {en: T}, due: {days: 5}}"


def step(text: str) -> str:
    return f"{HEAD}      - {OK}\n      - {text}\n"


FAULTS = [
    ("{key: a, kind: task, side: ours, title: {en: T}}", "no_owner", 9),
    ("{key: a, kind: task, side: ours, owner: us, title: {en: T}}", "unknown_role", 42),
    ("{key: a, kind: task, side: customer, owner: we, title: {en: T}}", "role_side", 46),
    ("{key: a, kind: tusk, side: ours, owner: we, title: {en: T}}", "unknown_kind", 18),
    ("{key: ok, kind: task, side: ours, owner: we, title: {en: T}}", "duplicate_key", 10),
    ("{key: a, kind: task, side: ours, owner: we, title: {en: T}, needs: [nope]}", "unknown_step", 77),
    ("{key: a, kind: task, side: ours, owner: we, title: {en: T}, needs: [a]}", "cycle", 69),
    ("{key: a, kind: task, side: ours, owner: we, title: {en: T}, when: facts.seats > 5 && facts.seats < 3}", "dead_condition", 69),
    ("{key: a, kind: task, side: ours, owner: we, title: {en: T}, when: facts.region == 'asia'}", "dead_condition", 69),
    ("{key: a, kind: task, side: ours, owner: we, title: {en: T}, when: facts.nope > 1}", "unknown_fact", 75),
    ("{key: a, kind: task, side: ours, owner: we, title: {en: T}, when: seats > 1}", "condition", 75),
    ("{key: a, kind: task, side: ours, owner: we, title: {en: T}, due: {days: 2}, needs: [ok]}", "impossible_date", 69),
    ("{key: a, kind: task, side: customer, owner: they, title: {en: T}, due: {days: -1}}", "impossible_date", 81),
    ("{key: a, kind: task, side: ours, owner: we, title: {en: T}, due: {days: 2, from: 'fact:seats'}}", "impossible_date", 84),
    ("{key: a, kind: task, side: customer, owner: they, visibility: internal, title: {en: T}}", "internal_leak", 59),
    ("{key: a, kind: task, side: ours, owner: we, title: {en: T}, when: facts.risk == 'x'}", "internal_leak", 75),
    ("{key: a, kind: task, side: ours, owner: we, title: {bn: টি}}", "missing_translation", 53),
    ("{key: a, kind: task, side: ours, owner: we, title: {en: T}, colour: red}", "unknown_key", 69),
    ("{key: a, kind: form, side: ours, owner: we, title: {en: T}, settings: {fields: [{key: b, type: tekst, label: {en: B}}]}}", "settings", 98),
    ("{key: a, kind: task, side: ours, owner: we, title: {en: T}, remind: {before: [-1]}}", "remind", 78),
]  # fmt: skip


@pytest.mark.parametrize(("text", "code", "column"), FAULTS, ids=[f"{code}-{n}" for n, (_t, code, _c) in enumerate(FAULTS)])
def test_each_fault_is_named_at_its_place(text: str, code: str, column: int) -> None:
    found = [(problem.line, problem.column) for problem in lint(step(text), kinds=kind_rules()) if problem.code == code]
    assert (17, column) in found


def test_a_step_that_needs_a_circle_is_unreachable() -> None:
    text = step("{key: a, kind: task, side: ours, owner: we, title: {en: T}, needs: [b]}")
    text += "      - {key: b, kind: task, side: ours, owner: we, title: {en: T}, needs: [a]}\n"
    text += "      - {key: c, kind: task, side: ours, owner: we, title: {en: T}, needs: [b]}\n"
    assert {(problem.code, problem.line) for problem in lint(text)} == {("cycle", 17), ("unreachable", 19)}


def test_every_fault_is_named_in_one_run() -> None:
    text = step("{key: a, kind: tusk, side: ours, title: {en: T}, needs: [nope], colour: red}")
    assert {problem.code for problem in lint(text, kinds=kind_rules())} == {"unknown_kind", "no_owner", "unknown_step", "unknown_key"}


@pytest.mark.parametrize(
    "source", ["", "a: [", "\t- x", "[]", "boardwell: 2", "a: &a [*a]", "x: 1\nx: 2", "- " * 5000, "\x00", "key: \ud800"]
)
def test_hostile_text_gives_problems_and_no_exception(source: str) -> None:
    assert lint(source)


@given(st.text(max_size=300))
def test_no_text_makes_the_linter_fail(source: str) -> None:
    lint(source)


@given(st.text(alphabet="facts.seat>=<&|!()'\"0123456789 +-*/?:[]{}", max_size=40))
def test_no_condition_makes_the_compiler_fail(text: str) -> None:
    try:
        compile_condition(text).holds({})
    except ConditionError as problem:
        assert problem.column >= 1


@pytest.mark.parametrize(
    ("text", "facts", "holds"),
    [
        ("facts.seats > 50", {"seats": 51}, True), ("facts.seats > 50", {"seats": 50}, False), ("facts.seats > 50", {}, False),
        ("facts.sso", {"sso": True}, True), ("!facts.sso", {"sso": False}, True), ("facts.region == 'eu'", {"region": "eu"}, True),
        ("'a' in facts.list", {"list": ["a"]}, True), ("facts.a == null", {}, True),
        ("facts.seats > 5 || facts.region == 'eu'", {"region": "eu"}, True),
    ],
)  # fmt: skip
def test_conditions_hold_as_people_expect(text: str, facts: dict, holds: bool) -> None:
    assert compile_condition(text).holds(facts) is holds


@pytest.mark.parametrize("text", ["facts.a.all(x, x > 1)", "facts.a.matches('(a+)+$')", "x" * 501, "seats", "__import__('os')"])
def test_what_could_run_away_or_reach_out_is_refused(text: str) -> None:
    with pytest.raises(ConditionError):
        compile_condition(text)


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_shipped_playbooks_are_sound_and_complete_in_six_languages(path: Path) -> None:
    source = path.read_text(encoding="utf-8")
    assert lint(source, kinds=kind_rules()) == []
    document = parse(source)
    assert document.languages == ("en", "hi", "bn", "az", "ms", "mn")
    assert [step.marks for step in document.every_step() if step.marks] == ["kickoff", "first_value", "go_live"]
    jsonschema.Draft202012Validator(schema(kind_rules())).validate(load(source).plain)


def test_the_schema_is_a_schema() -> None:
    jsonschema.Draft202012Validator.check_schema(schema(kind_rules()))


def test_a_new_playbook_begins_sound() -> None:
    assert lint(starter("mine"), kinds=kind_rules()) == []


def test_order_of_keys_and_comments_are_no_difference_and_each_edit_is() -> None:
    one = parse(step("{key: a, kind: task, side: ours, owner: we, title: {en: T}}"))
    other = parse("# a comment\n" + step("{title: {en: T}, owner: we, side: ours, kind: task, key: a}"))
    assert difference(one, other) == []
    changed = parse(step("{key: a, kind: task, side: ours, owner: we, title: {en: U}, due: {days: 9}}"))
    assert [(change.kind, change.path) for change in difference(one, changed)] == [("changed", "steps.a.title"), ("changed", "steps.a.due")]
    gone = parse(HEAD + f"      - {OK}\n")
    assert [(change.kind, change.path) for change in difference(one, gone)] == [("removed", "steps.a")]
    assert [(change.kind, change.path) for change in difference(gone, one)] == [("added", "steps.a")]
