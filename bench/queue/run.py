"""Tasks enqueued and drained per second, idle latency, and five kill -9 of the worker with 300 tasks, beside Celery with RabbitMQ."""

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from contextlib import ExitStack
from pathlib import Path
from statistics import median
from typing import Any

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent), str(HERE)]

import effects  # noqa: E402
import report  # noqa: E402
import scratch  # noqa: E402
from broker import free_port, get_rabbit, rabbit, stop, until  # noqa: E402

MANY = int(os.environ.get("BENCH_TASKS", "3000"))
ROUNDS = int(os.environ.get("BENCH_ROUNDS", "3"))
PINGS = 60
KILL_TASKS = 300
KILLS = 5
SETTLE_SECONDS = 45


class Side:
    """One system: how it is filled, how its workers start, and where its effects can be counted."""

    def __init__(self, place: Path, name: str, python: str, script: str, worker: list[str], env: dict[str, str]) -> None:
        self.name, self.python, self.script, self.worker = name, python, script, worker
        self.is_ours = script == "ours.py"
        self.place = place / name.replace(" ", "-").replace(",", "")
        self.place.mkdir()
        self.file = self.place / "effects"
        self.env = {**os.environ, "PYTHONPATH": str(HERE), "BENCH_EFFECTS": str(self.file), "BOARDWELL_VAR": str(self.place), **env}

    def ask(self, operation: str, many: int = 0) -> Any:
        """Runs one operation in a process of its own."""
        command = [self.python, str(HERE / self.script), operation, str(many)]
        done = subprocess.run(command, env=self.env, capture_output=True, text=True, check=False)
        if done.returncode:
            raise RuntimeError(f"{self.name}, {operation}: {done.stderr[-1500:]}")
        return json.loads(done.stdout.splitlines()[-1])

    def start(self) -> "subprocess.Popen[bytes]":
        """One worker in a session of its own."""
        with (self.place / "worker.log").open("ab") as out:
            return subprocess.Popen(self.worker, env=self.env, cwd=HERE, stdout=out, stderr=out, start_new_session=True)

    def log(self) -> str:
        """The end of what the workers said."""
        return (self.place / "worker.log").read_text(errors="replace")[-1500:]

    def kept(self) -> Counter[int]:
        """Rows that tasks kept."""
        return Counter(self.ask("rows")) if self.is_ours else effects.rows(self.file)

    def clear(self) -> None:
        """Forgets everything."""
        for path in self.place.glob("effects*"):
            path.unlink()
        if self.is_ours:
            self.ask("reset")


def throughput(side: Side) -> dict[str, float]:
    """Enqueued and drained a second, by one worker."""
    side.clear()
    enqueued = side.ask("fill", MANY)["rate"]
    worker = side.start()
    try:
        if not until(lambda: effects.count(side.file) >= MANY, 180):
            raise RuntimeError(f"{side.name}: {effects.count(side.file)} of {MANY} done; {side.log()}")
    finally:
        stop(worker)
    times = [at for _number, at in effects.seen(side.file)]
    return {"enqueue": enqueued, "drain": (MANY - 1) / (max(times) - min(times))}


def latency(side: Side, operation: str = "ping") -> dict[str, float]:
    """From enqueueing to the effect, with an idle worker; in milliseconds."""
    side.clear()
    worker = side.start() if operation == "ping" else None
    try:
        if worker is not None:
            side.ask("fill", 1)
            if not until(lambda: effects.count(side.file), 90):
                raise RuntimeError(f"{side.name}: the worker does not begin; {side.log()}")
        sent = side.ask(operation, PINGS)
        until(lambda: effects.count(side.file) > PINGS, 60)
    finally:
        if worker is not None:
            stop(worker)
    took = sorted((at - sent[str(number)]) * 1000 for number, at in effects.seen(side.file) if str(number) in sent)
    return {"p50": took[len(took) // 2], "p95": took[int(len(took) * 0.95)]}


def kills(side: Side) -> dict[str, int]:
    """Tasks not done, and done twice, after five kills of the worker and 45 seconds of rest."""
    side.clear()
    side.ask("keep", KILL_TASKS)
    moments = random.Random(5)
    worker = side.start()
    if not until(side.kept, 90, 0.3):
        raise RuntimeError(f"{side.name}: the worker does not begin; {side.log()}")
    for _kill in range(KILLS):
        time.sleep(moments.uniform(0.25, 0.55))
        stop(worker, signal.SIGKILL)
        before = sum(side.kept().values())
        worker = side.start()
        until(lambda before=before: sum(side.kept().values()) >= min(before + 5, KILL_TASKS), 30, 0.3)
    until(lambda: len(side.kept()) >= KILL_TASKS, SETTLE_SECONDS, 0.5)
    time.sleep(2)
    stop(worker)
    kept = side.kept()
    return {"undone": KILL_TASKS - len(kept), "doubled": sum(times > 1 for times in kept.values())}


def has_boardwell(python: str) -> bool:
    """Installs our own package beside Celery, so that the carrier can be tried; as boardwell[celery] would be."""
    uv = str(scratch.ROOT / "var" / "tools" / "bin" / "uv")
    for what in (["-r", str(scratch.ROOT / "requirements.lock")], ["--no-deps", "-e", str(scratch.ROOT)]):
        done = subprocess.run([uv, "-q", "pip", "install", "--python", python, *what], capture_output=True, text=True, check=False)
        if done.returncode:
            print(f"ours carried by Celery: left out, it could not be installed: {done.stderr[-300:]}")
            return False
    return True


def sides_here(place: Path, stack: ExitStack) -> dict[str, Side]:
    """Every system that this machine can run; the others are named."""
    console = str(scratch.ROOT / ".venv" / "bin" / "boardwell")
    env = {"DJANGO_SETTINGS_MODULE": "boardwell.config.settings", "BOARDWELL_DATABASE_URL": "", "BOARDWELL_QUEUE": ""}
    found = {"sqlite": Side(place, "ours, SQLite", sys.executable, "ours.py", [console, "worker"], env)}
    if scratch.postgres_bin() is not None:
        url = stack.enter_context(scratch.postgres(place, free_port()))
        env = {**env, "BOARDWELL_DATABASE_URL": url}
        found["postgres"] = Side(place, "ours, PostgreSQL", sys.executable, "ours.py", [console, "worker"], env)
    else:
        print("PostgreSQL: not available")
    rivals = os.environ.get("BENCH_RIVALS", "")
    if rivals and get_rabbit():
        amqp = stack.enter_context(rabbit(place))
        celery = [rivals, "-m", "celery", "-A", "theirs", "worker", "-l", "ERROR", "--without-gossip", "--without-mingle",
                  "--without-heartbeat", "-c"]  # fmt: skip
        found["celery"] = Side(place, "Celery, RabbitMQ", rivals, "theirs.py", [*celery, "1"], {"BENCH_AMQP": amqp})
        found["late"] = Side(place, "Celery, acks late", rivals, "theirs.py", [*celery, "2"], {"BENCH_AMQP": amqp, "BENCH_LATE": "1"})
        if "postgres" in found and has_boardwell(rivals):
            carried = [str(Path(rivals).parent / "boardwell"), "worker"]
            found["carried"] = Side(place, "ours, carried by Celery", rivals, "ours.py", carried, {**env, "BOARDWELL_QUEUE": amqp})
    else:
        print("Celery with RabbitMQ: not available (rabbitmq-server is neither here nor to be had)")
    for key in ("sqlite", "postgres"):
        if key in found:
            found[key].ask("prepare")
    return found


def measure(sides: dict[str, Side]) -> list[dict[str, Any]]:
    """Every row of the table."""
    speeds: dict[str, list[dict[str, float]]] = {key: [] for key in sides if key != "late"}
    for _round in range(ROUNDS):
        for key, found in speeds.items():
            found.append(throughput(sides[key]))
    waits = {key: latency(sides[key]) for key in speeds} | {"embedded": latency(sides["sqlite"], "ping-embedded")}
    fates = {key: kills(side) for key, side in sides.items()}
    rival = sides["celery"].name if "celery" in sides else "not available"
    rows = []
    for key in [key for key in speeds if sides[key].is_ours]:
        for what in ("enqueue", "drain"):
            ours, other = (median(each[what] for each in speeds.get(one, [])) if one in speeds else 0 for one in (key, "celery"))
            rows.append(report.row(f"{what}, {sides[key].name}", ours, other, rival, "tasks per second"))
    for key in [key for key in waits if key not in sides or sides[key].is_ours]:
        name = sides[key].name if key in sides else "ours, worker in the web process"
        for mark in ("p50", "p95"):
            other = waits["celery"][mark] if "celery" in waits else 0
            rows.append(report.row(f"idle latency {mark}, {name}", waits[key][mark], other, rival, "ms", less_is_better=True))
    rivals = [key for key in ("celery", "late") if key in sides]
    for key in [key for key in sides if sides[key].is_ours]:
        for fate in ("undone", "doubled"):
            for one in rivals or [""]:
                other, name = (fates[one][fate], sides[one].name) if one else (0, rival)
                rows.append(report.row(f"5 × kill -9, {fate}, {sides[key].name}", fates[key][fate], other, name, f"of {KILL_TASKS}"))
    return rows


def main() -> None:
    """Ours on both databases and carried by Celery, beside Celery; what cannot be had on this machine is left out and said."""
    place = scratch.folder("queue")
    with ExitStack() as stack:
        stack.callback(scratch.drop, place)
        report.publish("queue", measure(sides_here(place, stack)))


if __name__ == "__main__":
    main()
