"""Set-based statements for the few hot verbs: values as the database wants them, many rows in one insert."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from django.db import connection

_MOST_PARAMETERS = 30_000
"""SQLite allows 32,766 bound values a statement (3.32 and later), PostgreSQL 65,535."""


def instant(value: datetime | None) -> Any:
    """An aware instant as this database stores it."""
    return connection.ops.adapt_datetimefield_value(value) if value else None


def written_back(value: Any) -> Any:
    """A value that a raw cursor gave, fit to be a parameter again: SQLite gives naive datetimes but wants text."""
    return value.isoformat(" ") if isinstance(value, datetime) and connection.vendor == "sqlite" else value


def for_update(alias: str = "") -> str:
    """The clause that locks the rows read; empty on SQLite, where a write transaction already excludes all others."""
    if connection.vendor != "postgresql":
        return ""
    return f" FOR UPDATE OF {alias}" if alias else " FOR UPDATE"


def insert_rows(table: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> int:
    """Inserts all rows with as few statements as the parameter limit allows; returns how many there were.

    `table` and `columns` come from our own code, never from input.
    """
    kept = list(rows)
    slot = "(" + ", ".join(["%s"] * len(columns)) + ")"
    head = f"INSERT INTO {table} ({', '.join(columns)}) VALUES "
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            # No round trips to save here, and one short statement is parsed once where a long one is parsed anew each time.
            cursor.executemany(head + slot, kept)
            return len(kept)
        per_statement = max(1, _MOST_PARAMETERS // len(columns))
        for start in range(0, len(kept), per_statement):
            part = kept[start : start + per_statement]
            cursor.execute(head + ", ".join([slot] * len(part)), [value for row in part for value in row])
    return len(kept)
