"""The visibility proof: the list equals what the portal shows, planted internals are on the hidden side, and a leak blocks publishing."""

import re

import pytest
from django.urls import reverse

from boardwell.domain.accounts.actions.save_contact import add_contact
from boardwell.domain.conversations.actions.post_message import post_message
from boardwell.domain.journeys.actions.complete_step import complete_step
from boardwell.domain.journeys.actions.record_facts import record_facts
from boardwell.domain.journeys.kinds import kind_rules
from boardwell.domain.journeys.orders import Outcome
from boardwell.domain.journeys.queries.visibility import audiences_of, sight_of
from boardwell.domain.playbooks.actions.write_playbook import create_playbook, import_playbook, publish_draft
from boardwell.domain.playbooks.document import parse
from boardwell.domain.playbooks.problems import lint
from boardwell.domain.playbooks.queries import playbook_page
from boardwell.domain.vault.models import StoredFile
from boardwell.kernel.errors import Invalid, NotFound

MIXED = """
boardwell: 1
key: mixed
title: {en: Mixed}
roles:
  manager: {side: ours, title: {en: Manager}}
  lead: {side: customer, title: {en: Lead}}
facts:
  seats: {type: number, title: {en: Seats}}
  credit: {type: number, visibility: internal, title: {en: Credit score}}
stages:
  - key: begin
    title: {en: Begin}
    steps:
      - {key: welcome, kind: task, side: ours, owner: manager, title: {en: Welcome}, due: {days: 1}}
      - key: rating
        kind: form
        side: ours
        owner: manager
        visibility: internal
        title: {en: Rate the customer}
        due: {days: 1}
        settings: {fields: [{key: credit, type: number, label: {en: Score}, fact: credit}]}
      - key: needs
        kind: form
        side: customer
        owner: lead
        title: {en: Tell us your needs}
        due: {days: 3}
        needs: [welcome]
        settings: {fields: [{key: seats, type: number, label: {en: Seats}, fact: seats}]}
"""


def faults(source: str) -> list[tuple[str, str, str]]:
    return [
        (one.fault, one.severity, ".".join(map(str, one.at)))
        for one in lint(source, kinds=kind_rules())
        if one.fault.startswith("internal_leak")
    ]


@pytest.fixture
def mixed(house):
    with house.as_owner():
        import_playbook(MIXED, kind_rules())
    journey_id = house.start(playbook_key="mixed")
    with house.as_owner():
        post_message(journey_id, house.account_id, body="Hello there")
        post_message(journey_id, house.account_id, body="They are slow payers", visibility="internal")
        for name, visibility in (("plan.pdf", "shared"), ("margin.xlsx", "internal")):
            StoredFile(
                organisation_id=house.organisation_id, account_id=house.account_id, journey_id=journey_id, name=name,
                media_type="text/plain", size_bytes=1, sha256="0" * 64, storage_path="none", visibility=visibility,
                uploaded_by_kind="member", uploaded_by_id="x", uploaded_by_name="Owner acme",
            ).save()  # fmt: skip
        record_facts(journey_id, {"seats": 7, "credit": 640})
        complete_step(journey_id, "welcome")
    return journey_id


def listed(sight) -> dict[str, tuple[list[str], list[tuple[str, str]]]]:
    return {group.title: ([one.words for one in group.seen], [(one.words, one.why) for one in group.hidden]) for group in sight.groups}


@pytest.mark.parametrize("whose", ["contact", "admin", "participant", "third"])
def test_what_is_internal_stands_on_the_hidden_side_with_its_reason(house, mixed, whose: str) -> None:
    with house.as_owner():
        found = listed(sight_of(mixed, house.contact.id if whose == "contact" else whose))
    assert found["Steps"] == (["Welcome", "Tell us your needs"], [("Rate the customer", "Internal step")])
    assert found["Files"] == (["plan.pdf"], [("margin.xlsx", "Internal file")])
    assert found["Messages"] == (["Hello there"], [("They are slow payers", "Internal note")])
    assert found["Facts"] == (["Seats"], [("Credit score", "Internal fact")])
    assert found["Dates"][1] == [("Rate the customer", "The day of a step that they do not see")]
    assert found["People"] == (["Owner acme", "Lead acme"], [])
    assert found["History"] == ([], [("What happened, line by line", "The log is the team's")])


def test_the_steps_files_and_messages_seen_are_those_on_the_portals_pages(house, mixed, signed_in) -> None:
    """The proof of the proof: the list is held against the pages that the contact is given."""
    with house.as_owner():
        found = listed(sight_of(mixed, house.contact.id))
    client = signed_in(house.contact.person)
    pages = {
        name: client.get(reverse(f"portal:{name}", kwargs={"journey_id": mixed})).content.decode()
        for name in ("plan", "files", "messages", "people")
    }
    for group, name in (("Steps", "plan"), ("Files", "files"), ("Messages", "messages"), ("People", "people")):
        seen, hidden = found[group]
        assert all(words in pages[name] for words in seen), group
        assert not any(words in page for words, _why in hidden for page in pages.values()), group
    main = re.search(r"<main.*</main>", pages["plan"], flags=re.S)
    assert main is not None
    assert len(re.findall(r"<li class=\"state-", main.group())) == len(found["Steps"][0])


def test_only_people_of_the_journeys_own_account_can_be_asked_about(house, other, mixed) -> None:
    with house.as_owner():
        for whose in (other.contact.id, "con_nobody", "owner"):
            with pytest.raises(NotFound):
                sight_of(mixed, whose)


def test_the_number_of_queries_does_not_grow_with_the_journey(house, mixed, django_assert_max_num_queries) -> None:
    with house.as_owner():
        for number in range(30):
            post_message(mixed, house.account_id, body=f"note {number}", visibility="internal")
            add_contact(house.account_id, name=f"P{number}", email=f"p{number}@acme-customer.example")
        with django_assert_max_num_queries(22):
            assert len(listed(sight_of(mixed, "participant"))["Messages"][1]) == 31


def test_the_page_lists_both_sides_and_offers_the_eyes(house, mixed, signed_in) -> None:
    client = signed_in(house.owner.person)
    path = reverse("workspace:journey_visibility", kwargs={"slug": "acme", "journey_id": mixed})
    text = client.get(path).content.decode()
    for words in ("Lead acme", "margin.xlsx", "Internal file", "Credit score", "See the portal as Lead acme"):
        assert words in text
    assert client.get(path, {"whose": "third"}).status_code == 200
    assert client.get(path, {"whose": "con_x"}).status_code == 404


def test_a_playbooks_table_says_the_same_as_the_journey_that_runs_on_it(house, mixed) -> None:
    with house.as_owner():
        table = audiences_of(parse(MIXED))
        for place, audience in enumerate(("admin", "participant", "third")):
            seen, hidden = listed(sight_of(mixed, audience))["Steps"]
            assert [row.title for row in table.rows if row.cells[place] != "hidden"] == seen
            assert [row.title for row in table.rows if row.cells[place] == "hidden"] == [title for title, _why in hidden]
    assert [row.cells[0] for row in table.rows] == ["sees", "hidden", "does"]
    assert table.hidden_facts == ("Credit score",)


LEAKS = {
    "internal_leak.answer": MIXED.replace("        visibility: internal\n", ""),
    "internal_leak.field": MIXED.replace("label: {en: Seats}, fact: seats", "label: {en: Seats}, fact: credit"),
    "internal_leak.step": MIXED.replace("title: {en: Tell us your needs}", "title: {en: Tell us your needs}\n        visibility: internal"),
}


@pytest.mark.parametrize("fault", LEAKS)
def test_a_leak_is_named_and_blocks_publishing(house, signed_in, fault: str) -> None:
    source = LEAKS[fault]
    assert [(one, severity) for one, severity, _at in faults(source)][:1] == [(fault, "error")]
    with house.as_owner():
        create_playbook("mixed", source)
        with pytest.raises(Invalid):
            publish_draft("mixed", kind_rules())
        assert playbook_page("mixed").number in {None, 0}
    page = (
        signed_in(house.owner.person).get(reverse("workspace:playbook_publish", kwargs={"slug": "acme", "key": "mixed"})).content.decode()
    )
    assert "What each audience will see" in page
    assert "Put the errors right first" in page


def test_words_for_customers_that_name_something_internal_are_warned_of() -> None:
    told = MIXED.replace(
        "title: {en: Tell us your needs}", "title: {en: Tell us your needs}\n        help: {en: We look at your credit score.}"
    )
    assert faults(told) == [("internal_leak.words", "warning", "stages.0.steps.2.help.en")]
    assert faults(MIXED) == []


def test_the_answer_to_an_internal_fact_stays_inside_even_in_an_older_version(house, signed_in, monkeypatch) -> None:
    """A version that was published before the check: the page of the ended step leaves the answer out."""
    with house.as_owner():
        monkeypatch.setattr("boardwell.domain.playbooks.actions.write_playbook.lint", lambda source, kinds: [])
        import_playbook(LEAKS["internal_leak.answer"], kind_rules())
    journey_id = house.start(playbook_key="mixed")
    with house.as_owner():
        complete_step(journey_id, "rating", Outcome(word="answered", answers={"credit": 641}, facts={"credit": 641}))
    path = reverse("portal:step", kwargs={"journey_id": journey_id, "key": "rating"})
    assert "641" not in signed_in(house.contact.person).get(path).content.decode()
    inside = reverse("workspace:step", kwargs={"slug": "acme", "journey_id": journey_id, "key": "rating"})
    assert "641" in signed_in(house.owner.person).get(inside).content.decode()
