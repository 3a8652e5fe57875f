"""When a journey goes live and its milestones are reached, as chances: the schedule run over drawn durations; pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from boardwell.domain.journeys.calendars import Calendar
from boardwell.domain.journeys.forecasts.durations import FEWEST_ALIKE, House, draw, share_of
from boardwell.domain.journeys.forecasts.trials import HUNDREDTHS, Floats
from boardwell.domain.journeys.schedule import Activity, network_of

TIMES = 400
"""How often the rest of a journey is played through."""
LEVELS = (0.1, 0.5, 0.8, 0.9, 0.95)
MOST_DRIVERS = 3


@dataclass(frozen=True, slots=True)
class Ahead:
    """A step as the outlook needs it. `known_as`: its name in the house's past. `planned` worked days; `taken` those since it opened, 0 when it has not.

    `lasted`: worked days that a finished one took; 0 when nobody knows.
    """

    activity: Activity
    known_as: str
    side: str
    planned: int
    taken: int = 0
    lasted: int = 0

    @property
    def is_open(self) -> bool:
        """Whether it is still to be done."""
        return self.activity.finished_on is None


@dataclass(frozen=True, slots=True)
class Driver:
    """A step that the range hangs on: its share of it in hundredths, its usual days, the plan's, and cases behind that."""

    key: str
    share: int
    usual: int
    planned: int
    cases: int


@dataclass(frozen=True, slots=True)
class Outlook:
    """Days (ordinals) by level for the end and each milestone; `chance` in hundredths of making the promised day.

    `plays`: the end's days by hundredths as they were played, before any correction.
    """

    end: Mapping[float, int]
    milestones: Mapping[str, Mapping[float, int]]
    chance: int | None
    drivers: tuple[Driver, ...]
    plays: tuple[int, ...] = ()


def outlook_of(
    steps: Sequence[Ahead], calendars: Sequence[Calendar], house: House, *, begins: int, today: int, end: str | None,
    milestones: Sequence[str] = (), promised: int | None = None, seed: int = 0, times: int = TIMES,
    asked: Floats = HUNDREDTHS,
) -> Outlook:  # fmt: skip
    """Plays the rest `times` times. `end`: the step that is the go-live; None: the last of all. Raises CircleError.

    `asked`: for each hundredth the level to ask the plays for, as `trials.levels_on` gives them.

    Linear in steps and times: 400 times 20 steps in about a tenth of a second.
    """
    network = network_of([step.activity for step in steps], calendars)
    dice = np.random.default_rng(seed)
    drawn = np.zeros((times, len(steps)), dtype=np.int64)
    slowness = {side: _slowness(steps, house, side, dice, times) for side in sorted({step.side for step in steps})}
    for place, step in enumerate(steps):
        if step.is_open and step.activity.fixed_on is None:
            alike = house.together.get(step.side, 0.0)
            shares = share_of(np.sqrt(alike) * slowness[step.side] + np.sqrt(1 - alike) * dice.standard_normal(times))
            drawn[:, place] = draw(house.chances(step.known_as, step.side, step.planned), step.taken, dice, times, shares)
        else:
            drawn[:, place] = step.activity.duration
    at = {step.activity.key: place for place, step in enumerate(steps)}
    wanted = [at[key] for key in milestones if key in at]
    ends = np.zeros(times, dtype=np.int64)
    reached = np.zeros((times, len(wanted)), dtype=np.int64)
    for turn, durations in enumerate(drawn.tolist()):
        spans = network.forward(begins, today=today, durations=durations)
        ends[turn] = (spans[at[end]].finish if end in at else max(span.finish for span in spans)) - 1
        reached[turn] = [spans[place].finish - 1 for place in wanted]
    chance = None if promised is None else _told(float(np.mean(ends <= promised)), asked)
    return Outlook(
        _levels(ends, asked),
        {steps[place].activity.key: _levels(reached[:, n], asked) for n, place in enumerate(wanted)},
        chance,
        _drivers(steps, drawn, ends, house),
        tuple(int(day) for day in np.quantile(ends, HUNDREDTHS, method="inverted_cdf")),
    )


def _slowness(steps: Sequence[Ahead], house: House, side: str, dice: np.random.Generator, times: int) -> Floats:
    """How slow this journey's side is as a whole, drawn from what is known of it: what it has finished says so (one normal factor)."""
    alike = house.together.get(side, 0.0)
    known = [
        house.score(step.known_as, side, step.planned, step.lasted)
        for step in steps
        if step.side == side and step.lasted and house.counts.get(step.known_as, 0) >= FEWEST_ALIKE
    ]
    weight = 1 - alike + alike * len(known)
    found: Floats = np.sqrt(alike) * sum(known) / weight + np.sqrt((1 - alike) / weight) * dice.standard_normal(times)
    return found


def _told(share: float, asked: Floats) -> int:
    """The chance in hundredths of what happened in a share of the plays: the correction the other way round."""
    told = np.interp(share, np.concatenate([[0.0], asked, [1.0]]), np.concatenate([[0.0], HUNDREDTHS, [1.0]]))
    return int(np.floor(100 * told + 0.5))


def _levels(days: np.ndarray[tuple[int, ...], np.dtype[np.int64]], asked: Floats) -> dict[float, int]:
    """The first day by which it has happened with each chance."""
    found = np.quantile(days, np.interp(LEVELS, HUNDREDTHS, asked), method="inverted_cdf")
    return {level: int(day) for level, day in zip(LEVELS, found, strict=True)}


def _drivers(
    steps: Sequence[Ahead],
    drawn: np.ndarray[tuple[int, ...], np.dtype[np.int64]],
    ends: np.ndarray[tuple[int, ...], np.dtype[np.int64]],
    house: House,
) -> tuple[Driver, ...]:
    """The steps whose days move the end most: each one's part in its variance."""
    spread = float(np.var(ends))
    if not spread:
        return ()
    found = []
    for place, step in enumerate(steps):
        share = float(np.mean((drawn[:, place] - drawn[:, place].mean()) * (ends - ends.mean()))) / spread
        if step.is_open and share >= 0.05:
            cases = house.counts.get(step.known_as, 0)
            found.append(Driver(step.activity.key, min(100, round(100 * share)), int(np.median(drawn[:, place])), step.planned, cases))
    return tuple(sorted(found, key=lambda driver: -driver.share)[:MOST_DRIVERS])
