"""Health from named rules with reasons: on_track, at_risk or off_track, never a colour alone; pure."""

from dataclasses import dataclass
from datetime import date
from typing import Any

SILENT_DAYS = 10
"""Calendar days without a sign of life from the customer while it is their turn."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HealthInput:
    """What the rules look at."""

    today: date
    state: str = "active"
    has_owner: bool = True
    overdue_steps: int = 0
    waiting_side: str = ""
    waiting_days: int = 0
    planned_live_on: date | None = None
    committed_live_on: date | None = None


def health_of(seen: HealthInput) -> tuple[str, list[dict[str, Any]]]:
    """The word, and every reason as {code, …parameters}, worst first."""
    if seen.state not in {"active", "paused"}:
        return "on_track", []
    bad: list[dict[str, Any]] = []
    worrying: list[dict[str, Any]] = []
    if not seen.has_owner:
        bad.append({"code": "no_owner"})
    if seen.committed_live_on is not None and seen.planned_live_on is not None and seen.planned_live_on > seen.committed_live_on:
        bad.append({"code": "past_commitment", "days": (seen.planned_live_on - seen.committed_live_on).days})
    if seen.overdue_steps >= 3:
        bad.append({"code": "overdue", "steps": seen.overdue_steps})
    elif seen.overdue_steps:
        worrying.append({"code": "overdue", "steps": seen.overdue_steps})
    if seen.state == "paused":
        worrying.append({"code": "paused"})
    elif seen.waiting_side == "customer" and seen.waiting_days >= SILENT_DAYS:
        worrying.append({"code": "silent", "days": seen.waiting_days})
    if bad:
        return "off_track", bad + worrying
    return ("at_risk", worrying) if worrying else ("on_track", [])
