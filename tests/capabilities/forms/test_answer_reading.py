"""What a form's answers come to: conditions, calculations, rules and rows; whatever is typed, nothing hidden comes out."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from boardwell.capabilities.forms.definition import dependencies, ordered, read_form
from boardwell.capabilities.forms.logic import kept, read_answers, with_known
from boardwell.capabilities.forms.pages import CHECK, first_open, neighbours, pages_of, progress_of
from boardwell.capabilities.forms.values import FaultError
from tests.capabilities.forms.samples import RICH, TODAY, choices, form_of, question, read

SHAPED = form_of(
    question("a", "yes_no", required=True), question("b", "number", when="answers.a == true", required=True),
    question("c", "choice", choices=choices("x", "y"), when="answers.b > 3"), question("d", "text", when="answers.c == 'x'"),
    question("e", "calculated", value="answers.b * 2 + answers.f"), question("f", "calculated", value="sum(answers.rows.n)"),
    question("rows", "table", max=3, columns=[question("n", "number"), question("k", "yes_no"), question("why", when="item.k == true", required=True)]),
)  # fmt: skip
_TEXTS = st.one_of(st.sampled_from(["", "yes", "no", "x", "y", "1", "4", "5,5", " ", "q", "\x00", "Ա"]), st.text(max_size=8))
_ROW = st.fixed_dictionaries({}, optional={"n": _TEXTS, "k": _TEXTS, "why": _TEXTS, "other": _TEXTS})
RAW = st.fixed_dictionaries(
    {}, optional={**dict.fromkeys("abcdeg", _TEXTS), "rows": st.one_of(_TEXTS, st.lists(st.one_of(_ROW, _TEXTS), max_size=5)), "f": _TEXTS}
)  # fmt: skip


@given(RAW)
@settings(max_examples=300, deadline=None)
def test_a_hidden_answer_never_comes_out(raw: dict[str, Any]) -> None:
    reading = read(SHAPED, raw)
    assert set(reading.values) <= reading.shown
    assert ("b" in reading.shown) is (reading.values.get("a") is True)
    assert ("d" in reading.values) <= (reading.values.get("c") == "x")
    for row in reading.values.get("rows", []):
        assert ("why" in row) <= (row.get("k") is True)
    assert {path.partition(".")[0] for path in [*reading.faults, *reading.missing]} <= reading.shown


@given(RAW)
@settings(max_examples=300, deadline=None)
def test_dropping_what_is_hidden_changes_nothing_and_twice_is_as_once(raw: dict[str, Any]) -> None:
    before = read(SHAPED, raw)
    once = kept(SHAPED, raw, before)
    after = read(SHAPED, once)
    assert after.values == before.values
    assert kept(SHAPED, once, after) == once
    assert set(once) <= before.shown & set(raw)


@given(st.permutations(range(7)), RAW)
@settings(max_examples=200, deadline=None)
def test_the_order_in_which_questions_stand_changes_no_value(order: list[int], raw: dict[str, Any]) -> None:
    questions = list(SHAPED.sections[0].questions)
    fields = [FIELDS[questions[at].key] for at in order]
    assert read(form_of(*fields), raw).values == read(SHAPED, raw).values


FIELDS = {
    "a": question("a", "yes_no", required=True), "b": question("b", "number", when="answers.a == true", required=True),
    "c": question("c", "choice", choices=choices("x", "y"), when="answers.b > 3"), "d": question("d", "text", when="answers.c == 'x'"),
    "e": question("e", "calculated", value="answers.b * 2 + answers.f"), "f": question("f", "calculated", value="sum(answers.rows.n)"),
    "rows": question("rows", "table", max=3, columns=[question("n", "number"), question("k", "yes_no"), question("why", when="item.k == true", required=True)]),
}  # fmt: skip


@given(st.dictionaries(st.sampled_from("abcdef"), st.sets(st.sampled_from("abcdefg"), max_size=3)))
def test_an_order_puts_each_after_what_it_needs_and_names_the_rest(edges: dict[str, set[str]]) -> None:
    order, circle = ordered(edges)
    assert sorted([*order, *circle]) == sorted(edges)
    for at, key in enumerate(order):
        assert {need for need in edges[key] if need in edges} <= set(order[:at])
    for key in circle:
        assert edges[key] & set(circle)


def test_a_calculation_over_a_table_ignores_empty_rows_and_sums_exactly() -> None:
    reading = read(SHAPED, {"a": "yes", "b": "1", "rows": [{"n": "0,1"}, {"n": ""}, {"n": "0.2"}]})
    assert (reading.values["f"], reading.values["e"]) == (0.3, 2.3)


def test_what_is_asked_for_only_in_a_row_is_required_only_there() -> None:
    reading = read(SHAPED, {"a": "no", "rows": [{"n": "1", "k": "no"}, {"n": "2", "k": "yes"}]})
    assert reading.missing == ["rows.1.why"]


def test_too_many_rows_are_a_fault_of_the_table() -> None:
    assert read(SHAPED, {"a": "no", "rows": [{"n": "1"}] * 4}).faults == {"rows": FaultError("rows_most", most=3)}


def test_a_rule_waits_for_what_it_compares_but_not_for_what_it_asks_for() -> None:
    later = {"check": "answers.end >= answers.start", "message": {"en": "End before start"}}
    either = {"check": "has(answers.phone) || has(answers.mail)", "message": {"en": "Say one of them"}}
    form = form_of(question("start", "date"), question("end", "date"), question("phone"), question("mail"), rules=[later, either])
    assert [rule.message["en"] for rule in read(form, {"start": "2026-05-01"}).broken] == ["Say one of them"]
    broken = read(form, {"start": "2026-05-01", "end": "2026-04-01", "mail": "a"}).broken
    assert [rule.message["en"] for rule in broken] == ["End before start"]
    assert read(form, {"start": "2026-05-01", "end": "2026-05-01", "mail": "a"}).is_whole


def test_conditions_see_facts_and_the_day_of_today() -> None:
    form = form_of(
        question("a", when="facts.region == 'eu'"),
        question("d", "date"),
        rules=[{"check": "answers.d > today()", "message": {"en": "Past"}}],
    )
    assert read(form, {}, {"region": "eu"}).shown == {"a", "d"}
    assert read(form, {}, {}).shown == {"d"}
    assert [len(read(form, {"d": day}).broken) for day in (TODAY, "2026-11-26")] == [1, 0]


def test_a_circle_is_named_and_hides_its_questions_without_failing() -> None:
    form = form_of(question("a", when="answers.b == 1"), question("b", "calculated", value="answers.a"), question("c"))
    assert (form.circle, form.order) == (frozenset({"a", "b"}), ("§0", "c"))
    assert read(form, {"a": "1", "c": "x"}).values == {"c": "x"}
    assert dependencies(form)["a"] == {"§0", "b"}


def test_a_section_that_is_not_asked_hides_all_that_stands_in_it() -> None:
    section = {"key": "more", "title": {"en": "More"}, "when": "answers.a == true", "fields": [question("inner", required=True)]}
    form = read_form({"fields": [question("a", "yes_no")], "sections": [section]})
    assert read(form, {"a": "no", "inner": "x"}).values == {"a": False}
    assert read(form, {"a": "yes"}).missing == ["inner"]


def test_what_is_known_is_put_in_where_nobody_answered_and_never_over_an_answer() -> None:
    form = form_of(question("name", fact="legal_name"), question("when", "date", fact="since"), question("free"))
    assert with_known(form, {"when": ""}, {"legal_name": "Padma", "since": "2026-01-01"}) == {"when": "", "name": "Padma"}


RICH_RAW: dict[str, Any] = {
    "legal_name": "P", "seat": {"street": "1", "city": "D"}, "country": "BD", "regulated": "no", "owners": [{"name": "A", "share": "100"}], "seats": "2",
    "price": "3",
}  # fmt: skip


@pytest.mark.parametrize(("pages", "keys"), [
    ("all", ["_all"]), ("sections", ["company", "owners", "money"]),
    ("one-question", ["legal_name", "seat", "country", "tax", "phone", "email", "regulated", "size", "uses", "plan", "paper", "owners", "seats", "price", "account", "items", "start", "end"]),
])  # fmt: skip
def test_a_form_is_cut_into_pages_that_are_asked_now(pages: str, keys: list[str]) -> None:
    form = read_form({**RICH, "pages": pages})
    assert [page.key for page in pages_of(form, read_answers(form, RICH_RAW, {}, today=TODAY))] == keys


def test_whoever_comes_back_goes_on_where_something_is_open() -> None:
    form = read_form(RICH)
    raw = {key: RICH_RAW[key] for key in ("legal_name", "seat", "country", "regulated")}
    reading = read(form, raw)
    pages = pages_of(form, reading)
    assert first_open(pages, reading, set(raw)) == "owners"
    assert first_open(pages, read(form, RICH_RAW), set(RICH_RAW)) == CHECK
    assert (neighbours(pages, "owners"), neighbours(pages, "money"), neighbours(pages, "company")) == (
        ("company", "money"),
        ("owners", CHECK),
        ("", "owners"),
    )


def test_progress_counts_what_is_asked_now() -> None:
    form = read_form(RICH)
    found = [
        (one.section.key, one.asked, one.answered, one.is_whole) for one in progress_of(form, read(form, {**RICH_RAW, "regulated": "yes"}))
    ]
    assert found == [("company", 12, 4, False), ("owners", 1, 1, True), ("money", 6, 2, True)]
