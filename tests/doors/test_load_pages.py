"""The load in the workspace: who has too much and on which steps, one member's hours and days off, and the file."""

import csv
import io
from datetime import UTC, date, datetime

import pytest
import time_machine

from boardwell.domain.audit.models import AuditEntry
from boardwell.domain.journeys.kinds import kind_rules
from boardwell.domain.journeys.models import Step
from boardwell.domain.people.actions.plan_time import change_week
from boardwell.domain.people.models import Member
from boardwell.domain.playbooks.actions.write_playbook import import_playbook
from tests.domain.journeys.test_team_load import LADEN


@pytest.fixture(autouse=True)
def monday():
    with time_machine.travel(datetime(2026, 3, 2, 9, tzinfo=UTC), tick=False):
        yield


@pytest.fixture
def laden(house):
    with house.as_owner():
        import_playbook(LADEN, kind_rules())
        change_week(house.owner.id, hours=10)
    house.journey_id = house.start(playbook_key="laden", kickoff_on=date(2026, 3, 2))
    return house


def kept(house, member) -> Member:
    with house.as_owner():
        return Member.objects.get(pk=member.id)


def test_the_page_says_who_has_too_much_in_which_week_on_which_steps(laden, signed_in) -> None:
    client = signed_in(laden.owner.person)
    text = client.get("/acme/load/").content.decode()
    assert "20 of 10 hours, 10 too many" in text
    assert f'href="/acme/journeys/{laden.journey_id}/steps/build/"' in text
    assert "Nobody has this role" in client.get("/acme/load/?role=viewer").content.decode()
    assert client.get("/acme/load/?weeks=x&role=%00").status_code == 200


def test_the_file_has_a_line_for_each_member_and_week_and_the_log_says_who_took_it(laden, signed_in) -> None:
    body = b"".join(signed_in(laden.owner.person).post("/acme/load/export/", {"weeks": "2"}).streaming_content).decode("utf-8-sig")
    assert list(csv.reader(io.StringIO(body)))[1:] == [
        [laden.owner.id, "Owner acme", "Organisation owner", "2026-03-02", "10.0", "10.0", "0.0"],
        [laden.owner.id, "Owner acme", "Organisation owner", "2026-03-09", "20.0", "10.0", "10.0"],
    ]
    with laden.as_owner():
        assert AuditEntry.objects.filter(verb="list.exported").count() == 1


def test_a_member_adds_days_off_and_takes_them_back(laden, signed_in) -> None:
    client, page = signed_in(laden.owner.person), f"/acme/people/{laden.owner.id}/"
    days = {"first_on": "2026-03-09", "last_on": "2026-03-10", "words": "Dentist"}
    assert client.post(page, {"verb": "time_off", **days}).status_code == 302
    text = client.get(page).content.decode()
    assert "Dentist" in text
    assert "20 of 6 hours, 14 too many" in text
    client.post(page, {"verb": "time_off_remove", **days})
    client.post(page, {"verb": "undo_time"})
    assert [one["words"] for one in kept(laden, laden.owner).time_off] == ["Dentist"]


def test_a_wrong_entry_comes_back_as_it_was_typed_and_nothing_is_kept(laden, signed_in) -> None:
    client, page = signed_in(laden.owner.person), f"/acme/people/{laden.owner.id}/"
    refused = client.post(page, {"verb": "time_off", "first_on": "2026-03-09", "last_on": "2026-03-01", "words": "Mistyped"})
    assert refused.status_code == 422
    assert "Mistyped" in refused.content.decode()
    assert "The last day lies before the first." in refused.content.decode()
    for hours in ("81", "many", "nan", "-1", ""):
        assert client.post(page, {"verb": "week", "hours": hours}).status_code == 422
    member = kept(laden, laden.owner)
    assert (member.time_off, member.week_minutes) == ([], 600)
    assert client.post(page, {"verb": "fly"}).status_code == 404


def test_what_somebody_is_away_for_is_read_by_them_and_by_who_plans(laden, signed_in) -> None:
    specialist, trainer = laden.member("specialist"), laden.member("trainer")
    page = f"/acme/people/{specialist.id}/"
    signed_in(specialist.person).post(page, {"verb": "time_off", "first_on": "2026-03-09", "words": "Secret reason"})
    assert "Secret reason" in signed_in(laden.owner.person).get(page).content.decode()
    other = signed_in(trainer.person)
    assert "Secret reason" not in other.get(page).content.decode()
    other.post(page, {"verb": "time_off", "first_on": "2026-03-11"})
    assert len(kept(laden, specialist).time_off) == 1


def test_giving_a_step_to_somebody_without_the_hours_says_so_and_who_has_room_and_is_done_all_the_same(laden, signed_in) -> None:
    specialist = laden.member("specialist")
    client, step = signed_in(laden.owner.person), f"/acme/journeys/{laden.journey_id}/steps/build/"
    said = "Owner acme now has 20 hours of work in the week from 9 March, and 10 hours to do it in."
    client.post(f"{step}do/", {"verb": "assign", "person": specialist.id})
    assert "hours of work in the week" not in client.get(step).content.decode()
    client.post(f"{step}do/", {"verb": "assign", "person": laden.owner.id})
    text = client.get(step).content.decode()
    assert said in text
    assert "specialist acme has room: with it, 20 hours would still be left." in text
    with laden.as_owner():
        assert Step.objects.get(journey_id=laden.journey_id, key="build").member_id == laden.owner.id
    client.post(f"/acme/journeys/{laden.journey_id}/do/", {"verb": "owner", "member_id": specialist.id})
    client.post(f"/acme/journeys/{laden.journey_id}/do/", {"verb": "owner", "member_id": laden.owner.id})
    assert said in client.get(f"/acme/journeys/{laden.journey_id}/").content.decode()
