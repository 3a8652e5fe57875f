"""The ranges on an onboarding's page, replayed on made-up houses with slow and quick customers: how often P10–P90 held before and after correction, and what one costs."""

import math
import os
import random
import sys
import time
from datetime import date
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent)]

import report  # noqa: E402

from boardwell.domain.journeys.duedates import Parties, WorkingTime  # noqa: E402
from boardwell.domain.journeys.forecasts.durations import Lasted, house_of  # noqa: E402
from boardwell.domain.journeys.forecasts.outlook import Ahead, outlook_of  # noqa: E402
from boardwell.domain.journeys.forecasts.trials import HUNDREDTHS, Trial, day_at, held, levels_on  # noqa: E402
from boardwell.domain.journeys.plan import contracted_links  # noqa: E402
from boardwell.domain.journeys.rehearsal import planned_days  # noqa: E402
from boardwell.domain.journeys.schedule import Activity, network_of  # noqa: E402
from boardwell.domain.journeys.schedulecourse import SIDES, calendars_of  # noqa: E402
from boardwell.domain.playbooks.document import parse  # noqa: E402
from boardwell.domain.playbooks.shipped import shipped  # noqa: E402

JOURNEYS = int(os.environ.get("BENCH_ROWS", "240"))
EVERY_DAYS = 3
FIRST = date(2024, 1, 1).toordinal()
TIMES = Parties(WorkingTime())
CALENDARS = calendars_of(TIMES)
HOUSES = {
    "steps apart": (0.0, 0.0), "customers slow or quick as a whole": (0.6, 0.0), "the same, and a house that gets slower": (0.6, 0.5),
}  # fmt: skip
"""By name: how far customers differ as a whole (logarithm), and how much slower the last onboarding is than the first."""


def main() -> None:
    """Each onboarding is forecast on its first day from what had happened by then, then lived."""
    document = next(parse(source) for name, source in shipped().items() if "saas" in name)
    keys = frozenset(step.key for step in document.every_step() if step.when is None)
    links, given = contracted_links(document, keys), planned_days(document, TIMES, date.fromordinal(FIRST))
    steps = [step for step in document.every_step() if step.key in keys]
    rows, spent = [], []
    for name, (apart, slower) in HOUSES.items():
        dice = random.Random(7)
        lived: list[tuple[list[tuple[str, str, int, int, int]], int]] = []
        trials: list[Trial] = []
        for number in range(JOURNEYS):
            day = FIRST + EVERY_DAYS * number
            past, finished = [], 0
            for which, (spans, ended) in enumerate(lived):
                finished += ended < day
                for key, side, planned, start, finish in spans:
                    if start < day:
                        calendar = CALENDARS[SIDES.index(side)]
                        past.append(
                            Lasted(key, side, planned, max(1, calendar.between(start, min(finish, day))), finish <= day, str(which))
                        )
            house = house_of(past[-8000:], finished)
            activities = [
                Activity(key=step.key, duration=given.get(step.key, 0), calendar=SIDES.index(step.side), links=links[step.key]) for step in steps
            ]  # fmt: skip
            end = next((step.key for step in steps if step.marks == "go_live"), None)
            plays: tuple[int, ...] = ()
            if not house.is_thin:
                ahead = [Ahead(one, one.key, step.side, one.duration) for one, step in zip(activities, steps, strict=True)]
                began = time.process_time()
                plays = outlook_of(ahead, CALENDARS, house, begins=day, today=day, end=end, seed=number, asked=levels_on(trials, day)).plays
                spent.append(time.process_time() - began)
            whole = math.exp(dice.gauss(0, apart)) * (1 + slower * number / JOURNEYS)
            durations = [
                max(1, round(one.duration * math.exp(dice.gauss(0, 0.5)) * (whole if SIDES[one.calendar] == "customer" else 1)))
                if one.duration
                else 0
                for one in activities
            ]
            spans = network_of(activities, CALENDARS).forward(day, durations=durations)
            last = next((place for place, step in enumerate(steps) if step.key == end), len(spans) - 1)
            lived.append(
                (
                    [
                        (step.key, step.side, one.duration, span.start, span.finish)
                        for step, one, span in zip(steps, activities, spans, strict=True)
                    ],
                    spans[last].finish - 1,
                )
            )
            trials.append(Trial(day, spans[last].finish - 1, tuple(each - day for each in plays)))
        told = [trial for trial in trials if trial.days]
        raw = sum(day_at(t.days, 0.1) <= (t.ended_at or 0) - t.at <= day_at(t.days, 0.9) for t in told)
        kept, tried = held(trials)
        late = held(trials, 0.1, 0.9)[0] - held([*trials[: JOURNEYS // 2]])[0], sum(bool(t.days) for t in trials[JOURNEYS // 2 :])
        note = f"as played {100 * raw / len(told):.0f} %; the second half {100 * late[0] / late[1]:.0f} %; {tried} tried"
        rows.append(report.row(f"{name}: P10–P90 held", 100 * kept / tried, 80, "promised", "%", note=note))
    rows.append(
        report.row(
            f"one outlook, {len(steps)} steps, 400 plays",
            1000 * sum(spent) / len(spent),
            0,
            "",
            "ms",
            note=f"{len(HUNDREDTHS)} levels kept",
        )
    )
    report.publish("outlooks", rows)


if __name__ == "__main__":
    main()
