"""From what is typed to typed values and back, type by type."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from boardwell.capabilities.forms.definition import FIELD_TYPES, Question
from boardwell.capabilities.forms.values import FaultError, for_fact, is_empty, raw_of, value_of

CHOICES = {"a": {"en": "A"}, "b": {"en": "B"}}
TAKEN = [
    ("text", "  two \n words ", "two words", {}), ("long_text", "a\r\nb", "a\nb", {}), ("number", "1 234,5", 1234.5, {}), ("number", "1,234.50", 1234.5, {}),
    ("number", "১২", 12, {}), ("number", "-0", 0, {}), ("money", "1.234,50", {"minor": 123450, "currency": "EUR"}, {"currencies": ("EUR",)}),
    ("money", {"amount": "7", "currency": "JPY"}, {"minor": 7, "currency": "JPY"}, {"currencies": ("EUR", "JPY")}),
    ("date", "2026-02-28", "2026-02-28", {}), ("choice", "b", "b", {"choices": CHOICES}), ("choices", ["b", "a", "b"], ["a", "b"], {"choices": CHOICES}),
    ("yes_no", "no", False, {}), ("email", "বর@example.com", "বর@example.com", {}), ("phone", "11 123456", "+97611123456", {"country": "MN"}),
    ("phone", "+44 117 496 0000", "+441174960000", {}), ("url", "example.com/a", "https://example.com/a", {}), ("country", "bd", "BD", {}),
    ("iban", "gb33 bukb 2020 1555 5555 55", "GB33BUKB20201555555555", {}), ("tax_id", "1400057421", "1400057421", {"country": "AZ"}),
    ("tax_id", "27AAPFU0939F1ZV", "27AAPFU0939F1ZV", {"country": "IN"}), ("tax_id", "12-X", "12-X", {"country": "BD"}), ("rating", "5", 5, {"most": 5}),
    ("list", "a\n\n b ", ["a", "b"], {}), ("address", {"street": "1 Road", "city": "Dhaka", "postcode": " "}, {"street": "1 Road", "city": "Dhaka"}, {}),
    ("file", ["fil_a"], ["fil_a"], {}),
]  # fmt: skip
REFUSED = [
    ("number", "12a", "number", {}), ("number", "NaN", "number", {}), ("number", "1e309", "number", {}), ("number", "9" * 40, "too_large", {}), ("number", "4", "least", {"least": 5}),
    ("number", "6", "most", {"most": 5}), ("money", "1.005", "money_places", {"currencies": ("EUR",)}), ("money", "1.5", "money_whole", {"currencies": ("JPY",)}),
    ("money", {"amount": "1", "currency": "USD"}, "currency", {"currencies": ("EUR",)}), ("date", "2026-02-30", "date", {}), ("date", "1700-01-01", "date_far", {}),
    ("choice", "c", "choice", {"choices": CHOICES}), ("choices", ["a", "c"], "choice", {"choices": CHOICES}), ("choices", ["a", "b"], "choices_most", {"choices": CHOICES, "most": 1}),
    ("yes_no", "true", "yes_no", {}), ("email", "a@b", "email", {}), ("email", "a@b.example\r\nBcc: c", "email", {}), ("phone", "12", "phone", {"country": "MN"}),
    ("phone", "1234567", "phone_country", {}), ("url", "javascript:alert(1)", "url", {}), ("url", "http://[", "url", {}), ("country", "XXX", "country", {}),
    ("iban", "GB34BUKB20201555555555", "iban", {}), ("tax_id", "1500057421", "tax_id", {"country": "AZ"}), ("tax_id", "--", "tax_id", {"country": "BD"}),
    ("rating", "6", "rating", {"most": 5}), ("rating", "1.5", "rating", {"most": 5}), ("address", {"city": "Dhaka"}, "address_street", {}), ("address", "text", "shape", {}),
    ("text", ["a"], "shape", {}), ("text", "abcd", "text_most", {"most": 3}), ("file", ["a", "b"], "files_most", {"most": 1}),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "raw", "value", "more"), TAKEN, ids=[f"{row[0]}-{n}" for n, row in enumerate(TAKEN)])
def test_what_is_typed_becomes_a_typed_value_and_can_be_typed_again(kind: str, raw: Any, value: Any, more: dict[str, Any]) -> None:
    question = Question("q", kind, {}, **more)
    found = value_of(question, raw)
    assert (found, type(found)) == (value, type(value))
    assert value_of(question, raw_of(question, value)) == value


@pytest.mark.parametrize(("kind", "raw", "code", "more"), REFUSED, ids=[f"{row[0]}-{row[2]}-{n}" for n, row in enumerate(REFUSED)])
def test_what_cannot_be_taken_says_why(kind: str, raw: Any, code: str, more: dict[str, Any]) -> None:
    with pytest.raises(FaultError) as refused:
        value_of(Question("q", kind, {}, **more), raw)
    assert refused.value.code == code


def test_every_type_that_is_typed_is_tried_here() -> None:
    typed = {row[0] for row in TAKEN}
    assert set(FIELD_TYPES) - typed == {"table", "calculated", "heading"}


_ANY = st.recursive(st.one_of(st.none(), st.text(max_size=20), st.booleans(), st.integers()), lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3))  # fmt: skip


@given(st.sampled_from([kind for kind in FIELD_TYPES if kind not in {"table", "calculated", "heading"}]), _ANY)
def test_nothing_that_can_be_sent_breaks_it(kind: str, raw: Any) -> None:
    is_empty(raw)
    try:
        value_of(Question("q", kind, {}, choices=CHOICES, currencies=("EUR",)), raw, "AZ")
    except FaultError as fault:
        assert fault.code


@pytest.mark.parametrize(("kind", "value", "fact", "recorded"), [
    ("money", {"minor": 1250, "currency": "EUR"}, "number", 12.5), ("money", {"minor": 1200, "currency": "EUR"}, "number", 12),
    ("money", {"minor": 1250, "currency": "EUR"}, "text", "12.50 EUR"), ("address", {"street": "1 Road", "city": "Dhaka"}, "text", "1 Road, Dhaka"),
    ("list", ["a", "b"], "text", "a\nb"), ("number", 5, "text", 5), ("yes_no", True, "yes_no", True), ("yes_no", True, "text", None),
])  # fmt: skip
def test_an_answer_is_recorded_as_the_fact_s_own_type(kind: str, value: Any, fact: str, recorded: Any) -> None:
    assert for_fact(Question("q", kind, {}, currencies=("EUR",)), value, fact) == recorded


def test_a_table_is_recorded_as_one_line_a_row() -> None:
    columns = (Question("name", "text", {}), Question("phone", "phone", {}))
    table = Question("q", "table", {}, columns=columns)
    assert for_fact(table, [{"name": "A", "phone": "+97611123456"}, {"name": "B"}], "list") == ["A, +97611123456", "B"]
