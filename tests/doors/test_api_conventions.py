"""What holds for every operation: problems, request ids, pages, limits, and one effect for each Idempotency-Key."""

import json
import threading

import pytest
from django.db import connection
from django.test import Client

from boardwell.domain.accounts.models import Account
from boardwell.domain.people.actions.manage_api_keys import create_api_key
from boardwell.kernel import rates
from boardwell.kernel.wordindex import index_new
from tests.conftest import House
from tests.doors.test_api import ALL, caller, order

PROBLEM = "application/problem+json"


def key_of(house, scopes: list[str] = ALL) -> str:
    with house.as_owner():
        return create_api_key(name="program", scopes=scopes)[1]


@pytest.fixture
def call(house):
    return caller(house, ALL)


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/api/", 404),
        ("GET", "/api/v1/nothing", 404),
        ("GET", "/api/v2/journeys", 404),
        ("DELETE", "/api/v1/journeys", 405),
        ("PUT", "/api/v1/accounts/x", 405),
        ("TRACE", "/api/v1/journeys", 405),
        ("BREW", "/api/v1/journeys", 405),
        ("GET", "/api/v1/journeys/absent", 404),
        ("GET", "/api/v1/journeys?after=made-up", 422),
    ],
)
def test_every_refusal_is_a_problem_with_the_id_of_its_request(house, method: str, path: str, status: int) -> None:
    client = Client(headers={"Authorization": f"Bearer {key_of(house)}"})
    answer = client.generic(method, path)
    assert (answer.status_code, answer["Content-Type"]) == (status, PROBLEM)
    body = answer.json()
    assert (body["status"], body["type"], body["instance"]) == (status, f"/problems/{status}", answer["X-Request-Id"])
    assert body["title"]
    assert body["detail"]


def test_a_fault_of_ours_is_a_problem_too_and_says_nothing_of_our_insides(house, monkeypatch) -> None:
    def breaks(*_args: object, **_more: object) -> None:
        raise ZeroDivisionError("the secret inside")

    monkeypatch.setattr("boardwell.doors.api.v1.journey_list", breaks)
    client = Client(raise_request_exception=False, headers={"Authorization": f"Bearer {key_of(house)}"})
    answer = client.get("/api/v1/journeys")
    assert (answer.status_code, answer["Content-Type"], answer.json()["instance"]) == (500, PROBLEM, answer["X-Request-Id"])
    assert b"secret inside" not in answer.content


def test_without_a_usable_key_every_operation_answers_401(house) -> None:
    document = Client().get("/api/v1/openapi.json").json()
    for path, operations in document["paths"].items():
        for method in operations:
            for headers in ({}, {"Authorization": "Bearer bwk_wrong"}, {"Authorization": "Basic eDp5"}, {"Authorization": "Bearer "}):
                answer = Client().generic(method.upper(), path.replace("{", "").replace("}", ""), headers=headers)
                assert (answer.status_code, answer["Content-Type"]) == (401, PROBLEM), (method, path, headers)


@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [
        ("{", "application/json", 400),
        ('{"name": NaN}', "application/json", 400),
        ('{"name": Infinity}', "application/json", 400),
        ('{"name": 1e999}', "application/json", 400),
        ('{"name": 9007199254740993}', "application/json", 400),
        ('{"name": ' + "9" * 5000 + "}", "application/json", 400),
        ('{"name": "a", "name": "b"}', "application/json", 400),
        ("[" * 100_000, "application/json", 400),
        ('{"name": ' + "[" * 30 + "]" * 30 + "}", "application/json", 400),
        (b'{"name": "\xff"}', "application/json", 400),
        ('{"name": "A", "naem": "B"}', "application/json", 422),
        ('{"name": 5}', "application/json", 422),
        ("[]", "application/json", 422),
        ("null", "application/json", 422),
        ('"text"', "application/json", 422),
        ("name=A", "application/x-www-form-urlencoded", 415),
        ("name: A", "text/yaml", 415),
        ("", "application/json", 422),
    ],
    ids=range(18),
)
def test_a_body_that_is_not_right_is_refused_before_anything_happens(house, body: str | bytes, kind: str, status: int) -> None:
    client = Client(headers={"Authorization": f"Bearer {key_of(house)}"})
    with house.as_owner():
        before = Account.objects.count()
    answer = client.generic("POST", "/api/v1/accounts", body, content_type=kind)
    assert (answer.status_code, answer["Content-Type"]) == (status, PROBLEM)
    with house.as_owner():
        assert Account.objects.count() == before


def test_facts_are_recorded_from_the_body_and_say_whether_the_plan_would_change(house, call) -> None:
    journey_id = house.start()
    answers = [call("POST", f"journeys/{journey_id}/facts", {"seats": seats}) for seats in (5, 60)]
    assert [answer.json()["plan_would_change"] for answer in answers] == [False, True]
    for body in (None, [], "seats", {"unknown": 1}):
        assert call("POST", f"journeys/{journey_id}/facts", body).status_code == 422


def test_days_and_truths_are_not_guessed(house, call) -> None:
    for wrong in (
        {"kickoff_on": "0001-01-01"}, {"kickoff_on": "9999-12-31"}, {"kickoff_on": 20260101}, {"kickoff_on": "26-01-01"},
        {"welcome": "yes"}, {"welcome": 1}, {"welcome": "false"}, {"committed_live_on": "2026-02-30"},
    ):  # fmt: skip
        answer = call("POST", "journeys", order(house, **wrong))
        assert answer.status_code == 422, wrong
        assert answer.json()["errors"][0]["pointer"].endswith("/" + next(iter(wrong)))


def test_pages_are_linked_and_neither_lose_nor_double_a_row_while_others_come_and_go(house, other, call) -> None:
    with house.as_owner():
        made = Account.objects.bulk_create([Account(name=f"Customer {number:03d}") for number in range(120)])
        index_new("account", [(account.id, account.name) for account in made])
    seen: list[str] = []
    path = "accounts?search=Customer 0"
    turn = 0
    while path:
        answer = call("GET", path)
        seen += [row["id"] for row in answer.json()["data"]]
        with house.as_owner():  # before and after the cursor
            more = Account.objects.bulk_create([Account(name=f"Customer 0{turn}0 new"), Account(name=f"Customer 09{turn} new")])
            index_new("account", [(account.id, account.name) for account in more])
            Account.objects.filter(pk=made[turn].pk).delete()
        link = answer.get("Link", "")
        assert bool(link) == bool(answer.json()["next_cursor"])
        path = link.partition(">")[0].removeprefix("</api/v1/") if link else ""
        assert path == "" or link.endswith('; rel="next"')
        turn += 1
    assert turn >= 2
    assert len(seen) == len(set(seen))
    assert {row.id for row in made[3:100]} <= set(seen)


def test_a_cursor_is_good_for_its_list_and_its_organisation_only(house, other, call) -> None:
    for one in (house, other):
        with one.as_owner():
            Account.objects.bulk_create([Account(name=f"Customer {number:03d}") for number in range(60)])
    cursor = caller(other, ALL)("GET", "accounts").json()["next_cursor"]
    assert cursor
    assert "Customer" not in cursor
    for path in (f"accounts?after={cursor}", f"journeys?after={cursor}", f"accounts?after={cursor[:-2]}", "accounts?after=%00"):
        answer = call("GET", path)
        assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "/query/after")


def test_a_loud_key_is_told_when_to_come_back_and_the_neighbours_do_not_notice(house, other, settings) -> None:
    settings.API_REQUESTS_PER_MINUTE = 10
    rates._held.clear()
    loud, same_house, neighbour = (caller(one, ALL) for one in (house, house, other))
    answers = [loud("GET", "journeys") for _turn in range(12)]
    assert [answer.status_code for answer in answers] == [200] * 10 + [429] * 2
    assert answers[0]["RateLimit-Policy"] == '"key";q=10;w=60'
    assert answers[0]["RateLimit"].startswith('"key";r=9;')
    assert 1 <= int(answers[-1]["Retry-After"]) <= 6
    assert (answers[-1]["Content-Type"], answers[-1].json()["status"]) == (PROBLEM, 429)
    assert same_house("GET", "journeys").status_code == 200
    assert neighbour("GET", "journeys").status_code == 200


def test_all_keys_of_an_organisation_share_a_bucket(house, other, settings) -> None:
    settings.API_REQUESTS_PER_MINUTE = 5
    rates._held.clear()
    keys = [caller(house, ALL) for _ in range(6)]
    granted = [key("GET", "journeys").status_code == 200 for key in keys for _turn in range(5)]
    assert sum(granted) == 20
    assert caller(other, ALL)("GET", "journeys").status_code == 200


def test_an_answer_that_was_kept_is_for_the_key_that_asked(house, call) -> None:
    weak = caller(house, ["journeys:view"])
    body = {"name": "Once", "external_id": "1"}
    assert call("POST", "accounts", body, **{"Idempotency-Key": "k"}).status_code == 200
    assert weak("POST", "accounts", body, **{"Idempotency-Key": "k"}).status_code in {403, 422}
    assert call("POST", "accounts", body, **{"Idempotency-Key": "k" * 256}).status_code == 422


def test_a_refused_request_may_be_put_right_under_the_same_idempotency_key(house, call) -> None:
    refused = call("POST", "accounts", {"name": "X", "country": "12"}, **{"Idempotency-Key": "k"})
    assert refused.status_code == 422
    assert call("POST", "accounts", {"name": "X", "country": "MN"}, **{"Idempotency-Key": "k"}).json()["outcome"] == "created"


@pytest.mark.django_db(transaction=True)
def test_32_at_once_with_one_idempotency_key_make_one_account_and_get_one_answer() -> None:
    house = House("acme")
    secret = key_of(house)
    answers: list[tuple[int, str]] = []
    gate = threading.Barrier(32)

    def ask() -> None:
        client = Client(headers={"Authorization": f"Bearer {secret}", "Idempotency-Key": "once"})
        gate.wait()
        answer = client.post("/api/v1/accounts", json.dumps({"name": "Only one"}), content_type="application/json")
        answers.append((answer.status_code, answer.json().get("id", "")))
        connection.close()

    threads = [threading.Thread(target=ask) for _ in range(32)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with house.as_owner():
        [made] = Account.objects.filter(name="Only one").values_list("id", flat=True)
    assert {answer for answer in answers if answer[0] == 200} == {(200, made)}
    assert {status for status, _id in answers} <= {200, 409}
    assert len(answers) == 32
