"""Writing and reading XES and OCEL 2.0 of 100,000 events; pm4py and rustxes must find the same cases, events, objects and relations."""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent)]

import report  # noqa: E402

from boardwell.domain.journeys.eventlogs.ocel import Event, Thing, write_json, write_xml  # noqa: E402
from boardwell.domain.journeys.eventlogs.reading import read_log  # noqa: E402
from boardwell.domain.journeys.eventlogs.xes import Happened, Lived, write_xes  # noqa: E402

CASES = int(os.environ.get("BENCH_ROWS", "5000"))
STEPS = 20
MONDAY = datetime(2026, 3, 2, 9, tzinfo=UTC)


def at(case: int, step: int) -> datetime:
    return MONDAY + timedelta(minutes=37 * case + 60 * step)


def traces() -> Iterator[Lived]:
    for case in range(CASES):
        yield Lived(
            f"jrn_{case}", {"playbook": "saas"},
            tuple(
                Happened(f"Step “{step}” & more", "complete", at(case, step), f"mem_{step % 7}", "manager", f"s{step}", {"side": "ours"})
                for step in range(STEPS)
            ),
        )  # fmt: skip


def things() -> Iterator[Thing]:
    for member in range(7):
        yield Thing(f"mem_{member}", "person", (("kind", "member"),))
    for case in range(CASES):
        yield Thing(f"jrn_{case}", "onboarding", (("state", "live"),), ((f"mem_{case % 7}", "owned by"),))


def events() -> Iterator[Event]:
    for case in range(CASES):
        for step in range(STEPS):
            related = ((f"jrn_{case}", "in"), (f"mem_{step % 7}", "by"))
            yield Event(f"jrn_{case}-{step}", "step complete", at(case, step), (("transition", "complete"),), related)


TYPES = ({"onboarding": ["state"], "person": ["kind"]}, {"step complete": ["transition"]})


def written(path: Path, pieces: Iterator[str]) -> float:
    began = time.process_time()
    with path.open("w", encoding="utf-8") as out:
        out.writelines(pieces)
    return time.process_time() - began


def main() -> None:
    rows, total = [], CASES * STEPS
    with tempfile.TemporaryDirectory() as folder:
        paths = [Path(folder) / name for name in ("log.xes", "log.json", "log.xml")]
        wrote = [
            written(paths[0], write_xes("bench", traces())), written(paths[1], write_json(*TYPES, things(), events())),
            written(paths[2], write_xml(*TYPES, things(), events())),
        ]  # fmt: skip
        took = []
        for path in paths:
            began = time.process_time()
            found, faults = read_log(path, {"object": "onboarding"})
            took.append(time.process_time() - began)
            if (len(found), sum(len(trace.done) for trace in found), faults) != (CASES, total, []):
                sys.exit(f"eventlogs: our own reader lost something of {path.name}")
        told = subprocess.run(
            [os.environ["BENCH_RIVALS"], str(HERE / "readers.py"), *map(str, paths)], capture_output=True, text=True, check=False
        )
        if told.returncode:
            sys.exit(told.stderr)
        theirs = json.loads(told.stdout.splitlines()[-1])
        for place, (kind, counts) in enumerate(
            (("xes", [CASES, total]), ("json", [total, CASES + 7, 2 * total]), ("xml", [total, CASES + 7, 2 * total]))
        ):
            for who in ("pm4py", "rustxes"):
                seconds, *seen = theirs[f"{who} {kind}"]
                note = (
                    f"{who} finds the same: {', '.join(f'{one:,}' for one in seen)}"
                    if seen == counts
                    else f"NOT THE SAME: {seen} for {counts}"
                )
                rows.append(report.row(f"read {kind}, {total:,} events", took[place], seconds, who, "s", less_is_better=True, note=note))
            rows.append(report.row(f"write {kind}", total / wrote[place], 0, "", "events/s"))
    report.publish("eventlogs", rows)


if __name__ == "__main__":
    main()
