"""The API: keys, scopes, idempotency, problems, and no 5xx from hostile input."""

import json
from datetime import date

import pytest
from django.db import OperationalError
from django.test import Client

from boardwell.domain.accounts.models import Account
from boardwell.domain.journeys.models import Journey, Step
from boardwell.domain.people.actions.manage_api_keys import create_api_key, revoke_api_key
from boardwell.domain.people.models import ApiKey

FEW = ["journeys:start", "journeys:view", "journeys:complete", "journeys:edit", "accounts:edit", "accounts:view"]
ALL = [*FEW, "journeys:pause", "journeys:cancel", "journeys:reschedule", "journeys:assign", "journeys:skip", "journeys:go_live"]


def caller(house, scopes: list[str]):
    with house.as_owner():
        key_id, secret = create_api_key(name="crm", scopes=scopes)
    client = Client(headers={"Authorization": f"Bearer {secret}"})

    def request(method: str, path: str, body: object = None, **headers: str):
        data = json.dumps(body) if body is not None else None
        return client.generic(method, f"/api/v1/{path}", data or "", content_type="application/json", headers=headers)

    request.key_id = key_id
    return request


@pytest.fixture
def call(house):
    return caller(house, FEW)


@pytest.fixture
def call_all(house):
    return caller(house, ALL)


def order(house, **more: object) -> dict[str, object]:
    return {"playbook": "small", "owner_id": house.owner.id, "account_name": "From CRM", "external_id": "7", **more}


def test_a_won_deal_sent_twice_makes_one_journey(house, call) -> None:
    first = call("POST", "journeys", order(house, account_external_id="a7")).json()
    second = call("POST", "journeys", order(house, account_external_id="a7")).json()
    assert (first["created"], second["created"], first["id"] == second["id"]) == (True, False, True)
    with house.as_owner():
        assert Journey.objects.count() == 1


def test_an_idempotency_key_gives_the_first_answer_again_and_refuses_another_body(house, call) -> None:
    body = order(house, external_id="")
    first = call("POST", "journeys", body, **{"Idempotency-Key": "k1"})
    assert call("POST", "journeys", body, **{"Idempotency-Key": "k1"}).json() == first.json()
    other = call("POST", "journeys", order(house, external_id="", title="Other"), **{"Idempotency-Key": "k1"})
    assert (other.status_code, other["Content-Type"]) == (422, "application/problem+json")
    with house.as_owner():
        assert Journey.objects.count() == 1


def test_a_step_is_completed_and_a_second_time_is_a_conflict(house, call) -> None:
    journey_id = call("POST", "journeys", order(house)).json()["id"]
    assert call("POST", f"journeys/{journey_id}/steps/welcome/complete", {}).json()["state"] == "done"
    refused = call("POST", f"journeys/{journey_id}/steps/welcome/complete", {})
    assert (refused.status_code, refused.json()["title"]) == (409, "Conflict")
    plan = call("GET", f"journeys/{journey_id}").json()
    assert [(step["key"], step["state"]) for step in plan["steps"]][:2] == [("welcome", "done"), ("needs", "ready")]


def test_a_key_does_what_its_scopes_say_and_nothing_when_revoked(house, call) -> None:
    journey_id = house.start()
    refused = call("POST", f"journeys/{journey_id}/steps/welcome/skip", {"reason": "x"})
    assert refused.status_code == 403
    with house.as_owner():
        assert Step.objects.get(journey_id=journey_id, key="welcome").state == "ready"
        revoke_api_key(call.key_id)
    assert call("GET", "journeys").status_code == 401


def test_the_use_of_a_key_is_noted_once_a_minute_and_shown_beside_it(house, call, signed_in, monkeypatch) -> None:
    page = f"/{house.slug}/settings/keys/"
    client = signed_in(house.owner.person)
    assert "not used yet" in client.get(page).content.decode()
    assert call("GET", "journeys").status_code == 200
    with house.as_owner():
        first = ApiKey.objects.get(pk=call.key_id).last_used_at
    assert first is not None
    monkeypatch.setattr("boardwell.doors.api.entry.note_key_used", lambda key_id: pytest.fail("noted twice within a minute"))
    assert call("GET", "journeys").status_code == 200
    shown = client.get(page).content.decode()
    assert ("last used" in shown, "not used yet" in shown) == (True, False)


def test_a_use_that_cannot_be_noted_does_not_hold_up_the_request(house, call, monkeypatch) -> None:
    def broken(key_id: str) -> None:
        raise OperationalError("disk full")

    monkeypatch.setattr("boardwell.doors.api.entry.note_key_used", broken)
    assert call("GET", "journeys").status_code == 200


def test_another_organisations_key_finds_nothing(other, call) -> None:
    journey_id = other.start()
    for method, path in (("GET", f"journeys/{journey_id}"), ("POST", f"journeys/{journey_id}/steps/welcome/complete")):
        answers = {call(method, path.replace(journey_id, one), {}).status_code for one in (journey_id, "jrn_absent")}
        assert answers == {404}
    with other.as_owner():
        assert Step.objects.get(journey_id=journey_id, key="welcome").state == "ready"


HOSTILE = [
    "",
    "\x00",
    "\ud800",
    "a" * 100_000,
    "'; DROP TABLE x; --",
    "<script>",
    "../../etc/passwd",
    "%s%s%n",
    "\u202e",
    10**40,
    -1,
    None,
    [],
    {},
    True,
]


@pytest.mark.parametrize(
    "field", ["playbook", "owner_id", "account_id", "account_name", "external_id", "title", "kickoff_on", "facts", "contacts"]
)
def test_hostile_values_are_refused_in_words_and_never_break(house, call, field: str) -> None:
    for value in HOSTILE:
        answer = call("POST", "journeys", order(house, **{field: value}))
        assert answer.status_code < 500, (field, value)
        if answer.status_code >= 400:
            assert answer["Content-Type"] == "application/problem+json"
            assert answer.json()["detail"]


def test_the_openapi_document_names_every_operation(call) -> None:
    document = Client().get("/api/v1/openapi.json").json()
    assert document["openapi"].startswith("3.1")
    assert len(document["paths"]) == 22


def test_a_refused_start_leaves_neither_account_nor_contact(house, call) -> None:
    with house.as_owner():
        before = Account.objects.count()
    assert call("POST", "journeys", order(house, playbook="absent", account_external_id="new")).status_code == 404
    with house.as_owner():
        assert Account.objects.count() == before


def test_an_onboarding_is_paused_resumed_and_cancelled(house, call_all) -> None:
    journey_id = call_all("POST", "journeys", order(house)).json()["id"]
    states = [
        call_all("POST", f"journeys/{journey_id}/{verb}", {"reason": "holiday"}).json()["state"] for verb in ("pause", "resume", "cancel")
    ]
    assert (states, call_all("GET", f"journeys/{journey_id}").json()["state"]) == (["paused", "active", "cancelled"], "cancelled")


def test_an_account_is_saved_by_its_external_id_and_read_back(house, other, call) -> None:
    saved = [call("POST", "accounts", {"name": name, "external_id": "9"}).json() for name in ("Old", "New")]
    assert saved[0]["id"] == saved[1]["id"]
    found = call("GET", f"accounts/{saved[0]['id']}").json()
    assert (found["name"], found["contacts"]) == ("New", [])
    assert {call("GET", f"accounts/{one}").status_code for one in (other.account_id, "acc_absent")} == {404}


def test_an_open_step_is_moved_and_handed_over_and_an_ended_one_reopened(house, call_all) -> None:
    journey_id = house.start(kickoff_on=date(2027, 3, 1))
    steps = f"journeys/{journey_id}/steps"
    assert call_all("POST", f"{steps}/needs/reschedule", {"due_on": "2027-03-18", "reason": "Holidays"}).status_code == 200
    assert call_all("POST", f"{steps}/needs/assign", {"contact_id": house.contact.id}).status_code == 200
    assert call_all("POST", f"{steps}/welcome/complete", {}).json()["state"] == "done"
    for verb, body in (("reschedule", {"due_on": "2027-03-18", "reason": "Late"}), ("assign", {"member_id": house.owner.id})):
        assert call_all("POST", f"{steps}/welcome/{verb}", body).status_code == 409
    assert call_all("POST", f"{steps}/welcome/reopen", {"reason": "A paper is missing"}).status_code == 200
    with house.as_owner():
        needs, welcome = (Step.objects.get(journey_id=journey_id, key=key) for key in ("needs", "welcome"))
    assert (needs.due_at.date(), needs.contact_id) == (date(2027, 3, 18), house.contact.id)
    assert (welcome.state, welcome.member_id) == ("ready", house.owner.id)


def test_go_live_over_the_api_waits_for_what_is_required(house, call_all) -> None:
    journey_id = house.start()
    assert call_all("POST", f"journeys/{journey_id}/go-live").status_code == 409
    for key in ("welcome", "needs", "signoff"):
        call_all("POST", f"journeys/{journey_id}/steps/{key}/complete", {"facts": {"seats": 5}} if key == "needs" else {})
    answer = call_all("POST", f"journeys/{journey_id}/go-live")  # the last step of this plan, so it closes with it
    assert (answer.status_code, answer.json()["state"], answer.json()["live_at"] is not None) == (200, "closed", True)
