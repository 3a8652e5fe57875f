"""Search: every kind of thing, in six languages' letters, narrowed to what may be seen, at a handful of queries."""

import io

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from boardwell.domain.accounts.actions.save_account import create_account
from boardwell.domain.accounts.actions.save_contact import add_contact
from boardwell.domain.conversations.actions.post_message import post_message
from boardwell.domain.conversations.queries import find_messages
from boardwell.domain.journeys.queries.search import find_facts, find_journeys, find_steps
from boardwell.domain.vault.actions.keep_file import keep_file
from boardwell.domain.vault.queries import find_files
from boardwell.kernel.folding import folded_words
from boardwell.ui.marking import marked

NAMES = {
    "Günəş Məmmədov İşıq": "gunes isiq",
    "Өвөрхангай Ёлка": "оворхангай елка",
    "ढाका क़िला": "किला",
    "ঢাকা বাড়ি": "বাড়ি",
    "Müller & Söhne": "SOHNE muller",
    "Syarikat Öz-Ürün": "urun",
}


@pytest.fixture
def filled(house) -> str:
    journey_id = house.start(title="Journey of Wörth", facts={"seats": 731})
    with house.as_owner():
        for name in NAMES:
            add_contact(create_account(name=name), name=f"Person {name}", email=f"p{len(name)}@{house.slug}-customer.example")
        post_message(journey_id, house.account_id, body="The schätzing report " + "x" * 300 + " is Überfällig")
        post_message(journey_id, house.account_id, body="überfällig, but between us", visibility="internal")
        keep_file(io.BytesIO(b"a"), "Übersicht.txt", account_id=house.account_id, journey_id=journey_id)
    return journey_id


@pytest.mark.parametrize(("name", "typed"), NAMES.items())
def test_a_name_is_found_however_its_letters_are_typed(house, filled, signed_in, name: str, typed: str) -> None:
    body = signed_in(house.owner.person).get("/acme/search/", {"q": typed}).content.decode()
    assert "<mark>" in body
    assert body.count("data-row") == 2, "the account and its contact"


@pytest.mark.parametrize(
    ("typed", "where"),
    [("worth", "journeys/{id}/"), ("welcome", "steps/welcome/"), ("ubersicht", "files/"), ("731", "facts/"), ("small", "playbooks/small/"),
     ("owner@acme", "people/"), ("uberfallig", "messages/"), ("Lead acme", "accounts/")],
)  # fmt: skip
def test_every_kind_of_thing_is_found(house, filled, signed_in, typed: str, where: str) -> None:
    body = signed_in(house.owner.person).get("/acme/search/", {"q": typed}).content.decode()
    links = [part.split('"')[0] for part in body.split('data-row href="')[1:]]
    assert any(link.endswith(where.format(id=filled)) or where in link for link in links), links


def test_the_customer_finds_only_what_is_shared_and_theirs(house, filled) -> None:
    with house.as_contact():
        assert [hit.is_internal for hit in find_messages(folded_words("uberfallig"))] == [False]
        assert [hit.title for hit in find_files(folded_words("ubersicht"))] == ["Übersicht.txt"]
        assert find_journeys(folded_words("worth")) == find_steps(folded_words("welcome")) == find_facts(folded_words("731")) == []


def test_another_organisation_finds_nothing_of_ours(house, other, filled, signed_in) -> None:
    client: Client = signed_in(other.owner.person)
    for typed in ("gunes", "worth", "ubersicht", "731"):
        body = client.get("/rival/search/", {"q": typed}).content.decode()
        assert "data-row" not in body
        assert "Nothing has" in body


def test_hits_are_marked_escaped_and_cut_around_the_first() -> None:
    assert marked("<b>Məmmədov</b>", "memmed") == "&lt;b&gt;<mark>Məmməd</mark>ov&lt;/b&gt;"
    cut = marked("x " * 200 + "Überfällig " + "y " * 200, "uberfallig", most=200)
    assert "<mark>Überfällig</mark>" in cut
    assert cut.startswith("…")
    assert cut.endswith("…")
    assert marked("e\u0301te\u0301", "ete") == "<mark>été</mark>"
    assert marked("nothing here", "") == "nothing here"


def test_the_number_of_queries_does_not_grow_and_is_three_for_each_kind_at_most(house, signed_in) -> None:
    client = signed_in(house.owner.person)
    house.start()
    client.get("/acme/search/", {"q": "acme"})
    with CaptureQueriesContext(connection) as few:
        client.get("/acme/search/", {"q": "acme"})
    for _n in range(5):
        house.start()
    with CaptureQueriesContext(connection) as many:
        client.get("/acme/search/", {"q": "acme"})
    assert len(many) == len(few)
    with house.as_owner(), CaptureQueriesContext(connection) as steps:
        assert len(find_steps(folded_words("welcome"))) == 6
    assert len(steps) <= 3


def test_the_short_form_answers_a_part_that_leads_on(house, filled, signed_in) -> None:
    client = signed_in(house.owner.person)
    body = client.get("/acme/search/quick/", {"q": "worth"}).content.decode()
    assert f"/acme/journeys/{filled}/" in body
    assert "<html" not in body
    assert "search everything" in client.get("/acme/search/quick/", {"q": "zzz"}).content.decode()
    assert client.get("/acme/search/quick/").content.decode().strip() == ""


@pytest.mark.parametrize(
    "typed", ["\x00", "%", "_", "\\", "'", '"', "a" * 5000, "\u202e", "ſ", "ﬁ", "\ud800".encode("utf-8", "replace").decode()]
)
def test_nothing_typed_breaks_it(house, filled, signed_in, typed: str) -> None:
    client = signed_in(house.owner.person)
    assert client.get("/acme/search/", {"q": typed}).status_code == 200
    assert client.get("/acme/search/quick/", {"q": typed}).status_code == 200
