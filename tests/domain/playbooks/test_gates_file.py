"""Gates in the file: read, linted, compared, and followed by edits."""

import pytest

from boardwell.domain.playbooks import edits
from boardwell.domain.playbooks.difference import difference
from boardwell.domain.playbooks.document import parse
from boardwell.domain.playbooks.jsonschema import schema
from boardwell.domain.playbooks.problems import lint

BOOK = """boardwell: 1
key: gated
title: {en: Gated}
roles:
  manager: {side: ours, title: {en: Manager}}
  lead: {side: customer, title: {en: Lead}}
facts:
  seats: {type: number, title: {en: Seats}}
stages:
  - key: begin
    title: {en: Begin}
    steps:
      - key: needs
        kind: form
        side: customer
        owner: lead
        title: {en: Needs}
        settings: {fields: [{key: seats, type: number, fact: seats, label: {en: Seats}}]}
      - {key: sign, kind: approval, side: customer, owner: lead, title: {en: Sign}, needs: [needs]}
  - key: build
    title: {en: Build}
    gate:
      - {if: facts.seats > 5 && steps.needs == "done", says: {en: You need more than five seats}, who: lead}
      - {done: sign}
      - {nothing_blocked: true}
    steps:
      - key: install
        kind: task
        side: ours
        owner: manager
        title: {en: Install}
        gate: [{in_time: true}, {opened_by: manager}]
      - {key: train, kind: task, side: ours, owner: manager, title: {en: Train}, needs: [install]}
"""


def codes(source: str) -> list[tuple[str, str]]:
    return [(problem.fault, problem.path) for problem in lint(source)]


def test_a_gate_is_read_with_its_conditions_and_what_it_stands_before() -> None:
    document = parse(BOOK)
    assert list(document.gates) == ["stage:build", "step:install"]
    assert [(rule.kind, rule.step, rule.who) for rule in document.gates["stage:build"]] == [
        ("if", "", "lead"), ("done", "sign", ""), ("nothing_blocked", "", ""),
    ]  # fmt: skip
    assert [rule.kind for rule in document.gates["step:install"]] == ["in_time", "opened_by"]
    assert document.gates["step:install"][1].who == "manager"
    assert document.gated == {"install": ("stage:build", "step:install"), "train": ("stage:build",)}
    assert lint(BOOK) == []


def test_the_schema_knows_gates() -> None:
    import jsonschema

    from boardwell.domain.playbooks.yamlfile import load

    jsonschema.Draft202012Validator(schema()).validate(load(BOOK).plain)
    broken = load(BOOK.replace("{done: sign}", "{done: sign, nothing_blocked: true}")).plain
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.Draft202012Validator(schema()).validate(broken)


@pytest.mark.parametrize(
    ("was", "now", "fault", "path"),
    [
        ("{done: sign}", "{done: sgn}", "unknown_step.near", "stages.1.gate.1.done"),
        ("{done: sign}", "{done: train}", "gate.cycle", "stages.1.gate.1.done"),
        ("{done: sign}", "{}", "gate.kind", "stages.1.gate.1"),
        ("{done: sign}", "{done: sign, in_time: true}", "gate.kind", "stages.1.gate.1"),
        ("{nothing_blocked: true}", "{nothing_blocked: yes please}", "gate.true", "stages.1.gate.2.nothing_blocked"),
        ("facts.seats > 5", "facts.seat > 5", "unknown_fact.near", "stages.1.gate.0.if"),
        ("steps.needs", "steps.need", "unknown_step.near", "stages.1.gate.0.if"),
        ("facts.seats > 5 &&", "facts.seats > &&", "condition.unexpected", "stages.1.gate.0.if"),
        ("facts.seats > 5 &&", "facts.seats > 5 && facts.seats < 3 &&", "dead_gate.never", "stages.1.gate.0.if"),
        ('facts.seats > 5 && steps.needs == "done"', 'steps.needs != "gone"', "dead_gate.always", "stages.1.gate.0.if"),
        ('facts.seats > 5 && steps.needs == "done"', 'steps.needs == "gone"', "dead_gate.never", "stages.1.gate.0.if"),
        (", says: {en: You need more than five seats}", "", "missing_key", "stages.1.gate.0"),
        ("{opened_by: manager}", "{opened_by: lead}", "gate.side", "stages.1.steps.0.gate.1.opened_by"),
        ("{opened_by: manager}", "{opened_by: boss}", "unknown_role", "stages.1.steps.0.gate.1.opened_by"),
        ("[{in_time: true}, {opened_by: manager}]", "soon", "gate.shape", "stages.1.steps.0.gate"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_gate_is_said_at_its_place(was: str, now: str, fault: str, path: str) -> None:
    found = [code for code in codes(BOOK.replace(was, now)) if code[0] != "unrecorded_fact"]
    assert (fault, path) in found


def test_a_changed_gate_is_a_change_in_meaning() -> None:
    old = parse(BOOK)
    assert [change.path for change in difference(old, parse(BOOK.replace("{done: sign}", "{done: needs}")))] == ["gates.build"]
    assert [change.path for change in difference(old, parse(BOOK.replace("{in_time: true}, ", "")))] == ["steps.install.gate"]


def test_new_keys_are_followed_into_gates() -> None:
    renamed = edits.set_step(BOOK, 0, 0, {"key": "wishes"})
    assert 'facts.seats > 5 && steps.wishes == "done"' in renamed
    renamed = edits.set_step(BOOK, 0, 1, {"key": "contract"})
    assert "{done: contract}" in renamed
    renamed = edits.set_fact(BOOK, "seats", "places", {"type": "number", "title": {"en": "Seats"}})
    assert 'facts.places > 5 && steps.needs == "done"' in renamed
    assert [problem for problem in lint(renamed) if problem.severity == "error"] == []
