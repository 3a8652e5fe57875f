"""Writes a plan's steps with one statement, from rows that are prepared once for every journey of the same plan."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from functools import lru_cache
from typing import Any, NamedTuple

from django.db import connection

from boardwell.domain.journeys.plan import PlannedStep, unlocks_of
from boardwell.domain.journeys.reminders import due_instant, moments
from boardwell.kernel.ids import new_id, new_ids
from boardwell.kernel.sql import insert_plain_rows, instant

_COLUMNS = (
    "id", "organisation_id", "account_id", "journey_id", "member_id", "contact_id", "opened_at", "changed_at", "key", "stage_key",
    "position", "kind", "side", "role", "visibility", "required", "marks", "state", "blockers", "unlocks", "planned_on",
    "baseline_on", "forecast_on", "due_at", "nudge_at", "next_due_at", "reminded", "ended_by_id", "ended_by_name", "reason",
    "revision", "effort_minutes",
)  # fmt: skip


class PreparedStep(NamedTuple):
    """A step's row without what differs between journeys; `row` holds the columns from `key` on."""

    key: str
    role: str
    is_ready: bool
    row: tuple[Any, ...]


def prepare(planned: Sequence[PlannedStep], zone: str) -> tuple[PreparedStep, ...]:
    """The rows of a plan; steps that need nothing and stand behind no gate are ready at once. A gate counts as one blocker."""
    unlocks = unlocks_of(planned)
    found = []
    for step in planned:
        source, is_ready = step.source, not (step.needs or step.gates)
        due_at, nudge_at = _clock_texts(step, zone)
        day = step.due_on.isoformat() if step.due_on else None
        row = (
            step.key, step.stage_key, step.position, source.kind, source.side, source.owner, source.visibility, source.required,
            source.marks, "ready" if is_ready else "locked", len(step.needs) + len(step.gates), unlocks[step.key], day, day, day, due_at, nudge_at,
            nudge_at if is_ready else None, 0, "", "", "", 1,
            source.effort_minutes if source.side == "ours" else 0,
        )  # fmt: skip
        found.append(PreparedStep(step.key, source.owner, is_ready, row))
    return tuple(found)


def put_aside(key: str, step_id: str) -> str:
    """The key under which a row keeps its history when another takes its place; it fits the column, however long the key is."""
    return f"{key.partition('~')[0][:51]}~{step_id[-8:]}"


class Place(NamedTuple):
    """Where steps are inserted."""

    organisation_id: str
    account_id: str
    journey_id: str


def insert_steps(
    place: Place, prepared: Sequence[PreparedStep], cast: Mapping[str, tuple[str | None, str | None]], at: Any
) -> dict[str, str]:
    """Inserts the steps, each for who plays its role; `at` as the database stores it. Returns id by key, sorted as the plan is."""
    ids = new_ids("stp", len(prepared))
    nobody = (None, None)
    insert_plain_rows(
        "journeys_step",
        _COLUMNS,
        [
            (made, *place, *cast.get(step.role, nobody), at if step.is_ready else None, at, *step.row)
            for made, step in zip(ids, prepared, strict=True)
        ],
    )
    return dict(zip((step.key for step in prepared), ids, strict=True))


def insert_gates(place: Place, keys: Iterable[str]) -> None:
    """Puts the gates up, shut."""
    rows = [(new_id("gat"), *place, key, "shut", "", "", "") for key in keys]
    columns = ("id", "organisation_id", "account_id", "journey_id", "key", "state", "signed_by_name", "opened_by_name", "reason")
    insert_plain_rows("journeys_gate", columns, rows)


def _clock_texts(step: PlannedStep, zone: str) -> tuple[Any, Any]:
    if step.due_on is None:
        return None, None
    remind = step.source.remind
    return _cached_clock(step.due_on, zone, tuple(remind.before), remind.on, tuple(remind.after), connection.vendor)


@lru_cache(maxsize=4096)
def _cached_clock(due_on: date, zone: str, before: tuple[int, ...], on: bool, after: tuple[int, ...], vendor: str) -> tuple[Any, Any]:
    all_moments = moments(due_on, zone, before=before, on=on, after=after)
    return instant(due_instant(due_on, zone)), instant(all_moments[0].at) if all_moments else None
