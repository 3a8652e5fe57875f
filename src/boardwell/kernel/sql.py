"""Set-based statements for the few hot verbs: prepared on the driver, values as the database wants them, many rows at once."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, NamedTuple

import msgspec
from django.db import DEFAULT_DB_ALIAS, connection, connections

from boardwell.kernel import tenancy
from boardwell.kernel.rowlevel import Announcer

_MOST_PARAMETERS = 30_000
"""PostgreSQL allows 65,535 bound values a statement."""
FEW = 8
"""Up to so many rows go in one statement on every database."""
_JSON = msgspec.json.Encoder()


@lru_cache(maxsize=1)
def _on_sqlite() -> bool:
    return connections[DEFAULT_DB_ALIAS].vendor == "sqlite"


def instant(value: datetime | None) -> Any:
    """An aware instant as this database stores it: SQLite as text in UTC."""
    if value is None or not _on_sqlite():
        return value
    return str(value.astimezone(UTC).replace(tzinfo=None))


def written_back(value: Any) -> Any:
    """A value that a raw cursor gave, fit to be a parameter again: SQLite gives naive datetimes but wants text."""
    return str(value) if isinstance(value, datetime) and _on_sqlite() else value


def as_instant(value: datetime | None) -> datetime | None:
    """An instant that a raw cursor gave, aware: SQLite gives it naive, in UTC."""
    return value.replace(tzinfo=UTC) if value is not None and value.tzinfo is None else value


def as_json(value: Any) -> Any:
    """A JSON column that a raw cursor gave: text on both databases."""
    return json.loads(value) if isinstance(value, str) else value


def wall(alias: str, account: str = "") -> tuple[str, list[Any]]:
    """The condition, and its parameters, that keeps a raw read as narrow as `objects` would be.

    `account` names the column of the customer's account: an outsider reads the rows of their own accounts only.
    """
    context = tenancy.current()
    condition, parameters = f"{alias}.organisation_id = %s", [context.organisation_id]
    allowed = context.actor.account_ids
    if account and allowed is not None:
        if not allowed:
            return "1 = 0", []
        condition += f" AND {alias}.{account} IN ({', '.join(['%s'] * len(allowed))})"
        parameters += sorted(allowed)
    return condition, parameters


def for_update(alias: str = "") -> str:
    """The clause that locks the rows read; empty on SQLite, where a write transaction already excludes all others."""
    if _on_sqlite():
        return ""
    return f" FOR UPDATE OF {alias}" if alias else " FOR UPDATE"


def fetch_one(sql: str, values: Sequence[Any]) -> tuple[Any, ...] | None:
    """The first row that a statement gives, or None."""
    rows = _run(sql, values).rows
    return rows[0] if rows else None


def fetch_all(sql: str, values: Sequence[Any]) -> list[tuple[Any, ...]]:
    """Every row that a statement gives."""
    return _run(sql, values).rows


def change(sql: str, values: Sequence[Any]) -> int:
    """Runs a statement that gives no rows; returns how many it touched."""
    return _run(sql, values).touched


class Answer(NamedTuple):
    """What one statement gave: its rows, if it gives any, and how many it touched."""

    rows: list[tuple[Any, ...]]
    touched: int


type Statement = tuple[str, Sequence[Any]]


def together(*statements: Statement) -> list[Answer]:
    """Runs statements in order, none of which needs another's answer, in one trip to the database; for writers.

    Each sees what those before it did. When one fails, none of those after it runs, and its error is raised.
    """
    connection = connections[DEFAULT_DB_ALIAS]
    driver = _driver(connection)
    if driver is None:
        return [_run(sql, values) for sql, values in statements]
    with connection.wrap_database_errors:
        if _on_sqlite():
            return [_answer(driver.execute(_qmark(sql), values)) for sql, values in statements]
        return [Answer(rows, touched) for rows, touched in _one_trip()(driver, statements)]


def at_once(*statements: Statement) -> None:
    """Makes changes, no two of the same row and none of which looks at what another did: on PostgreSQL as one statement.

    Each statement costs the driver and the server more there than the few rows that it writes.
    """
    if _on_sqlite() or len(statements) == 1:
        together(*statements)
    else:
        together((_joined(tuple(sql for sql, _values in statements)), [value for _sql, values in statements for value in values]))


@lru_cache(maxsize=256)
def _joined(changes: tuple[str, ...]) -> str:
    named = ", ".join(f"part{number} AS ({sql})" for number, sql in enumerate(changes[:-1]))
    return f"WITH {named} {changes[-1]}"


def _answer(cursor: Any) -> Answer:
    return Answer(cursor.fetchall() if cursor.description else [], cursor.rowcount)


def _driver(connection: Any) -> Any:
    """The driver's connection, ready for a statement of ours that it prepares by itself; None when Django's cursor must do it.

    Django's cursor costs as much as such a statement itself, and on PostgreSQL it plans it anew each time. What the
    cursor promises is kept: errors are Django's, a broken transaction refuses, the organisation is announced. While
    somebody watches the statements (a debugger, a test that counts them) they take the way through the cursor.
    """
    driver, wrappers = connection.connection, connection.execute_wrappers
    announcer = wrappers[0] if len(wrappers) == 1 and isinstance(wrappers[0], Announcer) else None
    if driver is None or connection.queries_logged or (wrappers and announcer is None):
        return None
    connection.validate_no_broken_transaction()
    if announcer is not None:
        with connection.wrap_database_errors:
            announcer.tell(driver)
    return driver


def _run(sql: str, values: Sequence[Any]) -> Answer:
    """Runs one statement, with %s for each value."""
    connection = connections[DEFAULT_DB_ALIAS]
    driver = _driver(connection)
    if driver is None:
        with connection.cursor() as cursor:
            cursor.execute(sql, values)
            return _answer(cursor)
    with connection.wrap_database_errors:
        if _on_sqlite():
            return _answer(driver.execute(_qmark(sql), values))
        ((rows, touched),) = _one_trip()(driver, [(sql, values)])
        return Answer(rows, touched)


@lru_cache(maxsize=1)
def _one_trip() -> Any:
    from boardwell.kernel.onetrip import one_trip  # only where PostgreSQL is used: reading the driver takes a tenth of the start

    return one_trip


@lru_cache(maxsize=256)
def _qmark(sql: str) -> str:
    return sql.replace("%s", "?").replace("%%", "%")


def slots(count: int) -> str:
    """`%s, %s, …`: one for each of `count` values."""
    return ", ".join(["%s"] * count)


@lru_cache(maxsize=256)
def _insertion(table: str, columns: tuple[str, ...], count: int) -> str:
    slot = f"({slots(len(columns))})"
    return f"INSERT INTO {table} ({', '.join(columns)}) VALUES {', '.join([slot] * count)}"


@lru_cache(maxsize=64)
def _insertion_of_json(table: str, columns: tuple[str, ...]) -> str:
    named = ", ".join(columns)
    return f"INSERT INTO {table} ({named}) SELECT {named} FROM json_populate_recordset(NULL::{table}, %s)"


def insertion(table: str, columns: tuple[str, ...], rows: Sequence[Sequence[Any]]) -> Statement:
    """One statement that inserts a few rows, for `together`; see `insert_rows` for many."""
    return _insertion(table, columns, len(rows)), [value for row in rows for value in row]


def insert_rows(table: str, columns: tuple[str, ...], rows: Sequence[Sequence[Any]]) -> int:
    """Inserts all rows with as few statements as may be; returns how many there were.

    `table` and `columns` come from our own code, never from input.
    """
    if len(rows) <= FEW:
        if rows:
            change(*insertion(table, columns, rows))
    elif _on_sqlite():
        # No round trips to save here, and one short statement is prepared once where a long one is parsed anew each time.
        with connection.cursor() as cursor:
            cursor.executemany(_insertion(table, columns, 1), rows)
    else:
        per_statement = _MOST_PARAMETERS // len(columns)
        for start in range(0, len(rows), per_statement):
            part = rows[start : start + per_statement]
            with connection.cursor() as cursor:
                cursor.execute(*insertion(table, columns, part))
    return len(rows)


def insert_plain_rows(table: str, columns: tuple[str, ...], rows: Sequence[Sequence[Any]]) -> int:
    """`insert_rows` for many rows of nothing but text, numbers, days and instants: no JSON, no bytes.

    On PostgreSQL they travel as one value instead of thousands, which it takes apart in a quarter of the time that the
    driver would need to bind them.
    """
    if len(rows) <= FEW or _on_sqlite():
        return insert_rows(table, columns, rows)
    change(_insertion_of_json(table, columns), [_JSON.encode([dict(zip(columns, row, strict=True)) for row in rows]).decode()])
    return len(rows)
