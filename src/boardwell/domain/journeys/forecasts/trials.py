"""Forecasts that were made of journeys, kept to be held against what came: they correct the levels and say how often ranges held; pure.

The same correction as for any event log (`calibration`), with fewer rows at hand: a house has hundreds of journeys, not
thousands of prefixes, so it leans on the levels as they are.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from boardwell.domain.journeys.forecasts.calibration import Calibration, Seen

Floats = NDArray[np.float64]
HUNDREDTHS = np.arange(1, 100) / 100
"""The levels that a trial keeps."""
FEWEST_TRIALS = 15
FEWEST_ENDED = 10
LEANING = 25.0
WINDOW_DAYS = 730.0
_GRID = np.unique(np.round(np.geomspace(1, 1_500, 260)))


class Trial(NamedTuple):
    """One forecast: the day on which it was made, the day on which the journey went live (None: not yet), days until then by hundredths."""

    at: int
    ended_at: int | None
    days: tuple[int, ...]


def calibration_of(trials: Sequence[Trial]) -> Calibration:
    """What the trials teach; each counts from the day on which it was known."""
    found = Calibration(_GRID, WINDOW_DAYS, FEWEST_TRIALS, LEANING, FEWEST_ENDED)
    rows = [trial for trial in trials if trial.days]
    if rows:
        days = np.asarray([trial.days for trial in rows], dtype=np.float64)
        # Days are whole: of a day that many plays end on, half counts as before it, else ranges that hold too often look right.
        below = (days[:, None, :] < _GRID[None, :, None]).sum(axis=2)
        upto = (days[:, None, :] <= _GRID[None, :, None]).sum(axis=2)
        ends = np.asarray([np.nan if trial.ended_at is None else trial.ended_at for trial in rows], dtype=np.float64)
        found.watch(Seen(np.asarray([trial.at for trial in rows], dtype=np.float64), ends, (below + upto) / (2 * days.shape[1])))
    return found


def levels_on(trials: Sequence[Trial], day: int) -> Floats:
    """The levels to ask the plays for, by hundredths, so that each holds as often as it says; as they are while there is too little to tell."""
    return calibration_of(trials).levels_at(float(day), HUNDREDTHS)


def held(trials: Sequence[Trial], low: float = 0.1, high: float = 0.9) -> tuple[int, int]:
    """(ranges that held, ranges that were tried): each as it would have been given on its day, corrected by what was known then."""
    calibration = calibration_of(trials)
    kept = tried = 0
    for trial in trials:
        if trial.ended_at is None or not trial.days:
            continue
        asked = calibration.levels_at(float(trial.at), HUNDREDTHS)
        first, last = (day_at(trial.days, float(np.interp(level, HUNDREDTHS, asked))) for level in (low, high))
        kept += first <= trial.ended_at - trial.at <= last
        tried += 1
    return kept, tried


def day_at(days: Sequence[int], level: float) -> int:
    """The first day by which it has happened with a chance."""
    return days[min(len(days) - 1, max(0, int(np.ceil(level * 100 - 1e-9)) - 1))]
