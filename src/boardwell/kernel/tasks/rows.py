"""The statements of the queue: put a task in, take some out under lock or lease, settle them, put them off."""

import json
import random
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from django.db import connection

from boardwell.kernel.clock import now
from boardwell.kernel.models import BackgroundTask
from boardwell.kernel.sql import as_instant, as_json, change, fetch_all, fetch_one, instant, together

OUTSIDE = "outside"
"""The queue of tasks with effects outside our database (mail, calls): claimed by lease, run without a transaction."""
LEASE = timedelta(seconds=20)
MOST_ATTEMPTS = 12
_COLUMNS = "id, organisation_id, function, arguments, attempts"

_ADD = (
    "INSERT INTO kernel_backgroundtask (organisation_id, queue, function, arguments, priority, state, run_after, leased_by, attempts, "
    "last_error, created_at) VALUES (%s, %s, %s, %s, %s, 'waiting', %s, '', 0, '', %s) RETURNING id"
)


class TaskRow(NamedTuple):
    """What running a task needs of its row."""

    id: int
    organisation_id: str
    function: str
    arguments: dict[str, Any]
    attempts: int


def _task_row(values: Sequence[Any]) -> TaskRow:
    return TaskRow(values[0], values[1], values[2], as_json(values[3]), values[4])


def insert_task(organisation_id: str, queue: str, function: str, arguments: dict[str, Any], priority: int, run_after: datetime) -> int:
    """Writes a waiting task and returns its id. One short statement, because every change of a journey writes some."""
    stamps = instant(run_after), instant(now())
    (added,) = together((_ADD, [organisation_id, queue, function, json.dumps(arguments, ensure_ascii=False), priority, *stamps]))
    return int(added.rows[0][0])


def _skip_locked() -> str:
    return " FOR UPDATE SKIP LOCKED" if connection.vendor == "postgresql" else ""


def lock_waiting(most: int) -> list[TaskRow]:
    """Waiting tasks with effects inside, locked until the caller's transaction ends; what others hold is passed over."""
    found = fetch_all(
        f"SELECT {_COLUMNS} FROM kernel_backgroundtask WHERE state = 'waiting' AND run_after <= %s AND queue <> %s "
        f"ORDER BY priority, run_after, id LIMIT %s{_skip_locked()}",
        [instant(now()), OUTSIDE, most],
    )
    return [_task_row(values) for values in found]


def lock_one(task_id: int) -> TaskRow | None:
    """One waiting task with effects inside, locked; None when it is settled, put off or in other hands."""
    found = fetch_one(
        f"SELECT {_COLUMNS} FROM kernel_backgroundtask WHERE id = %s AND state = 'waiting' AND run_after <= %s AND queue <> %s{_skip_locked()}",
        [task_id, instant(now()), OUTSIDE],
    )
    return _task_row(found) if found else None


def claim_outside(owner: str, most: int, only: int | None = None) -> list[TaskRow]:
    """Takes tasks with effects outside into a lease of 20 seconds, also those whose holder let its own run out."""
    at = now()
    chosen = "" if only is None else "id = %s AND "
    found = fetch_all(
        "UPDATE kernel_backgroundtask SET state = 'running', leased_until = %s, leased_by = %s WHERE id IN ("
        f"SELECT id FROM kernel_backgroundtask WHERE {chosen}queue = %s AND (state = 'waiting' AND run_after <= %s "
        f"OR state = 'running' AND leased_until < %s) ORDER BY priority, run_after, id LIMIT %s{_skip_locked()}) RETURNING {_COLUMNS}",
        [instant(at + LEASE), owner, *([] if only is None else [only]), OUTSIDE, instant(at), instant(at), most],
    )
    return sorted(_task_row(values) for values in found)


def settle(ids: Iterable[int]) -> None:
    """Marks tasks as done."""
    kept = list(ids)
    if kept:
        change(
            f"UPDATE kernel_backgroundtask SET state = 'done', ended_at = %s, leased_until = NULL WHERE id IN ({', '.join(['%s'] * len(kept))})",
            [instant(now()), *kept],
        )


def keep_result(task_id: int, result: Any) -> None:
    """Keeps what a task returned, unless it was nothing."""
    if result is not None:
        BackgroundTask.objects.filter(pk=task_id).update(result=result)


def postpone(row: TaskRow, error: str) -> None:
    """Counts a failed attempt: again after 2, 4, 8 … seconds (at most an hour, with jitter), failed for good after twelve."""
    attempts = row.attempts + 1
    delay = min(3600, 2**attempts) * random.uniform(0.8, 1.2)  # noqa: S311 - jitter, not a secret
    BackgroundTask.objects.filter(pk=row.id).update(
        state="failed" if attempts >= MOST_ATTEMPTS else "waiting", attempts=attempts, last_error=error[-4000:],
        run_after=now() + timedelta(seconds=delay), leased_until=None, ended_at=now() if attempts >= MOST_ATTEMPTS else None,
    )  # fmt: skip


class Waiting(NamedTuple):
    """What there is to do now."""

    events: bool
    inside: bool
    outside: bool


def look() -> Waiting:
    """What could run now: one short read that takes no lock, for a worker that looks often and mostly in vain."""
    at = instant(now())
    row = fetch_one(
        "SELECT EXISTS (SELECT 1 FROM kernel_outboxevent WHERE dispatched_at IS NULL), "
        "EXISTS (SELECT 1 FROM kernel_backgroundtask WHERE state = 'waiting' AND run_after <= %s AND queue <> %s), "
        "EXISTS (SELECT 1 FROM kernel_backgroundtask WHERE state = 'waiting' AND run_after <= %s AND queue = %s) "
        "OR EXISTS (SELECT 1 FROM kernel_backgroundtask WHERE state = 'running' AND leased_until < %s)",
        [at, OUTSIDE, at, OUTSIDE, at],
    )
    return Waiting(*map(bool, row or (False, False, False)))


class WaitingEvent(NamedTuple):
    """An event that its listeners have not heard yet."""

    id: int
    organisation_id: str
    name: str
    body: Any
    happened_at: datetime
    cause: str


def lock_events(most: int) -> list[WaitingEvent]:
    """The oldest events that nobody delivers yet, locked until the caller's transaction ends."""
    found = fetch_all(
        "SELECT id, organisation_id, name, body, happened_at, cause FROM kernel_outboxevent WHERE dispatched_at IS NULL "
        f"ORDER BY id LIMIT %s{_skip_locked()}",
        [most],
    )
    return [WaitingEvent(v[0], v[1], v[2], v[3], as_instant(v[4]) or now(), v[5]) for v in found]


def mark_delivered(ids: Iterable[int]) -> None:
    """Their listeners have heard these events, or will hear them again by a task."""
    kept = list(ids)
    if kept:
        change(f"UPDATE kernel_outboxevent SET dispatched_at = %s WHERE id IN ({', '.join(['%s'] * len(kept))})", [instant(now()), *kept])
