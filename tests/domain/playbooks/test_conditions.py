"""Conditions: what they mean, where they are wrong, and what the linter may say of them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from boardwell.domain.playbooks.conditions import ConditionError, compile_condition
from boardwell.domain.playbooks.reasoning import always

FACTS = {
    "n": {"type": "number"}, "m": {"type": "number"}, "d": {"type": "date"}, "l": {"type": "list"}, "t": {"type": "text"},
    "c": {"type": "choices", "choices": {"a": {}, "b": {}, "c": {}}}, "r": {"type": "choice", "choices": {"eu": {}, "us": {}}},
}  # fmt: skip


def verdict(text: str) -> bool | None:
    condition = compile_condition(text)
    return always(condition, {name: FACTS[name] for name in condition.facts})


@pytest.mark.parametrize(
    "text",
    [
        "facts.d > '2026-01-01' && facts.d < '2026-12-01'", "facts.n > 5 && facts.n < 5.5", "facts.n + facts.m == 7",
        "size(facts.l) > 5", "facts.t.startsWith('ab') && facts.t.endsWith('cd')", "facts.n > facts.m", "size(facts.t) > 20",
        "'a' in facts.c && 'b' in facts.c && !('c' in facts.c)", "facts.n > 5", "facts.t > 'a' && facts.t < 'b'",
    ],
)  # fmt: skip
def test_a_condition_that_can_be_true_and_false_is_not_called_dead(text: str) -> None:
    assert verdict(text) is None


@pytest.mark.parametrize(
    "text",
    [
        "facts.n > 5 && facts.n < 3", "facts.r == 'asia'", "facts.d > '2026-12-01' && facts.d < '2026-01-01'",
        "facts.r == 'eu' && facts.r == 'us'", "facts.t > 5", "'z' in facts.c", "false",
    ],
)  # fmt: skip
def test_a_condition_that_is_never_true_is_called_dead(text: str) -> None:
    assert verdict(text) is False


def test_a_condition_that_is_always_true_is_named() -> None:
    assert verdict("facts.n == null || has(facts.n)") is True


@pytest.mark.parametrize(
    ("text", "column", "code"),
    [
        ("facts.seats > ", 15, "ends_early"), ("seats > 5", 1, "not_a_fact"), ("facts.a && 'open", 12, "unclosed_text"),
        ("facts.a.b == 1", 9, "no_parts"), ("[1].map(x, x)", 5, "no_macro"), ("(" * 400, 25, "too_deep"),
        ("x" * 501, 501, "too_long"), ("facts.a # 1", 9, "character"), ("size(1, 2)", 1, "arguments"),
    ],
)  # fmt: skip
def test_a_fault_has_its_column_and_code(text: str, column: int, code: str) -> None:
    with pytest.raises(ConditionError) as caught:
        compile_condition(text)
    assert (caught.value.column, caught.value.code) == (column, code)


@pytest.mark.parametrize(
    ("text", "holds"),
    [
        ("facts.gone < 5", False), ("facts.gone > 5", False), ("facts.gone + 1 > 0", False), ("facts.gone == null", True),
        ("facts.gone != 'eu'", True), ("!facts.gone", True), ("7 / 2 == 3", True), ("-7 % 3 == -1", True), ("1 / 0 == null", True),
        ("true == 1", False), ("1 == 1.0", True), ("facts.huge * 1.5 > 0", False), ("size('abc') == 3", True), ("5 -3 == 2", True),
    ],
)  # fmt: skip
def test_what_is_unknown_or_impossible_is_null_and_never_an_error(text: str, holds: bool) -> None:
    assert compile_condition(text).holds({"huge": 10**400}) is holds


@pytest.mark.timeout(5)
def test_backslashes_in_an_open_text_are_refused_at_once() -> None:
    with pytest.raises(ConditionError):
        compile_condition('"' + "\\" * 499)


VALUES = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | st.lists(st.text(max_size=3), max_size=3)
PARTS = st.sampled_from(["facts.a", "facts.b", "1", "2.5", "'x'", "null", "true", "['x', 1]", "size(facts.a)", "has(facts.b)"])
TEXTS = st.recursive(
    PARTS,
    lambda inner: st.builds(
        "({} {} {})".format, inner, st.sampled_from(["<", "<=", ">", ">=", "==", "!=", "in", "+", "-", "*", "/", "%", "&&", "||"]), inner
    ) | inner.map("!({})".format),
    max_leaves=8,
)  # fmt: skip


@given(TEXTS, VALUES, VALUES)
def test_a_condition_that_can_be_read_never_fails_on_any_facts(text: str, a: object, b: object) -> None:
    assert compile_condition(text).holds({"a": a, "b": b}) in {True, False}
