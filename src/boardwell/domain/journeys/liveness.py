"""Kick-off, first value and go-live: separate facts of a journey, set when the step that marks them ends."""

from datetime import datetime

from boardwell.domain.audit.actions import Entry
from boardwell.domain.journeys.engine import LockedStep
from boardwell.domain.journeys.events import JourneyWentLive
from boardwell.domain.journeys.models import Journey
from boardwell.kernel.events import Event

MARKS = ("kickoff", "first_value", "go_live")


def mark(step: LockedStep, at: datetime, entries: list[Entry]) -> list[Event]:
    """Records what the ended step marks. Runs in the caller's transaction; marking twice keeps the first instant."""
    journeys = Journey.objects.filter(pk=step.journey_id)
    if step.marks == "kickoff":
        changed = journeys.filter(kicked_off_at=None).update(kicked_off_at=at)
    elif step.marks == "first_value":
        changed = journeys.filter(first_value_at=None).update(first_value_at=at)
    else:
        changed = journeys.filter(live_at=None).update(live_at=at)
        everything_ended = step.steps_done + 1 >= step.steps_total
        journeys.filter(state="active").update(state="closed" if everything_ended else "live")
        if everything_ended:
            journeys.update(ended_at=at)
    if not changed:
        return []
    entries.append(
        Entry(
            f"journey.{step.marks}", object_kind="journey", object_id=step.journey_id, account_id=step.account_id,
            journey_id=step.journey_id, after={f"{step.marks}_at": at.isoformat()},
        )
    )  # fmt: skip
    if step.marks == "go_live":
        return [JourneyWentLive(journey_id=step.journey_id, account_id=step.account_id)]
    return []
