"""Where crash trials happen: a prepared folder and database that each trial begins from, and what is left in them."""

import os
import shutil
import sqlite3
import time
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from tests.crash.operations import VAR

QUIET = {"django_session", "kernel_cache", "kernel_ratebucket", "sqlite_sequence", "kernel_recurringwork", "django_migrations"}
WORDS = ("state", "dispatched_at IS NULL", "next_row", "rows_created", "attempts")
type Snapshot = dict[str, Any]
"""Every table's number of rows, and how many are in which state: what a transaction must move as one."""


def _read(tables: dict[str, set[str]], ask: Callable[[str], list[tuple[Any, ...]]]) -> Snapshot:
    found: Snapshot = {}
    for table, columns in sorted(tables.items()):
        if table in QUIET:
            continue
        found[table] = ask(f'SELECT count(*) FROM "{table}"')[0][0]
        for word in WORDS:
            if word.split()[0] in columns:
                found[f"{table}.{word}"] = [list(row) for row in ask(f'SELECT {word}, count(*) FROM "{table}" GROUP BY 1 ORDER BY 1')]
    return found


class Ground:
    """The embedded database: all there is lies in the folder."""

    calls = "write,pwrite64,pwritev,writev,fsync,fdatasync,ftruncate,rename,renameat,renameat2,unlink,unlinkat,sendto"

    def __init__(self, kept: Path) -> None:
        self.kept = kept

    def keep(self) -> None:
        """What is there now is what every trial begins from."""
        shutil.rmtree(self.kept, ignore_errors=True)
        shutil.copytree(VAR, self.kept)

    def reset(self) -> None:
        """Goes back to what was kept."""
        for path in VAR.iterdir():
            if path.is_dir():
                shutil.rmtree(path)
            else:
                path.unlink()
        shutil.copytree(self.kept, VAR, dirs_exist_ok=True)

    def beside(self, name: str) -> "Ground":
        """Another thing to begin from, made out of this one."""
        return type(self)(self.kept.with_name(f"{self.kept.name}-{name}"))

    def remove(self) -> None:
        """Leaves nothing behind."""
        shutil.rmtree(self.kept, ignore_errors=True)

    def settle(self) -> None:
        """Waits until nothing that a killed process began is still going on."""

    def cut(self) -> None:
        """Ends the connections to the database from its side, where it has one."""

    def _database(self) -> Path:
        return VAR / "boardwell.sqlite3"

    def snapshot(self) -> Snapshot:
        """What another process sees of the database now."""
        with sqlite3.connect(f"file:{self._database()}?mode=ro", uri=True, timeout=10) as lite:
            names = [name for (name,) in lite.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()]
            tables = {name: {row[1] for row in lite.execute(f'PRAGMA table_info("{name}")')} for name in names}
            found = _read(tables, lambda sql: lite.execute(sql).fetchall())
        lite.close()
        return found

    def fault(self) -> str:
        """What the database itself finds wrong with its file."""
        with sqlite3.connect(self._database()) as lite:
            answer = str(lite.execute("PRAGMA integrity_check").fetchone()[0])
        lite.close()
        return "" if answer == "ok" else answer


class ServerGround(Ground):
    """PostgreSQL: the folder holds the files, a database beside ours holds what its trial begins from."""

    calls = "write,pwrite64,pwritev,writev,fsync,fdatasync,ftruncate,rename,renameat,renameat2,unlink,unlinkat,sendto,sendmsg"

    def __init__(self, kept: Path) -> None:
        super().__init__(kept)
        self.url = os.environ["BOARDWELL_DATABASE_URL"]
        self.name = urlsplit(self.url).path.strip("/")
        self.copy = f"{self.name}_{kept.name.rpartition('-')[2]}"

    def _ask(self, sql: str, database: str = "postgres") -> list[tuple[Any, ...]]:
        import psycopg

        with psycopg.connect(urlunsplit(urlsplit(self.url)._replace(path=f"/{database}")), autocommit=True) as server:
            cursor = server.execute(sql)  # type: ignore[call-overload]  # ours, and about nothing but this ground
            return cursor.fetchall() if cursor.description else []

    def keep(self) -> None:
        super().keep()
        self.settle()
        self._ask(f'DROP DATABASE IF EXISTS "{self.copy}"')
        self._ask(f'CREATE DATABASE "{self.copy}" TEMPLATE "{self.name}"')

    def reset(self) -> None:
        super().reset()
        self._ask(f'DROP DATABASE "{self.name}" WITH (FORCE)')
        self._ask(f'CREATE DATABASE "{self.name}" TEMPLATE "{self.copy}"')

    def remove(self) -> None:
        super().remove()
        self._ask(f'DROP DATABASE IF EXISTS "{self.copy}"')

    def settle(self) -> None:
        until = time.monotonic() + 10
        while self._ask(f"SELECT 1 FROM pg_stat_activity WHERE datname = '{self.name}'"):
            if time.monotonic() > until:
                raise RuntimeError("the server still works for a process that is gone")
            time.sleep(0.01)

    def cut(self) -> None:
        self._ask(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{self.name}'")

    def snapshot(self) -> Snapshot:
        import psycopg

        with psycopg.connect(self.url, autocommit=True) as server:
            server.execute("SELECT set_config('boardwell.organisation', '*', false)")
            tables: dict[str, set[str]] = {}
            for table, column in server.execute(
                "SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = 'public'"
            ).fetchall():
                tables.setdefault(table, set()).add(column)
            return _read(tables, lambda sql: server.execute(sql).fetchall())  # type: ignore[call-overload]

    def fault(self) -> str:
        return ""


def difference(states: list[Snapshot], found: Snapshot) -> str:
    """How a snapshot differs from the nearest that would have been right."""
    nearest = min(states, key=lambda state: sum(state[key] != found.get(key) for key in state))
    return ", ".join(f"{key} {nearest[key]} → {found.get(key)}" for key in nearest if nearest[key] != found.get(key))[:600]


def moves(states: list[Snapshot]) -> list[list[str]]:
    """Which tables each commit moved: effect, log and outbox must be among those of one commit."""
    return [sorted({key.partition(".")[0] for key in after if after[key] != was[key]}) for was, after in pairwise(states)]
