"""Writes audit entries in the transaction of their effect: no entry, no effect.

Three statements at most, whatever the number of entries: read the head under lock, insert, write the head.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import connection

from boardwell.domain.audit.merkle import append, leaf_hash
from boardwell.kernel import tenancy
from boardwell.kernel.clock import now
from boardwell.kernel.sql import FEW, Answer, Statement, at_once, change, fetch_one, for_update, insert_rows, insertion, instant

_COLUMNS = (
    "organisation_id", "position", "at", "actor_kind", "actor_id", "verb", "object_kind", "object_id", "account_id",
    "journey_id", "body", "leaf_hash",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Entry:
    """What happened to one object: verb in the past tense, state before and after, and why if somebody said so."""

    verb: str
    object_kind: str = ""
    object_id: str = ""
    account_id: str = ""
    journey_id: str = ""
    label: str = ""
    before: Mapping[str, Any] | None = None
    after: Mapping[str, Any] | None = None
    why: str = ""


def record(
    verb: str,
    *,
    object_kind: str,
    object_id: str,
    account_id: str = "",
    journey_id: str = "",
    label: str = "",
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
    why: str = "",
) -> int:
    """Appends one entry and returns its position; the actor, the organisation and the request come from the context."""
    return record_many(
        [
            Entry(
                verb, object_kind=object_kind, object_id=object_id, account_id=account_id, journey_id=journey_id, label=label,
                before=before, after=after, why=why,
            )
        ]
    )  # fmt: skip


def record_many(entries: Sequence[Entry]) -> int:
    """Appends entries in order and returns the position of the first (-1 when there was none to append).

    Raises RuntimeError outside a transaction: entry and effect commit together.
    """
    if not entries:
        return -1
    if not connection.in_atomic_block:
        raise RuntimeError("audit outside a transaction: the effect and its entry must commit together")
    organisation_id = tenancy.current().organisation_id
    head = fetch_one(*log_head())
    if head is None:
        # Two first writers at once: the second waits here for the first, then finds its head.
        change(_FIRST_HEAD, [organisation_id, b""])
        head = fetch_one(*log_head()) or (0, b"")
    rows, onward = _appended(entries, int(head[0]), bytes(head[1]))
    if len(rows) <= FEW:
        at_once(insertion("audit_auditentry", _COLUMNS, rows), onward)
    else:
        insert_rows("audit_auditentry", _COLUMNS, rows)
        change(*onward)
    return int(head[0])


def log_head() -> Statement:
    """The statement that reads the log's head and locks it until the transaction ends; its answer is for `additions`."""
    return _HEAD + for_update(), [tenancy.current().organisation_id]


def additions(entries: Sequence[Entry], head: Answer) -> list[Statement]:
    """The statements by which `record_many` would append a few entries, for the caller to run with others of its own.

    `head` is what `log_head` gave in this transaction, after which nothing may have been recorded in it.
    """
    if not head.rows:  # the organisation's first entries
        record_many(entries)
        return []
    ((size, frontier),) = head.rows
    rows, onward = _appended(entries, int(size), bytes(frontier))
    return [insertion("audit_auditentry", _COLUMNS, rows), onward]


def _appended(entries: Sequence[Entry], size: int, frontier: bytes) -> tuple[list[tuple[Any, ...]], Statement]:
    """The rows of the entries, and what sets the head behind them."""
    context = tenancy.current()
    at = now()
    stamp = instant(at)
    rows = []
    for entry in entries:
        body = encode(entry, context, size, at)
        leaf = leaf_hash(body.encode())
        rows.append(
            (
                context.organisation_id, size, stamp, context.actor.kind, context.actor.id, entry.verb, entry.object_kind,
                entry.object_id, entry.account_id, entry.journey_id, body, leaf,
            )
        )  # fmt: skip
        frontier = append(size, frontier, leaf)
        size += 1
    return rows, (_NEXT_HEAD, [size, frontier, context.organisation_id])


_HEAD = "SELECT size, frontier FROM audit_audithead WHERE organisation_id = %s"
_FIRST_HEAD = "INSERT INTO audit_audithead (organisation_id, size, frontier) VALUES (%s, 0, %s) ON CONFLICT (organisation_id) DO NOTHING"
_NEXT_HEAD = "UPDATE audit_audithead SET size = %s, frontier = %s WHERE organisation_id = %s"


def encode(entry: Entry, context: tenancy.Context, position: int, at: datetime) -> str:
    """The canonical body: JSON with sorted keys, no spaces, UTF-8. These bytes are what is hashed."""
    body: dict[str, Any] = {
        "position": position,
        "at": at.isoformat(),
        "organisation": context.organisation_id,
        "actor": {"kind": context.actor.kind, "id": context.actor.id, "name": context.actor.name},
        "verb": entry.verb,
        "object": {"kind": entry.object_kind, "id": entry.object_id, "label": entry.label},
    }
    if entry.account_id:
        body["account"] = entry.account_id
    if entry.journey_id:
        body["journey"] = entry.journey_id
    if entry.before is not None:
        body["before"] = dict(entry.before)
    if entry.after is not None:
        body["after"] = dict(entry.after)
    if entry.why:
        body["why"] = entry.why
    if context.request_id:
        body["request"] = context.request_id
    text = _CANONICAL.encode(body)
    try:
        text.encode()
    except UnicodeEncodeError:  # a lone surrogate, which no database takes: escaped, so that the effect is not stopped
        return json.dumps(json.loads(text), sort_keys=True, separators=(",", ":"))
    return text


def _as_text(value: Any) -> str:
    if isinstance(value, datetime | date):
        return value.isoformat()
    raise TypeError(f"an audit entry may not carry {type(value).__name__}")


_CANONICAL = json.JSONEncoder(ensure_ascii=False, allow_nan=False, sort_keys=True, separators=(",", ":"), default=_as_text)
