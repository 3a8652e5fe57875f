"""Corrects the levels of a forecast by what really happened lately, counting what still runs; pure.

Distributional conformal prediction (Chernozhukov, Wüthrich, Zhu 2021) on a moving window: how far into its own distribution
each recent case came. A case still running has come at least that far, so the levels are a Kaplan–Meier estimate. Part of
the trust goes to the ended ones alone, since some of what looks as if it were running will never be seen to end.
"""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from boardwell.domain.journeys.forecasts import survival

Floats = NDArray[np.float64]
FEWEST = 300
"""Rows in the window below which levels stay as they are."""
ENDED_ALONE = 0.25
"""How far the ended rows alone are trusted."""
FARTHEST = 0.2
"""How far a level is moved at most."""


@dataclass(frozen=True, slots=True)
class Seen:
    """Rows that were forecast: when, when their case ended (nan: not yet) and the distribution that was given."""

    at: Floats
    ended_at: Floats
    chances: Floats = field(repr=False)


@dataclass(slots=True)
class Calibration:
    """The recent past of a forecast. `window_days`: how far back it looks; `leaning`: rows that weigh as much as the levels do.

    `fewest_ended`: ended rows below which nothing is moved, since what only runs says no more than “not yet”.
    """

    grid: Floats = field(repr=False)
    window_days: float
    fewest: int = FEWEST
    leaning: float = 0.0
    fewest_ended: int = 0
    _seen: list[Seen] = field(default_factory=list, repr=False)

    def watch(self, seen: Seen) -> None:
        """Takes rows into the past. Their ends count from the moment they happen on, so they may be known beforehand."""
        self._seen.append(seen)

    def depths(self, moment: float) -> tuple[Floats, NDArray[np.bool_]]:
        """How far into their distributions the rows of the window have come, and which of them have ended."""
        depths, ended = [np.zeros(0)], [np.zeros(0, dtype=np.bool_)]
        for seen in self._seen:
            recent = np.flatnonzero((seen.at < moment) & (seen.at >= moment - self.window_days))
            ends = seen.ended_at[recent]
            is_ended = ends < moment
            days = np.where(is_ended, ends, moment) - seen.at[recent]
            depths.append(survival.chance_by(seen.chances[recent], self.grid, days))
            ended.append(is_ended)
        return np.concatenate(depths), np.concatenate(ended)

    def levels_at(self, moment: float, levels: Floats) -> Floats:
        """The levels to ask the distributions for, so that each holds as often as it says."""
        depths, ended = self.depths(moment)
        if len(depths) <= self.fewest or ended.sum() < self.fewest_ended:
            return levels
        cells = np.linspace(0.01, 1, 100)
        reached = survival.distributions(depths, ended, np.zeros(len(depths), dtype=np.int64), 1, cells)[0]
        found = np.interp(levels, np.concatenate([[0.0], np.maximum.accumulate(reached)]), np.concatenate([[0.0], cells]))
        if ended.sum() > self.fewest:
            found = (1 - ENDED_ALONE) * found + ENDED_ALONE * np.quantile(depths[ended], levels)
        trust = len(depths) / (len(depths) + self.leaning)
        found = trust * found + (1 - trust) * levels
        least, most = np.maximum(levels - FARTHEST, levels / 5), np.minimum(levels + FARTHEST, 1 - (1 - levels) / 7)
        return np.sort(np.clip(found, least, most)) if np.all(np.diff(levels) >= 0) else np.clip(found, least, most)
