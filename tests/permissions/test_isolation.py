"""The isolation sweep: every route, form and operation against everybody who must find nothing, in body, header and database."""

import json
import re

import pytest
from django.test import Client

from tests.hostile.sweep import ABSENT, Sweep, alike, routes, thieves
from tests.hostile.world import CANARY, Filled, client_of, everything_of

pytestmark = pytest.mark.timeout(600)


@pytest.fixture
def worlds(db) -> tuple[Filled, Filled]:
    """The victim, whose every free text holds the canary, and the house of the thief."""
    victim, other = Filled("acme", "alpha"), Filled("rival", "beta")
    victim.put_canaries()
    return victim, other


def test_every_part_of_every_path_has_a_value_here(worlds) -> None:
    unmapped = {part for route in routes() for part in route.parts} - worlds[0].parts.keys()
    assert unmapped == set(), "tests/hostile/world.py has no id for these: add one, so that the sweep tries it"
    assert len(routes()) > 55


def test_every_table_of_free_text_holds_the_canary(db) -> None:
    victim = Filled("acme", "alpha")
    held = victim.put_canaries()
    empty = {f"{model._meta.db_table}.{name}" for model, name in victim.texts()} - held
    assert empty == set(), "tests/hostile/world.py makes no row of these"
    assert len(held) >= 25


@pytest.mark.parametrize("number", range(6))
def test_nobody_without_business_finds_or_changes_anything_by_path(worlds, number: int) -> None:
    sweep = Sweep(*worlds)
    sweep.paths(thieves(*worlds)[number])
    assert sweep.findings == []
    assert sweep.asked > 300


@pytest.mark.parametrize("number", [1, 2])
def test_foreign_ids_in_query_strings_find_nothing(worlds, number: int) -> None:
    sweep = Sweep(*worlds)
    sweep.queries(thieves(*worlds)[number])
    assert sweep.findings == []
    assert sweep.asked > 60


@pytest.mark.parametrize("number", [1, 2])
def test_foreign_ids_in_ones_own_forms_find_and_keep_nothing(worlds, number: int) -> None:
    sweep = Sweep(*worlds)
    sweep.forms(thieves(*worlds)[number])
    assert sweep.findings == []
    assert sweep.asked > 60


def test_another_customers_ids_in_ones_own_forms_change_nothing_of_theirs(worlds) -> None:
    """Inside one organisation the two customers' rows share tables: only what belongs to the first is compared."""
    victim, _other = worlds
    client = client_of(victim.stranger.person)

    def of_first_customer() -> list[str]:
        return [row for rows in everything_of(victim).values() for row in rows if victim.account_id in row or victim.journey_id in row]

    before, asked = of_first_customer(), 0
    for path in ("", "messages/", "people/", "files/", *(f"steps/{key}/" for key in ("questions", "consent", "papers", "theirs", "terms"))):
        for name in ("person", "contact_id", "remove", "file_id", "account_id", "journey_id", "step_id"):
            for one in (victim.ids[kind] for kind in ("contact", "file", "account", "journey", "step")):
                answer = client.post(f"/p/{victim.second_journey_id}/{path}", {name: one})
                asked += 1
                assert answer.status_code < 500
                assert CANARY not in answer.content.decode() or victim.account_id not in answer.content.decode()
    for key in ("questions", "papers"):
        for one in victim.ids.values():
            client.post(f"/p/{victim.second_journey_id}/steps/{key}/hand-over/", {"person": one})
    assert of_first_customer() == before
    assert asked > 300


def test_foreign_ids_over_the_api_find_and_keep_nothing(worlds) -> None:
    sweep = Sweep(*worlds)
    sweep.api()
    assert sweep.findings == []
    assert sweep.asked > 80


def test_foreign_and_absent_answer_alike_to_the_byte(worlds) -> None:
    """For the owner of another organisation and its key: what is somebody else's looks exactly like what does not exist."""
    victim, other = worlds
    sweep = Sweep(victim, other)
    for thief in thieves(victim, other)[1:3]:
        sweep.at_home(thief, "" if "owner" in thief.name else "portal:")
    assert sweep.findings == []
    assert sweep.asked > 60
    key = Client(headers={"Authorization": f"Bearer {other.secret}"})
    compared = 0
    document = key.get("/api/v1/openapi.json").json()
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            for part in re.findall(r"\{(\w+_id)\}", path):
                seen = []
                for one in (victim.parts[part], ABSENT.sub("_" + "0" * 26, victim.parts[part])):
                    filled = re.sub(
                        r"\{(\w+)\}", lambda found, part=part, one=one: {**other.parts, "key": "ours", part: one}[found[1]], path
                    )
                    body = Sweep(victim, other)._body(document, operation)
                    seen.append(alike(key.generic(method.upper(), filled, json.dumps(body), content_type="application/json"), one))
                assert seen[0] == seen[1], (path, method)
                compared += 1
    assert compared >= 12


def test_a_participant_does_not_do_what_administrators_of_the_customer_do(worlds) -> None:
    victim, _other = worlds
    client = client_of(victim.participant.person)
    before = everything_of(victim)
    invite = client.post(f"/p/{victim.journey_id}/people/", {"name": "Friend", "email": "friend@acme-customer.example"})
    hand_over = client.post(f"/p/{victim.journey_id}/steps/theirs/hand-over/", {"person": victim.contact.id})
    assert (invite.status_code, hand_over.status_code) == (422, 302)
    assert everything_of(victim) == before


def test_a_weak_key_does_what_its_scopes_say_and_no_more(worlds) -> None:
    victim, other = worlds
    client = Client(headers={"Authorization": f"Bearer {victim.weak_secret}"})
    before, sweep = everything_of(victim), Sweep(victim, other)
    before.pop("people_apikey")  # when it was last used
    document = client.get("/api/v1/openapi.json").json()
    answers = {}
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            body = {**sweep._body(document, operation), "owner_id": victim.owner.id} if "journeys" in path and method == "post" else {}
            body = body if "owner_id" in sweep._body(document, operation) else sweep._body(document, operation)
            filled = sweep._fill(path, victim)
            answers[method, path] = client.generic(
                method.upper(), filled, json.dumps(body) if body else "", content_type="application/json"
            ).status_code
    assert {status for (method, _path), status in answers.items() if method != "get"} <= {403, 422}
    assert answers["get", "/api/v1/journeys"] == 200
    assert answers["get", "/api/v1/accounts"] == 403
    after = everything_of(victim)
    after.pop("people_apikey")
    assert after == before


def test_internal_things_never_reach_the_customer(worlds) -> None:
    victim, _other = worlds
    client = client_of(victim.contact.person)
    assert client.get(f"/p/{victim.journey_id}/files/{victim.internal_file_id}/").status_code == 404
    assert client.get(f"/p/{victim.journey_id}/files/{victim.file_id}/").status_code == 200
    talk = client.get(f"/p/{victim.journey_id}/messages/").content.decode()
    assert "alpha shared message" in talk
    assert "alpha internal note" not in talk
