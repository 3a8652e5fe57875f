"""What the forecast learns from a log: nothing from later, something from what still runs, and ranges that hold what they promise."""

import random

import numpy as np
import pytest

from boardwell.domain.journeys.forecasts import survival
from boardwell.domain.journeys.forecasts.calibration import Calibration, Seen
from boardwell.domain.journeys.forecasts.eventlog import Case, Event, as_known_at, read_csv
from boardwell.domain.journeys.forecasts.prefixes import alphabet_of, prefixes_of
from boardwell.domain.journeys.forecasts.remaining import ThinHistoryError, learn


def test_what_was_known_at_a_moment_holds_no_later_event_and_no_later_end() -> None:
    case = Case("a", (Event(1.0, "x"), Event(3.0, "y"), Event(5.0, "z")), 5.0)
    assert as_known_at([case], 4.0) == [Case("a", (Event(1.0, "x"), Event(3.0, "y")), None)]
    assert as_known_at([case], 1.0) == []
    assert as_known_at([case], 5.5) == [case]


def test_a_file_is_read_into_cases_in_its_order_with_events_in_order_of_time(tmp_path) -> None:
    path = tmp_path / "log.csv"
    path.write_text("CaseID,ActivityID,CompleteTimestamp\n7,b,1970-01-03 00:00:00\n7,a,1970-01-02 12:00:00\n2,a,1970-01-01 00:00:00\n")
    assert read_csv(path) == [Case("7", (Event(1.5, "a"), Event(2.0, "b")), 2.0), Case("2", (Event(0.0, "a"),), 0.0)]


def test_the_estimate_is_that_of_kaplan_and_meier_with_half_a_cell_for_those_out_of_sight() -> None:
    days = np.asarray([1.0, 2.0, 2.0, 3.0])
    is_ended = np.asarray([True, True, False, True])
    found = survival.distributions(days, is_ended, np.zeros(4, dtype=np.int64), 1, np.asarray([1.0, 2.0, 3.0]))
    # 1 of 4, then 1 of 3 less half of the one that was lost, then the last.
    assert found[0].tolist() == pytest.approx([0.25, 1 - 0.75 * 0.6, 1.0])


def test_running_cases_make_the_estimate_longer_than_ended_ones_alone() -> None:
    dice = np.random.default_rng(1)
    truth = dice.exponential(10, 4000)
    watched = dice.uniform(0, 20, 4000)
    ended = truth <= watched
    days = np.minimum(truth, watched)
    grid = survival.grid_of(days)
    group = np.zeros(4000, dtype=np.int64)
    told = survival.quantile(survival.distributions(days, ended, group, 1, grid), grid, 0.5)[0]
    assert told == pytest.approx(10 * np.log(2), rel=0.08)
    assert np.median(days[ended]) < 5.5


@pytest.mark.parametrize("level", [0.05, 0.4, 0.99])
def test_a_level_and_its_days_are_each_other_s_inverse(level: float) -> None:
    grid = np.asarray([1.0, 4.0, 9.0])
    chances = np.asarray([[0.2, 0.5, 0.9]])
    days = survival.quantile(chances, grid, level)
    assert survival.chance_by(chances, grid, days)[0] == pytest.approx(level)


def test_a_row_tells_what_had_happened_by_then_and_nothing_else() -> None:
    long = Case("a", (Event(1.0, "x"), Event(3.0, "y"), Event(9.0, "x")), 9.0)
    alphabet = alphabet_of([long])
    whole = prefixes_of([long], alphabet, 10.0, with_last=False)
    cut = prefixes_of(as_known_at([long], 4.0), alphabet, 4.0)
    assert whole.columns[1, :14].tolist() == cut.columns[1, :14].tolist()
    assert whole.remaining.tolist() == [8.0, 6.0]
    assert np.isnan(cut.remaining).all()
    assert cut.known_days.tolist() == [3.0, 1.0]


def _house(cases: int, seed: int = 3) -> list[Case]:
    """A house whose cases take a day and then 5 to 15 more, or 20 to 40 when something is missing."""
    dice = random.Random(seed)
    found = []
    for number in range(cases):
        at = number * 0.5
        second = "missing" if dice.random() < 0.3 else "checked"
        rest = dice.uniform(20, 40) if second == "missing" else dice.uniform(5, 15)
        found.append(Case(str(number), (Event(at, "asked"), Event(at + 1, second), Event(at + 1 + rest, "done")), at + 1 + rest))
    return found


def test_ranges_hold_about_as_often_as_they_promise_and_tell_slow_cases_from_quick_ones() -> None:
    cases = _house(700)
    moment = 250.0
    learnt = learn(cases, moment)
    later = [case for case in cases if case.began_at >= moment]
    rows = prefixes_of(later, learnt.alphabet, 1e6, with_last=False, among=cases)
    told = learnt.forecast(rows, (0.1, 0.9), moment)
    held = (rows.remaining >= told.ranges[0.1]) & (rows.remaining <= told.ranges[0.9])
    assert 0.74 < held.mean() < 0.86
    second = rows.length == 2
    slow = second & (rows.last == learnt.alphabet.place("missing"))
    quick = second & (rows.last == learnt.alphabet.place("checked"))
    assert np.median(told.point[slow]) == pytest.approx(30, abs=3)
    assert np.median(told.point[quick]) == pytest.approx(10, abs=1.5)


def test_what_happens_later_changes_nothing_that_was_learnt() -> None:
    cases = _house(300)
    moment = 100.0
    rows = prefixes_of(cases[200:], alphabet_of(cases), 1e6, with_last=False)
    once = learn(cases, moment).forecast(rows, (0.5,), moment)
    again = learn(as_known_at(cases, moment), moment).forecast(rows, (0.5,), moment)
    assert once.point.tolist() == again.point.tolist()
    assert once.ranges[0.5].tolist() == again.ranges[0.5].tolist()


def test_too_few_ended_cases_are_refused() -> None:
    with pytest.raises(ThinHistoryError) as caught:
        learn(_house(20), 1e6)
    assert caught.value.rows == 40


def test_levels_follow_a_past_that_came_later_than_was_said_and_count_what_still_runs() -> None:
    grid = np.linspace(1, 20, 20)
    dice = np.random.default_rng(5)
    at = np.linspace(0, 50, 2000)
    said = np.tile(np.clip(grid / 10, 0, 1), (2000, 1))  # between 0 and 10 days, it was said
    truth = dice.uniform(5, 10, 2000)  # between 5 and 10 it was
    calibration = Calibration(grid, 60.0)
    calibration.watch(Seen(at, at + truth, said))
    assert calibration.levels_at(50.0, np.asarray([0.5]))[0] == pytest.approx(0.7, abs=0.01)  # 0.75, held at 0.2 from what was asked
    assert calibration.levels_at(50.0, np.asarray([0.9]))[0] == pytest.approx(0.94, abs=0.02)
    assert calibration.levels_at(0.5, np.asarray([0.5])).tolist() == [0.5]  # nothing has happened yet
