"""Remaining time of running cases, replayed from event logs: error and coverage beside means, medians and boosted trees."""

import os
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.ensemble import HistGradientBoostingRegressor
from threadpoolctl import threadpool_limits

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent)]

import report  # noqa: E402

from boardwell.domain.journeys.eventlogs.reading import read_log  # noqa: E402
from boardwell.domain.journeys.forecasts.calibration import Seen  # noqa: E402
from boardwell.domain.journeys.forecasts.eventlog import Case, as_known_at, cases_of, read_csv  # noqa: E402
from boardwell.domain.journeys.forecasts.prefixes import Prefixes, prefixes_of  # noqa: E402
from boardwell.domain.journeys.forecasts.remaining import learn  # noqa: E402

LOGS = Path(os.environ.get("BENCH_LOGS", report.ROOT.parent / "shared" / "data" / "eventlogs"))
LEVELS = (0.1, 0.25, 0.5, 0.75, 0.9)
FOREVER = 1e9
EVERY = 100
"""Test rows after which the levels are corrected anew: by cases that had ended before the row, never later ones."""


@dataclass(frozen=True)
class Split:
    """What is learnt from, at which moment, and what is forecast. `name` says the protocol."""

    name: str
    past: list[Case]
    moment: float
    later: list[Case]
    shortest: int


def in_time(cases: list[Case]) -> Split:
    """The moment by which two thirds of the cases had begun: learns what was known then, forecasts cases that began later."""
    moment = float(np.quantile([case.began_at for case in cases], 2 / 3))
    return Split("split in time", cases, moment, [case for case in cases if case.began_at >= moment], 1)


def as_published(cases: list[Case]) -> Split:
    """Tax et al. (2017): the first two thirds of the cases as they stand in the file against the last; prefixes of two events and more.

    The file is not quite in order of time, and cases of the first part may end after others of the second began: as they did it.
    """
    third = round(len(cases) / 3)
    past = cases[: 2 * third]
    return Split("Tax et al. 2017", past, max(case.events[-1].at for case in past) + 1, cases[2 * third :], 2)


def pinball(truth: Any, said: Any, level: float) -> float:
    """Mean pinball loss in days."""
    over = truth - said
    return float(np.mean(np.maximum(level * over, (level - 1) * over)))


def replay(split: Split, cases: list[Case]) -> tuple[Prefixes, Any, dict[float, Any], float, float, Any]:
    """Ours, in order of time: rows, points, ranges, seconds to learn and to answer, the rows that were learnt from."""
    began = time.perf_counter()
    learnt = learn(split.past, split.moment, shortest=split.shortest)
    took = time.perf_counter() - began
    known = as_known_at(split.past, split.moment)
    past_rows = prefixes_of(known, learnt.alphabet, split.moment, shortest=split.shortest, with_last=False)
    began = time.perf_counter()
    rows = prefixes_of(split.later, learnt.alphabet, FOREVER, shortest=split.shortest, with_last=False, among=cases)
    chances = learnt.distributions(rows)
    learnt.calibration.watch(Seen(rows.at, rows.at + rows.remaining, chances))
    point, ranges = np.zeros(len(rows.at)), {level: np.zeros(len(rows.at)) for level in LEVELS}
    order = np.argsort(rows.at, kind="stable")
    for first in range(0, len(order), EVERY):
        places = order[first : first + EVERY]
        told = learnt.forecast(rows.only(places), LEVELS, float(rows.at[places[0]]), chances[places])
        point[places] = told.point
        for level in LEVELS:
            ranges[level][places] = told.ranges[level]
    return rows, point, ranges, took, time.perf_counter() - began, past_rows


def rivals(past: Prefixes, rows: Prefixes, known: list[Case]) -> dict[str, Any]:
    """Points of the others. They learn from ended cases only, as their users do."""
    ended = past.is_ended
    columns, days = past.columns[ended], past.remaining[ended]
    whole = np.asarray([case.ended_at - case.began_at for case in known if case.ended_at is not None])
    began = rows.columns[:, 6]  # days since the case began
    by_last = {place: float(np.mean(days[past.last[ended] == place])) for place in np.unique(past.last[ended])}
    found = {
        "mean duration": np.maximum(whole.mean() - began, 0),
        "median duration": np.maximum(np.median(whole) - began, 0),
        "mean remaining": np.full(len(rows.at), days.mean()),
        "median remaining": np.full(len(rows.at), np.median(days)),
        "mean remaining by last activity": np.asarray([by_last.get(int(place), days.mean()) for place in rows.last]),
    }
    with threadpool_limits(1):
        for name, loss in (("gradient boosting, squared error", "squared_error"), ("gradient boosting, absolute error", "absolute_error")):
            trees = HistGradientBoostingRegressor(loss=loss, max_iter=200, random_state=0).fit(columns, days)
            found[name] = np.maximum(trees.predict(rows.columns), 0)
    return found


def by_length(rows: Prefixes, truth: Any, point: Any) -> str:
    """The error by events seen, as the paper's pictures show it; lengths with fewer than 30 rows are left out."""
    parts = []
    for length in (2, 3, 4, 5, 6, 8, 10, 15, 20):
        here = rows.length == length
        if here.sum() >= 30:
            parts.append(f"{length}: {np.mean(np.abs(truth - point)[here]):.2f}")
    return "error by events seen – " + ", ".join(parts)


def read_any(path: Path) -> list[Case]:
    """A log in any format that can be imported; the two known ones in the order of their files, which one of the splits goes by."""
    if path.parent == LOGS and path.suffix == ".csv":
        return read_csv(path)
    traces, faults = read_log(path)
    print(f"{path.name}: {len(traces):,} cases, {sum(len(trace.done) for trace in traces):,} events, {len(faults)} left out")
    return cases_of(traces)


def main() -> None:
    """Every log of the folder, or those named, or BENCH_LOG: XES, OCEL 2.0 or CSV."""
    named = [*sys.argv[1:], *filter(None, [os.environ.get("BENCH_LOG")])]
    wanted = [Path(name) for name in named] or sorted(LOGS.glob("*.csv"))
    if not wanted:
        sys.exit(f"forecast: no event logs in {LOGS}; name files (XES, OCEL 2.0, CSV) or set BENCH_LOG or BENCH_LOGS.")
    rows = []
    for path in wanted:
        cases = read_any(path)
        for split in (in_time(cases), as_published(cases)):
            tested, point, ranges, took, answered, past = replay(split, cases)
            truth = tested.remaining
            name = f"{path.stem}, {split.name}"
            error = float(np.mean(np.abs(truth - point)))
            held = (truth >= ranges[0.1]) & (truth <= ranges[0.9])
            others = {
                key: float(np.mean(np.abs(truth - said)))
                for key, said in rivals(past, tested, as_known_at(split.past, split.moment)).items()
            }
            note = f"{len(past.at)} rows learnt in {took:.0f} s, {len(truth)} forecast in {answered:.0f} s"
            for other in sorted(others, key=lambda key: -others[key]):
                rows.append(report.row(f"{name}: error", error, others[other], other, "days", less_is_better=True, note=note))
                note = ""
            low, high = float(np.mean(truth < ranges[0.1])), float(np.mean(truth > ranges[0.9]))
            rows.append(
                report.row(
                    f"{name}: P10–P90 held",
                    100 * float(held.mean()),
                    80,
                    "promised",
                    "%",
                    note=f"below {100 * low:.1f} %, above {100 * high:.1f} %",
                )
            )
            loss = float(np.mean([pinball(truth, ranges[level], level) for level in LEVELS]))
            flat = float(np.mean([pinball(truth, np.quantile(past.remaining[past.is_ended], level), level) for level in LEVELS]))
            rows.append(
                report.row(
                    f"{name}: pinball loss",
                    loss,
                    flat,
                    "levels of the past",
                    "days",
                    less_is_better=True,
                    note=by_length(tested, truth, point),
                )
            )
    report.publish("forecast", rows)


if __name__ == "__main__":
    main()
