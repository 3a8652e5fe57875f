"""Forecasts held against what came: levels move towards what happens, little history moves them little, ranges are tested as they were."""

import numpy as np
import pytest

from boardwell.domain.journeys.actions.complete_step import complete_step
from boardwell.domain.journeys.forecasts.trials import HUNDREDTHS, Trial, day_at, held, levels_on
from boardwell.domain.journeys.models import ForecastTrial
from boardwell.domain.journeys.outlooks import look_ahead
from boardwell.domain.journeys.tasks import try_what_finished

DAYS = tuple(range(1, 100))
"""A forecast that says 1 to 99 days, each as likely as the others."""


def trials(ends: list[int], *, running: int = 0) -> list[Trial]:
    """Forecasts made on days 0, 1, 2 … of journeys that took so long; some that still run, made from day 500 on."""
    return [Trial(at, at + days, DAYS) for at, days in enumerate(ends)] + [Trial(500 + n, None, DAYS) for n in range(running)]


def test_levels_stay_as_they_are_while_there_is_too_little_to_tell_and_while_they_are_right() -> None:
    assert levels_on(trials([99] * 15), 1_000).tolist() == HUNDREDTHS.tolist()
    dice = np.random.default_rng(3)
    right = levels_on(trials([int(day) for day in dice.integers(1, 100, 300)]), 400)
    assert np.abs(right - HUNDREDTHS).max() < 0.08


def test_a_past_that_took_longer_than_was_said_makes_ranges_longer_the_more_of_it_there_is() -> None:
    few, many = (levels_on(trials([60 + n % 39 for n in range(size)]), 500) for size in (20, 300))
    assert HUNDREDTHS[49] < few[49] < many[49]
    assert day_at(DAYS, float(many[49])) > 60


def test_what_is_known_later_corrects_nothing_earlier_and_what_still_runs_counts() -> None:
    past = trials([95] * 100)
    assert levels_on(past, 60).tolist() == HUNDREDTHS.tolist()  # on day 60 none had ended, and all were within what was said
    alone, with_running = levels_on(trials([5] * 40), 560), levels_on(trials([5] * 40, running=50), 560)
    assert with_running[60] > alone[60]


def test_ranges_are_tried_as_they_would_have_been_given_on_their_day() -> None:
    kept, tried = held(trials([50] * 30))
    assert (kept, tried) == (30, 30)
    late = trials([99] * 120)
    kept, tried = held(late)
    assert (tried, 0 < kept < 120) == (120, True)  # at first all were missed, then the ranges had moved
    assert held([Trial(0, None, DAYS), Trial(1, 9, ())]) == (0, 0)


@pytest.mark.django_db
def test_each_onboarding_is_tried_once_by_its_first_forecast_and_a_finished_one_after_the_event(house) -> None:
    running, over = house.start(), house.start()
    with house.as_owner():
        for key in ("welcome", "needs", "signoff", "live"):
            complete_step(over, key)
        assert try_what_finished() is not None
        assert try_what_finished() is None
        rows = list(ForecastTrial.objects.values_list("journey_id", "days"))
        assert rows == [(over, [])]  # with so little history there was nothing to say, and it is not asked again
        look_ahead(running)
        assert ForecastTrial.objects.filter(journey_id=running).count() == 0
