"""The thinking part of automations: what clauses mean, how a rule is kept, and when a guard cuts."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from boardwell.domain.automations.rules import (
    MOST_DEPTH,
    MOST_OF_ALL,
    MOST_OF_ONE,
    OPERATORS,
    ROOTS,
    Clause,
    Deed,
    Rule,
    cause_of,
    cut_by,
    depth_in,
    kept,
    rule_from,
)
from boardwell.domain.playbooks.conditions import ConditionError, compile_condition

KNOWN = {
    "seats": 60, "risk-class": "high", "aims": ["save", "grow"], "signed": False, "journey.health": "off_track", "step.days_late": 3,
    "account.country": "MN",
}  # fmt: skip


@pytest.mark.parametrize(
    ("clause", "expression", "holds"),
    [
        (Clause("facts.seats", "more", "50", "number"), "facts.seats > 50", True),
        (Clause("facts.seats", "less", "60", "number"), "facts.seats < 60", False),
        (Clause("facts.seats", "is", "60", "number"), "facts.seats == 60", True),
        (Clause("facts.risk-class", "is", "high"), 'facts["risk-class"] == "high"', True),
        (Clause("facts.aims", "contains", "grow", "list"), '"grow" in facts.aims', True),
        (Clause("facts.aims", "contains", "gr", "list"), '"gr" in facts.aims', False),
        (Clause("facts.signed", "is", "no", "yes_no"), "facts.signed == false", True),
        (Clause("facts.missing", "is", "no", "yes_no"), "facts.missing == false", False),
        (Clause("facts.missing", "unknown"), "facts.missing == null", True),
        (Clause("facts.seats", "known"), "facts.seats != null", True),
        (Clause("journey.health", "is_not", "on_track"), 'journey.health != "on_track"', True),
        (Clause("account.country", "contains", "M"), 'account.country.contains("M")', True),
        (Clause("step.days_late", "more", "2,5", "number"), "step.days_late > 2.5", True),
    ],
)
def test_a_clause_means_its_expression(clause: Clause, expression: str, holds: bool) -> None:
    assert clause.expression == expression
    assert clause.condition.holds(KNOWN) is holds


@given(st.text(max_size=80))
def test_no_value_breaks_out_of_its_quotes(value: str) -> None:
    """A value is compared with, whatever quotes or operators stand in it."""
    condition = Clause("account.name", "is", value).condition
    assert condition.holds({"account.name": value})
    assert not condition.holds({"account.name": value + "x"})


@pytest.mark.parametrize(
    ("text", "column", "code"),
    [
        ("step.colour == 1", 1, "unknown_part"), ("person.name == 1", 1, "not_a_fact"), ("journey == 1", 1, "bare_root"), ("step.", 6, "ends_early"),
    ],
)  # fmt: skip
def test_an_expression_looks_at_what_there_is_and_at_nothing_else(text: str, column: int, code: str) -> None:
    with pytest.raises(ConditionError) as refused:
        compile_condition(text, ROOTS)
    assert (refused.value.column, refused.value.code) == (column, code)


def test_playbooks_still_know_facts_only() -> None:
    with pytest.raises(ConditionError) as refused:
        compile_condition("journey.health == 'off_track'")
    assert refused.value.code == "not_a_fact"


def test_the_first_condition_that_does_not_hold_is_named() -> None:
    rule = Rule("x", (Clause("facts.seats", "more", "50", "number"), Clause("account.country", "is", "BD")), "facts.seats < 10")
    assert rule.unmet(KNOWN) == 1
    assert rule.unmet({**KNOWN, "account.country": "BD"}) == 2
    assert rule.unmet({**KNOWN, "account.country": "BD", "seats": 51}) == 2
    assert Rule("x").unmet(KNOWN) is None


_WORD = st.text(max_size=20)


@given(
    st.builds(
        Rule, _WORD, st.lists(st.builds(Clause, _WORD, st.sampled_from(OPERATORS), _WORD, st.sampled_from(["text", "number"])), max_size=3).map(tuple),
        _WORD, st.lists(st.builds(Deed, _WORD, _WORD, _WORD, _WORD, _WORD), max_size=3).map(tuple),
    )
)  # fmt: skip
def test_a_rule_comes_back_as_it_was_kept(rule: Rule) -> None:
    if all(clause.subject for clause in rule.clauses) and all(deed.do for deed in rule.deeds):
        assert rule_from(kept(rule)) == rule


def test_depth_counts_the_automations_between_an_event_and_a_person() -> None:
    assert depth_in("") == (0, "")
    assert depth_in(cause_of(0, "fir_1")) == (1, "fir_1")
    assert depth_in(cause_of(3, "fir_4")) == (4, "fir_4")


@given(st.integers(0, 20), st.integers(0, 100), st.integers(0, 100))
def test_a_guard_cuts_exactly_from_its_limit_on(depth: int, of_one: int, of_all: int) -> None:
    cut = cut_by(depth, of_one, of_all)
    assert bool(cut) == (depth >= MOST_DEPTH or of_one >= MOST_OF_ONE or of_all >= MOST_OF_ALL)
    assert cut in {"", "depth", "rate", "journey_rate"}
