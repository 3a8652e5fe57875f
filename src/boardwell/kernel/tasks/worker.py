"""Runs background work: delivers events to listeners, runs tasks, wakes recurring jobs.

Work whose effects lie in our database runs in the transaction that settles its row: kill -9 at any moment leaves
either both or neither, and the work is free again at once. Work with effects outside is claimed by a lease,
run without a transaction, settled after: at least once, with a constant key for the receiver.
"""

import logging
import random
import signal
import threading
import time
import traceback
from contextlib import nullcontext
from datetime import timedelta
from types import FrameType
from typing import Any

from django.db import DatabaseError, close_old_connections, connection, transaction
from django.tasks.base import Task
from django.utils.module_loading import import_string

from boardwell.kernel import recurring, tenancy
from boardwell.kernel.clock import now
from boardwell.kernel.events import Heard, listeners_for
from boardwell.kernel.models import BackgroundTask, OutboxEvent, RateBucket
from boardwell.kernel.sql import instant
from boardwell.kernel.tasks.backend import OUTSIDE
from boardwell.kernel.wake import bell

log = logging.getLogger("boardwell.worker")

BATCH = 50
BATCH_SECONDS = 0.04
"""How long one transaction may hold the write lock of SQLite before it commits and lets pages write."""
LEASE = timedelta(seconds=20)
POLL_SECONDS = 1.0
MOST_ATTEMPTS = 12
_KEEP_DONE = timedelta(days=7)


class Worker:
    """One thread of background work."""

    def __init__(self, name: str = "worker") -> None:
        self.name = name
        self.stopping = threading.Event()

    def run(self) -> None:
        """Works until `stop`; survives database errors by waiting."""
        while not self.stopping.is_set():
            try:
                busy = self.turn()
            except DatabaseError:
                log.exception("the database does not answer; trying again")
                close_old_connections()
                busy = False
                time.sleep(1)
            if not busy:
                bell.wait(POLL_SECONDS)
                bell.clear()
        connection.close()

    def stop(self) -> None:
        """Lets the current batch finish."""
        self.stopping.set()
        bell.set()

    def turn(self) -> bool:
        """One round of everything; True when there may be more."""
        return any([self.deliver_events(), self.run_inside(), self.run_outside(), recurring.run_due()])

    def deliver_events(self) -> bool:
        """Hands committed events to their listeners, oldest first; a failing listener gets the event again later."""
        with transaction.atomic():
            rows = OutboxEvent.objects.filter(dispatched_at=None).order_by("id")
            if connection.features.has_select_for_update_skip_locked:
                rows = rows.select_for_update(skip_locked=True)
            events = list(rows[:BATCH])
            started = time.monotonic()
            delivered: list[int] = []
            for event in events:
                for label, listener in listeners_for(event.name):
                    self._deliver(event, label, listener)
                delivered.append(event.pk)
                if time.monotonic() - started > BATCH_SECONDS:
                    break
            OutboxEvent.objects.filter(pk__in=delivered).update(dispatched_at=now())
        return bool(events)

    def _deliver(self, event: OutboxEvent, label: str, listener: Any) -> None:
        heard = Heard(event.pk, event.organisation_id, event.name, event.body, event.happened_at)
        try:
            with tenancy.acting_for(event.organisation_id), transaction.atomic():
                listener(heard)
        except Exception:
            log.exception("a listener failed; it gets the event again", extra={"listener": label, "event": event.pk})
            BackgroundTask.objects.get_or_create(
                key=f"deliver:{event.pk}:{label}",
                defaults={
                    "organisation_id": event.organisation_id, "function": f"{__name__}.deliver_again",
                    "arguments": {"args": [event.pk, label], "kwargs": {}}, "run_after": now() + timedelta(seconds=2),
                },
            )  # fmt: skip

    def run_inside(self) -> bool:
        """Runs waiting tasks whose effects are in this database, a batch a transaction."""
        with transaction.atomic():
            rows = BackgroundTask.objects.filter(state="waiting", run_after__lte=now()).exclude(queue=OUTSIDE)
            rows = rows.order_by("priority", "run_after", "id")
            if connection.features.has_select_for_update_skip_locked:
                rows = rows.select_for_update(skip_locked=True)
            batch = list(rows[:BATCH])
            started = time.monotonic()
            done: list[int] = []
            for row in batch:
                if self._run_one(row):
                    done.append(row.pk)
                if time.monotonic() - started > BATCH_SECONDS:
                    break
            BackgroundTask.objects.filter(pk__in=done).update(state="done", ended_at=now())
        return bool(batch)

    def _run_one(self, row: BackgroundTask) -> bool:
        try:
            with transaction.atomic():
                result = call(row)
                if result is not None:
                    BackgroundTask.objects.filter(pk=row.pk).update(result=result)
            return True
        except Exception:
            postpone(row, traceback.format_exc())
            return False

    def run_outside(self) -> bool:
        """Claims tasks with effects outside by lease, runs them one by one, settles each."""
        claimed = self._claim_outside()
        for row in claimed:
            try:
                result = call(row)
            except Exception:
                postpone(row, traceback.format_exc())
            else:
                BackgroundTask.objects.filter(pk=row.pk, leased_by=self.name).update(
                    state="done", ended_at=now(), result=result, leased_until=None
                )
        return bool(claimed)

    def _claim_outside(self) -> list[BackgroundTask]:
        at = now()
        locked = " FOR UPDATE SKIP LOCKED" if connection.vendor == "postgresql" else ""
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(
                "UPDATE kernel_backgroundtask SET state = 'running', leased_until = %s, leased_by = %s WHERE id IN ("
                "SELECT id FROM kernel_backgroundtask WHERE queue = %s AND (state = 'waiting' AND run_after <= %s "
                "OR state = 'running' AND leased_until < %s) ORDER BY priority, run_after, id LIMIT 10" + locked + ") RETURNING id",
                [instant(at + LEASE), self.name, OUTSIDE, instant(at), instant(at)],
            )
            ids = [row[0] for row in cursor.fetchall()]
        return list(BackgroundTask.objects.filter(pk__in=ids).order_by("priority", "run_after", "id")) if ids else []


def call(row: BackgroundTask) -> Any:
    """Runs a row's function, acting for its organisation."""
    found = import_string(row.function)
    function = found.func if isinstance(found, Task) else found
    context = tenancy.acting_for(row.organisation_id) if row.organisation_id else nullcontext()
    with context:
        return function(*row.arguments["args"], **row.arguments["kwargs"])


def postpone(row: BackgroundTask, error: str) -> None:
    """Counts a failed attempt: again after 2, 4, 8 … seconds (at most an hour, with jitter), failed for good after twelve."""
    attempts = row.attempts + 1
    log.warning("a task failed", extra={"task": row.pk, "function": row.function, "attempts": attempts})
    delay = min(3600, 2**attempts) * random.uniform(0.8, 1.2)  # noqa: S311 - jitter, not a secret
    BackgroundTask.objects.filter(pk=row.pk).update(
        state="failed" if attempts >= MOST_ATTEMPTS else "waiting", attempts=attempts, last_error=error[-4000:],
        run_after=now() + timedelta(seconds=delay), leased_until=None, ended_at=now() if attempts >= MOST_ATTEMPTS else None,
    )  # fmt: skip


def deliver_again(event_id: int, label: str) -> None:
    """Gives one event to one listener that failed on it before."""
    event = OutboxEvent.objects.get(pk=event_id)
    for known, listener in listeners_for(event.name):
        if known == label:
            listener(Heard(event.pk, event.organisation_id, event.name, event.body, event.happened_at))


def run_until_idle(most_turns: int = 10_000) -> None:
    """Works until nothing is waiting that could run now; for commands and tests."""
    worker = Worker("until-idle")
    for _turn in range(most_turns):
        if not any([worker.deliver_events(), worker.run_inside(), worker.run_outside()]):
            return


_background: list[threading.Thread] = []


def start_in_background() -> None:
    """Starts the worker as a daemon thread of this process; a second call does nothing."""
    if not _background:
        thread = threading.Thread(target=Worker("embedded").run, name="boardwell-worker", daemon=True)
        _background.append(thread)
        thread.start()


def run_forever() -> None:
    """Works in the foreground until SIGTERM or SIGINT."""
    worker = Worker(f"worker-{random.getrandbits(32):08x}")

    def stop(_number: int, _frame: FrameType | None) -> None:
        worker.stop()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    worker.run()


def sweep() -> int:
    """Deletes settled tasks and delivered events older than a week, and full rate buckets; returns how many."""
    limit = now() - _KEEP_DONE
    tasks, _by_model = BackgroundTask.objects.filter(state="done", ended_at__lt=limit).delete()
    events, _by_model = OutboxEvent.objects.filter(dispatched_at__lt=limit).delete()
    buckets, _by_model = RateBucket.objects.filter(full_at__lt=now().timestamp() * 1_000_000).delete()
    return tasks + events + buckets


recurring.every(timedelta(hours=6), name="kernel.sweep")(sweep)
