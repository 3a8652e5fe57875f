"""Our queue as an installation runs it: fill, ping, and what its tasks do."""

import json
import sys
import time
from typing import Any

import django

django.setup()

import effects  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.db import connection  # noqa: E402
from django.tasks import task  # noqa: E402

if __name__ == "__main__":
    sys.modules["ours"] = sys.modules["__main__"]
    __name__ = "ours"


@task
def nothing(number: int) -> None:
    """The no-op."""
    effects.append(number)


@task
def keep(number: int, seconds: float) -> None:
    """A row after some work, in the transaction that settles the task."""
    time.sleep(seconds)
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO bench_effect(number) VALUES(%s)", [number])


def _execute(*statements: str) -> None:
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)


def _pings(many: int) -> dict[int, float]:
    nothing.enqueue(0)
    time.sleep(1.5)
    sent = {}
    for number in range(1, many + 1):
        sent[number] = time.time()
        nothing.enqueue(number)
        time.sleep(0.03)
    return sent


def main(operation: str, many: int) -> Any:
    """One operation; what it returns is printed as JSON."""
    if operation == "prepare":
        call_command("migrate", verbosity=0)
        _execute("CREATE TABLE bench_effect(number INT)")
    elif operation == "reset":
        _execute("DELETE FROM kernel_backgroundtask", "DELETE FROM bench_effect")
    elif operation == "fill":
        nothing.enqueue(0)
        began = time.perf_counter()
        for number in range(1, many):
            nothing.enqueue(number)
        return {"rate": (many - 1) / (time.perf_counter() - began)}
    elif operation == "ping":
        return _pings(many)
    elif operation == "ping-embedded":
        from boardwell.kernel.tasks.worker import start_in_background

        start_in_background()
        sent = _pings(many)
        time.sleep(1)
        return sent
    elif operation == "rows":
        with connection.cursor() as cursor:
            cursor.execute("SELECT number FROM bench_effect")
            return [row[0] for row in cursor.fetchall()]
    else:
        for number in range(many):
            keep.enqueue(number, 0.02)
    return {}


if "ours" in sys.modules and sys.modules["ours"] is sys.modules["__main__"]:
    print(json.dumps(main(sys.argv[1], int(sys.argv[2]))))
