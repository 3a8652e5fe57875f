"""A bare driver connection to either database: no framework, statements prepared once."""

import sqlite3
from collections.abc import Iterable, Sequence
from typing import Any

import msgspec
import psycopg
from psycopg.types.string import TextLoader

from boardwell.config.databases import SQLITE_PRAGMAS


class Bare:
    """`source` is a path (SQLite, with the pragmas that we run on) or a connection string (PostgreSQL)."""

    def __init__(self, source: str) -> None:
        self.is_sqlite = "=" not in source
        if self.is_sqlite:
            self.db: Any = sqlite3.connect(source, isolation_level=None, timeout=20)
            self.db.executescript(SQLITE_PRAGMAS)
        else:
            self.db = psycopg.connect(source, autocommit=True)
            self.db.adapters.register_loader("jsonb", TextLoader)

    def run(self, sql: str, values: Sequence[Any] = ()) -> Any:
        """One statement with %s for each value; the cursor."""
        if self.is_sqlite:
            return self.db.execute(sql.replace("%s", "?"), values)
        return self.db.execute(sql, values, prepare=True)

    def many(self, sql: str, rows: Iterable[Sequence[Any]]) -> None:
        """One statement for many rows: prepared once, and pipelined on PostgreSQL."""
        if self.is_sqlite:
            self.db.executemany(sql.replace("%s", "?"), rows)
        else:
            self.db.cursor().executemany(sql, rows)

    def begin(self) -> None:
        """Opens a transaction that will write."""
        self.db.execute("BEGIN IMMEDIATE" if self.is_sqlite else "BEGIN")

    def commit(self) -> None:
        """Durable when it returns."""
        self.db.execute("COMMIT")

    def rows(self, sql: str, values: Sequence[Any] = ()) -> list[dict[str, Any]]:
        """Rows by column."""
        cursor = self.run(sql, values)
        names = [column[0] for column in cursor.description]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]

    def insert(self, table: str, rows: Sequence[dict[str, Any]]) -> None:
        """Rows of equal columns, the quickest way that is known for each database."""
        columns = list(rows[0])
        if len(rows) > 8 and not self.is_sqlite:
            named = ", ".join(columns)
            as_json = msgspec.json.encode(rows).decode()
            self.run(f"INSERT INTO {table} ({named}) SELECT {named} FROM json_populate_recordset(NULL::{table}, %s)", [as_json])
            return
        sql = f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({', '.join(['%s'] * len(columns))})"
        if len(rows) == 1:
            self.run(sql, list(rows[0].values()))
        else:
            self.many(sql, [list(row.values()) for row in rows])
