"""One database's rounds: ours, the floors and the rivals in turn; prints the rows as JSON on its last line."""

import contextlib
import json
import os
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import house
import psycopg
import report
from bare import Bare
from floor import SameRowsFloor
from lean import LeanFloor
from process import CHAIN, NEEDS
from rivals import RIVALS, Rival

ROUNDS, JOURNEYS, RIVAL_JOURNEYS, STARTS = 5, 40, 6, 10
OTHERS = 10_000
SAMPLES = 2
"""Journeys of 200 steps, each of whose steps is timed beside the others."""


def per_second(count: int, work: Callable[[], Any]) -> float:
    """How many a second."""
    began = time.perf_counter()
    work()
    return count / (time.perf_counter() - began)


def flush_ms(folder: Path) -> float:
    """Milliseconds that the disk takes to make 4 kB durable, the median of forty: what both sides pay for each commit."""
    times = []
    with (folder / "flush").open("wb", buffering=0) as file:
        for _ in range(40):
            began = time.perf_counter()
            file.write(b"x" * 4096)
            os.fdatasync(file.fileno())
            times.append((time.perf_counter() - began) * 1000)
    return statistics.median(times)


class Bench:
    """Both sides on one database."""

    def __init__(self, name: str, scratch: Path) -> None:
        self.name = name
        house.migrated()
        self.ours, theirs = house.team("bench"), house.team("floor")
        self.source = house.source_of_database()
        self.bare = Bare(self.source)
        self.floors = {key: SameRowsFloor(self.bare, theirs, key, needs) for key, needs in house.PROCESSES.items()}
        self.floors["large"].position += 500_000_000  # two floors of one organisation share no position
        self.lean = LeanFloor(Bare(str(scratch / "lean.sqlite3")) if self.bare.is_sqlite else self.bare)
        self.pairs: dict[tuple[str, str], list[tuple[float, float]]] = {}

    def rival_source(self, scratch: Path, name: str) -> str:
        """A database of the rival's own."""
        if self.bare.is_sqlite:
            return str(scratch / f"{name}.sqlite3")
        with psycopg.connect(self.source, autocommit=True) as db:
            db.execute(f"CREATE DATABASE {name}")
        return " ".join(part if not part.startswith("dbname=") else f"dbname={name}" for part in self.source.split())

    def note(self, what: str, other: str, ours: float, theirs: float) -> None:
        """One round's pair."""
        self.pairs.setdefault((what, other), []).append((ours, theirs))

    def settle(self) -> None:
        """What autovacuum does within a minute: until then PostgreSQL keeps the plans that it made for empty tables, on every side."""
        if not self.bare.is_sqlite:
            from django.db import connection

            with connection.cursor() as cursor:
                cursor.execute("ANALYZE")

    def complete(self, journeys: int) -> tuple[float, float, float]:
        """Steps a second: ours, the floor of the same rows, the lean floor."""
        work = [(index, number) for number in NEEDS for index in range(journeys)]
        same = self.floors["twenty"]
        with self.ours.acting():
            mine = [self.ours.start("twenty") for _ in range(journeys)]
            self.settle()
            ours = per_second(len(work), lambda: [house.complete(mine[index], number) for index, number in work])
        copies = [same.start() for _ in range(journeys)]
        self.settle()
        floor = per_second(len(work), lambda: [same.complete(copies[index], number) for index, number in work])
        narrow = [self.lean.start(NEEDS) for _ in range(journeys)]
        return ours, floor, per_second(len(work), lambda: [self.lean.complete(narrow[index], number) for index, number in work])

    def start(self, count: int) -> tuple[float, float, float]:
        """Journeys of 200 steps started a second: ours, the floor of the same rows, the lean floor."""
        with self.ours.acting():
            ours = per_second(count, lambda: [self.ours.start("large") for _ in range(count)])
        floor = per_second(count, lambda: [self.floors["large"].start() for _ in range(count)])
        return ours, floor, per_second(count, lambda: [self.lean.start(CHAIN) for _ in range(count)])

    def round(self, rivals: dict[str, Rival]) -> None:
        """Everything once."""
        what = f"complete a step, {self.name}"
        ours, floor, lean = self.complete(JOURNEYS)
        self.note(what, "floor of the same rows", ours, floor)
        self.note(what, "lean floor", ours, lean)
        for name, rival in rivals.items():
            self.note(what, name, ours, rival.rate(RIVAL_JOURNEYS, len(NEEDS)))
        what = f"start 200 steps, {self.name}"
        ours, floor, lean = self.start(STARTS)
        self.note(what, "floor of the same rows", ours, floor)
        self.note(what, "lean floor", ours, lean)

    def rows(self) -> list[dict[str, Any]]:
        """Medians; the ratio is the median of the rounds' ratios."""
        found = []
        for (what, other), pairs in self.pairs.items():
            ours, theirs = (statistics.median(side) for side in zip(*pairs, strict=True))
            found.append(report.row(what, ours, theirs, other, "per second") | {"ratio": statistics.median(a / b for a, b in pairs)})
        return found

    def beside_many(self) -> list[dict[str, Any]]:
        """Each step of journeys of 200, beside 10,000 others: milliseconds, commit included."""
        self.floors["twenty"].fill(OTHERS)
        same, ours, theirs = self.floors["large"], list[float](), list[float]()
        with self.ours.acting():
            pairs = [(self.ours.start("large"), same.start()) for _ in range(SAMPLES)]
            self.settle()
            for number in CHAIN:
                for mine, copy in pairs:
                    for times, work in (
                        (ours, lambda mine=mine, number=number: house.complete(mine, number)),
                        (theirs, lambda copy=copy, number=number: same.complete(copy, number)),
                    ):
                        began = time.perf_counter()
                        work()
                        times.append((time.perf_counter() - began) * 1000)
        found = []
        for word, place in (("p50", 0.5), ("p95", 0.95)):
            mine, other = (sorted(times)[int(len(times) * place)] for times in (ours, theirs))
            name = f"a step of 200 beside 10,000 journeys, {word}, {self.name}"
            found.append(report.row(name, mine, other, "floor of the same rows", "ms", less_is_better=True))
        return found


def main(name: str) -> None:
    """Warms up, then the rounds."""
    scratch = Path(os.environ["BOARDWELL_VAR"])
    with contextlib.ExitStack() as stack:
        bench = Bench(name, scratch)
        rivals = {
            title: stack.enter_context(Rival(script, bench.rival_source(scratch, script.partition("_")[0].removesuffix(".py"))))
            for title, script in RIVALS.items()
        }
        bench.complete(4)
        bench.start(3)
        for rival in rivals.values():
            rival.rate(1, len(NEEDS))
        flushes = []
        for _ in range(ROUNDS):
            bench.round(rivals)
            flushes.append(flush_ms(scratch))
        note = f"flush {min(flushes):.1f}–{max(flushes):.1f} ms"
        print(json.dumps([row | {"note": note} for row in bench.rows() + bench.beside_many()]))


if __name__ == "__main__":
    main(sys.argv[1])
