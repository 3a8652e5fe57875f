"""The statements behind every page of a journey, written by hand because compiling them costs more than running them."""

from datetime import datetime
from typing import Any

from boardwell.domain.journeys.models import OPEN_STATES
from boardwell.kernel import tenancy
from boardwell.kernel.sql import as_instant, as_json, fetch_all, fetch_one, wall

_OPEN = "(" + ", ".join(f"'{state}'" for state in OPEN_STATES) + ")"
"""Written out, so that the partial index on open steps is used."""

_HEAD_COLUMNS = {
    "id": "j.id", "title": "j.title", "account_id": "j.account_id", "account_name": "a.name", "owner_id": "j.owner_id",
    "owner_name": "m.name", "owner_title": "m.job_title", "owner_photo": "m.photo_file_id", "owner_email": "p.email",
    "playbook_key": "b.key", "version_number": "v.number", "version_id": "j.version_id", "state": "j.state", "health": "j.health",
    "health_reasons": "j.health_reasons", "kickoff_on": "j.kickoff_on", "planned_live_on": "j.planned_live_on",
    "committed_live_on": "j.committed_live_on", "forecast_live_on": "j.forecast_live_on", "baseline_live_on": "j.baseline_live_on",
    "kicked_off_at": "j.kicked_off_at", "first_value_at": "j.first_value_at",
    "live_at": "j.live_at", "paused_at": "j.paused_at", "pause_reason": "j.pause_reason", "steps_total": "j.steps_total",
    "steps_done": "j.steps_done", "customer_total": "j.customer_total", "customer_done": "j.customer_done",
    "overdue_steps": "j.overdue_steps", "waiting_side": "j.waiting_side", "waiting_name": "j.waiting_name",
    "waiting_since_at": "j.waiting_since_at", "time_zone": "j.time_zone", "revision": "j.revision", "external_id": "j.external_id",
    "source": "j.source", "started_at": "j.created_at",
}  # fmt: skip
_HEAD = f"""
SELECT {", ".join(_HEAD_COLUMNS.values())}
FROM journeys_journey j
JOIN accounts_account a ON a.id = j.account_id
JOIN people_member m ON m.id = j.owner_id
JOIN people_person p ON p.id = m.person_id
JOIN playbooks_playbookversion v ON v.id = j.version_id
JOIN playbooks_playbook b ON b.id = v.playbook_id
WHERE j.id = %s AND
"""

_STEP_COLUMNS = {
    "id": "s.id", "key": "s.key", "stage_key": "s.stage_key", "kind": "s.kind", "side": "s.side", "role": "s.role",
    "visibility": "s.visibility", "required": "s.required", "state": "s.state", "member_id": "s.member_id", "member_name": "m.name",
    "contact_id": "s.contact_id", "contact_name": "c.name", "planned_on": "s.planned_on", "committed_on": "s.committed_on",
    "forecast_on": "s.forecast_on", "baseline_on": "s.baseline_on", "done_on": "s.done_on", "due_at": "s.due_at",
    "opened_at": "s.opened_at", "ended_at": "s.ended_at", "ended_by_name": "s.ended_by_name", "reason": "s.reason",
    "marks": "s.marks", "outcome": "s.outcome", "texts": "s.texts", "unlocks": "s.unlocks",
}  # fmt: skip
_STEPS = f"""
SELECT {", ".join(_STEP_COLUMNS.values())}
FROM journeys_step s
LEFT JOIN people_member m ON m.id = s.member_id
LEFT JOIN accounts_contact c ON c.id = s.contact_id
WHERE s.journey_id = %s AND
"""
_SHARED = " AND s.visibility = 'shared' AND s.state <> 'cancelled'"
_TALLY = """
SELECT s.stage_key, COUNT(*) FILTER (WHERE s.state IN ('done', 'skipped')), COUNT(*),
       COUNT(*) FILTER (WHERE s.side <> 'ours' AND s.state IN ('done', 'skipped')), COUNT(*) FILTER (WHERE s.side <> 'ours')
FROM journeys_step s WHERE s.journey_id = %s AND s.state <> 'cancelled' AND
"""


def head_row(journey_id: str) -> dict[str, Any] | None:
    """The journey by the names of `JourneyHead`, and its version; None when absent or not the reader's."""
    condition, parameters = wall("j", "account_id")
    found = fetch_one(_HEAD + condition, [journey_id, *parameters])
    if found is None:
        return None
    row: dict[str, Any] = dict(zip(_HEAD_COLUMNS, found, strict=True))
    row["health_reasons"] = as_json(row["health_reasons"])
    for name in ("kicked_off_at", "first_value_at", "live_at", "paused_at", "waiting_since_at", "started_at"):
        row[name] = as_instant(row[name])
    return row


_PROPOSALS = """
SELECT x.id, x.because, x.additions, x.removals, x.made_at FROM journeys_planproposal x
WHERE x.journey_id = %s AND x.state = 'open' AND
"""


def proposal_rows(journey_id: str) -> list[tuple[str, dict[str, Any], list[str], list[str], datetime]]:
    """(id, because, additions, removals, made at) of the open proposals, newest first."""
    condition, parameters = wall("x", "account_id")
    rows = fetch_all(f"{_PROPOSALS}{condition} ORDER BY x.made_at DESC, x.id DESC", [journey_id, *parameters])
    return [(row[0], as_json(row[1]), as_json(row[2]), as_json(row[3]), as_instant(row[4]) or row[4]) for row in rows]


def _visible() -> tuple[str, list[Any]]:
    condition, parameters = wall("s", "account_id")
    return (condition if tenancy.current().actor.is_insider else condition + _SHARED), parameters


def step_rows(journey_id: str, *, open_only: bool = False) -> list[dict[str, Any]]:
    """The steps that the reader may see, in order."""
    condition, parameters = _visible()
    if open_only:
        condition += f" AND s.state IN {_OPEN}"
    rows = []
    for values in fetch_all(f"{_STEPS}{condition} ORDER BY s.position, s.id", [journey_id, *parameters]):
        row = dict(zip(_STEP_COLUMNS, values, strict=True))
        row["due_at"], row["opened_at"], row["ended_at"] = (
            as_instant(row["due_at"]),
            as_instant(row["opened_at"]),
            as_instant(row["ended_at"]),
        )
        row["outcome"], row["texts"] = as_json(row["outcome"]), as_json(row["texts"])
        rows.append(row)
    return rows


def tally_rows(journey_id: str) -> list[tuple[Any, ...]]:
    """(stage, steps that have ended, steps, the other side's that have ended, the other side's) of what the reader may see."""
    condition, parameters = _visible()
    return fetch_all(f"{_TALLY}{condition} GROUP BY s.stage_key", [journey_id, *parameters])
