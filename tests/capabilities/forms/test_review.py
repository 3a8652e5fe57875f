"""After it was sent: the team looks, sends back answer by answer, fills in its own part; and answers that change later."""

import csv
import io
import json
from typing import Any

import pytest

from boardwell.domain.journeys.models import PlanProposal
from boardwell.kit.testing import Bench, signed_in
from tests.capabilities.forms.samples import question
from tests.capabilities.forms.test_filling import Place

REVIEWED: dict[str, Any] = {"review": True, "fields": [question("legal_name", required=True, fact="legal_name"), question("note")]}


@pytest.fixture
def sent(db: None) -> Place:
    place = Place(REVIEWED)
    place.post({"f_legal_name": "Padma", "f_note": "Hello"}, "complete")
    return place


def test_what_is_sent_waits_for_a_look_and_records_no_fact_before(sent: Place) -> None:
    assert (sent.step().state, sent.facts()) == ("waiting", {})
    assert "Contact has sent this. We are looking at it and come back to you." in sent.customer.get(sent.portal).content.decode()
    refused = sent.post({"f_legal_name": "Other"}, "save")
    assert (refused.status_code, sent.raw()["legal_name"]) == (422, "Padma")


def test_the_team_accepts_and_only_then_it_is_done(sent: Place) -> None:
    assert "Contact has sent this to be looked at" in sent.member.get(sent.workspace).content.decode()
    assert sent.post({}, "accept").status_code in {403, 422}  # the customer cannot
    assert sent.step().state == "waiting"
    assert sent.post({}, "accept", client=sent.member, path=sent.workspace).status_code == 302
    assert (sent.step().state, sent.facts()) == ("done", {"legal_name": "Padma"})


def test_sent_back_with_remarks_the_customer_sees_exactly_which(sent: Place) -> None:
    assert sent.post({"r_legal_name": ""}, "send_back", client=sent.member, path=sent.workspace).status_code == 422
    assert sent.step().state == "waiting"
    sent.post({"r_legal_name": "As in the register"}, "send_back", client=sent.member, path=sent.workspace)
    assert sent.step().state == "active"
    page = sent.customer.get(sent.portal).content.decode()
    assert "We sent this back: please look at 1 answer again." in page
    assert page.count("As in the register") == 2  # in the notice and at the question
    assert 'value="Padma"' in page
    sent.post({"f_legal_name": "Padma Ltd", "f_note": "Hello"}, "complete")
    assert not sent.step().progress.get("remarks")
    assert sent.entries("step.given_back") == 1


def test_a_done_form_is_sent_back_by_who_may_reopen_and_keeps_its_answers(db: None) -> None:
    place = Place({"fields": REVIEWED["fields"]})
    place.post({"f_legal_name": "Padma", "f_note": ""}, "complete")
    assert "Send back with these remarks" in place.member.get(place.workspace).content.decode()
    place.post({"r_legal_name": "Please check"}, "send_back", client=place.member, path=place.workspace)
    assert (place.step().state, place.raw()["legal_name"]) == ("active", "Padma")
    assert "Please check" in place.customer.get(place.portal).content.decode()


def test_our_own_part_is_ours_alone_and_the_step_is_done_when_both_are(db: None) -> None:
    ours = {"key": "inside", "title": {"en": "Our part"}, "side": "ours", "fields": [question("number", required=True)]}
    theirs = {"key": "outside", "title": {"en": "Your part"}, "fields": [question("name", required=True)]}
    place = Place({"sections": [theirs, ours]})
    page = place.customer.get(place.portal).content.decode()
    assert "f_number" not in page
    assert "We fill this in." in page
    place.post({"f_name": "Padma", "f_number": "forged"}, "complete")
    assert (place.step().state, place.raw()) == ("waiting", {"name": "Padma"})
    place.post({"f_number": "7"}, "complete", client=place.member, path=place.workspace + "?fill=1")
    assert (place.step().state, place.step().outcome["answers"]) == ("done", {"name": "Padma", "number": "7"})


def test_a_change_after_it_was_sent_proposes_what_follows(db: None) -> None:
    source = """
boardwell: 1
key: suite
title: {en: Suite}
roles: {lead: {side: customer, title: {en: Lead}}}
facts: {seats: {type: number, title: {en: Seats}}}
stages:
  - key: only
    title: {en: Only}
    steps:
      - {key: step-1, kind: form, side: customer, owner: lead, title: {en: Ask}, due: {days: 1}, settings: {fields: [{key: seats, type: number, label: {en: Seats}, required: true, fact: seats}]}}
      - {key: big, kind: task, side: customer, owner: lead, title: {en: Big}, due: {days: 2}, when: facts.seats > 50}
"""
    bench = Bench("suite")
    place = Place.__new__(Place)
    place.bench, place.journey_id = bench, bench.start(source)
    place.portal, place.customer = f"/p/{place.journey_id}/steps/step-1/", signed_in(bench.contact.person)
    place.post({"f_seats": "5"}, "complete")
    form = place.customer.get(f"{place.portal}?change=1").content.decode()
    assert 'value="5"' in form
    wrong = place.post({"f_seats": "many", "w_seats": "0"}, "change")
    assert (wrong.status_code, place.step().outcome["answers"]) == (422, {"seats": 5})
    assert 'value="many"' in wrong.content.decode()
    assert place.post({"f_seats": "80"}, "change").status_code == 302
    step = place.step()
    assert (step.state, step.outcome["answers"], place.facts()) == ("done", {"seats": 80}, {"seats": 80})
    with bench.as_member():
        assert [one.additions for one in PlanProposal.objects.filter(state="open")] == [["big"]]
    assert place.entries("step.answers_changed") == 1


def test_a_change_that_changes_nothing_is_not_noted(db: None) -> None:
    place = Place({"fields": REVIEWED["fields"]})
    place.post({"f_legal_name": "Padma"}, "complete")
    place.post({"f_legal_name": "Padma"}, "change")
    assert place.entries("step.answers_changed") == 0


def test_a_done_form_cannot_be_sent_twice(db: None) -> None:
    place = Place({"fields": REVIEWED["fields"]})
    place.post({"f_legal_name": "Padma"}, "complete")
    assert place.post({"f_legal_name": "Other"}, "complete").status_code == 422
    assert place.step().outcome["answers"] == {"legal_name": "Padma"}


def test_the_answers_leave_as_json_and_csv_for_the_team_only(db: None) -> None:
    place = Place(
        {"fields": [question("legal_name", required=True), question("rows", "table", columns=[question("a"), question("n", "number")])]}
    )
    place.post({"f_legal_name": "=1+1", "f_rows.0.a": "x", "f_rows.0.n": "2"}, "complete")
    found = json.loads(place.member.get(f"{place.workspace}out/answers.json").content)
    assert found["answers"] == {"legal_name": "=1+1", "rows": [{"a": "x", "n": 2}]}
    rows = list(csv.reader(io.StringIO(place.member.get(f"{place.workspace}out/answers.csv").content.decode("utf-8-sig"))))
    assert rows == [["key", "question", "answer"], ["legal_name", "Legal_name", "'=1+1"], ["rows", "Rows", "x, 2"]]
    assert place.customer.get(f"{place.portal}out/answers.json").status_code == 404
