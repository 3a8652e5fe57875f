"""What our reader of conditions answers is what a CEL library answers, wherever CEL has an answer."""

from typing import Any

import cel
from hypothesis import given, settings
from hypothesis import strategies as st

from boardwell.domain.playbooks.conditions import compile_condition

NUMBERS, TEXTS, FLAGS, LISTS = ("seats", "users"), ("region", "plan"), ("sso", "trial"), ("needs", "tags")
WORDS = ["eu", "us", "", "e", "Ünïcode", "ঢাকা", 'a"b']


def quoted(word: str) -> str:
    return '"' + word.replace("\\", "\\\\").replace('"', '\\"') + '"'


def both(inner: st.SearchStrategy[str], signs: list[str]) -> st.SearchStrategy[str]:
    return st.tuples(inner, st.sampled_from(signs), inner).map(lambda parts: "(" + " ".join(parts) + ")")


numbers = st.recursive(
    st.one_of(st.integers(-50, 50).map(str), st.sampled_from([f"facts.{name}" for name in NUMBERS])),
    lambda inner: st.one_of(both(inner, ["+", "-", "*"]), inner.map(lambda one: f"(-{one})")),
    max_leaves=4,
)
texts = st.one_of(st.sampled_from(WORDS).map(quoted), st.sampled_from([f"facts.{name}" for name in TEXTS]))
lists = st.one_of(
    st.lists(st.sampled_from(WORDS).map(quoted), min_size=1, max_size=3).map(lambda items: "[" + ", ".join(items) + "]"),
    st.sampled_from([f"facts.{name}" for name in LISTS]),
)
compared = st.one_of(
    both(numbers, ["<", "<=", ">", ">=", "==", "!="]),
    both(texts, ["<", "<=", ">", ">=", "==", "!="]),
    st.tuples(texts, lists).map(lambda parts: f"({parts[0]} in {parts[1]})"),
    st.tuples(texts, st.sampled_from(["startsWith", "endsWith", "contains"]), texts).map(lambda p: f"{p[0]}.{p[1]}({p[2]})"),
    st.tuples(lists, numbers).map(lambda parts: f"(size({parts[0]}) > {parts[1]})"),
    st.sampled_from([f"facts.{name}" for name in FLAGS] + [f"has(facts.{name})" for name in (*TEXTS, "missing")] + ["true", "false"]),
)
expressions = st.recursive(
    compared,
    lambda inner: st.one_of(
        both(inner, ["&&", "||"]),
        inner.map(lambda one: f"!{one}"),
        st.tuples(inner, inner, inner).map(lambda p: f"({p[0]} ? {p[1]} : {p[2]})"),
    ),
    max_leaves=6,
).filter(lambda text: len(text) <= 500)
facts = st.fixed_dictionaries(
    {name: st.integers(-100, 100) for name in NUMBERS}
    | {name: st.sampled_from(WORDS) for name in TEXTS}
    | {name: st.booleans() for name in FLAGS}
    | {name: st.lists(st.sampled_from(WORDS), max_size=3) for name in LISTS}
)


@settings(max_examples=500)
@given(expressions, facts)
def test_a_condition_over_known_facts_means_what_cel_says(text: str, known: dict[str, Any]) -> None:
    assert compile_condition(text).holds(known) is cel.evaluate(text, {"facts": known})


def test_the_comparison_can_tell_a_difference() -> None:
    assert cel.evaluate("facts.seats > 5", {"facts": {"seats": 6}}) is True
    assert cel.evaluate("facts.seats > 5", {"facts": {"seats": 5}}) is False
