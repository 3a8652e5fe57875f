"""Celery over RabbitMQ, run by the bench's own Python: fill, ping, and the application for `celery worker`."""

import json
import os
import sys
import time

import effects
from celery import Celery

LATE = os.environ.get("BENCH_LATE") == "1"
app = Celery("theirs", broker=os.environ["BENCH_AMQP"])
app.conf.update(
    task_ignore_result=True, broker_connection_retry_on_startup=True, task_default_queue="late" if LATE else "rival",
    worker_enable_remote_control=False, task_acks_late=LATE, task_reject_on_worker_lost=LATE,
    **({"worker_prefetch_multiplier": 1} if LATE else {}),
)  # fmt: skip


@app.task(name="nothing")
def nothing(number: int) -> None:
    """The no-op."""
    effects.append(number)


@app.task(name="keep")
def keep(number: int, seconds: float) -> None:
    """A row after some work."""
    effects.write_row(number, seconds)


if __name__ == "__main__":
    operation, many = sys.argv[1], int(sys.argv[2])
    if operation == "fill":
        nothing.delay(0)
        began = time.perf_counter()
        for number in range(1, many):
            nothing.delay(number)
        print(json.dumps({"rate": (many - 1) / (time.perf_counter() - began)}))
    elif operation == "ping":
        nothing.delay(0)
        time.sleep(1.5)
        sent = {}
        for number in range(1, many + 1):
            sent[number] = time.time()
            nothing.delay(number)
            time.sleep(0.03)
        print(json.dumps(sent))
    else:
        for number in range(many):
            keep.delay(number, 0.02)
        print("{}")
