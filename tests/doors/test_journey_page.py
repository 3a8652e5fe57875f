"""One onboarding's page: what happened in words, facts with their past, who opened a file, what is new, and all of it to take along."""

import csv
import io
import json
import re

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from boardwell.domain.audit.models import AuditEntry
from boardwell.domain.conversations.actions.post_message import post_message
from boardwell.domain.journeys.actions.assign_step import assign_step
from boardwell.domain.journeys.actions.complete_step import complete_step
from boardwell.domain.journeys.actions.pause_journey import pause_journey
from boardwell.domain.journeys.actions.record_facts import record_facts
from boardwell.domain.journeys.actions.resume_journey import resume_journey
from boardwell.domain.journeys.actions.skip_step import skip_step
from boardwell.domain.journeys.models import Journey, Step
from boardwell.domain.journeys.orders import Outcome
from boardwell.domain.journeys.queries.pages import facts_of
from boardwell.domain.journeys.queries.timeline import timeline_of
from boardwell.domain.vault.actions.keep_file import keep_file, note_opened
from boardwell.domain.vault.queries import file_by_id


@pytest.fixture
def lived(house) -> str:
    journey_id = house.start()
    with house.as_owner():
        assign_step(journey_id, "welcome", member_id=house.member("manager").id)
    with house.as_owner():
        complete_step(journey_id, "welcome")
    with house.as_contact():
        complete_step(journey_id, "needs", Outcome(facts={"seats": 80}))
    with house.as_owner():
        record_facts(journey_id, {"seats": 12})
        pause_journey(journey_id, reason="Summer break")
        resume_journey(journey_id)
        post_message(journey_id, house.account_id, body="Between us", visibility="internal")
    return journey_id


def test_what_happened_reads_as_sentences_with_titles_names_and_before_and_after(house, lived) -> None:
    with house.as_owner():
        told = [(one.who, one.words, one.subject, one.changes, one.why) for one in timeline_of(lived)]
    assert told[:7] == [
        ("Owner acme", "wrote a message", "", (("For", "", "the team only"),), ""),
        ("Owner acme", "resumed the onboarding", "", (("State", "paused", "running"),), ""),
        ("Owner acme", "paused the onboarding", "", (("State", "running", "paused"),), "Summer break"),
        ("Owner acme", "recorded a fact", "Seats", (("Value", "80", "12"),), ""),
        ("Lead acme", "recorded a fact", "Seats", (("Value", "", "80"),), ""),
        ("Lead acme", "completed a step", "Needs", (("State", "to do", "done"),), ""),
        ("Owner acme", "completed a step", "Welcome", (("State", "to do", "done"),), ""),
    ]
    assert ("Who does it", "Owner acme", "manager acme") in told[7][3]


def test_it_can_be_narrowed_by_kind_and_by_who_and_paged(house, lived, signed_in) -> None:
    with house.as_owner():
        assert [one.verb for one in timeline_of(lived, group="facts")] == ["fact.recorded", "fact.recorded"]
        assert {one.who for one in timeline_of(lived, actor_id=house.contact.id)} == {"Lead acme"}
        first = timeline_of(lived, most=3)
        rest = timeline_of(lived, before_position=first[-1].position)
        assert [one.position for one in first + rest] == [one.position for one in timeline_of(lived)]
    body = signed_in(house.owner.person).get(f"/acme/journeys/{lived}/timeline/?kind=steps").content.decode()
    assert "moved a due day" not in body
    assert "recorded a fact" not in body
    assert "completed a step" in body


def test_a_fact_says_where_it_is_from_and_what_it_was(house, lived) -> None:
    with house.as_owner():
        (seats,) = facts_of(lived)
        assert (seats.words, seats.recorded_by, seats.step_title) == ("12", "Owner acme", "")
        assert [(once.words, once.recorded_by, once.step_title) for once in seats.history] == [("80", "Lead acme", "Needs")]
    with house.as_contact():
        assert facts_of(lived)[0].history == ()


def test_the_page_names_who_opened_a_file(house, lived, signed_in) -> None:
    with house.as_owner():
        file_id = keep_file(io.BytesIO(b"a"), "plan.txt", account_id=house.account_id, journey_id=lived)
    with house.as_contact():
        note_opened(file_by_id(file_id))
    body = signed_in(house.owner.person).get(f"/acme/journeys/{lived}/files/").content.decode()
    assert "opened once" in body
    assert re.search(r"<li>Lead acme, [^<]+</li>", body)


def test_what_is_new_is_told_apart_once_and_notes_from_what_is_shared(house, lived, signed_in) -> None:
    with house.as_contact():
        post_message(lived, house.account_id, body="A question")
    client: Client = signed_in(house.owner.person)
    path = f"/acme/journeys/{lived}/messages/"
    first = client.get(path).content.decode()
    assert first.index("New from here") < first.index("A question")
    assert "New from here" not in client.get(path).content.decode()
    notes = client.get(path + "?show=internal").content.decode()
    assert "Between us" in notes
    assert "A question" not in notes
    shared = client.get(path + "?show=shared").content.decode()
    assert "A question" in shared
    assert "Between us" not in shared


def test_an_onboarding_is_taken_along_whole_and_that_is_written_down(house, lived, signed_in) -> None:
    client: Client = signed_in(house.owner.person)
    answer = client.post(f"/acme/journeys/{lived}/export/", {"as": "json"})
    whole = json.loads(answer.content)
    assert whole["format"] == "boardwell.journey/1"
    assert whole["journey"]["id"] == lived
    assert [step["key"] for stage in whole["stages"] for step in stage["steps"]] == ["welcome", "needs", "signoff", "live"]
    assert whole["facts"][0]["history"][0]["words"] == "80"
    assert [one["body"] for one in whole["messages"]] == ["Between us"]
    assert whole["log"][-1]["verb"] == "journey.started"
    text = b"".join(client.post(f"/acme/journeys/{lived}/export/", {"as": "csv"}).streaming_content).decode("utf-8-sig")
    rows = list(csv.reader(io.StringIO(text)))
    with house.as_owner():
        assert len(rows) == 1 + AuditEntry.objects.filter(journey_id=lived).count()
        assert AuditEntry.objects.filter(verb="list.exported", journey_id=lived).count() == 2
    assert client.post(f"/acme/journeys/{lived[:-2]}zz/export/", {}).status_code == 404


@pytest.mark.parametrize("tab", ["plan", "timeline", "people", "files", "messages", "facts"])
def test_every_tab_takes_the_same_queries_however_much_there_is(house, signed_in, tab: str) -> None:
    client: Client = signed_in(house.owner.person)
    journey_id = house.start()

    def live() -> None:
        with house.as_owner():
            post_message(journey_id, house.account_id, body="x")
            note_opened(file_by_id(keep_file(io.BytesIO(b"a"), "a.txt", account_id=house.account_id, journey_id=journey_id)))
            record_facts(journey_id, {"seats": AuditEntry.objects.count() % 40})
            assign_step(journey_id, "welcome", member_id=house.owner.id)

    live()
    for _n in range(2):
        client.get(f"/acme/journeys/{journey_id}/{tab}/")
    with CaptureQueriesContext(connection) as one:
        client.get(f"/acme/journeys/{journey_id}/{tab}/")
    live()
    live()
    client.get(f"/acme/journeys/{journey_id}/{tab}/")
    with CaptureQueriesContext(connection) as three:
        client.get(f"/acme/journeys/{journey_id}/{tab}/")
    assert len(three) == len(one)


def test_skipping_shows_the_reason_in_the_plan(house, signed_in) -> None:
    journey_id = house.start()
    with house.as_owner():
        skip_step(journey_id, "welcome", reason="They know us")
    assert "They know us" in signed_in(house.owner.person).get(f"/acme/journeys/{journey_id}/plan/").content.decode()


@pytest.mark.parametrize(
    ("path", "verb", "opened"),
    [("do/", "pause", "Pause or cancel"), ("do/", "cancel", "Pause or cancel"), ("steps/welcome/do/", "skip", "Skip or block"), ("steps/welcome/do/", "block", "Skip or block")],
)  # fmt: skip
def test_a_refused_verb_gives_the_typed_reason_back_and_does_nothing(house, signed_in, path: str, verb: str, opened: str) -> None:
    journey_id = house.start()
    reason = "x" * 501
    answer = signed_in(house.owner.person).post(f"/acme/journeys/{journey_id}/{path}", {"verb": verb, "reason": reason})
    text = answer.content.decode()
    assert (answer.status_code, reason in text, "500 characters at most" in text) == (422, True, True)
    before = text[: text.index(f"{opened}</summary>")]
    assert before[before.rindex("<details") :].startswith('<details class="more" open>')
    with house.as_owner():
        assert Journey.objects.get(pk=journey_id).state == "active"
        assert Step.objects.get(journey_id=journey_id, key="welcome").state == "ready"
