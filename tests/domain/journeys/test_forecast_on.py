"""What is written when things go early or late: the forecast moves, the plan, the promise and the baseline stay."""

from datetime import UTC, date, datetime

import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext

from boardwell.domain.accounts.models import Account
from boardwell.domain.audit.models import AuditEntry
from boardwell.domain.audit.queries import entries_for_journey
from boardwell.domain.journeys import tasks
from boardwell.domain.journeys.actions.complete_step import complete_step
from boardwell.domain.journeys.actions.pause_journey import pause_journey
from boardwell.domain.journeys.actions.reschedule_step import reschedule_step
from boardwell.domain.journeys.actions.undo import undo
from boardwell.domain.journeys.forecasting import forecast_anew
from boardwell.domain.journeys.models import Journey, Step
from boardwell.domain.journeys.tasks import forecast_stale
from boardwell.kernel.tasks.worker import run_until_idle


def at(day: int) -> time_machine.travel:
    return time_machine.travel(datetime(2026, 3, day, 9, tzinfo=UTC), tick=False)


def forecasts(journey_id: str) -> list[int]:
    return [day.day for day in Step.objects.filter(journey_id=journey_id).order_by("position").values_list("forecast_on", flat=True)]


def lives(journey_id: str) -> tuple[date, date, date]:
    return Journey.objects.values_list("planned_live_on", "forecast_live_on", "baseline_live_on").get(pk=journey_id)


def test_a_late_end_moves_the_forecast_of_what_follows_and_nothing_else(house) -> None:
    with at(2):
        journey_id = house.start(kickoff_on=date(2026, 3, 2))
    with at(5), house.as_owner():
        complete_step(journey_id, "welcome")
        run_until_idle()
        forecast_stale()
        assert forecasts(journey_id) == [3, 9, 16, 17]  # planned for the 3rd, done on the 5th; what has ended keeps its forecast
        assert lives(journey_id) == (date(2026, 3, 13), date(2026, 3, 17), date(2026, 3, 13))
        planned = [day.day for day in Step.objects.filter(journey_id=journey_id).order_by("position").values_list("planned_on", flat=True)]
        assert planned == [3, 5, 12, 13]


def test_in_a_rush_a_forecast_waits_for_a_minute_at_most(house, monkeypatch) -> None:
    monkeypatch.setattr(tasks, "in_rush", lambda: True)
    with time_machine.travel("2026-03-02T09:00:00Z", tick=False) as clock, house.as_owner():
        journey_id = house.start(kickoff_on=date(2026, 3, 2))
        complete_step(journey_id, "welcome")
        run_until_idle()
        clock.shift(59)
        assert (forecast_stale(), forecasts(journey_id)) == (None, [3, 5, 12, 13])
        clock.shift(1)
        forecast_stale()
        assert forecasts(journey_id) == [3, 4, 11, 12]


def test_an_early_end_brings_what_follows_forward_and_undoing_it_brings_it_back(house) -> None:
    with at(2), house.as_owner():
        journey_id = house.start(kickoff_on=date(2026, 3, 2))
        complete_step(journey_id, "welcome")
        run_until_idle()
        forecast_stale()
        assert forecasts(journey_id) == [3, 4, 11, 12]
        undo(journey_id, AuditEntry.objects.filter(verb="step.completed").latest("position").position)
        run_until_idle()
        forecast_stale()
        assert forecasts(journey_id) == [3, 5, 12, 13]


def test_a_move_says_which_step_moved_the_others_and_undo_takes_all_of_it_back(house) -> None:
    with at(2), house.as_owner():
        journey_id = house.start(kickoff_on=date(2026, 3, 2))
        reschedule_step(journey_id, "needs", due_on=date(2026, 3, 6), reason="Asked for")
        moved = sorted(entries_for_journey(journey_id, groups=("step",)), key=lambda line: line.position)
        assert [(one.label, one.after.get("moved_by")) for one in moved] == [("needs", None), ("signoff", "needs"), ("live", "needs")]
        assert lives(journey_id) == (date(2026, 3, 16), date(2026, 3, 16), date(2026, 3, 13))
        undo(journey_id, moved[0].position)
        assert forecasts(journey_id) == [3, 5, 12, 13]
        assert lives(journey_id) == (date(2026, 3, 13),) * 3


def test_whoever_moves_a_step_after_a_late_end_means_the_new_day(house) -> None:
    with at(2):
        journey_id = house.start(kickoff_on=date(2026, 3, 2))
    with at(5), house.as_owner():
        complete_step(journey_id, "welcome")  # two working days late
        run_until_idle()
        forecast_stale()
        reschedule_step(journey_id, "needs", due_on=date(2026, 3, 12), reason="Agreed")
        planned = Step.objects.filter(journey_id=journey_id).order_by("position").values_list("planned_on", flat=True)
        assert [day.day for day in planned] == [3, 12, 19, 20]
        assert forecasts(journey_id)[1:] == [12, 19, 20]


def test_a_paused_onboarding_is_not_forecast_and_nothing_to_change_writes_nothing(house) -> None:
    with at(2), house.as_owner():
        journey_id = house.start(kickoff_on=date(2026, 3, 2))
        with CaptureQueriesContext(
            connection,
        ) as seen:
            assert forecast_anew(journey_id) == 0
        assert not [one for one in seen if not one["sql"].startswith("SELECT")]
        assert len(seen) == 3
        pause_journey(journey_id, reason="Holidays")
    with at(20), house.as_owner():
        assert forecast_anew(journey_id) == 0


def test_the_customers_steps_are_counted_on_the_days_that_they_work(house) -> None:
    with at(2), house.as_owner():
        Account.objects.filter(pk=house.account_id).update(country="BD")
        journey_id = house.start(kickoff_on=date(2026, 3, 4))
        days = dict(Step.objects.filter(journey_id=journey_id).values_list("key", "planned_on"))
        assert days["welcome"] == date(2026, 3, 5)
        assert days["needs"] == date(2026, 3, 9)  # Thursday, Sunday, Monday: Friday and Saturday are the weekend there
