"""Celery over RabbitMQ as the carrier of row ids, for more than one machine; imported only when BOARDWELL_QUEUE is set.

Quorum queues, acknowledged after the work, one message at a time: a killed worker's message goes to another at once. The sweep finds
rows that no message stands for any more.
"""

import logging
import os
import socket
import threading
import time
from datetime import timedelta
from typing import Any

from celery import Celery, bootsteps
from django.conf import settings
from django.db import DatabaseError, close_old_connections, connection, transaction
from kombu import Queue
from kombu.exceptions import OperationalError as BrokerAway

from boardwell.kernel import recurring
from boardwell.kernel.clock import now
from boardwell.kernel.sql import instant
from boardwell.kernel.tasks import rows
from boardwell.kernel.tasks.worker import Worker, finish_outside, run_one
from boardwell.kernel.wake import EVENTS

log = logging.getLogger("boardwell.carrier")

QUEUE = "boardwell"
SWEEP_SECONDS = 5.0
UNSETTLED_AFTER = timedelta(seconds=5)
"""A row that waits longer than this may have lost its message."""
SENT_AGAIN_AFTER_SECONDS = 30.0
"""A row whose message was just sent again is left alone for so long: behind a backlog it is not lost, only late."""
MOST_AT_ONCE = 1000

# Without Celery's own care for Django, which opens a new connection to the database for every task.
app = Celery("boardwell", broker=settings.QUEUE_URL, fixups=[])
app.conf.update(
    task_ignore_result=True, task_acks_late=True, task_reject_on_worker_lost=True, worker_prefetch_multiplier=1,
    task_default_queue=QUEUE, task_queues=[Queue(QUEUE, durable=True, queue_arguments={"x-queue-type": "quorum"})],
    task_default_queue_type="quorum", worker_detect_quorum_queues=True, broker_connection_retry_on_startup=True,
    worker_enable_remote_control=False, worker_hijack_root_logger=False,
    task_publish_retry_policy={"max_retries": 1, "interval_start": 0, "interval_max": 0.2},
)  # fmt: skip

_ME = f"{socket.gethostname()}-{os.getpid()}"[:80]


@app.task(name="boardwell.run")  # type: ignore[untyped-decorator]  # celery has no types
def run(task_id: int) -> None:
    """Runs one row, or delivers events; does nothing when the row is settled, put off or in other hands."""
    try:
        if task_id == EVENTS:
            while Worker(_ME).deliver_events():
                pass
        else:
            run_row(task_id)
    finally:
        close_old_connections()


def run_row(task_id: int) -> None:
    """Inside: run and settle in one transaction. Outside: lease, run, settle."""
    with transaction.atomic():
        row = rows.lock_one(task_id)
        if row is not None:
            if run_one(row):
                rows.settle([row.id])
            return
    for claimed in rows.claim_outside(_ME, 1, only=task_id):
        finish_outside(claimed, _ME)


class CeleryCarrier:
    """Sends ids; a broker that is away costs a line in the log and the time until the next sweep."""

    def send(self, task_id: int) -> None:
        """Sends one id."""
        try:
            run.apply_async((task_id,), ignore_result=True)
        except (BrokerAway, OSError) as problem:
            log.warning("the broker does not answer; the sweep sends again", extra={"task": task_id, "problem": str(problem)[:200]})


_UNSETTLED = """
SELECT id FROM kernel_backgroundtask WHERE state = 'waiting' AND run_after <= %s
UNION ALL SELECT id FROM kernel_backgroundtask WHERE state = 'running' AND leased_until < %s
LIMIT %s
"""


class Sweep:
    """Looks for rows that should have run by now, and sends their ids again; several machines may sweep at once."""

    def __init__(self, carrier: CeleryCarrier) -> None:
        self.carrier = carrier
        self.sent: dict[int, float] = {}

    def once(self) -> int:
        """One look; returns how many were sent."""
        at = time.monotonic()
        self.sent = {task_id: when for task_id, when in self.sent.items() if at - when < SENT_AGAIN_AFTER_SECONDS}
        late = now() - UNSETTLED_AFTER
        with connection.cursor() as cursor:
            cursor.execute(_UNSETTLED, [instant(late), instant(now()), MOST_AT_ONCE])
            found = [row[0] for row in cursor.fetchall()]
        again = [task_id for task_id in found if task_id not in self.sent]
        if rows.look().events:
            again.append(EVENTS)
        for task_id in again:
            self.carrier.send(task_id)
            if task_id != EVENTS:
                self.sent[task_id] = at
        return len(again)


class Clock(bootsteps.StartStopStep):  # type: ignore[misc]  # celery has no types
    """The thread beside Celery's consumer that runs recurring jobs and the sweep."""

    def __init__(self, parent: Any, **options: Any) -> None:
        super().__init__(parent, **options)
        self.stopping = threading.Event()

    def start(self, parent: Any) -> None:
        """Begins."""
        threading.Thread(target=self._tick, name="boardwell-clock", daemon=True).start()

    def stop(self, parent: Any) -> None:
        """Ends with the worker."""
        self.stopping.set()

    def _tick(self) -> None:
        sweep, next_sweep = Sweep(CeleryCarrier()), 0.0
        while not self.stopping.wait(0.5):
            try:
                recurring.run_due()
                if time.monotonic() >= next_sweep:
                    sweep.once()
                    next_sweep = time.monotonic() + SWEEP_SECONDS
            except DatabaseError:
                log.exception("the database does not answer; trying again")
                close_old_connections()


app.steps["worker"].add(Clock)


def work(processes: int = 2) -> None:
    """Consumes until told to stop: `boardwell worker` where BOARDWELL_QUEUE is set."""
    connection.close()  # the processes to come open their own
    app.worker_main(["worker", "--concurrency", str(processes), "--loglevel", "WARNING", "--without-gossip", "--without-mingle"])
