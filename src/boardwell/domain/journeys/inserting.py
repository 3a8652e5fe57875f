"""Writes a plan's steps and needs with as few statements as there are tables."""

from collections.abc import Mapping, Sequence
from datetime import date
from functools import lru_cache
from typing import Any

from django.db import connection

from boardwell.domain.journeys.models import Journey
from boardwell.domain.journeys.plan import PlannedStep, unlocks_of
from boardwell.domain.journeys.reminders import due_instant, moments
from boardwell.kernel.ids import new_ids
from boardwell.kernel.sql import insert_rows, instant

STEP_COLUMNS = (
    "id", "organisation_id", "account_id", "journey_id", "key", "stage_key", "position", "kind", "side", "role", "visibility",
    "required", "marks", "state", "blockers", "unlocks", "member_id", "contact_id", "planned_on", "baseline_on", "forecast_on", "due_at",
    "nudge_at", "next_due_at", "opened_at", "reminded", "ended_by_id", "ended_by_name", "reason", "revision", "changed_at",
)  # fmt: skip


def insert_steps(
    journey: Journey, planned: Sequence[PlannedStep], cast: Mapping[str, tuple[str | None, str | None]], *, at_text: Any, zone: str
) -> dict[str, str]:
    """Inserts the steps of a plan; those that need nothing are ready at once. Returns id by key."""
    ids = dict(zip((step.key for step in planned), new_ids("stp", len(planned)), strict=True))
    waiting = unlocks_of(planned)
    rows = []
    for step in planned:
        source = step.source
        member_id, contact_id = cast.get(source.owner, (None, None))
        due_text, nudge_text = _clock_texts(step, zone)
        ready = not step.needs
        day = step.due_on.isoformat() if step.due_on else None
        rows.append(
            (
                ids[step.key], journey.organisation_id, journey.account_id, journey.id, step.key, step.stage_key, step.position,
                source.kind, source.side, source.owner, source.visibility, source.required, source.marks,
                "ready" if ready else "locked", len(step.needs), waiting[step.key], member_id, contact_id, day, day, day, due_text,
                nudge_text, nudge_text if ready else None, at_text if ready else None, 0, "", "", "", 1, at_text,
            )
        )  # fmt: skip
    insert_rows("journeys_step", STEP_COLUMNS, rows)
    return ids


def _clock_texts(step: PlannedStep, zone: str) -> tuple[Any, Any]:
    if step.due_on is None:
        return None, None
    remind = step.source.remind
    return _cached_clock(step.due_on, zone, tuple(remind.before), remind.on, tuple(remind.after), remind.escalate, connection.vendor)


@lru_cache(maxsize=4096)
def _cached_clock(
    due_on: date, zone: str, before: tuple[int, ...], on: bool, after: tuple[int, ...], escalate: int | None, vendor: str
) -> tuple[Any, Any]:
    all_moments = moments(due_on, zone, before=before, on=on, after=after, escalate=escalate)
    return instant(due_instant(due_on, zone)), instant(all_moments[0].at) if all_moments else None
