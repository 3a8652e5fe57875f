"""Every fault of a form that has words, planted one at a time, is named at its very place."""

from typing import Any

import pytest

from boardwell.capabilities.forms.check import check_form
from boardwell.capabilities.forms.schema import FAULT_WORDS
from boardwell.domain.journeys.kinds import kind_rules
from boardwell.domain.playbooks.problems import lint
from boardwell.domain.playbooks.problemwords import words_of
from boardwell.kit.faults import Declared
from boardwell.kit.testing import playbook_of
from tests.capabilities.forms.samples import FACTS, RICH, choices, question

DECLARED = Declared(
    facts={"seats": {"type": "number"}, "secret": {"type": "text", "visibility": "internal"}, "plan": {"type": "choice", "choices": {"a": {}}}},
    roles={"lead": {"side": "customer"}}, side="customer",
)  # fmt: skip


def section(*fields: dict[str, Any], key: str = "s", **more: Any) -> dict[str, Any]:
    return {"key": key, "title": {"en": "S"}, "fields": list(fields), **more}


A = question("a")
PLANTED: list[tuple[str, tuple[str | int, ...], dict[str, Any]]] = [
    ("no_questions", (), {}),
    ("duplicate_key", ("fields", 1, "key"), {"fields": [A, A]}),
    ("duplicate_key", ("fields", 0, "key"), {"fields": [question("s")], "sections": [section(A)]}),
    ("needs", ("fields", 0), {"fields": [question("c", "calculated")]}), ("needs", ("fields", 0), {"fields": [question("c", "choice")]}),
    ("needs", ("fields", 0), {"fields": [question("c", "table")]}), ("needs", ("fields", 0), {"fields": [question("c", "money")]}),
    ("only_calculated", ("fields", 0, "value"), {"fields": [question("a", value="1")]}),
    ("not_in_rows", ("sections", 0, "fields", 0, "type"), {"sections": [section(question("f", "file"), repeat={})]}),
    ("fact_in_rows", ("sections", 0, "fields", 0, "fact"), {"sections": [section(question("f", fact="plan"), repeat={})]}),
    ("fact_type", ("fields", 0, "fact"), {"fields": [question("a", "yes_no", fact="seats")]}),
    ("min_max", ("fields", 0, "max"), {"fields": [question("a", "number", min=3, max=2)]}),
    ("unknown_question", ("fields", 0, "when"), {"fields": [question("a", when="answers.zzz == 1")]}),
    ("unknown_question.near", ("rules", 0, "at", 0), {"fields": [question("price")], "rules": [{"check": "answers.price > 1", "message": {"en": "x"}, "at": ["prise"]}]}),
    ("unknown_item", ("fields", 0, "when"), {"fields": [question("a", when="item.b == 1")]}),
    ("unknown_item.near", ("sections", 0, "fields", 1, "when"), {"sections": [section(question("price"), question("b", when="item.prise == 1"), repeat={})]}),
    ("unknown_role", ("sections", 0, "role"), {"sections": [section(A, role="zzz")]}),
    ("unknown_role.near", ("sections", 0, "role"), {"sections": [section(A, role="leed")]}),
    ("role_side", ("sections", 0, "role"), {"sections": [section(A, role="lead", side="ours")]}),
    ("internal_fact", ("fields", 0, "when"), {"fields": [question("a", when="facts.secret == 'x'")]}),
    ("circle", ("fields", 0), {"fields": [question("a", when="answers.b == 1"), question("b", when="answers.a == 1")]}),
    ("circle", (), {"fields": [question("t", "table", columns=[question("x", "calculated", value="item.y"), question("y", "calculated", value="item.x")])]}),
]  # fmt: skip


@pytest.mark.parametrize(("code", "path", "described"), PLANTED, ids=[f"{row[0]}-{n}" for n, row in enumerate(PLANTED)])
def test_each_fault_is_named_at_its_place(code: str, path: tuple[str | int, ...], described: dict[str, Any]) -> None:
    assert (code, path) in [(fault.code, fault.path) for fault in check_form(described, DECLARED)]


def test_a_part_for_the_customer_in_a_step_of_ours_is_named() -> None:
    found = check_form({"sections": [section(A, side="customer")]}, Declared(side="ours"))
    assert [(fault.code, fault.path) for fault in found] == [("section_side", ("sections", 0, "side"))]


def test_every_fault_that_has_words_is_planted_here() -> None:
    assert FAULT_WORDS.keys() - {row[0] for row in PLANTED} == {"section_side"}


def test_the_linter_says_them_in_words_at_the_character() -> None:
    source = playbook_of("form", {"fields": [question("size", when="answers.seets > 3"), question("seats", "number")]}, facts=FACTS)
    (problem,) = [one for one in lint(source, kinds=kind_rules()) if one.code == "form"]
    assert words_of(problem) == "There is no question “seets”. Did you mean “seats”?"
    line = source.splitlines()[problem.line - 1]
    assert line[problem.column - 1 :].startswith("answers.seets")


def test_a_broken_expression_is_named_with_its_column() -> None:
    found = list(check_form({"fields": [question("a", when="answers.a >")]}, DECLARED))
    assert [(fault.code, fault.at_character, fault.is_ours) for fault in found] == [("condition.ends_early", 12, False)]


@pytest.mark.parametrize("described", [RICH, {"fields": [question("a", "choice", choices=choices("x"))]}], ids=["rich", "small"])
def test_a_sound_form_has_no_fault(described: dict[str, Any]) -> None:
    assert [one for one in lint(playbook_of("form", described, facts=FACTS), kinds=kind_rules()) if one.severity == "error"] == []
