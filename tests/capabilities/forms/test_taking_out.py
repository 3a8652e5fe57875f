"""Answers leave the house: of one onboarding and over a playbook, as CSV, as JSON and by the API."""

import csv
import io
import json

import pytest
from django.test import Client

from boardwell.domain.people.actions.manage_api_keys import create_api_key
from boardwell.kit.testing import Bench, playbook_of
from tests.capabilities.forms.samples import FACTS, question
from tests.capabilities.forms.test_filling import Place


@pytest.fixture
def place(db: None) -> Place:
    fields = [question("legal_name", required=True), question("price", "money", currency="EUR")]
    place = Place({"fields": fields})
    place.post({"f_legal_name": "Padma", "f_price": "5"}, "complete")
    return place


def rows(content: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(content.decode("utf-8-sig"))))


def test_one_onboarding(place: Place) -> None:
    path = f"/suite/journeys/{place.journey_id}/answers/"
    found = rows(b"".join(place.member.post(path, {"as": "csv"}).streaming_content))
    assert [row[:4] for row in found[1:]] == [["Step 1", "legal_name", "Legal_name", "Padma"], ["Step 1", "price", "Price", "5 EUR"]]
    (form,) = json.loads(place.member.post(path, {"as": "json"}).content)
    assert form["answers"] == {"legal_name": "Padma", "price": {"minor": 500, "currency": "EUR"}}
    assert form["questions"] == {"legal_name": "Legal_name", "price": "Price"}
    assert place.entries("list.exported") == 2


def test_every_run_of_a_playbook_is_one_row(place: Place) -> None:
    second = place.bench.start(playbook_of("form", {"fields": [question("legal_name", required=True), question("new")]}, facts=FACTS))
    place.customer.post(f"/p/{second}/steps/step-1/", {"verb": "complete", "f_legal_name": "Second", "f_new": "n"})
    found = rows(b"".join(place.member.post("/suite/playbooks/suite/answers/", {"as": "csv", "step": "step-1"}).streaming_content))
    assert found[0][5:] == ["Legal_name", "Price", "New"]
    assert [row[5:] for row in found[1:]] == [["Padma", "5 EUR", ""], ["Second", "", "n"]]
    listed = json.loads(place.member.post("/suite/playbooks/suite/answers/", {"as": "json", "step": "step-1"}).content)
    assert [one["answers"]["legal_name"] for one in listed] == ["Padma", "Second"]


def test_the_api_reads_them_and_only_with_a_key_of_the_house(place: Place) -> None:
    with place.bench.as_member():
        _key, secret = create_api_key(name="Reads", scopes=["journeys:view"])
    rival = Bench("rival")
    with rival.as_member():
        _key, foreign = create_api_key(name="Foreign", scopes=["journeys:view"])
    path = f"/api/v1/journeys/{place.journey_id}/answers"
    found = Client().get(path, headers={"Authorization": f"Bearer {secret}"}).json()
    assert [(one["step"], one["answers"]["legal_name"]) for one in found["data"]] == [("step-1", "Padma")]
    assert Client().get(path, headers={"Authorization": f"Bearer {foreign}"}).status_code == 404
