"""The outlook: durations learnt from the house's own past, the rest played through, and what is written and shown of it."""

from datetime import UTC, date, datetime, timedelta

import numpy as np
import pytest
import time_machine
from django.test import Client

from boardwell.domain.journeys.actions.complete_step import complete_step
from boardwell.domain.journeys.actions.pause_journey import pause_journey
from boardwell.domain.journeys.calendars import calendar_of
from boardwell.domain.journeys.duedates import WorkingTime
from boardwell.domain.journeys.forecasts.durations import Lasted, draw, house_of
from boardwell.domain.journeys.forecasts.outlook import Ahead, outlook_of
from boardwell.domain.journeys.models import Journey
from boardwell.domain.journeys.outlooks import _house_of_day, look_ahead
from boardwell.domain.journeys.queries.outlook import outlook_for
from boardwell.domain.journeys.schedule import Activity, Link
from boardwell.domain.journeys.tasks import forecast_stale, look_ahead_anew, try_what_finished
from boardwell.kernel.errors import NotFound
from boardwell.kernel.tasks.worker import run_until_idle

MONDAY = date(2026, 3, 2)
WEEK = calendar_of(WorkingTime())


def lasted(key: str, days: list[int], planned: int = 2, *, is_ended: bool = True) -> list[Lasted]:
    return [Lasted(key, "ours", planned, each, is_ended) for each in days]


def test_much_past_speaks_for_itself_and_none_leans_on_the_estimate_as_estimates_were_here() -> None:
    house = house_of([*lasted("own", [8] * 600), *lasted("other", [4] * 600)], 20)
    assert int(np.searchsorted(house.chances("own", "ours", 2), 0.5)) + 1 == 8
    # Plans of 2 days took 4 or 8 here: a new one of 10 takes 19 to 36, none of it less.
    fresh = house.chances("new", "ours", 10)
    assert fresh[15] < 0.05
    assert fresh[36] > 0.95


def test_steps_that_are_still_open_make_the_estimate_longer() -> None:
    closed = house_of(lasted("a", [2, 2, 2, 9] * 10), 9)
    both = house_of([*lasted("a", [2, 2, 2, 9] * 10), *lasted("a", [6] * 40, is_ended=False)], 9)
    assert both.chances("a", "ours", 2)[7] < closed.chances("a", "ours", 2)[7]
    assert both.counts == {"a": 40}


def test_what_a_step_has_taken_already_is_never_drawn_again() -> None:
    chances = np.clip(np.arange(1, 251) / 10, 0, 1)
    drawn = draw(chances, 6, np.random.default_rng(1), 2000)
    assert drawn.min() == 7
    assert drawn.max() == 10
    assert draw(chances, 30, np.random.default_rng(1), 5).tolist() == [31] * 5


def _ahead(key: str, *, after: str = "", finished: int | None = None) -> Ahead:
    links = (Link(after),) if after else ()
    return Ahead(Activity(key=key, duration=2, links=links, finished_on=finished), key, "ours", 2)


def test_a_chain_of_known_durations_ends_when_they_add_up_and_the_weekend_is_not_worked() -> None:
    house = house_of([*lasted("a", [3] * 4000), *lasted("b", [4] * 4000)], 50)
    found = outlook_of([_ahead("a"), _ahead("b", after="a")], [WEEK], house, begins=MONDAY.toordinal(), today=MONDAY.toordinal(), end="b")
    assert found.end[0.5] == date(2026, 3, 10).toordinal()  # 3 and 4 worked days from Monday the 2nd
    assert found.chance is None


def test_the_chance_of_the_promise_counts_the_plays_that_keep_it_and_the_driver_is_the_step_that_varies() -> None:
    house = house_of([*lasted("a", [2] * 4000), *lasted("b", [1, 9] * 2000)], 50)
    promised = date(2026, 3, 9).toordinal()
    found = outlook_of(
        [_ahead("a"), _ahead("b", after="a")], [WEEK], house,
        begins=MONDAY.toordinal(), today=MONDAY.toordinal(), end="b", milestones=["a"], promised=promised, times=1000,
    )  # fmt: skip
    assert found.chance == pytest.approx(50, abs=5)
    assert found.milestones["a"][0.5] == date(2026, 3, 3).toordinal()
    assert [driver.key for driver in found.drivers] == ["b"]
    assert found.drivers[0].cases == 4000


def test_the_same_seed_gives_the_same_outlook() -> None:
    house = house_of([*lasted("a", [1, 2, 3, 8] * 20)], 20)
    once, again = (
        outlook_of([_ahead("a")], [WEEK], house, begins=MONDAY.toordinal(), today=MONDAY.toordinal(), end=None, seed=4) for _turn in (1, 2)
    )
    assert once == again


def _lived(house, times: int) -> None:
    """Onboardings that went live, one a week, each step done two days after it opened."""
    for number in range(times):
        begins = datetime(2025, 9, 1, 9, tzinfo=UTC) + timedelta(days=7 * number)
        with time_machine.travel(begins, tick=False):
            journey_id = house.start(kickoff_on=begins.date())
        with house.as_owner():
            for place, key in enumerate(("welcome", "needs", "signoff", "live")):
                with time_machine.travel(begins + timedelta(days=2 * place + 1), tick=False):
                    complete_step(journey_id, key)


@pytest.mark.django_db
def test_a_young_house_is_told_that_there_is_not_enough_history(house, client: Client) -> None:
    journey_id = house.start()
    with house.as_owner():
        assert look_ahead(journey_id)
        told = outlook_for(journey_id)
    assert (told.end, told.journeys, told.journeys_needed, told.steps_needed) == (None, 0, 5, 30)
    assert told.on is not None


@pytest.mark.django_db
def test_a_house_with_a_past_gets_a_range_that_a_late_step_moves(house) -> None:
    _lived(house, 10)
    with time_machine.travel(datetime(2026, 3, 2, 9, tzinfo=UTC), tick=False):
        journey_id = house.start(kickoff_on=MONDAY)
        with house.as_owner():
            _house_of_day.cache_clear()
            while try_what_finished() is not None:
                pass
            assert look_ahead(journey_id)
            first = outlook_for(journey_id)
    with time_machine.travel(datetime(2026, 3, 27, 9, tzinfo=UTC), tick=False), house.as_owner():
        assert look_ahead(journey_id)
        late = outlook_for(journey_id)
    assert first.end is not None
    assert late.end is not None
    assert MONDAY < first.end.p10 <= first.end.p50 <= first.end.p80 <= first.end.p95
    assert late.end.p10 > first.end.p50
    assert first.journeys == 10
    assert 0 < first.tested <= 10


@pytest.mark.django_db
def test_what_happens_asks_for_a_new_outlook_and_a_paused_onboarding_keeps_its_own(house) -> None:
    journey_id = house.start()
    with house.as_owner():
        look_ahead(journey_id)
        assert Journey.objects.get(pk=journey_id).outlook_at is not None
        complete_step(journey_id, "welcome")
        run_until_idle()
        forecast_stale()
        assert Journey.objects.get(pk=journey_id).outlook_at is None
        look_ahead_anew()
        assert Journey.objects.get(pk=journey_id).outlook_at is not None
        pause_journey(journey_id, reason="They moved house")
        assert not look_ahead(journey_id)


@pytest.mark.django_db
def test_a_customer_never_reads_the_outlook(house) -> None:
    journey_id = house.start()
    with house.as_owner():
        look_ahead(journey_id)
    with house.as_contact(), pytest.raises(NotFound):
        outlook_for(journey_id)


def _by_case(apart: float) -> list[Lasted]:
    """Forty cases of two steps: slow ones take eight days for each, quick ones two, when they differ as a whole; else in turns."""
    rows = []
    for case in range(40):
        slow = case % 2 == 0
        rows.append(Lasted("a", "customer", 4, 8 if slow else 2, True, f"c{case}"))
        rows.append(Lasted("b", "customer", 4, 8 if (slow if apart else case % 4 < 2) else 2, True, f"c{case}"))
    return rows


def test_a_house_knows_whether_the_steps_of_one_case_are_slow_together() -> None:
    assert house_of(_by_case(1), 40).together["customer"] > 0.6
    assert house_of(_by_case(0), 40).together["customer"] == pytest.approx(0, abs=0.05)
    assert house_of([Lasted("a", "ours", 2, 2, True)] * 40, 9).together == {}  # nobody said whose they were


def test_who_was_slow_so_far_is_forecast_later_than_who_was_quick() -> None:
    house = house_of(_by_case(1), 40)
    day = date(2026, 3, 16).toordinal()

    def end(lasted: int) -> int:
        done = Activity(key="a", duration=4, finished_on=day - 3)
        steps = [Ahead(done, "a", "customer", 4, 0, lasted), Ahead(Activity(key="b", duration=4, links=(Link("a"),)), "b", "customer", 4)]
        return outlook_of(steps, [WEEK], house, begins=MONDAY.toordinal(), today=day, end="b").end[0.5]

    assert end(8) - end(2) >= 6  # eight worked days instead of two
    assert end(2) <= end(0) <= end(8)
