"""Reschedule: move a step's planned day and what follows it, or the whole rest of a plan; look before at what would move."""

from dataclasses import dataclass
from datetime import date

from django.db import transaction
from django.utils.translation import gettext as _

from boardwell.domain.audit.actions import record_many
from boardwell.domain.journeys import engine
from boardwell.domain.journeys.actions.moving import checked_day, moves_from, write_moves
from boardwell.domain.journeys.actions.reasons import required_reason
from boardwell.domain.journeys.documents import document_of_version, parties_from
from boardwell.domain.journeys.events import StepRescheduled
from boardwell.domain.journeys.learning import UNDECIDED_STATES
from boardwell.domain.journeys.models import Journey, Step
from boardwell.domain.journeys.rows import lock_journey, step_of
from boardwell.domain.playbooks.document import Document
from boardwell.kernel import tenancy
from boardwell.kernel.clock import now
from boardwell.kernel.errors import Conflict, Invalid
from boardwell.kernel.events import emit
from boardwell.kernel.texts import in_language

MOST_DAYS = 250
"""Working days by which a plan may move at once: a year."""


def reschedule_step(journey_id: str, step_key: str, *, due_on: date, reason: str) -> int:
    """Moves the step to `due_on`, and what follows it as the schedule has it: what waits for it, what counts from it.

    What was promised, the baseline and what has ended stay. Returns how many moved.

    Raises NotFound, NotAllowed, Invalid (no reason, absurd day), Conflict (ended).
    """
    tenancy.require("journeys:reschedule")
    why = required_reason(reason)
    checked_day(due_on)
    with transaction.atomic():
        locked = engine.lock_step(journey_id, step_key)
        engine.require_running(locked)
        if locked.state not in UNDECIDED_STATES:
            raise Conflict(_("This step has ended; its day cannot move any more."))
        journey = Journey.objects.get(pk=journey_id)
        document = document_of_version(journey.version_id)
        steps = _steps_by_key(journey_id)
        entries = write_moves(journey, document, steps, moves := moves_from(journey, steps.values(), step_key, due_on), why)
        engine.refresh_journey(journey_id, now())
        record_many(entries)
        emit(locked.event(StepRescheduled))
        return len(moves)


def shift_plan(journey_id: str, *, working_days: int, reason: str) -> int:
    """Moves every step that has not ended by some working days (back when negative); returns how many moved.

    What was promised and the baseline stay. Raises NotFound, NotAllowed, Invalid (no reason, no or too many days),
    Conflict (not running, nothing to move).
    """
    tenancy.require("journeys:reschedule")
    why = required_reason(reason)
    if not 1 <= abs(working_days) <= MOST_DAYS:
        message = _("Enter a number of working days between -%(most)d and %(most)d, not 0.") % {"most": MOST_DAYS}
        raise Invalid(message, {"working_days": [message]})
    with transaction.atomic():
        journey = lock_journey(journey_id)
        if journey.state not in {"active", "live"}:
            raise Conflict(_("Only the days of an onboarding that is running can be moved."))
        document = document_of_version(journey.version_id)
        times = parties_from(journey.calendar, journey.time_zone)
        steps = _steps_by_key(journey_id)
        moves: dict[str, date | None] = {
            key: times.of(step.side).add(step.planned_on, working_days)
            for key, step in steps.items()
            if step.planned_on is not None and step.state in UNDECIDED_STATES
        }
        if not moves:
            raise Conflict(_("No open step has a day that could move."))
        entries = write_moves(journey, document, steps, moves, why)
        engine.refresh_journey(journey_id, now())
        record_many(entries)
        first = engine.lock_step(journey_id, next(iter(moves)))
        emit(first.event(StepRescheduled))
        return len(moves)


@dataclass(frozen=True, slots=True)
class Move:
    """One step that would move."""

    key: str
    title: str
    before: date | None
    after: date


@dataclass(frozen=True, slots=True)
class MovePreview:
    """What a new day would do: every step that moves, and the planned go-live before and after, beside what was promised."""

    due_on: date
    moves: tuple[Move, ...]
    live_before: date | None
    live_after: date | None
    promised_on: date | None

    @property
    def breaks_promise(self) -> bool:
        """Whether the plan would end after the promised go-live, and did not before."""
        if self.promised_on is None or self.live_after is None or self.live_after <= self.promised_on:
            return False
        return self.live_before is None or self.live_before <= self.promised_on


def preview_move(journey_id: str, step_key: str, *, due_on: date) -> MovePreview:
    """What `reschedule_step` would do, without doing it. Raises NotFound, NotAllowed, Invalid, Conflict as it would."""
    tenancy.require("journeys:reschedule")
    checked_day(due_on)
    step = step_of(journey_id, step_key)
    if step.state not in UNDECIDED_STATES:
        raise Conflict(_("This step has ended; its day cannot move any more."))
    journey = Journey.objects.get(pk=journey_id)
    document = document_of_version(journey.version_id)
    steps = _steps_by_key(journey_id)
    moves = moves_from(journey, steps.values(), step_key, due_on)
    marked = next((one.key for one in steps.values() if one.marks == "go_live"), "")
    shown = sorted(moves, key=lambda key: (key != step_key, steps[key].position))
    return MovePreview(
        due_on,
        tuple(Move(key, _title(document, steps[key]), steps[key].planned_on, moves[key]) for key in shown),
        journey.planned_live_on, moves.get(marked, journey.planned_live_on), journey.committed_live_on,
    )  # fmt: skip


def _steps_by_key(journey_id: str) -> dict[str, Step]:
    return {step.key: step for step in Step.objects.filter(journey_id=journey_id).exclude(state="cancelled").order_by("position")}


def _title(document: Document, step: Step) -> str:
    plan = document.step(step.key.partition("~")[0])
    return in_language(plan.title) if plan else in_language((step.texts or {}).get("title", {})) or step.key
