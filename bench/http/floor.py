"""The floors of a step completed over HTTP: the same kinds of rows written by hand, one durable commit a request.

Here the writing, and the lower floor: a bare WSGI application. `django_floor.py` is the other: a Django view.
"""

import os
import sqlite3
import threading
from collections.abc import Callable, Iterable
from typing import Any
from urllib.parse import parse_qs

PATH = os.environ.get("BENCH_FLOOR", "")
_SCHEMA = """
PRAGMA journal_mode=WAL;
CREATE TABLE journey(id INTEGER PRIMARY KEY, tenant TEXT, remaining INT, started TEXT);
CREATE TABLE step(id INTEGER PRIMARY KEY, journey INT, key TEXT, title TEXT, state TEXT, pending INT, due TEXT, done TEXT, doer TEXT);
CREATE UNIQUE INDEX step_key ON step(journey, key);
CREATE INDEX step_due ON step(due) WHERE state = 'ready';
CREATE TABLE need(step INT, needs INT);
CREATE INDEX need_by ON need(needs);
CREATE TABLE audit(id INTEGER PRIMARY KEY, tenant TEXT, journey INT, step INT, body TEXT, at TEXT);
CREATE INDEX audit_journey ON audit(journey, id);
CREATE TABLE outbox(id INTEGER PRIMARY KEY, tenant TEXT, name TEXT, body TEXT, at TEXT, sent TEXT);
CREATE INDEX outbox_waiting ON outbox(id) WHERE sent IS NULL;
"""
_own = threading.local()


def prepare(path: str, journeys: int, needs: dict[int, list[int]]) -> None:
    """Makes the file with that many journeys of the given process."""
    db = sqlite3.connect(path)
    db.executescript(_SCHEMA)
    for journey in range(1, journeys + 1):
        base = journey * 1000
        db.execute("INSERT INTO journey VALUES(?, 't', ?, '2026')", [journey, len(needs)])
        db.executemany(
            "INSERT INTO step VALUES(?, ?, ?, 'Step', ?, ?, '2026-12-01', NULL, 'm')",
            [(base + n, journey, f"s{n}", "locked" if before else "ready", len(before)) for n, before in needs.items()],
        )
        db.executemany("INSERT INTO need VALUES(?, ?)", [(base + n, base + one) for n, before in needs.items() for one in before])
    db.commit()
    db.close()


def _connection() -> sqlite3.Connection:
    db: sqlite3.Connection | None = getattr(_own, "db", None)
    if db is None:
        db = _own.db = sqlite3.connect(PATH, isolation_level=None, timeout=20)
        db.executescript("PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;")
    return db


def complete(journey: int, number: int) -> bool:
    """Ends an open step and opens what waited for it: step, dependants, journey, audit, outbox; False when it is not open."""
    db, step = _connection(), journey * 1000 + number
    db.execute("BEGIN IMMEDIATE")
    if db.execute("UPDATE step SET state='done', done='2026' WHERE id=? AND state='ready'", [step]).rowcount != 1:
        db.execute("ROLLBACK")
        return False
    db.execute("UPDATE journey SET remaining = remaining - 1 WHERE id=?", [journey])
    db.execute(
        "UPDATE step SET pending = pending - 1, state = CASE WHEN pending = 1 THEN 'ready' ELSE state END "
        "WHERE id IN (SELECT step FROM need WHERE needs=?)", [step],
    )  # fmt: skip
    db.execute("INSERT INTO audit(tenant, journey, step, body, at) VALUES('t', ?, ?, '{}', '2026')", [journey, step])
    db.execute("INSERT INTO outbox(tenant, name, body, at) VALUES('t', 'Completed', '{}', '2026')")
    db.execute("COMMIT")
    return True


def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    """POST /?j=1&n=2"""
    asked = parse_qs(environ["QUERY_STRING"])
    if "j" not in asked:
        start_response("200 OK", [("Content-Length", "2")])
        return [b"ok"]
    if not complete(int(asked["j"][0]), int(asked["n"][0])):
        start_response("409 Conflict", [("Content-Length", "0")])
        return [b""]
    start_response("200 OK", [("Content-Type", "application/json"), ("Content-Length", "2")])
    return [b"{}"]
