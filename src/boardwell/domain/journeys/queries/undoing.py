"""What of somebody's own last act in a journey can be taken back, for how long, and what stands in the way."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from boardwell.domain.audit.queries import Line, act_at, newest_of_actor
from boardwell.kernel import tenancy
from boardwell.kernel.clock import now

UNDOABLE = (
    "step.completed", "step.skipped", "step.rescheduled", "step.assigned", "journey.committed", "step.committed", "journey.handed_over",
    "journey.paused", "journey.moved",
)  # fmt: skip
MINUTES_FOR_MEMBERS = 30
MINUTES_FOR_CONTACTS = 10


@dataclass(frozen=True, slots=True)
class Offer:
    """An act that may be undone: where it stands in the log, what it was, and until when."""

    position: int
    verb: str
    until_at: datetime


def last_undoable(journey_id: str) -> Offer | None:
    """The current actor's newest act in the journey, when it is of the kind that can be undone and fresh. Two queries."""
    actor = tenancy.current().actor
    newest = newest_of_actor(journey_id, actor.id)
    if newest is None:
        return None
    act = act_at(journey_id, newest)
    main = main_of(act)
    if main is None or any(line.verb == "journey.go_live" for line in act):
        return None
    until_at = main.at + allowed_time()
    return Offer(main.position, main.verb, until_at) if until_at > now() else None


def allowed_time() -> timedelta:
    """How long the current actor may think it over."""
    return timedelta(minutes=MINUTES_FOR_MEMBERS if tenancy.current().actor.is_insider else MINUTES_FOR_CONTACTS)


def main_of(act: list[Line]) -> Line | None:
    """The entry of an act that says what was done; the others are what followed from it."""
    return next((line for line in act if line.verb in UNDOABLE), None)
