"""Learns from any log how many days a running case still takes: a median and a calibrated range; pure.

A forest gives each prefix of a case a whole distribution: Kaplan–Meier in the leaves, so that cases still running count for
what is known of them, averaged over the trees. Boosted trees for the absolute error, which see only what has ended, give a
second opinion on the middle: where a log is cut off or cases die without a word, the truth lies between the two. Levels are
corrected by what really happened lately (`calibration`).
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from boardwell.domain.journeys.forecasts import survival
from boardwell.domain.journeys.forecasts.calibration import Calibration, Seen
from boardwell.domain.journeys.forecasts.eventlog import Case, as_known_at
from boardwell.domain.journeys.forecasts.prefixes import BUSY_COLUMNS, Alphabet, Prefixes, alphabet_of, prefixes_of

Floats = NDArray[np.float64]
TREES = 80
HELD_BACK = 0.25
"""The share of the rows, the latest, that is forecast from the others first, so that levels can be corrected from the start."""
FEWEST_ROWS = 60
"""Rows of ended cases below which nothing is learnt."""


class ThinHistoryError(ValueError):
    """There are too few finished cases to learn from; `rows` says how many prefixes of ended cases there are."""

    def __init__(self, rows: int) -> None:
        super().__init__(f"{rows} rows of ended cases")
        self.rows = rows


@dataclass(frozen=True, slots=True)
class Forecasts:
    """Days that remain, one for each row: `point` the best guess, `ranges` by level (0.1: over by then with a chance of 10 %)."""

    point: Floats
    ranges: dict[float, Floats]


@dataclass(frozen=True, slots=True)
class _Forest:
    """Trees whose leaves hold distributions over a grid of days."""

    trees: Any
    tables: tuple[tuple[NDArray[np.int64], Floats], ...]
    grid: Floats

    def distributions(self, columns: Floats) -> Floats:
        """Per row the chance of being over by each end of the grid."""
        leaves = self.trees.apply(columns)
        found = np.zeros((len(columns), len(self.grid)))
        for tree, (place, table) in enumerate(self.tables):
            found += table[place[leaves[:, tree]]]
        return found / len(self.tables)


def _grow(rows: Prefixes, seed: int) -> _Forest:
    from sklearn.ensemble import RandomForestRegressor

    grid = survival.grid_of(rows.known_days)
    everywhere = survival.distributions(rows.known_days, rows.is_ended, np.zeros(len(rows.at), dtype=np.int64), 1, grid)
    guess = survival.expected_beyond(np.repeat(everywhere, len(rows.at), axis=0), grid, rows.known_days)
    leaf = int(np.clip(len(rows.at) // 100, 5, 30))
    trees = RandomForestRegressor(TREES, min_samples_leaf=leaf, max_features=0.4, random_state=seed, n_jobs=1)
    trees.fit(rows.columns, np.log1p(np.where(rows.is_ended, rows.known_days, guess)))
    leaves = trees.apply(rows.columns)
    tables = []
    for tree in range(leaves.shape[1]):
        names, group = np.unique(leaves[:, tree], return_inverse=True)
        place = np.zeros(int(names[-1]) + 1, dtype=np.int64)
        place[names] = np.arange(len(names))
        tables.append((place, survival.distributions(rows.known_days, rows.is_ended, group, len(names), grid)))
    return _Forest(trees, tuple(tables), grid)


def _boost(rows: Prefixes, seed: int) -> Any:
    from sklearn.ensemble import HistGradientBoostingRegressor
    from threadpoolctl import threadpool_limits

    trees = HistGradientBoostingRegressor(
        loss="absolute_error", learning_rate=0.05, max_iter=200, min_samples_leaf=30, early_stopping=False, random_state=seed
    )
    with threadpool_limits(1):  # on a busy machine its threads spend their time waiting for each other
        return trees.fit(rows.columns[rows.is_ended, :-BUSY_COLUMNS], rows.remaining[rows.is_ended])


@dataclass(slots=True)
class Remaining:
    """What was learnt at one moment. Later outcomes correct the levels (`calibration`), never the trees."""

    alphabet: Alphabet
    learnt_at: float
    rows: int
    cases: int
    calibration: Calibration
    _forest: _Forest = field(repr=False)
    _boosted: Any = field(repr=False)

    def distributions(self, rows: Prefixes) -> Floats:
        """The uncorrected distributions, for `calibration.watch`."""
        return self._forest.distributions(rows.columns)

    def forecast(self, rows: Prefixes, levels: Sequence[float], moment: float, chances: Floats | None = None) -> Forecasts:
        """The days that remain, with the levels corrected by what had ended by the moment. Not below 0, ranges in order."""
        from threadpoolctl import threadpool_limits

        told = self.distributions(rows) if chances is None else chances
        asked = np.asarray([0.5, *levels])
        corrected = self.calibration.levels_at(moment, asked)
        found = [survival.quantile(told, self._forest.grid, level) for level in corrected]
        with threadpool_limits(1):
            second = np.maximum(self._boosted.predict(rows.columns[:, :-BUSY_COLUMNS]), 0.0)
        point = (found[0] + second) / 2
        return Forecasts(point, dict(zip(levels, found[1:], strict=True)))


def learn(cases: Sequence[Case], moment: float, *, shortest: int = 1, with_last: bool = False, seed: int = 0) -> Remaining:
    """Learns from what was known at a moment; the same for the same seed. Raises ThinHistoryError.

    `shortest`: events of the shortest prefix. `with_last`: whether the prefix that is the whole case counts.
    """
    known = as_known_at(cases, moment)
    alphabet = alphabet_of(known)
    rows = prefixes_of(known, alphabet, moment, shortest=shortest, with_last=with_last)
    ended = int(rows.is_ended.sum())
    if ended < FEWEST_ROWS:
        raise ThinHistoryError(ended)
    forest = _grow(rows, seed)
    calibration = Calibration(forest.grid, 2 * float(np.quantile(rows.known_days[rows.is_ended], 0.95)))
    then = float(np.quantile(rows.at, 1 - HELD_BACK))
    early = prefixes_of(as_known_at(known, then), alphabet, then, shortest=shortest, with_last=with_last)
    if early.is_ended.sum() >= FEWEST_ROWS:
        first = _grow(early, seed)
        late = rows.only(rows.at >= then)
        own = first.distributions(late.columns)
        told = np.stack([survival.chance_by(own, first.grid, np.full(len(own), day)) for day in forest.grid], axis=1)
        ends = {case.key: case.ended_at for case in cases if case.ended_at is not None}  # each counts from its moment on
        calibration.watch(Seen(late.at, np.asarray([ends.get(known[place].key, np.nan) for place in late.case]), told))
    return Remaining(
        alphabet, moment, len(rows.at), sum(case.ended_at is not None for case in known), calibration, forest, _boost(rows, seed)
    )
