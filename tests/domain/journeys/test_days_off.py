"""Days off of each party: a member's move what is forecast, the customer's and a third party's the plan; looked at before, undone after."""

from datetime import UTC, date, datetime

import pytest
import time_machine

from boardwell.domain.accounts.actions.change_days_off import add_days_off, remove_days_off, undo_days_off
from boardwell.domain.accounts.actions.save_account import create_account, update_account
from boardwell.domain.accounts.models import Account
from boardwell.domain.audit.queries import entries_for_journey
from boardwell.domain.journeys.actions.follow_calendar import follow
from boardwell.domain.journeys.models import Journey, Step
from boardwell.domain.journeys.queries.dates import explained_day
from boardwell.domain.journeys.queries.following import following_of, preview_of
from boardwell.domain.journeys.tasks import forecast_stale
from boardwell.domain.organisations.actions.change_settings import save_calendar
from boardwell.domain.organisations.models import WorkCalendar
from boardwell.domain.organisations.queries import working_calendar
from boardwell.domain.people.actions.plan_time import add_time_off, remove_time_off
from boardwell.domain.people.roles import actor_for_contact
from boardwell.kernel import tenancy
from boardwell.kernel.errors import Conflict, Invalid, NotAllowed, NotFound
from boardwell.kernel.tasks.worker import run_until_idle

MARCH_2 = date(2026, 3, 2)


@pytest.fixture(autouse=True)
def monday():
    with time_machine.travel(datetime(2026, 3, 2, 9, tzinfo=UTC), tick=False):
        yield


@pytest.fixture
def plain(house):
    """A house without holidays and one onboarding: welcome on the 3rd, needs on the 5th, sign-off on the 12th, live on the 13th."""
    with house.as_owner():
        calendar = WorkCalendar.objects.get(is_default=True)
        save_calendar(calendar_id=calendar.id, name=calendar.name, country="", weekdays=[0, 1, 2, 3, 4], is_default=True)
    house.journey_id = house.start(kickoff_on=MARCH_2, committed_live_on=date(2026, 3, 13))
    run_until_idle()
    return house


def look_ahead() -> None:
    """What happened is heard, and the clock that forecasts comes by."""
    run_until_idle()
    forecast_stale()


def days(house, field: str = "planned_on", journey_id: str = "") -> list[int]:
    rows = Step.objects.filter(journey_id=journey_id or house.journey_id).order_by("position")
    return [day.day for day in rows.values_list(field, flat=True)]


def test_a_member_who_is_away_moves_what_is_forecast_and_not_the_plan(plain) -> None:
    with plain.as_owner():
        add_time_off(plain.owner.id, first_on=MARCH_2, last_on=date(2026, 3, 3), words="Ill")
        look_ahead()
        assert days(plain) == [3, 5, 12, 13]
        # Welcome takes two of their working days, and can begin on the 4th.
        assert days(plain, "forecast_on") == [5, 9, 16, 17]
        why = explained_day(plain.journey_id, "welcome")
        assert why is not None
        assert "Owner acme is away on 2 March 2026, 3 March 2026." in why.basis
        assert why.away == "Owner acme is away from 2 March 2026 to 3 March 2026, when this is due. Give it to somebody else, or move it."
        remove_time_off(plain.owner.id, first_on=MARCH_2, last_on=date(2026, 3, 3))
        look_ahead()
        assert days(plain, "forecast_on") == [3, 5, 12, 13]


def test_the_customer_reads_that_there_is_no_work_and_not_who_is_away(plain) -> None:
    with plain.as_owner():
        add_time_off(plain.owner.id, first_on=MARCH_2, last_on=date(2026, 3, 3), words="Ill")
        look_ahead()
    with plain.as_contact():
        why = explained_day(plain.journey_id, "welcome")
    assert why is not None
    assert "No work on 2 March 2026, 3 March 2026." in why.basis
    assert why.away == ""
    assert "Owner" not in " ".join((*why.basis, *why.back))


def test_the_customers_days_off_move_their_steps_and_what_follows_and_undo_brings_them_back(plain) -> None:
    with plain.as_contact():
        add_days_off(plain.account_id, first_on=date(2026, 3, 4), last_on=None, words="Founding day")
    run_until_idle()
    with plain.as_owner():
        assert days(plain) == [3, 6, 13, 16]
        journey = Journey.objects.get(pk=plain.journey_id)
        assert journey.calendar["customer"]["days_off"] == ["2026-03-04"]
        assert (journey.planned_live_on, journey.committed_live_on) == (date(2026, 3, 16), date(2026, 3, 13))
        assert [line.verb for line in entries_for_journey(plain.journey_id)][:3] == ["step.redated"] * 3
    with plain.as_contact():
        undo_days_off(plain.account_id)
    run_until_idle()
    with plain.as_owner():
        assert days(plain) == [3, 5, 12, 13]
        assert "customer" not in Journey.objects.get(pk=plain.journey_id).calendar


def test_a_third_partys_days_off_are_told_by_the_team_and_leave_the_others_alone(plain) -> None:
    with plain.as_owner():
        add_days_off(plain.account_id, side="third", first_on=date(2026, 3, 4), last_on=date(2026, 3, 6))
        run_until_idle()
        assert days(plain) == [3, 5, 12, 13]
        assert Journey.objects.get(pk=plain.journey_id).calendar["third"]["days_off"] == ["2026-03-04", "2026-03-05", "2026-03-06"]
        new = plain.start(kickoff_on=MARCH_2)
        assert Journey.objects.get(pk=new).calendar["third"]["days_off"][0] == "2026-03-04"


def test_only_the_customers_administrator_changes_their_own_and_nothing_else(plain) -> None:
    contact = plain.contact
    participant = actor_for_contact(contact.id, contact.name, contact.person_id, "participant", [contact.account_id])
    with plain.as_owner():
        stranger_id = create_account(name="Somebody else")
    with tenancy.acting_for(plain.organisation_id, participant), pytest.raises(NotAllowed):
        add_days_off(plain.account_id, first_on=MARCH_2, last_on=None)
    with plain.as_contact():
        with pytest.raises(NotAllowed):
            add_days_off(plain.account_id, side="third", first_on=MARCH_2, last_on=None)
        with pytest.raises(NotFound):
            add_days_off(stranger_id, first_on=MARCH_2, last_on=None)
        with pytest.raises(NotFound):
            remove_days_off(plain.account_id, first_on=MARCH_2, last_on=MARCH_2)
        with pytest.raises(Invalid):
            add_days_off(plain.account_id, first_on=None, last_on=MARCH_2)
    with plain.as_owner():
        assert list(Account.objects.values_list("days_off", flat=True)) == [[], []]
        add_days_off(plain.account_id, first_on=MARCH_2, last_on=None)
    with plain.as_contact(), pytest.raises(NotFound):
        undo_days_off(plain.account_id)  # it was not theirs


def test_what_somebody_else_has_changed_since_is_not_undone(plain) -> None:
    with plain.as_contact():
        add_days_off(plain.account_id, first_on=date(2026, 5, 4), last_on=None)
    with plain.as_owner():
        add_days_off(plain.account_id, first_on=date(2026, 5, 5), last_on=None)
    with plain.as_contact(), pytest.raises(Conflict):
        undo_days_off(plain.account_id)


def test_another_country_dates_the_accounts_journeys_anew_at_once(plain) -> None:
    with plain.as_owner():
        update_account(plain.account_id, country="BD")
        assert following_of(plain.account_id).left == 1
        run_until_idle()
        assert (following_of(plain.account_id).left, following_of(plain.account_id).done) == (0, 1)
        assert Journey.objects.get(pk=plain.journey_id).calendar["customer"] == {"weekdays": [0, 1, 2, 3, 6], "country": "BD"}


def test_a_day_far_from_every_plan_is_kept_and_moves_nothing(plain) -> None:
    with plain.as_owner():
        Account.objects.filter(pk=plain.account_id).update(
            days_off=[{"first_on": "2028-03-01", "last_on": "2028-03-01", "words": "", "side": "customer"}]
        )
        before = len(entries_for_journey(plain.journey_id))
        turn = follow([plain.journey_id])
        assert (turn.seen, turn.moved) == (1, 0)
        assert Journey.objects.get(pk=plain.journey_id).calendar["customer"]["days_off"] == ["2028-03-01"]
        assert len(entries_for_journey(plain.journey_id)) == before


def test_a_change_of_the_calendar_comes_out_as_its_preview_said(plain) -> None:
    late = plain.start(kickoff_on=date(2026, 6, 1))
    with plain.as_owner():
        wanted = {**working_calendar(), "days_off": ["2026-03-06", "2026-03-09"]}
        seen = preview_of(wanted)
        assert [(one.journey_id, one.steps, one.live_after, one.days, one.breaks_promise) for one in seen.moved] == [
            (plain.journey_id, 2, date(2026, 3, 17), 4, True)
        ]
        assert (seen.untouched, seen.unseen, seen.broken) == (1, 0, 1)
        assert days(plain) == [3, 5, 12, 13]
        calendar = WorkCalendar.objects.get(is_default=True)
        save_calendar(
            calendar_id=calendar.id, name=calendar.name, country="", weekdays=[0, 1, 2, 3, 4], days_off=wanted["days_off"], is_default=True
        )
        run_until_idle()
        assert days(plain) == [3, 5, 16, 17]
        assert days(plain, journey_id=late) == [2, 4, 11, 12]
        assert Journey.objects.get(pk=late).calendar["days_off"] == wanted["days_off"]
        assert Journey.objects.get(pk=plain.journey_id).planned_live_on == seen.moved[0].live_after
