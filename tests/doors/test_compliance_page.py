"""The page of required steps: numbers that lead on, the same queries for any number, an export of what is seen, saved views, the API."""

import csv
import io
import re
from collections.abc import Callable

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from boardwell.domain.audit.queries import log
from boardwell.domain.journeys.actions.skip_step import skip_step
from boardwell.domain.people.actions.manage_api_keys import create_api_key
from boardwell.domain.people.models import SavedView


@pytest.fixture
def owner(house, signed_in: Callable[..., Client]) -> Client:
    return signed_in(house.owner.person)


@pytest.fixture
def waived(house) -> str:
    journey_id = house.start()
    house.start(title="Second")
    with house.as_owner():
        skip_step(journey_id, "welcome", reason="knows us <b>well</b>")
    return journey_id


def test_a_number_leads_to_the_onboardings_behind_it(house, owner: Client, waived: str) -> None:
    body = owner.get(f"/{house.slug}/compliance/").content.decode()
    (link,) = set(re.findall(r'href="\?([^"#]*owner_id=mem[^"#]*look=waived)#behind"', body))
    answer = owner.get(f"/{house.slug}/compliance/?{link.replace('&amp;', '&')}")
    body = answer.content.decode()
    assert re.findall(r'data-row href="/acme/journeys/(jrn_\w+)/"', body) == [waived]
    assert "by Owner acme" in body
    assert "knows us &lt;b&gt;well&lt;/b&gt;" in body


def test_the_page_costs_the_same_queries_for_one_onboarding_and_for_many(house, owner: Client, waived: str) -> None:
    owner.get(f"/{house.slug}/compliance/")
    with CaptureQueriesContext(connection) as few:
        owner.get(f"/{house.slug}/compliance/")
    for number in range(5):
        house.start(title=f"More {number}")
    with CaptureQueriesContext(connection) as many:
        owner.get(f"/{house.slug}/compliance/")
    assert len(many) == len(few)


def test_the_export_holds_every_required_step_of_what_is_seen_and_is_written_down(house, owner: Client, waived: str) -> None:
    answer = owner.post(f"/{house.slug}/compliance/export/", {"look": "waived"})
    lines = list(csv.reader(io.StringIO(b"".join(answer.streaming_content).decode("utf-8-sig"))))
    assert [(line[4], line[6], line[7], line[10], line[11]) for line in lines[1:]] == [
        (waived, "Welcome", "waived", "Owner acme", "knows us <b>well</b>"), (waived, "Needs", "to_come", "", ""),
        (waived, "Sign-off", "to_come", "", ""), (waived, "Live", "to_come", "", ""),
    ]  # fmt: skip
    with house.as_owner():
        (entry,) = [line for line in log() if line.verb == "list.exported"]
    assert (entry.label, entry.after) == ("compliance", {"filter": {"look": "waived"}, "rows": 1})


def test_a_filter_is_kept_and_opens_first(house, owner: Client, waived: str) -> None:
    kept = owner.post(f"/{house.slug}/journeys/views/", {"page": "compliance", "name": "Waived", "query": "look=waived", "verb": "save"})
    with house.as_owner():
        view = SavedView.objects.get(page="compliance")
    assert kept["Location"] == f"/{house.slug}/compliance/?look=waived&saved={view.id}"
    owner.post(f"/{house.slug}/journeys/views/", {"page": "compliance", "view": view.id, "verb": "first", "query": ""})
    assert owner.get(f"/{house.slug}/compliance/")["Location"] == f"/{house.slug}/compliance/?look=waived&saved={view.id}"


def test_the_onboarding_says_what_was_waived_by_whom_and_why(house, owner: Client, waived: str) -> None:
    body = owner.get(f"/{house.slug}/journeys/{waived}/").content.decode()
    assert "0 of 4 done" in body
    assert "knows us &lt;b&gt;well&lt;/b&gt;" in body


def test_a_program_reads_the_numbers_and_the_steps_of_one(house, waived: str) -> None:
    with house.as_owner():
        _key, secret = create_api_key(name="audit", scopes=["journeys:view"])
    program = Client(headers={"Authorization": f"Bearer {secret}"})
    (group,) = program.get("/api/v1/compliance?state=open").json()["data"]
    assert {name: group[name] for name in ("journeys", "required", "done", "waived", "missing", "late")} == {
        "journeys": 2, "required": 8, "done": 0, "waived": 1, "missing": 7, "late": 0,
    }  # fmt: skip
    one = program.get(f"/api/v1/journeys/{waived}/compliance").json()
    assert [(step["key"], step["word"], step["ended_by"], step["reason"]) for step in one["steps"]][:2] == [
        ("welcome", "waived", "Owner acme", "knows us <b>well</b>"), ("needs", "to_come", "", ""),
    ]  # fmt: skip
