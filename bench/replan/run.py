"""Dating plans of 50, 200 and 500 steps anew after one late finish, beside TaskJuggler on the same plans (equal dates are checked)."""

import os
import random
import resource
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent), str(HERE.parents[1])]

import report  # noqa: E402

from boardwell.domain.journeys.calendars import calendar_of  # noqa: E402
from boardwell.domain.journeys.duedates import Parties, WorkingTime  # noqa: E402
from boardwell.domain.journeys.plan import contracted_links, plan_for  # noqa: E402
from boardwell.domain.journeys.schedule import Activity, Link, network_of  # noqa: E402
from boardwell.domain.journeys.schedulecourse import Course, Known  # noqa: E402
from boardwell.domain.playbooks.document import parse  # noqa: E402
from tests.oracles import taskjuggler  # noqa: E402
from tests.oracles.taskjuggler import Plan, dates_of  # noqa: E402

SIZES = [int(size) for size in os.environ.get("BENCH_SIZES", "50,200,500").split(",")]
ROUNDS = int(os.environ.get("BENCH_ROUNDS", "50"))
MONDAY = date(2026, 3, 2).toordinal()
TIMES = (WorkingTime(country="DE"), WorkingTime(weekdays=(6, 0, 1, 2, 3), country="BD"), WorkingTime(country="IN"))


def plan_of(size: int) -> Plan:
    """Ten threads of work that cross: links of every type, lags, three parties; the first step ended five days late."""
    dice = random.Random(size)
    activities = [Activity(key="0", duration=2, started_on=MONDAY, finished_on=MONDAY + 7)]
    for number in range(1, size):
        links = [Link(str(max(0, number - 10)), "fs", dice.choice((0, 0, 0, 1, 2)))]
        if number > 10 and dice.random() < 0.5:
            links.append(Link(str(number - dice.randrange(5, 10)), dice.choice(("fs", "ss", "ff")), dice.choice((0, 1, 2))))
        activities.append(Activity(key=str(number), duration=dice.choice((0, 1, 1, 2)), calendar=dice.randrange(3), links=tuple(links)))
    return Plan(tuple(activities), TIMES)


def best(act: Callable[[], Any]) -> float:
    """Milliseconds of the fastest round."""
    took = []
    for _round in range(ROUNDS):
        began = time.perf_counter()
        act()
        took.append((time.perf_counter() - began) * 1000)
    return min(took)


def children() -> float:
    """Processor milliseconds of the programs that were run so far."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return (used.ru_utime + used.ru_stime) * 1000


def beside(plan: Plan) -> tuple[float, list[Any]]:
    """TaskJuggler's processor time for the plan, without what it takes for one of a single step."""
    lone = Plan((replace(plan.activities[0]),), plan.times)
    with tempfile.TemporaryDirectory() as folder:
        before = children()
        dates_of([lone], MONDAY, Path(folder))
        between = children()
        dates = dates_of([plan], MONDAY, Path(folder))
        return children() - between - (between - before), dates


def journey_of(size: int) -> Callable[[], Course]:
    """Makes the course of a journey of a playbook with ten threads of work that cross, its first step done five days late."""
    dice = random.Random(size)
    steps = []
    for number in range(size):
        side, needs = dice.choice((("ours", "we"), ("customer", "they"))), [f"s{number - 10}"] if number >= 10 else []
        if number > 10 and dice.random() < 0.5:
            needs.append(f"s{number - dice.randrange(5, 10)}")
        steps.append(
            f"{{key: s{number}, kind: task, side: {side[0]}, owner: {side[1]}, title: {{en: S}}, needs: [{', '.join(dict.fromkeys(needs))}], "
            f"due: {{days: {3 * (number // 10 + 1)}}}}}"
        )
    roles = "{we: {side: ours, title: {en: We}}, they: {side: customer, title: {en: They}}}"
    document = parse(
        f"boardwell: 1\nkey: x\ntitle: {{en: X}}\nroles: {roles}\nstages: [{{key: s, title: {{en: S}}, steps: [{', '.join(steps)}]}}]"
    )
    kickoff_on, times = date.fromordinal(MONDAY), Parties(TIMES[0], TIMES[1])
    planned = plan_for(document, {}, kickoff_on, times)
    included = frozenset(each.key for each in planned)
    late = planned[0].due_on + timedelta(days=7) if planned[0].due_on else None
    known = [Known(each.key, each.source.side, each.due_on, late if each.key == "s0" else None) for each in planned]
    return lambda: Course(document, contracted_links(document, included), known, kickoff_on=kickoff_on, times=times, facts={})


def main() -> None:
    """Every size."""
    rows = []
    for size in SIZES:
        plan = plan_of(size)
        calendars = [calendar_of(each) for each in plan.times]
        network = network_of(plan.activities, calendars)
        spans = network.forward(MONDAY)
        whole = best(lambda plan=plan, calendars=calendars: network_of(plan.activities, calendars).schedule(MONDAY))
        again = best(lambda network=network: network.forward(MONDAY))
        late = [2 * each.duration for each in plan.activities]
        longer = best(lambda network=network, late=late: network.forward(MONDAY, durations=late))
        other = 0.0
        if taskjuggler.PROGRAM is not None:
            other, dates = beside(plan)
            ours = {each.key: (span.start, span.finish) for each, span in zip(plan.activities, spans, strict=True)}
            assert ours == dates[0], "the dates differ"
        name = "tj3, whole run less its start" if other else "tj3 is not installed"
        rows.append(report.row(f"{size} steps: network, dates, slack", whole, other, name, "ms", less_is_better=True))
        rows.append(report.row(f"{size} steps: dates of a ready network", again, other, name, "ms", less_is_better=True))
        rows.append(report.row(f"{size} steps: with other durations", longer, again, "the same durations", "ms", less_is_better=True))
        make = journey_of(size)
        forecast = best(lambda make=make: make().forecast_days())
        moved = best(lambda make=make: make().moves({"s1": date(2026, 3, 12)}))
        rows.append(report.row(f"{size} steps: a journey's forecast anew", forecast, other, name, "ms", less_is_better=True))
        rows.append(report.row(f"{size} steps: what moves with a step", moved, other, name, "ms", less_is_better=True))
    report.publish("replan", rows)


if __name__ == "__main__":
    main()
