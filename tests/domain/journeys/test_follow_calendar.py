"""When the organisation's working days change, running onboardings are dated anew in the background, and back again."""

from datetime import UTC, date, datetime

import pytest
import time_machine

from boardwell.domain.accounts.models import Account
from boardwell.domain.audit.queries import entries_for_journey
from boardwell.domain.journeys.actions.cancel_journey import cancel_journey
from boardwell.domain.journeys.actions.complete_step import complete_step
from boardwell.domain.journeys.actions.follow_calendar import follow_some
from boardwell.domain.journeys.actions.pause_journey import pause_journey
from boardwell.domain.journeys.models import Journey, Step
from boardwell.domain.journeys.queries.dates import explained_day
from boardwell.domain.journeys.tasks import forecast_late
from boardwell.domain.organisations.actions.change_settings import save_calendar
from boardwell.domain.organisations.models import WorkCalendar
from boardwell.kernel.tasks.worker import run_until_idle


@pytest.fixture(autouse=True)
def second_of_march():
    with time_machine.travel(datetime(2026, 3, 2, 9, tzinfo=UTC), tick=False):
        yield


def change(*days_off: str, country: str = "") -> WorkCalendar:
    calendar = WorkCalendar.objects.get(is_default=True)
    save_calendar(calendar_id=calendar.id, name=calendar.name, country=country, weekdays=[0, 1, 2, 3, 4], days_off=days_off)
    run_until_idle()
    calendar.refresh_from_db()
    return calendar


def planned(journey_id: str) -> list[int]:
    return [day.day for day in Step.objects.filter(journey_id=journey_id).order_by("position").values_list("planned_on", flat=True)]


def test_a_new_day_off_moves_what_comes_after_it_and_taking_it_out_brings_it_back(house) -> None:
    with house.as_owner():
        change()
        journey_id = house.start(kickoff_on=date(2026, 3, 2), committed_live_on=date(2026, 3, 13))
        complete_step(journey_id, "welcome")
        calendar = change("2026-03-06")
        assert planned(journey_id) == [3, 5, 13, 16]
        assert (calendar.journeys_total, calendar.journeys_done, calendar.steps_moved) == (1, 1, 2)
        assert calendar.followed_at is not None
        live = Journey.objects.get(pk=journey_id)
        assert (live.planned_live_on, live.committed_live_on, live.baseline_live_on) == (
            date(2026, 3, 16), date(2026, 3, 13), date(2026, 3, 13),
        )  # fmt: skip
        assert [line.verb for line in entries_for_journey(journey_id)][:2] == ["step.redated", "step.redated"]
        why = explained_day(journey_id, "signoff")
        assert why is not None
        assert why.moved[0][0] == "2 March 2026: from 12 March 2026 to 13 March 2026, because the working days changed."
        change()
        assert planned(journey_id) == [3, 5, 12, 13]


def test_a_paused_one_follows_a_cancelled_one_does_not_and_the_customers_own_days_stay(house) -> None:
    with house.as_owner():
        change()
        paused, cancelled = (house.start(kickoff_on=date(2026, 3, 2)) for _number in range(2))
        Account.objects.filter(pk=house.account_id).update(country="BD")
        theirs = house.start(kickoff_on=date(2026, 3, 2))
        pause_journey(paused, reason="Holidays")
        cancel_journey(cancelled, reason="Gone")
        was = planned(theirs)
        change("2026-03-03")
        assert planned(cancelled) == [3, 5, 12, 13]
        assert planned(paused)[0] == 4
        assert Step.objects.filter(journey_id=paused).exclude(next_due_at=None).count() == 0
        assert planned(theirs)[0] == 4
        assert Journey.objects.get(pk=theirs).calendar["customer"] == {"weekdays": [0, 1, 2, 3, 6], "country": "BD"}
        assert was[0] == 3


def test_many_are_dated_in_turns_and_a_newer_change_overtakes(house, monkeypatch) -> None:
    monkeypatch.setattr("boardwell.domain.journeys.actions.follow_calendar.JOURNEYS_A_TURN", 2)
    with house.as_owner():
        change()
        ids = [house.start(kickoff_on=date(2026, 3, 2)) for _number in range(5)]
        calendar = change("2026-03-03")
        assert (calendar.journeys_total, calendar.journeys_done, calendar.steps_moved) == (5, 5, 20)
        follow_some.func(calendar.id, calendar.revision - 1, "")  # what is left of an older run does nothing
        calendar.refresh_from_db()
        assert calendar.journeys_done == 5
        assert {tuple(planned(one)) for one in ids} == {(4, 6, 13, 16)}


def test_a_save_that_changes_no_day_dates_nothing_anew(house) -> None:
    with house.as_owner():
        calendar = change("2026-03-03")
        house.start(kickoff_on=date(2026, 3, 2))
        again = change("2026-03-03")
        assert (again.revision, again.journeys_total) == (calendar.revision, calendar.journeys_total)


def test_an_open_step_whose_forecast_has_passed_gets_a_new_one_by_itself(house) -> None:
    with house.as_owner():
        change()
        journey_id = house.start(kickoff_on=date(2026, 3, 2))
    with time_machine.travel(datetime(2026, 3, 9, 9, tzinfo=UTC), tick=False):
        forecast_late()
        run_until_idle()
        with house.as_owner():
            days = Step.objects.filter(journey_id=journey_id).order_by("position").values_list("forecast_on", flat=True)
            assert [day.day for day in days] == [9, 11, 18, 19]
            assert planned(journey_id) == [3, 5, 12, 13]
