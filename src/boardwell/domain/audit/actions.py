"""Writes audit entries in the transaction of their effect: no entry, no effect.

Three statements whatever the number of entries: read the head under lock, insert, write the head.
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
from boardwell.kernel.sql import FEW, change, fetch_one, for_update, insert_rows, insertion, instant, together

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
    context = tenancy.current()
    at = now()
    stamp = instant(at)
    head = _locked_head(context.organisation_id)
    if head is None:
        # Two first writers at once: the second waits here for the first, then finds its head.
        change(_FIRST_HEAD, [context.organisation_id, b""])
        head = _locked_head(context.organisation_id) or (0, b"")
    first, frontier = head
    size = first
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
    onward = [size, frontier, context.organisation_id]
    if len(rows) <= FEW:
        together(insertion("audit_auditentry", _COLUMNS, rows), (_NEXT_HEAD, onward))
    else:
        insert_rows("audit_auditentry", _COLUMNS, rows)
        change(_NEXT_HEAD, onward)
    return first


_HEAD = "SELECT size, frontier FROM audit_audithead WHERE organisation_id = %s"
_FIRST_HEAD = "INSERT INTO audit_audithead (organisation_id, size, frontier) VALUES (%s, 0, %s) ON CONFLICT (organisation_id) DO NOTHING"
_NEXT_HEAD = "UPDATE audit_audithead SET size = %s, frontier = %s WHERE organisation_id = %s"


def _locked_head(organisation_id: str) -> tuple[int, bytes] | None:
    row = fetch_one(_HEAD + for_update(), [organisation_id])
    return (int(row[0]), bytes(row[1])) if row else None


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
