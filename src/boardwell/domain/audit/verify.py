"""Checks an organisation's log from its raw rows and names every entry that was changed, is missing, or was swapped."""

import base64
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from django.db import connection, transaction

from boardwell.domain.audit.standalone import FORMAT, Finding, RawCheckpoint, RawEntry, Report, check
from boardwell.kernel import tenancy
from boardwell.kernel.signing import public_key
from boardwell.kernel.sql import instant

__all__ = ["Finding", "Report", "export", "verify_all", "verify_organisation"]

_TEXTS = ("verb", "actor_kind", "actor_id", "object_kind", "object_id", "account_id", "journey_id")


def verify_organisation(organisation_id: str) -> Report:
    """Recomputes every hash, compares columns with bodies, the tree with its head and with each signed checkpoint.

    Entries may be appended meanwhile: head and checkpoints are read first, so that they can only be behind.
    """
    with tenancy.acting_for(organisation_id):
        head = _head(organisation_id)
        report = check(Report(organisation_id), _entries(organisation_id), _checkpoints(organisation_id), head, public_key())
        later = _head(organisation_id)
    if later and report.entries > later[0]:
        report.say("extra", later[0], f"entries from {later[0]} on are not in the head")
    return report


def verify_all() -> list[Report]:
    """One report for each organisation that has a log, a head or a checkpoint."""
    with tenancy.unscoped("verify checks every organisation"), connection.cursor() as cursor:
        cursor.execute(
            "SELECT organisation_id FROM audit_audithead UNION SELECT organisation_id FROM audit_auditentry "
            "UNION SELECT organisation_id FROM audit_auditcheckpoint ORDER BY 1"
        )
        organisations = [row[0] for row in cursor.fetchall()]
    return [verify_organisation(organisation_id) for organisation_id in organisations]


def export(organisation_id: str) -> bytes:
    """Everything that `standalone.py` needs to verify the log offline, as JSON lines."""
    with tenancy.acting_for(organisation_id), transaction.atomic():
        # The head is locked (on SQLite the whole database is), so that all parts belong together.
        head = _head(organisation_id, locked=True)
        checkpoints = list(_checkpoints(organisation_id))
        header = {
            "format": FORMAT,
            "organisation": organisation_id,
            "public_key": base64.b64encode(public_key()).decode(),
            "head": {"size": head[0], "frontier": head[1].hex()} if head else None,
            "checkpoints": [
                {"size": each.size, "root_hash": each.root_hash.hex(), "note": each.note.decode(errors="replace"), "made_at": each.made_at}
                for each in checkpoints
            ],
        }
        lines = [_line(header)]
        lines += [
            _line({**each.columns, "body": each.body.decode(errors="replace"), "leaf_hash": each.leaf_hash.hex()})
            for each in _entries(organisation_id)
        ]
    return b"".join(lines)


def _line(value: dict[str, Any]) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode(errors="replace") + b"\n"


def _raw(column: str) -> str:
    """The column's bytes: what was tampered with need not be text any more, and must not stop the check."""
    return f"CAST({column} AS BLOB)" if connection.vendor == "sqlite" else column


def _bytes(value: Any) -> bytes:
    return value.encode() if isinstance(value, str) else bytes(value or b"")


def _text(value: Any) -> str | None:
    try:
        return _bytes(value).decode()
    except UnicodeDecodeError:
        return None


def _number(value: Any) -> int | None:
    """A whole number; None for anything else that SQLite may hold in a number's place."""
    return value if isinstance(value, int) else None


def _iso(value: Any) -> str | None:
    """An instant as the body and the note write it; None when the stored one is not exactly what we would store."""
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    text = _text(value)
    try:
        at = datetime.fromisoformat(text or "").replace(tzinfo=UTC)
    except ValueError:
        return None
    return at.isoformat() if str(instant(at)) == text else None


def _head(organisation_id: str, *, locked: bool = False) -> tuple[int, bytes] | None:
    lock = " FOR UPDATE" if locked and connection.vendor == "postgresql" else ""
    with connection.cursor() as cursor:
        cursor.execute("SELECT size, frontier FROM audit_audithead WHERE organisation_id = %s" + lock, [organisation_id])
        row = cursor.fetchone()
    return (size if (size := _number(row[0])) is not None else -1, _bytes(row[1])) if row else None


def _checkpoints(organisation_id: str) -> Iterator[RawCheckpoint]:
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT size, root_hash, {_raw('note')}, {_raw('made_at')} FROM audit_auditcheckpoint "
            "WHERE organisation_id = %s ORDER BY size",
            [organisation_id],
        )
        rows = cursor.fetchall()
    for size, root_hash, note, made_at in rows:
        yield RawCheckpoint(_number(size), _bytes(root_hash), _bytes(note), _iso(made_at) or "unreadable")


def _entries(organisation_id: str) -> Iterator[RawEntry]:
    texts = ", ".join(_raw(name) for name in _TEXTS)
    with connection.chunked_cursor() as cursor:
        cursor.execute(
            f"SELECT position, {_raw('at')}, leaf_hash, {_raw('body')}, {texts} FROM audit_auditentry "
            "WHERE organisation_id = %s ORDER BY position, id",
            [organisation_id],
        )
        while rows := cursor.fetchmany(2000):
            for position, at, leaf, body, *values in rows:
                columns = {
                    "position": _number(position), "organisation": organisation_id, "at": _iso(at),
                    **{name: _text(value) for name, value in zip(_TEXTS, values, strict=True)},
                }  # fmt: skip
                yield RawEntry(_number(position), _bytes(body), _bytes(leaf), columns)
