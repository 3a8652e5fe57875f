"""Kills one business operation at its every write to disk or network, and looks at what is left: all of it or nothing, and a retry makes it one.

A zygote loads the house once; each trial goes back to what was prepared, forks, and lets strace kill the child (or fail its call) at
exactly one system call. With --random it also kills the child, or cuts its database off, at moments that a seed gives.
Usage: drive.py [--most N] [--modes KILL,EIO,ENOSPC|none] [--random N] [--seed N] [OPERATION…]; prints one JSON line an operation.
"""

import argparse
import ctypes
import gc
import json
import logging
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import time
import warnings
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tests.crash.grounds import Ground, ServerGround, Snapshot, difference, moves
from tests.crash.letters import Stub
from tests.crash.operations import OPERATIONS, VAR, prepare

MODES = {"KILL": "signal=SIGKILL", "EIO": "error=EIO", "ENOSPC": "error=ENOSPC"}


def in_child(work: Callable[[], Any]) -> Any:
    """Runs work in a fork and returns what it returned, as JSON."""
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(read)
        try:
            told = json.dumps({"ok": work()})
        except BaseException as problem:
            import traceback

            told = json.dumps({"error": f"{type(problem).__name__}: {problem}", "where": traceback.format_exc()[-1500:]})
        os.write(write, told.encode())
        os._exit(0)
    os.close(write)
    with os.fdopen(read, "rb") as told_file:
        raw = told_file.read()
    os.waitpid(child, 0)
    return json.loads(raw) if raw else {"error": "died"}


def begun(run: Callable[[], Any]) -> tuple[int, int]:
    """A fork that waits for a byte before it runs: its process id, and where to write the byte."""
    go_read, go_write = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(go_write)
        ctypes.CDLL(None).prctl(0x59616D61, ctypes.c_ulong(-1), 0, 0, 0)  # PR_SET_PTRACER: anybody, so that no root is needed
        os.read(go_read, 1)
        code = 0
        try:
            run()
        except BaseException:
            code = 3
        os._exit(code)
    os.close(go_read)
    return child, go_write


def go(write: int) -> None:
    """Lets a fork that waits begin."""
    os.write(write, b"!")
    os.close(write)


def traced(run: Callable[[], Any], *strace: str) -> tuple[int, str]:
    """Runs in a fork under strace; (exit status, what strace wrote)."""
    child, write = begun(run)
    log = VAR.parent / f"{VAR.name}.strace"
    tracer = subprocess.Popen(["strace", "-f", "-o", str(log), *strace, "-p", str(child)], stderr=subprocess.PIPE, text=True)
    assert tracer.stderr is not None
    said = tracer.stderr.readline()
    if "attached" not in said:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        raise SystemExit(f"strace cannot attach: {said.strip()}")
    go(write)
    _pid, status = os.waitpid(child, 0)
    tracer.wait()
    tracer.stderr.close()
    text = log.read_text(errors="replace") if log.exists() else ""
    log.unlink(missing_ok=True)
    return status, text


def legit(run: Callable[[], Any], ground: Ground) -> list[Snapshot]:
    """What other processes could see in an undisturbed run: the state before, and after each commit."""
    from django.db import connection

    seen = [ground.snapshot()]

    def look() -> None:
        if not connection.in_atomic_block and (now := ground.snapshot()) != seen[-1]:
            seen.append(now)

    def after(execute: Any, sql: Any, params: Any, many: Any, context: Any) -> Any:
        result = execute(sql, params, many, context)
        look()
        return result

    commit = connection.commit

    def committing() -> None:
        commit()
        connection.in_atomic_block, inside = False, connection.in_atomic_block
        look()
        connection.in_atomic_block = inside

    connection.commit = committing  # type: ignore[method-assign]
    with connection.execute_wrapper(after):
        run()
    look()
    return seen


def state_of_things(ground: Ground) -> dict[str, Any]:
    """Integrity, the logs' verdict, and the snapshot, of what a crash left."""
    from boardwell.domain.audit.verify import verify_all
    from boardwell.domain.vault.models import StoredFile
    from boardwell.kernel import storage, tenancy

    fault = ground.fault()
    with tenancy.unscoped("crash: every kept file has its bytes"):
        for kept in StoredFile.objects.filter(removed_at=None):
            with storage.open_stored(kept.storage_path) as stream:
                if len(stream.read()) != kept.size_bytes:
                    fault = f"{kept.name} is not whole"
    if not all(report.is_sound for report in verify_all()):
        fault = "a log is not sound"
    return {"fault": fault, "snapshot": ground.snapshot()}


class Trials:
    """One operation on one ground: what may be seen of it, and what was found wrong."""

    def __init__(self, name: str, ground: Ground, stub: Stub) -> None:
        self.name, self.ground, self.stub = name, ground, stub
        self.run, before, retry = OPERATIONS[name]
        self.retry = retry or self.run
        self.faults: list[str] = []
        self.tried = self.crashed = 0
        if before is not None:
            ground.reset()
            done = in_child(before)
            assert "ok" in done, done
            self.ground = ground.beside("own")
            self.ground.keep()
        self.ground.reset()
        stub.seen.clear()
        seen = in_child(lambda: legit(self.run, self.ground))
        assert "ok" in seen, seen
        self.states: list[Snapshot] = seen["ok"]

    def _begin(self) -> None:
        self.ground.reset()
        self.stub.seen.clear()

    def _afterwards(self) -> dict[str, Any]:
        """What is left, what the retry says, and what is there then: in one fork, which costs as much as the rest."""
        left = state_of_things(self.ground)
        try:
            self.retry()
        except BaseException as problem:
            return {"left": left, "failed": f"{type(problem).__name__}: {problem}"}
        return {"left": left, "final": state_of_things(self.ground)}

    def _judge(self, at: str, status: int) -> None:
        self.tried += 1
        self.crashed += status != 0
        self.ground.settle()
        answer = in_child(self._afterwards)
        found = answer.get("ok")
        if found is None:
            self.faults.append(f"{at}: {answer}")
            return
        left, final = found["left"], found.get("final")
        if left["fault"]:
            self.faults.append(f"{at}: {left['fault']}")
        elif left["snapshot"] not in self.states:
            self.faults.append(f"{at}: half done: {difference(self.states, left['snapshot'])}")
        if final is None:
            self.faults.append(f"{at}: the retry failed: {found['failed']}")
        elif final["fault"] or final["snapshot"] != self.states[-1]:
            self.faults.append(f"{at}: after the retry: {final['fault'] or difference(self.states[-1:], final['snapshot'])}")
        if self.name == "deliver mail" and len(self.stub.seen) != 1:
            self.faults.append(f"{at}: {len(self.stub.seen)} different messages arrived")

    def sweep(self, most: int, modes: list[str]) -> int:
        """Every system call in every mode, or an even choice of at most so many of them; returns how many calls there are."""
        self._begin()
        _status, text = traced(self.run, "-e", f"trace={self.ground.calls}")
        counts = Counter(re.findall(r"^\d+ +(\w+)\(", text, re.MULTILINE))
        points = [(call, number) for call in sorted(counts) for number in range(1, counts[call] + 1)]
        step = max(1, -(-len(points) * len(modes) // most)) if most else 1
        for mode, call, number in [(mode, *point) for mode in modes for point in points][::step]:
            self._begin()
            status, _text = traced(self.run, "-e", f"trace={call}", "-e", f"inject={call}:{MODES[mode]}:when={number}")
            self._judge(f"{mode} at {call} #{number}", status)
        return len(points)

    def at_moments(self, count: int, seed: int) -> None:
        """Kills it, or cuts its database off, at moments that a seed gives, up to a little after its usual end."""
        self._begin()
        took = self._killed_after(None)[1]
        chance = random.Random(f"{seed} {self.name}")
        for number in range(count):
            self._begin()
            moment = chance.uniform(0, took * 1.1)
            cut = isinstance(self.ground, ServerGround) and number % 2 == 1
            status, _took = self._killed_after(moment, cut=cut)
            self._judge(f"{'cut off' if cut else 'killed'} after {moment * 1000:.1f} ms (seed {seed}, run {number + 1})", status)

    def _killed_after(self, moment: float | None, *, cut: bool = False) -> tuple[int, float]:
        child, write = begun(self.run)
        began = time.monotonic()
        go(write)
        if moment is not None:
            time.sleep(moment)
            if cut:
                self.ground.cut()
            else:
                os.kill(child, signal.SIGKILL)  # a zombie until it is waited for: never somebody else's id
        _pid, status = os.waitpid(child, 0)
        return status, time.monotonic() - began

    def found(self) -> dict[str, Any]:
        """What one line of the report says."""
        return {
            "operation": self.name, "tried": self.tried, "crashed": self.crashed, "commits": len(self.states) - 1,
            "moves": moves(self.states), "faults": self.faults,
        }  # fmt: skip


def load() -> None:
    """The whole house into this process, once, before it forks."""
    import django
    import time_machine  # noqa: F401

    django.setup()
    logging.disable(logging.CRITICAL)
    warnings.simplefilter("ignore")
    import tests.hostile.world  # noqa: F401

    gc.freeze()  # a fork that collects garbage would copy every page of it


def reports(asked: argparse.Namespace, ground: Ground, stub: Stub) -> Iterator[dict[str, Any]]:
    """What was found for each operation."""
    for name in asked.operations or OPERATIONS:
        began = time.monotonic()
        trials = Trials(name, ground, stub)
        try:
            points = 0 if asked.modes == "none" else trials.sweep(asked.most, asked.modes.split(","))
            if asked.random:
                trials.at_moments(asked.random, asked.seed)
        finally:
            if trials.ground is not ground:
                trials.ground.remove()
        yield {**trials.found(), "points": points, "seed": asked.seed, "seconds": round(time.monotonic() - began, 1)}


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--most", type=int, default=0, help="at most so many trials an operation; 0 is all")
    parser.add_argument("--modes", default="KILL")
    parser.add_argument("--random", type=int, default=0, help="so many kills an operation at random moments besides")
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(10**6))
    parser.add_argument("operations", nargs="*")
    asked = parser.parse_args()
    stub = Stub()
    stub.start()
    os.environ.update(BOARDWELL_SMTP_HOST="127.0.0.1", BOARDWELL_SMTP_PORT=str(stub.port), BOARDWELL_SMTP_STARTTLS="no")
    VAR.mkdir(parents=True, exist_ok=True)
    load()
    made = in_child(prepare)
    if "ok" not in made:
        raise SystemExit(f"could not prepare: {made}")
    ground = (ServerGround if os.environ["BOARDWELL_DATABASE_URL"] else Ground)(VAR.with_name(VAR.name + "-kept"))
    ground.keep()
    bad = 0
    try:
        for report in reports(asked, ground, stub):
            bad += len(report["faults"])
            print(json.dumps(report), flush=True)
    finally:
        ground.remove()
        shutil.rmtree(VAR, ignore_errors=True)
    sys.exit(1 if bad else 0)


if __name__ == "__main__":
    main()
