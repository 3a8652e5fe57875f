"""The lean floor: the least that any engine has to write, into narrow tables of its own."""

from bare import Bare

TABLES = """
CREATE TABLE lean_journey(id INTEGER PRIMARY KEY, tenant TEXT, remaining INT, started TEXT);
CREATE TABLE lean_step(id INTEGER PRIMARY KEY, journey INT, key TEXT, title TEXT, state TEXT, pending INT, due TEXT, done TEXT, doer TEXT);
CREATE UNIQUE INDEX lean_step_key ON lean_step(journey, key);
CREATE INDEX lean_step_due ON lean_step(due) WHERE state = 'ready';
CREATE TABLE lean_need(step INT, needs INT);
CREATE INDEX lean_need_by ON lean_need(needs);
CREATE TABLE lean_audit(id INTEGER PRIMARY KEY, tenant TEXT, journey INT, step INT, body TEXT, at TEXT);
CREATE INDEX lean_audit_journey ON lean_audit(journey, id);
CREATE TABLE lean_outbox(id INTEGER PRIMARY KEY, tenant TEXT, name TEXT, body TEXT, at TEXT, sent TEXT);
CREATE INDEX lean_outbox_waiting ON lean_outbox(id) WHERE sent IS NULL;
"""
_STEP = "INSERT INTO lean_step VALUES(%s, %s, %s, 'Step', %s, %s, '2026-12-01', NULL, 'm')"


class LeanFloor:
    """Step, successors, journey, one audit row, one outbox row in one durable transaction; nothing is checked or read."""

    def __init__(self, db: Bare) -> None:
        self.db = db
        for statement in TABLES.split(";"):
            if statement.strip():
                db.run(statement if db.is_sqlite else statement.replace("INTEGER PRIMARY KEY", "SERIAL PRIMARY KEY"))

    def start(self, needs: dict[int, list[int]]) -> int:
        """A journey with its steps and needs, set-based."""
        db = self.db
        db.begin()
        journey = db.run(
            "INSERT INTO lean_journey(tenant, remaining, started) VALUES('t', %s, '2026') RETURNING id", [len(needs)]
        ).fetchone()[0]
        base = journey * 1000
        steps = [(base + n, journey, f"s{n}", "locked" if before else "ready", len(before)) for n, before in needs.items()]
        ties = [(base + n, base + one) for n, before in needs.items() for one in before]
        if db.is_sqlite:
            db.many(_STEP, steps)
            db.many("INSERT INTO lean_need VALUES(%s, %s)", ties)
        else:
            columns = [list(column) for column in zip(*steps, strict=True)]
            db.run(
                "INSERT INTO lean_step SELECT id, journey, key, 'Step', state, pending, '2026-12-01', NULL, 'm' "
                "FROM unnest(%s::int[], %s::int[], %s::text[], %s::text[], %s::int[]) AS r(id, journey, key, state, pending)",
                columns,
            )  # fmt: skip
            db.run("INSERT INTO lean_need SELECT * FROM unnest(%s::int[], %s::int[])", [list(one) for one in zip(*ties, strict=True)])
        db.run("INSERT INTO lean_audit(tenant, journey, body, at) VALUES('t', %s, '{}', '2026')", [journey])
        db.run("INSERT INTO lean_outbox(tenant, name, body, at) VALUES('t', 'Started', '{}', '2026')")
        db.commit()
        return int(journey)

    def complete(self, journey: int, number: int) -> None:
        """One step."""
        db, step = self.db, journey * 1000 + number
        db.begin()
        if db.run("UPDATE lean_step SET state='done', done='2026' WHERE id=%s AND state='ready'", [step]).rowcount != 1:
            raise RuntimeError("the lean floor completed a step that was not open")
        db.run("UPDATE lean_journey SET remaining = remaining - 1 WHERE id=%s", [journey])
        db.run(
            "UPDATE lean_step SET pending = pending - 1, state = CASE WHEN pending = 1 THEN 'ready' ELSE state END "
            "WHERE id IN (SELECT step FROM lean_need WHERE needs=%s)", [step],
        )  # fmt: skip
        db.run("INSERT INTO lean_audit(tenant, journey, step, body, at) VALUES('t', %s, %s, '{}', '2026')", [journey, step])
        db.run("INSERT INTO lean_outbox(tenant, name, body, at) VALUES('t', 'Completed', '{}', '2026')")
        db.commit()
