"""How long steps take in this house: its own past counted properly, leaning on the playbook's estimate where that is thin; pure.

Days are worked days of whoever does the step, from the day on which it opened to the one on which it was done, both counted.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from math import erf
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from boardwell.domain.journeys.forecasts import survival
from boardwell.domain.journeys.forecasts.least import FEWEST_JOURNEYS, FEWEST_STEPS

Floats = NDArray[np.float64]
LONGEST = 250
"""Worked days beyond which a step is not followed: a year."""
FEWEST_ALIKE = 5
"""Ended cases of a step below which it says nothing of how slow a case was."""
LEANING = 6.0
"""Own cases of a step that weigh as much as the estimate does."""


class Lasted(NamedTuple):
    """One step of the past: what it is, what the plan gave it, how long it took; not ended: how long it has taken so far. `case`: whose it was."""

    key: str
    side: str
    planned: int
    days: int
    is_ended: bool
    case: str = ""


@dataclass(frozen=True, slots=True)
class House:
    """What was learnt. `together`: by side, how far the steps of one case are slow or quick together (0 apart, 1 as one).

    `counts`: ended cases of each step; `journeys`: finished ones behind it; `imported`: past cases from elsewhere."""

    journeys: int
    steps: int
    counts: Mapping[str, int]
    _own: Mapping[str, Floats] = field(repr=False)
    _ratios: Mapping[str, tuple[Floats, Floats]] = field(repr=False)
    imported: int = 0
    together: Mapping[str, float] = field(default_factory=dict)

    @property
    def is_thin(self) -> bool:
        """Whether there is too little to forecast from."""
        return self.journeys + self.imported < FEWEST_JOURNEYS or self.steps < FEWEST_STEPS

    def chances(self, key: str, side: str, planned: int) -> Floats:
        """The chance that a step is over within 1, 2, 3 … LONGEST worked days.

        Its own past weighs n / (n + LEANING); the rest is the estimate, stretched as estimates of that side were in this house.
        """
        chances, grid = self._ratios.get(side) or self._ratios[""]
        ratios = (np.arange(1, LONGEST + 1, dtype=np.float64) + 0.5) / (max(planned, 1) + 0.5)
        stretched = survival.chance_by(np.repeat(chances, LONGEST, axis=0), grid, ratios)
        own, count = self._own.get(key), self.counts.get(key, 0)
        if own is None or not count:
            return stretched
        trust = count / (count + LEANING)
        return trust * own + (1 - trust) * stretched

    def score(self, key: str, side: str, planned: int, days: int) -> float:
        """How slow a step was among its like, as a normal score: 0 as usual, 1 slower than 84 of 100."""
        chances = self.chances(key, side, planned)
        return float(_scores(_middle(chances, np.asarray([days], dtype=np.int64)))[0])


def _middle(chances: Floats, days: NDArray[np.int64]) -> Floats:
    """The chance of having been over by a day, half of that day's own."""
    place = np.clip(days, 1, LONGEST) - 1
    before = np.where(place > 0, chances[np.maximum(place - 1, 0)], 0.0)
    middle: Floats = (chances[place] + before) / 2
    return middle


_XS = np.linspace(-4, 4, 801)
_PHI = np.asarray([(1 + erf(x / 2**0.5)) / 2 for x in _XS])


def _scores(chances: Floats) -> Floats:
    return np.interp(chances, _PHI, _XS)


def share_of(scores: Floats) -> Floats:
    """The other way round: the share that is quicker."""
    return np.interp(scores, _XS, _PHI)


def _together(rows: Sequence[Lasted], own: Mapping[str, Floats], counts: Mapping[str, int]) -> dict[str, float]:
    """By side the mean product of the scores of two steps of one case, over their variance; less where there are few cases."""
    by_key: dict[str, list[Lasted]] = {}
    for row in rows:
        if row.is_ended and row.case and counts[row.key] >= FEWEST_ALIKE:
            by_key.setdefault(row.key, []).append(row)
    cases: dict[tuple[str, str], list[float]] = {}
    for key, alike in by_key.items():
        days = np.asarray([row.days for row in alike], dtype=np.int64)
        for row, score in zip(alike, _scores(_middle(own[key], days)).tolist(), strict=True):
            cases.setdefault((row.side, row.case), []).append(score)
    found: dict[str, float] = {}
    for side in {row.side for row in rows}:
        several = [scores for (each, _case), scores in cases.items() if each == side and len(scores) > 1]
        products = sum(sum(scores) ** 2 - sum(score * score for score in scores) for scores in several)
        pairs = sum(len(scores) * (len(scores) - 1) for scores in several)
        squares = sum(score * score for scores in several for score in scores)
        if pairs and squares:
            variance = squares / sum(map(len, several))
            found[side] = float(np.clip(products / pairs / variance, 0, 0.9)) * len(several) / (len(several) + 10)
    return found


def house_of(past: Iterable[Lasted], journeys: int, imported: int = 0) -> House:
    """Learns from steps; those that are not over yet count for what is known of them."""
    rows = list(past)
    ended = sum(row.is_ended for row in rows)
    keys = sorted({row.key for row in rows})
    at = {key: place for place, key in enumerate(keys)}
    days = np.asarray([min(max(row.days, 1), LONGEST) for row in rows], dtype=np.float64)
    is_ended = np.asarray([row.is_ended for row in rows], dtype=np.bool_)
    own: dict[str, Floats] = {}
    if rows:
        grid = np.arange(1, LONGEST + 1, dtype=np.float64)
        group = np.asarray([at[row.key] for row in rows], dtype=np.int64)
        found = survival.distributions(days, is_ended, group, len(keys), grid)
        own = {key: found[place] for key, place in at.items()}
    ratios = (days + 0.5) / (np.asarray([max(row.planned, 1) for row in rows], dtype=np.float64) + 0.5) if rows else days
    pooled = {"": _pool(ratios, is_ended)}
    for side in sorted({row.side for row in rows}):
        here = np.asarray([row.side == side for row in rows], dtype=np.bool_)
        if is_ended[here].sum() >= FEWEST_STEPS:
            pooled[side] = _pool(ratios[here], is_ended[here])
    counts: dict[str, int] = {}
    for row in rows:
        counts[row.key] = counts.get(row.key, 0) + row.is_ended
    return House(journeys, ended, counts, own, pooled, imported, _together(rows, own, counts))


def _pool(ratios: Floats, is_ended: NDArray[np.bool_]) -> tuple[Floats, Floats]:
    if not is_ended.any():
        return np.asarray([[0.5, 1.0]]), np.asarray([1.0, 2.0])
    grid = np.geomspace(0.02, 60, 240)  # steps of 3.4 %: few different ratios must not be smeared over what lies between them
    return survival.distributions(ratios, is_ended, np.zeros(len(ratios), dtype=np.int64), 1, grid), grid


def draw(chances: Floats, taken: int, dice: np.random.Generator, times: int, shares: Floats | None = None) -> NDArray[np.int64]:
    """Durations drawn at random, each longer than the worked days that the step has taken already. `shares`: the dice, when thrown before."""
    so_far = float(chances[taken - 1]) if 0 < taken <= LONGEST else (0.0 if taken <= 0 else 1.0)
    levels = so_far + (dice.random(times) if shares is None else shares) * (1 - so_far)
    return np.maximum(np.searchsorted(chances, levels, "left") + 1, taken + 1 if taken > 0 else 1).astype(np.int64)
