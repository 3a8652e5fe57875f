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
from collections.abc import Iterator, Sequence
from contextlib import nullcontext
from datetime import timedelta
from itertools import batched
from types import FrameType
from typing import Any

import msgspec
from django.db import DatabaseError, close_old_connections, connection, transaction
from django.tasks.base import Task
from django.utils.module_loading import import_string

from boardwell.kernel import recurring, tenancy
from boardwell.kernel.clock import now
from boardwell.kernel.crowd import in_rush, others_wait
from boardwell.kernel.events import Heard, Listener, awaited, listeners_for
from boardwell.kernel.models import BackgroundTask, OutboxEvent, RateBucket
from boardwell.kernel.tasks import rows
from boardwell.kernel.tasks.rows import TaskRow, WaitingEvent
from boardwell.kernel.wake import bell

log = logging.getLogger("boardwell.worker")

BATCH = 200
TOLD_TOGETHER = 20
"""Events that a listener hears in one savepoint: few enough that it can be left off soon when a page waits to write."""
BATCH_SECONDS = 0.04
"""How long one transaction may hold the write lock of SQLite while nobody else wants it."""
POLITE_SECONDS = 0.003
"""How long it may hold the lock while a page of this process waits to write."""
POLL_SECONDS = 1.0
"""A worker inside the web process is woken by the bell, so it looks by itself only for what another process left."""
LONE_POLL_SECONDS = 0.02
"""A worker of its own hears no bell; looking is one short read that takes no lock."""
GATHER_SECONDS = 0.02
"""The least from one delivery of events to the next: in a busy moment they share a transaction, the first after a quiet one goes at once."""
GATHER_IN_RUSH_SECONDS = 0.1
"""The same while threads of this process write one after the other: each delivery takes a turn from them and empties their caches."""
_KEEP_DONE = timedelta(days=7)
_KEEP_EVENTS = timedelta(days=30)
"""What was heard is looked at again: by whoever tries out on it what an automation would have done."""


def shares[Row](batch: Sequence[Row], most_seconds: float = BATCH_SECONDS) -> Iterator[Row]:
    """As many of a batch as one transaction should take: fewer when it lasts, and when somebody in this process waits to write."""
    began = time.monotonic()
    for row in batch:
        yield row
        spent = time.monotonic() - began
        if spent > most_seconds or (spent > POLITE_SECONDS and others_wait()):
            return


class Worker:
    """One thread of background work."""

    def __init__(self, name: str = "worker", poll_seconds: float = POLL_SECONDS) -> None:
        self.name = name
        self.poll_seconds = poll_seconds
        self.stopping = threading.Event()
        self.delivers_from = 0.0

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
                bell.wait(self.poll_seconds)
                bell.clear()
        connection.close()

    def stop(self) -> None:
        """Lets the current batch finish."""
        self.stopping.set()
        bell.set()

    def turn(self) -> bool:
        """One round of everything; True when there may be more."""
        waiting = rows.look()
        if waiting.events and not (waiting.inside or waiting.outside) and (rest := self.delivers_from - time.monotonic()) > 0:
            self.stopping.wait(rest)
        return any([
            waiting.events and self.deliver_events(), waiting.inside and self.run_inside(), waiting.outside and self.run_outside(),
            recurring.run_due(),
        ])  # fmt: skip

    def deliver_events(self) -> bool:
        """Hands committed events to their listeners, oldest first; a failing listener gets the event again later."""
        with transaction.atomic():
            events = rows.lock_events(BATCH)
            delivered: list[int] = []
            for some in shares(list(batched(events, TOLD_TOGETHER, strict=False))):
                _deliver(some)
                delivered += [event.id for event in some]
            rows.mark_delivered(delivered)
        more = len(events) == BATCH or len(delivered) < len(events)
        self.delivers_from = 0.0 if more else time.monotonic() + (GATHER_IN_RUSH_SECONDS if in_rush() else GATHER_SECONDS)
        return bool(events)

    def run_inside(self) -> bool:
        """Runs waiting tasks whose effects are in this database, a batch a transaction."""
        with transaction.atomic():
            batch = rows.lock_waiting(BATCH)
            rows.settle([row.id for row in shares(batch) if run_one(row)])
        return bool(batch)

    def run_outside(self) -> bool:
        """Claims tasks with effects outside by lease, runs them one by one, settles each."""
        claimed = rows.claim_outside(self.name, 10)
        for row in claimed:
            finish_outside(row, self.name)
        return bool(claimed)


def _deliver(events: Sequence[WaitingEvent]) -> None:
    """Gives each listener what it has to hear of some events, oldest first, in one savepoint: opening one costs as much as hearing an event.

    When a listener fails it hears them again one by one, and only what fails alone comes again later.
    """
    for (organisation_id, label), (listener, heard) in _by_listener(events).items():
        if _heard(organisation_id, label, listener, heard):
            continue
        for each in heard:
            if len(heard) == 1 or not _heard(organisation_id, label, listener, [each]):
                _put_off(organisation_id, each.id, label)


def _by_listener(events: Sequence[WaitingEvent]) -> dict[tuple[str, str], tuple[Listener, list[Heard]]]:
    found: dict[tuple[str, str], tuple[Listener, list[Heard]]] = {}
    for event in events:
        body = msgspec.json.decode(event.body) if isinstance(event.body, str) else event.body
        heard = Heard(event.id, event.organisation_id, event.name, body, event.happened_at, event.cause)
        for label, listener in listeners_for(event.name):
            found.setdefault((event.organisation_id, label), (listener, []))[1].append(heard)
    return found


def _heard(organisation_id: str, label: str, listener: Listener, events: Sequence[Heard]) -> bool:
    """Whether the listener took them all; when not, nothing of what it did is left."""
    try:
        with transaction.atomic(), tenancy.acting_for(organisation_id):
            for event in awaited(label, events):
                with tenancy.acting_for(organisation_id, cause=event.cause) if event.cause else nullcontext():
                    listener(event)
        return True
    except Exception:
        if len(events) == 1:
            log.exception("a listener failed; it gets the event again", extra={"listener": label, "event": events[0].id})
        return False


def _put_off(organisation_id: str, event_id: int, label: str) -> None:
    BackgroundTask.objects.get_or_create(
        key=f"deliver:{event_id}:{label}",
        defaults={
            "organisation_id": organisation_id, "function": f"{__name__}.deliver_again",
            "arguments": {"args": [event_id, label], "kwargs": {}}, "run_after": now() + timedelta(seconds=2),
        },
    )  # fmt: skip


def run_one(row: TaskRow) -> bool:
    """Runs a task whose effects are in this database, inside the caller's transaction; puts it off when it fails."""
    try:
        with transaction.atomic():
            rows.keep_result(row.id, call(row))
        return True
    except Exception:
        _failed(row)
        return False


def finish_outside(row: TaskRow, owner: str) -> None:
    """Runs a leased task and settles it, unless the lease has gone to somebody else meanwhile."""
    try:
        result = call(row)
    except Exception:
        _failed(row)
    else:
        BackgroundTask.objects.filter(pk=row.id, leased_by=owner).update(state="done", ended_at=now(), result=result, leased_until=None)


def _failed(row: TaskRow) -> None:
    log.warning("a task failed", extra={"task": row.id, "function": row.function, "attempts": row.attempts + 1})
    rows.postpone(row, traceback.format_exc())


def call(row: TaskRow) -> Any:
    """Runs a row's function, acting for its organisation."""
    found = import_string(row.function)
    function = found.func if isinstance(found, Task) else found
    context = tenancy.acting_for(row.organisation_id) if row.organisation_id else nullcontext()
    with context:
        return function(*row.arguments["args"], **row.arguments["kwargs"])


def deliver_again(event_id: int, label: str) -> None:
    """Gives one event to one listener that failed on it before."""
    event = OutboxEvent.objects.get(pk=event_id)
    for known, listener in listeners_for(event.name):
        if known == label:
            with tenancy.acting_for(event.organisation_id, cause=event.cause):
                listener(Heard(event.pk, event.organisation_id, event.name, event.body, event.happened_at, event.cause))


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
    worker = Worker(f"worker-{random.getrandbits(32):08x}", LONE_POLL_SECONDS)

    def stop(_number: int, _frame: FrameType | None) -> None:
        worker.stop()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    worker.run()


def sweep() -> int:
    """Deletes settled tasks older than a week, delivered events older than a month, and full rate buckets; returns how many."""
    limit = now() - _KEEP_DONE
    tasks, _by_model = BackgroundTask.objects.filter(state="done", ended_at__lt=limit).delete()
    events, _by_model = OutboxEvent.objects.filter(dispatched_at__lt=now() - _KEEP_EVENTS).delete()
    buckets, _by_model = RateBucket.objects.filter(full_at__lt=now().timestamp() * 1_000_000).delete()
    return tasks + events + buckets


recurring.every(timedelta(hours=6), name="kernel.sweep")(sweep)
