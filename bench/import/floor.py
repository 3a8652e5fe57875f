"""The floor of an import: csv and executemany by hand, the same rows for each account, a durable commit for as many accounts as ours takes."""

import csv
import io
import json
import sqlite3
import time
from pathlib import Path

ACCOUNTS_A_COMMIT = 25
_SCHEMA = """
PRAGMA journal_mode=WAL;
PRAGMA synchronous=FULL;
CREATE TABLE account(id TEXT PRIMARY KEY, tenant TEXT, name TEXT, external_id TEXT, industry TEXT, city TEXT, owner TEXT, made TEXT);
CREATE UNIQUE INDEX account_once ON account(tenant, external_id);
CREATE TABLE person(id TEXT PRIMARY KEY, email TEXT UNIQUE, name TEXT);
CREATE TABLE contact(id TEXT PRIMARY KEY, account TEXT, person TEXT, name TEXT, email TEXT);
CREATE UNIQUE INDEX contact_once ON contact(account, email);
CREATE TABLE journey(id TEXT PRIMARY KEY, tenant TEXT, account TEXT, title TEXT, owner TEXT, state TEXT, external_id TEXT, made TEXT);
CREATE UNIQUE INDEX journey_once ON journey(tenant, external_id);
CREATE INDEX journey_state ON journey(tenant, state, id);
CREATE TABLE step(id TEXT PRIMARY KEY, tenant TEXT, account TEXT, journey TEXT, key TEXT, stage TEXT, position INT, kind TEXT, side TEXT,
  state TEXT, blockers INT, unlocks TEXT, doer TEXT, planned TEXT, due TEXT, next_due TEXT, opened TEXT, changed TEXT);
CREATE UNIQUE INDEX step_key ON step(journey, key);
CREATE INDEX step_due ON step(next_due) WHERE next_due IS NOT NULL;
CREATE TABLE audit(id INTEGER PRIMARY KEY, tenant TEXT, account TEXT, journey TEXT, body TEXT, at TEXT);
CREATE INDEX audit_journey ON audit(journey, id);
CREATE TABLE outbox(id INTEGER PRIMARY KEY, tenant TEXT, name TEXT, body TEXT, at TEXT, sent TEXT);
CREATE INDEX outbox_waiting ON outbox(id) WHERE sent IS NULL;
"""


def load(path: Path, text: str, needs: dict[int, list[int]]) -> tuple[float, float]:
    """(seconds, seconds of processor) that all rows of a file take."""
    db = sqlite3.connect(path, isolation_level=None)
    db.executescript(_SCHEMA)
    unlocks = {n: " ".join(f"s{later}" for later, before in needs.items() if n in before) for n in needs}
    began, spent = time.perf_counter(), time.process_time()
    batch: list[dict[str, str]] = []
    for row in csv.DictReader(io.StringIO(text)):
        batch.append(row)
        if len(batch) == ACCOUNTS_A_COMMIT:
            _write(db, batch, needs, unlocks)
            batch = []
    if batch:
        _write(db, batch, needs, unlocks)
    took = time.perf_counter() - began, time.process_time() - spent
    db.close()
    return took


def _write(db: sqlite3.Connection, batch: list[dict[str, str]], needs: dict[int, list[int]], unlocks: dict[int, str]) -> None:
    at, many = "2026-11-25 09:00:00", db.executemany
    keys = [row["Symbol"] for row in batch]
    db.execute("BEGIN IMMEDIATE")
    many("INSERT INTO account VALUES(?,'t',?,?,?,?,'m',?)", [(f"a{k}", r["Security"], k, r["GICS Sector"], r["Headquarters Location"], at) for k, r in zip(keys, batch, strict=True)])  # fmt: skip
    many("INSERT INTO person VALUES(?,?,?)", [(f"p{k}", r["E-mail"], r["Contact"]) for k, r in zip(keys, batch, strict=True)])
    many("INSERT INTO contact VALUES(?,?,?,?,?)", [(f"c{k}", f"a{k}", f"p{k}", r["Contact"], r["E-mail"]) for k, r in zip(keys, batch, strict=True)])  # fmt: skip
    many("INSERT INTO journey VALUES(?,'t',?,?,'m','active',?,?)", [(f"j{k}", f"a{k}", r["Security"], f"bench:{k}", at) for k, r in zip(keys, batch, strict=True)])  # fmt: skip
    many(
        "INSERT INTO step VALUES(?,'t',?,?,?,'s',?,'task','ours',?,?,?,'m','2026-12-01',?,?,?,?)",
        [
            (f"s{k}.{n}", f"a{k}", f"j{k}", f"s{n}", n, "locked" if before else "ready", len(before), unlocks[n], at,
             None if before else at, None if before else at, at)
            for k in keys for n, before in needs.items()
        ],
    )  # fmt: skip
    body = json.dumps({"verb": "made", "after": {"name": "x"}})
    many("INSERT INTO audit(tenant, account, journey, body, at) VALUES('t',?,?,?,?)", [(f"a{k}", f"j{k}", body, at) for k in keys for _ in range(3)])  # fmt: skip
    many("INSERT INTO outbox(tenant, name, body, at) VALUES('t',?,?,?)", [(name, body, at) for _ in keys for name in ("made", "started", "opened")])  # fmt: skip
    db.execute("COMMIT")
