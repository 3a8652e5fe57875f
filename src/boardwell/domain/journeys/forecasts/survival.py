"""Durations of which some are not over yet: Kaplan–Meier on a grid, for many groups at once; pure.

Kaplan, Meier: Nonparametric Estimation from Incomplete Observations (1958). What ran out of sight within a cell of the grid
counts for half of it, as in a life table.
"""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Places = NDArray[np.int64]


def grid_of(days: Floats, cells: int = 64) -> Floats:
    """Upper ends of up to `cells` cells that hold about as many durations each; strictly growing, the last holds the longest."""
    ends = np.unique(np.quantile(days, np.linspace(0, 1, cells + 1)[1:]))
    return ends if len(ends) else np.asarray([1.0])


def distributions(
    days: Floats, is_ended: NDArray[np.bool_], group: Places, groups: int, grid: Floats, weights: Floats | None = None
) -> Floats:
    """For each group the chance of being over by each end of the grid: an array of `groups` × `len(grid)`.

    A group in which nothing has ended says 0 everywhere.
    """
    cell = np.minimum(np.searchsorted(grid, days, "left"), len(grid) - 1)
    shape = groups * len(grid)
    flat = group * len(grid) + cell
    share = np.ones(len(days)) if weights is None else weights
    ended = np.bincount(flat[is_ended], share[is_ended], shape).astype(np.float64).reshape(groups, len(grid))
    lost = np.bincount(flat[~is_ended], share[~is_ended], shape).astype(np.float64).reshape(groups, len(grid))
    at_risk = np.cumsum((ended + lost)[:, ::-1], axis=1)[:, ::-1] - lost / 2
    hazard = np.divide(ended, at_risk, out=np.zeros_like(ended), where=at_risk > 0)
    return 1 - np.cumprod(1 - np.clip(hazard, 0, 1), axis=1)


def quantile(chances: Floats, grid: Floats, level: Floats | float) -> Floats:
    """Per row the days within which it is over with the chance `level` (one for all, or one for each row).

    Between the ends of the grid on a straight line. Beyond what was ever seen the last rate goes on (an exponential tail).
    """
    wanted = np.broadcast_to(np.asarray(level, dtype=np.float64), (len(chances),))
    place = (chances < wanted[:, None]).sum(axis=1)
    inside = np.minimum(place, len(grid) - 1)
    rows = np.arange(len(chances))
    upper = chances[rows, inside]
    lower = np.where(inside > 0, chances[rows, inside - 1], 0.0)
    left = np.where(inside > 0, grid[inside - 1], 0.0)
    part = np.divide(wanted - lower, upper - lower, out=np.ones(len(chances)), where=upper > lower)
    found = left + np.clip(part, 0, 1) * (grid[inside] - left)
    beyond = place >= len(grid)
    if beyond.any():
        last = np.clip(chances[beyond, -1], 0.05, 1 - 1e-9)
        rate = -np.log1p(-last) / grid[-1]
        found[beyond] = grid[-1] + np.log((1 - last) / np.clip(1 - wanted[beyond], 1e-4, 1)).clip(0) / rate
    return found


def chance_by(chances: Floats, grid: Floats, days: Floats) -> Floats:
    """Per row the chance of being over within so many days; the inverse of `quantile`."""
    inside = np.minimum(np.searchsorted(grid, days, "left"), len(grid) - 1)
    rows = np.arange(len(chances))
    upper = chances[rows, inside]
    lower = np.where(inside > 0, chances[rows, inside - 1], 0.0)
    left = np.where(inside > 0, grid[inside - 1], 0.0)
    part = np.clip((days - left) / (grid[inside] - left), 0, 1)
    found = lower + part * (upper - lower)
    beyond = days > grid[-1]
    if beyond.any():
        last = np.clip(chances[beyond, -1], 0.05, 1 - 1e-9)
        rate = -np.log1p(-last) / grid[-1]
        found[beyond] = 1 - (1 - last) * np.exp(-rate * (days[beyond] - grid[-1]))
    return found


def expected_beyond(chances: Floats, grid: Floats, days: Floats) -> Floats:
    """Per row the median of the whole duration, given that it has lasted so many days already."""
    so_far = chance_by(chances, grid, days)
    return np.maximum(quantile(chances, grid, so_far + (1 - so_far) / 2), days)
