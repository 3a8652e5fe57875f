"""Days off and working days as they are changed on pages: looked at before, undone after, and the customer's own in the portal."""

from datetime import UTC, date, datetime

import pytest
import time_machine

from boardwell.domain.accounts.models import Account
from boardwell.domain.journeys.models import Journey, Step
from boardwell.domain.organisations.actions.change_settings import save_calendar
from boardwell.domain.organisations.models import WorkCalendar
from boardwell.domain.people.actions.plan_time import add_time_off
from boardwell.kernel.tasks.worker import run_until_idle

PAGE = "/acme/settings/calendars/"


@pytest.fixture(autouse=True)
def monday():
    with time_machine.travel(datetime(2026, 3, 2, 9, tzinfo=UTC), tick=False):
        yield


@pytest.fixture
def plain(house):
    with house.as_owner():
        calendar = WorkCalendar.objects.get(is_default=True)
        save_calendar(calendar_id=calendar.id, name=calendar.name, country="", weekdays=[0, 1, 2, 3, 4], is_default=True)
        house.calendar_id = calendar.id
    house.journey_id = house.start(kickoff_on=date(2026, 3, 2), committed_live_on=date(2026, 3, 13), title="Promised")
    return house


def off_days(house) -> list[str]:
    with house.as_owner():
        return WorkCalendar.objects.get(pk=house.calendar_id).days_off


def live_on(house) -> date | None:
    run_until_idle()
    with house.as_owner():
        return Journey.objects.get(pk=house.journey_id).planned_live_on


def test_a_changed_calendar_is_shown_before_it_is_saved_and_can_be_undone(plain, signed_in) -> None:
    client = signed_in(plain.owner.person)
    form = {
        "calendar_id": plain.calendar_id,
        "name": "Standard",
        "country": "",
        "weekdays": ["0", "1", "2", "3", "4"],
        "days_off": "2026-03-06",
    }
    seen = client.post(PAGE, form).content.decode()
    assert "1 onboarding would move" in seen
    assert "16 March" in seen
    assert "1 would then end after the day that was promised." in seen
    assert off_days(plain) == []
    assert client.post(PAGE, {**form, "confirm": "1"}).status_code == 302
    assert off_days(plain) == ["2026-03-06"]
    assert live_on(plain) == date(2026, 3, 16)
    assert f'value="undo:{plain.calendar_id}"' in client.get(PAGE).content.decode()
    client.post(PAGE, {"verb": f"undo:{plain.calendar_id}"})
    assert off_days(plain) == []
    assert live_on(plain) == date(2026, 3, 13)


def test_a_change_that_moves_nobody_is_saved_at_once(plain, signed_in) -> None:
    form = {
        "calendar_id": plain.calendar_id,
        "name": "Standard",
        "country": "",
        "weekdays": ["0", "1", "2", "3", "4"],
        "days_off": "2029-03-06",
    }
    assert signed_in(plain.owner.person).post(PAGE, form).status_code == 302
    assert off_days(plain) == ["2029-03-06"]


def test_the_team_notes_a_third_partys_days_off_at_the_account(plain, signed_in) -> None:
    client, page = signed_in(plain.owner.person), f"/acme/accounts/{plain.account_id}/"
    days = {"verb": "add", "whose": "third", "first_on": "2026-03-04", "last_on": "2026-03-05", "words": "Stocktaking"}
    assert client.post(f"{page}days-off/", days).status_code == 302
    text = client.get(page).content.decode()
    assert "Stocktaking" in text
    assert "Third party" in text
    assert "0 of 1 onboarding has been dated anew" in text
    run_until_idle()
    assert "dated anew" not in client.get(page).content.decode()
    refused = client.post(f"{page}days-off/", {**days, "last_on": "2026-03-01", "words": "Typed"})
    assert refused.status_code == 422
    assert "Typed" in refused.content.decode()
    client.post(f"{page}days-off/", {**days, "verb": "remove"})
    client.post(f"{page}days-off/", {"verb": "undo"})
    with plain.as_owner():
        assert [one["words"] for one in Account.objects.get(pk=plain.account_id).days_off] == ["Stocktaking"]


def test_the_customer_tells_their_own_in_the_portal(plain, signed_in) -> None:
    with plain.as_owner():
        Account.objects.filter(pk=plain.account_id).update(
            days_off=[{"first_on": "2026-03-20", "last_on": "2026-03-20", "words": "Of a third party", "side": "third"}]
        )
    client, page = signed_in(plain.contact.person), f"/p/{plain.journey_id}/days-off/"
    assert client.post(page, {"verb": "add", "first_on": "2026-03-04", "words": "Founding day"}).status_code == 302
    text = client.get(page).content.decode()
    assert "Founding day" in text
    assert "Of a third party" not in text
    assert live_on(plain) == date(2026, 3, 16)
    assert client.post(page, {"verb": "add", "first_on": "never", "words": "Typed"}).status_code == 422
    client.post(page, {"verb": "undo"})
    assert live_on(plain) == date(2026, 3, 13)


def test_a_step_that_is_due_while_its_doer_is_away_says_so(plain, signed_in) -> None:
    with plain.as_owner():
        add_time_off(plain.owner.id, first_on=date(2026, 3, 3), last_on=None)
        assert Step.objects.get(journey_id=plain.journey_id, key="welcome").planned_on == date(2026, 3, 3)
    text = signed_in(plain.owner.person).get(f"/acme/journeys/{plain.journey_id}/steps/welcome/").content.decode()
    assert "Owner acme is away from 3 March 2026 to 3 March 2026, when this is due." in text
