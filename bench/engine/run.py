"""Steps completed per second through the full action, and journeys started, against the raw floor of the same rows."""

import json
import os
import sqlite3
import statistics
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SCRATCH = tempfile.mkdtemp(prefix="boardwell-bench-", dir="/var/tmp")
os.environ.update(BOARDWELL_VAR=SCRATCH, BOARDWELL_DATABASE_URL="", DJANGO_SETTINGS_MODULE="boardwell.config.settings")

import django  # noqa: E402

django.setup()

from django.core.management import call_command  # noqa: E402

from boardwell.domain.accounts.actions.save_account import create_account  # noqa: E402
from boardwell.domain.journeys.actions.complete_step import complete_step  # noqa: E402
from boardwell.domain.journeys.actions.start_journey import start_journey  # noqa: E402
from boardwell.domain.journeys.kinds import kind_rules  # noqa: E402
from boardwell.domain.journeys.orders import StartOrder  # noqa: E402
from boardwell.domain.organisations.actions.found_organisation import found_organisation  # noqa: E402
from boardwell.domain.people.actions.invite_member import invite_member  # noqa: E402
from boardwell.domain.people.models import Member  # noqa: E402
from boardwell.domain.people.roles import actor_for_member  # noqa: E402
from boardwell.domain.playbooks.actions.write_playbook import import_playbook  # noqa: E402
from boardwell.kernel import tenancy  # noqa: E402

NEEDS = {
    1: [], 2: [1], 3: [1], 4: [1], 5: [2, 3, 4], 6: [5], 7: [6], 8: [5], 9: [8], 10: [5], 11: [7, 9, 10], 12: [11], 13: [12], 14: [12],
    15: [13, 14], 16: [15], 17: [15], 18: [15], 19: [16, 17, 18], 20: [19],
}  # fmt: skip
"""A 20-step process with splits and joins, the same for both sides."""
JOURNEYS = 40
ROUNDS = 5


def playbook(key: str, needs: dict[int, list[int]]) -> str:
    """The process as a playbook."""
    lines = [
        f"boardwell: 1\nkey: {key}\ntitle: {{en: Bench}}\nroles: {{we: {{side: ours, title: {{en: We}}}}}}\nstages:\n  - key: s\n    title: {{en: S}}\n    steps:"
    ]
    for number, before in needs.items():
        wanted = ", ".join(f"s{one}" for one in before)
        lines.append(
            f"      - {{key: s{number}, kind: task, side: ours, owner: we, title: {{en: Step}}, due: {{days: {number}}}, needs: [{wanted}]}}"
        )
    return "\n".join(lines) + "\n"


class Floor:
    """The same effects written by hand: step, successors, journey, one audit row, one outbox row, one durable transaction."""

    def __init__(self) -> None:
        self.db = sqlite3.connect(f"{SCRATCH}/floor.sqlite3", isolation_level=None)
        self.db.executescript(
            "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;"
            "CREATE TABLE journey(id INTEGER PRIMARY KEY, tenant TEXT, remaining INT, started TEXT);"
            "CREATE TABLE step(id INTEGER PRIMARY KEY, journey INT, key TEXT, title TEXT, state TEXT, pending INT, due TEXT, done TEXT, doer TEXT);"
            "CREATE UNIQUE INDEX step_key ON step(journey, key);"
            "CREATE INDEX step_due ON step(due) WHERE state = 'ready';"
            "CREATE TABLE need(step INT, needs INT); CREATE INDEX need_by ON need(needs);"
            "CREATE TABLE audit(id INTEGER PRIMARY KEY, tenant TEXT, journey INT, step INT, body TEXT, at TEXT);"
            "CREATE INDEX audit_journey ON audit(journey, id);"
            "CREATE TABLE outbox(id INTEGER PRIMARY KEY, tenant TEXT, name TEXT, body TEXT, at TEXT, sent TEXT);"
            "CREATE INDEX outbox_waiting ON outbox(id) WHERE sent IS NULL;"
        )

    def start(self, needs: dict[int, list[int]]) -> int:
        """A journey with its steps and needs, set-based."""
        db = self.db
        db.execute("BEGIN IMMEDIATE")
        journey = db.execute("INSERT INTO journey(tenant, remaining, started) VALUES('t', ?, '2026')", [len(needs)]).lastrowid or 0
        base = journey * 1000
        db.executemany(
            "INSERT INTO step VALUES(?, ?, ?, 'Step', ?, ?, '2026-12-01', NULL, 'm')",
            [(base + n, journey, f"s{n}", "locked" if before else "ready", len(before)) for n, before in needs.items()],
        )
        db.executemany("INSERT INTO need VALUES(?, ?)", [(base + n, base + one) for n, before in needs.items() for one in before])
        db.execute("INSERT INTO audit(tenant, journey, body, at) VALUES('t', ?, '{}', '2026')", [journey])
        db.execute("INSERT INTO outbox(tenant, name, body, at) VALUES('t', 'Started', '{}', '2026')")
        db.execute("COMMIT")
        return journey

    def complete(self, journey: int, number: int) -> None:
        """One step."""
        db, step = self.db, journey * 1000 + number
        db.execute("BEGIN IMMEDIATE")
        assert db.execute("UPDATE step SET state='done', done='2026' WHERE id=? AND state='ready'", [step]).rowcount == 1
        db.execute("UPDATE journey SET remaining = remaining - 1 WHERE id=?", [journey])
        db.execute(
            "UPDATE step SET pending = pending - 1, state = CASE WHEN pending = 1 THEN 'ready' ELSE state END "
            "WHERE id IN (SELECT step FROM need WHERE needs=?)", [step],
        )  # fmt: skip
        db.execute("INSERT INTO audit(tenant, journey, step, body, at) VALUES('t', ?, ?, '{}', '2026')", [journey, step])
        db.execute("INSERT INTO outbox(tenant, name, body, at) VALUES('t', 'Completed', '{}', '2026')")
        db.execute("COMMIT")


def rate(work: list[object], seconds: float) -> float:
    """Pieces of work a second."""
    return len(work) / seconds


def main() -> None:
    """Interleaves both sides for several rounds and reports medians of the per-round ratios."""
    call_command("migrate", verbosity=0)
    organisation_id = found_organisation(slug="bench", name="Bench")
    with tenancy.acting_for(organisation_id):
        member = Member.objects.get(pk=invite_member(email="a@bench.example", name="A", role="owner"))
    floor = Floor()
    large = {n: [n - 1] if n > 1 else [] for n in range(1, 201)}
    ratios: dict[str, list[tuple[float, float]]] = {"complete a step, SQLite": [], "start 200 steps, SQLite": []}
    with tenancy.acting_for(organisation_id, actor_for_member(member)):
        account_id = create_account(name="Bench")
        import_playbook(playbook("twenty", NEEDS), kind_rules())
        import_playbook(playbook("large", large), kind_rules())

        def order(key: str) -> str:
            return start_journey(StartOrder(playbook_key=key, account_id=account_id, owner_id=member.id, welcome=False)).journey_id

        for _round in range(ROUNDS):
            ours_ids, floor_ids = [order("twenty") for _ in range(JOURNEYS)], [floor.start(NEEDS) for _ in range(JOURNEYS)]
            work = [(index, number) for number in NEEDS for index in range(JOURNEYS)]
            began = time.perf_counter()
            for index, number in work:
                complete_step(ours_ids[index], f"s{number}")
            ours = rate(work, time.perf_counter() - began)
            began = time.perf_counter()
            for index, number in work:
                floor.complete(floor_ids[index], number)
            ratios["complete a step, SQLite"].append((ours, rate(work, time.perf_counter() - began)))
            began = time.perf_counter()
            for _ in range(10):
                order("large")
            ours = 10 / (time.perf_counter() - began)
            began = time.perf_counter()
            for _ in range(10):
                floor.start(large)
            ratios["start 200 steps, SQLite"].append((ours, 10 / (time.perf_counter() - began)))
    rows = []
    print(f"{'':28} {'ours/s':>10} {'floor/s':>10} {'ratio':>7}")
    for name, pairs in ratios.items():
        ratio = statistics.median(a / b for a, b in pairs)
        ours, other = statistics.median(a for a, _ in pairs), statistics.median(b for _, b in pairs)
        rows.append({"name": name, "ours": ours, "other": other, "other_name": "raw floor", "ratio": ratio, "unit": "per second"})
        print(f"{name:28} {ours:10.0f} {other:10.0f} {ratio:7.2f}")
    out = ROOT / "var" / "bench" / "engine.json"
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(json.dumps(rows, indent=2))


main()
