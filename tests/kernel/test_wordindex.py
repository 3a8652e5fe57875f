"""Search by an index of folded words: beginnings of words in any order, however they are typed, and only one's own."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from boardwell.domain.accounts.actions.save_account import create_account, update_account
from boardwell.domain.accounts.models import Account
from boardwell.domain.accounts.queries import AccountFilters, account_slice
from boardwell.domain.journeys.queries.lists import Filters, journey_list
from boardwell.kernel import wordindex
from boardwell.kernel.folding import folded_words
from boardwell.kernel.models import SearchWord
from boardwell.kernel.wordindex import found_by, typed_words, words_in


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Al-Futtaim Group", ["al-futtaim", "al", "futtaim", "group"]),
        ("O’Brien & Söhne (Bremen)", ["o'brien", "o", "brien", "sohne", "(bremen)", "bremen"]),
        ("ढाका क़िला", ["ढाका", "किला"]),
        ("Firm – Bench", ["firm", "bench"]),
        ("www.acme.example/en", ["www.acme.example/en", "www", "acme", "example", "en"]),
        ("  ", []),
    ],
)
def test_a_text_is_kept_by_its_words_and_the_parts_of_them(text: str, words: list[str]) -> None:
    assert words_in(text) == words


@pytest.mark.parametrize(("typed", "words"), [("- acme,", ["acme"]), ("al-fut", ["al-fut"]), ("…", []), ("(Bremen)", ["bremen"])])
def test_punctuation_around_a_typed_word_says_nothing(typed: str, words: list[str]) -> None:
    assert typed_words(folded_words(typed)) == words


def names(search: str) -> list[str]:
    return [row.name for row in account_slice(AccountFilters(search=search)).rows]


@pytest.fixture
def named(house):
    with house.as_owner():
        for name, city in (("Gunes Bank", "Bakı"), ("Al-Futtaim", ""), ("Bankers United", "Dubai"), ("ঢাকা বাড়ি", "")):
            create_account(name=name, city=city)
    return house


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("bank", ["Bankers United", "Gunes Bank"]), ("BANK baki", ["Gunes Bank"]), ("baki bank", ["Gunes Bank"]), ("futt", ["Al-Futtaim"]),
        ("বাড", ["ঢাকা বাড়ি"]), ("ank", []), ("bank nowhere", []), ("–", []), ("%", []), ("a" * 500, []), ("bank bank b ba ban un", ["Bankers United"]),
    ],
)  # fmt: skip
@pytest.mark.parametrize("few", [1_000, 0])
def test_every_typed_word_begins_a_word_of_what_is_found(named, monkeypatch, typed: str, found: list[str], few: int) -> None:
    monkeypatch.setattr(wordindex, "FEW", few)  # 0: as for words that everybody has
    with named.as_owner():
        assert sorted(names(typed)) == found


def test_what_is_renamed_is_found_by_its_new_name_only_and_so_are_its_onboardings(named) -> None:
    journey_id = named.start(title="Own words", external_id="deal-77")
    with named.as_owner():
        for words in ("own", "customer", "77"):
            assert [row.id for row in journey_list(Filters(search=words)).rows] == [journey_id]
        update_account(named.account_id, name="Renamed firm")
        update_account(named.account_id, notes="nothing that is searched")
        assert names("customer") == []
        assert names("renamed") == ["Renamed firm"]
        assert [row.id for row in journey_list(Filters(search="renamed own")).rows] == [journey_id]
        assert journey_list(Filters(search="customer")).rows == ()


def test_another_house_finds_nothing_of_ours(named, other) -> None:
    with other.as_owner():
        assert names("bank") == []
        assert not SearchWord.objects.filter(word=b"bank").exists()


def test_one_search_costs_the_same_queries_for_any_number(named) -> None:
    with named.as_owner():
        with CaptureQueriesContext(connection) as few:
            names("bank")
        for number in range(5):
            create_account(name=f"Bank {number}")
        with CaptureQueriesContext(connection) as many:
            assert len(names("bank")) == 7
        assert len(many) == len(few) == 3
        assert list(found_by(Account.objects.all(), [], {"account": "id"})) == []
