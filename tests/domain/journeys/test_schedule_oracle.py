"""Our dates equal TaskJuggler's on random plans with every type of link, lags, calendars, holidays, constraints and actuals."""

import os
import random
from datetime import date
from pathlib import Path

import pytest

from boardwell.domain.journeys.calendars import calendar_of
from boardwell.domain.journeys.duedates import WorkingTime
from boardwell.domain.journeys.schedule import Activity, Link, network_of
from tests.oracles import taskjuggler
from tests.oracles.taskjuggler import Plan, dates_of

PLANS, AT_ONCE = int(os.environ.get("ORACLE_PLANS", "200")), 40
"""TaskJuggler needs four minutes for a thousand: `ORACLE_PLANS=1000 script/test -n 2 tests/domain/journeys/test_schedule_oracle.py` is the whole proof."""
MONDAY = date(2026, 3, 2).toordinal()
WEEKS = ((0, 1, 2, 3, 4), (6, 0, 1, 2, 3), (0, 1, 2, 3, 4, 5), (0, 1, 3, 4), (0, 1, 2, 3, 4, 5, 6))
COUNTRIES = ("DE", "US", "IN", "BD", "AZ", "MY", "MN", "GB", "")


def random_time(dice: random.Random) -> WorkingTime:
    """A party's working time: its week, its country's holidays, its own days off."""
    off = {date.fromordinal(MONDAY + dice.randrange(90)).isoformat() for _day in range(dice.randrange(8))}
    return WorkingTime(weekdays=dice.choice(WEEKS), country=dice.choice(COUNTRIES), days_off=tuple(sorted(off)))


def random_link(dice: random.Random, others: int) -> Link:
    """A link to one of the steps before."""
    unit = dice.choice(("working", "working", "calendar"))
    lag = dice.choice((0, 0, 0, 1, 2, 3, 5, 8)) if unit == "calendar" else dice.choice((0, 0, 0, 1, 2, 3, 5, -1, -2, -3))
    return Link(str(dice.randrange(others)), dice.choice(("fs", "fs", "fs", "ss", "ff", "sf")), lag, unit)


def random_plan(dice: random.Random, house: WorkingTime, parties: list[WorkingTime]) -> Plan:
    """Four to fourteen steps of three parties, some of them constrained, begun or done."""
    times = (house, dice.choice(parties), dice.choice(parties))
    activities = []
    for number in range(dice.randint(4, 14)):
        links = tuple(random_link(dice, number) for _link in range(dice.choice((1, 1, 2, 3)))) if number else ()
        started = MONDAY + dice.randrange(10)
        kind = dice.random()
        activities.append(
            Activity(
                key=str(number), duration=dice.choice((0, 1, 1, 2, 3, 5, 8)), calendar=dice.randrange(3), links=links,
                not_before=MONDAY + dice.randrange(40) if dice.random() < 0.15 else None,
                due_on=MONDAY + dice.randrange(40) if dice.random() < 0.15 else None,
                fixed_on=MONDAY + 20 + dice.randrange(30) if kind < 0.05 else None,
                started_on=started if 0.05 < kind < 0.2 else None,
                finished_on=started + dice.randrange(9) if 0.05 < kind < 0.15 else None,
            )
        )  # fmt: skip
    return Plan(tuple(activities), times, MONDAY + dice.randrange(15) if dice.random() < 0.3 else None)


@pytest.mark.outside
@pytest.mark.skipif(taskjuggler.PROGRAM is None, reason="TaskJuggler (tj3) is not installed")
@pytest.mark.timeout(600)  # ten seconds of work, on a machine that may be busy
@pytest.mark.parametrize("batch", range(PLANS // AT_ONCE))
def test_our_dates_are_those_of_taskjuggler(batch: int, tmp_path: Path) -> None:
    dice = random.Random(batch)
    # TaskJuggler counts `gaplength` in the project's week; every other project has one without holidays, so that it is used.
    house = random_time(dice) if batch % 2 else WorkingTime(weekdays=dice.choice(WEEKS))
    parties = [random_time(dice) for _party in range(6)]
    plans = [random_plan(dice, house, parties) for _plan in range(AT_ONCE)]
    theirs = dates_of(plans, MONDAY, tmp_path)
    compared = 0
    for plan, dates in zip(plans, theirs, strict=True):
        network = network_of(plan.activities, [calendar_of(time) for time in plan.times])
        spans = network.forward(MONDAY, today=plan.today)
        ours = {one.key: (span.start, span.finish) for one, span in zip(plan.activities, spans, strict=True)}
        assert ours == dates, plan
        compared += len(ours)
    assert compared >= 4 * AT_ONCE
