"""The floor of the same rows: what our actions wrote, written again by hand into the same tables of the same database."""

from typing import Any

from bare import Bare
from house import Team, complete
from process import waiting_for

from boardwell.kernel.ids import new_id, new_ids

_UNLOCK = """
UPDATE journeys_step
SET blockers = blockers - 1, state = CASE WHEN blockers = 1 THEN 'ready' ELSE state END,
    opened_at = CASE WHEN blockers = 1 THEN %s ELSE opened_at END,
    next_due_at = CASE WHEN blockers = 1 THEN nudge_at ELSE next_due_at END, changed_at = %s
WHERE id IN ({slots})
"""


class SameRowsFloor:
    """Copies the rows of two sample journeys, one fresh and one completed, that our actions made for its own organisation.

    It reads nothing, decides nothing, chains nothing: one audit row and one outbox row of the real size, one durable
    transaction. What guards the tables (keys, checks, triggers, policies) guards them here too.
    """

    def __init__(self, db: Bare, team: Team, key: str, needs: dict[int, list[int]]) -> None:
        self.db, self.needs, self.unlocks = db, needs, waiting_for(needs)
        with team.acting():
            fresh, ended = team.start(key), team.start(key)
            for number in needs:
                complete(ended, number)
        if not db.is_sqlite:
            db.run("SELECT set_config('boardwell.organisation', %s, false)", [team.organisation_id])
        self.journey = self._one("journeys_journey", "id", fresh)
        steps = db.rows("SELECT * FROM journeys_step WHERE journey_id = %s ORDER BY position", [fresh])
        self.steps = dict(zip(needs, steps, strict=True))
        after = dict(zip(needs, db.rows("SELECT * FROM journeys_step WHERE journey_id = %s ORDER BY position", [ended]), strict=True))
        own = {"id", "key", "position", "journey_id", "blockers", "opened_at", "unlocks"}
        self.changed = {
            number: {name: value for name, value in after[number].items() if value != step[name] and name not in own}
            for number, step in self.steps.items()
        }
        self.journey_changes = {
            name: value
            for name, value in self._one("journeys_journey", "id", ended).items()
            if value != self.journey[name] and name not in {"id", "created_at"}
        }
        audits = "SELECT * FROM audit_auditentry WHERE journey_id = %s AND verb = %s ORDER BY position"
        (self.start_audit,) = db.rows(audits, [fresh, "journey.started"])
        self.audits = dict(zip(needs, db.rows(audits, [ended, "step.completed"]), strict=True))
        events = "SELECT organisation_id, name, body, happened_at, dispatched_at FROM kernel_outboxevent WHERE CAST(body AS text) LIKE %s ORDER BY id"
        self.start_events = db.rows(events, [f"%{fresh}%"])
        self.events = dict(zip(needs, [e for e in db.rows(events, [f"%{ended}%"]) if e["name"] == "StepCompleted"], strict=True))
        self.position = 1_000_000 * (1 + len(needs))  # beyond what the actions have written for this organisation
        self.now = self.steps[1]["changed_at"]

    def _one(self, table: str, column: str, value: str) -> dict[str, Any]:
        (row,) = self.db.rows(f"SELECT * FROM {table} WHERE {column} = %s", [value])
        return row

    def _audit(self, like: dict[str, Any], **own: str) -> dict[str, Any]:
        self.position += 1
        row = {**like, "position": self.position, **own}
        del row["id"]
        return row

    def rows_of_start(self) -> tuple[str, list[str], dict[str, Any], list[dict[str, Any]]]:
        """Ids, the journey's row and its steps' rows."""
        journey_id, ids = new_id("jrn"), new_ids("stp", len(self.steps))
        steps = [{**step, "id": made, "journey_id": journey_id} for made, step in zip(ids, self.steps.values(), strict=True)]
        return journey_id, ids, {**self.journey, "id": journey_id}, steps

    def start(self) -> tuple[str, dict[int, str]]:
        """A journey with its steps, its audit row and its events; returns the ids."""
        journey_id, ids, journey, steps = self.rows_of_start()
        db = self.db
        db.begin()
        db.insert("journeys_journey", [journey])
        db.insert("journeys_step", steps)
        db.insert("audit_auditentry", [self._audit(self.start_audit, object_id=journey_id, journey_id=journey_id)])
        db.insert("kernel_outboxevent", self.start_events)
        db.commit()
        return journey_id, dict(zip(self.needs, ids, strict=True))

    def complete(self, journey: tuple[str, dict[int, str]], number: int) -> None:
        """One step, its successors, the journey, one audit row, one event."""
        db, (journey_id, ids) = self.db, journey
        step, changed = ids[number], self.changed[number]
        db.begin()
        done = db.run(
            f"UPDATE journeys_step SET {', '.join(f'{name} = %s' for name in changed)} WHERE id = %s AND state = 'ready'",
            [*changed.values(), step],
        )
        if done.rowcount != 1:
            raise RuntimeError("the floor completed a step that was not open")
        if later := [ids[one] for one in self.unlocks[number]]:
            db.run(_UNLOCK.format(slots=", ".join(["%s"] * len(later))), [self.now, self.now, *later])
        sets = ", ".join(f"{name} = %s" for name in self.journey_changes)
        db.run(f"UPDATE journeys_journey SET {sets} WHERE id = %s", [*self.journey_changes.values(), journey_id])
        db.insert("audit_auditentry", [self._audit(self.audits[number], object_id=step, journey_id=journey_id)])
        db.insert("kernel_outboxevent", [self.events[number]])
        db.commit()

    def fill(self, count: int) -> None:
        """Many journeys with their steps at once, so that the tables are as large as a grown house's."""
        db = self.db
        for start in range(0, count, 500):
            db.begin()
            made = [self.rows_of_start() for _ in range(min(500, count - start))]
            db.insert("journeys_journey", [journey for _id, _ids, journey, _steps in made])
            db.insert("journeys_step", [step for *_, steps in made for step in steps])
            db.commit()
