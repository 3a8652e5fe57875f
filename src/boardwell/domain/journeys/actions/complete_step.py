"""Complete a step: the hot verb."""

from django.db import transaction
from django.utils.translation import gettext as _

from boardwell.domain.audit.actions import Entry, additions, log_head, record_many
from boardwell.domain.journeys import engine, learning, liveness
from boardwell.domain.journeys.access import require_end_step
from boardwell.domain.journeys.events import JourneyClosed, StepCompleted
from boardwell.domain.journeys.orders import Outcome
from boardwell.kernel.clock import now
from boardwell.kernel.errors import Conflict
from boardwell.kernel.events import Event, emission, emit
from boardwell.kernel.flush import shared_flush
from boardwell.kernel.sql import at_once, change


def complete_step(journey_id: str, step_key: str, outcome: Outcome | None = None) -> None:
    """Ends an open step as done, opens what waited for it, and keeps the outcome.

    One transaction: step, successors, journey counters, facts, audit, outbox. A second call raises Conflict and
    changes nothing. Raises NotFound for strangers, NotAllowed for the wrong side, Conflict when locked or paused.
    """
    outcome = outcome or Outcome()
    at = now()
    with shared_flush(), transaction.atomic():
        step = engine.lock_step(journey_id, step_key)
        require_end_step(step.side)
        engine.require_running(step)
        if step.state == "locked":
            raise Conflict(_("This step cannot start yet: other steps have to be done first."))
        # The log's head is locked last: what facts and marks set off may have to wait for rows of its own first.
        sets_off_more = bool(outcome.facts or step.marks)
        along = [] if sets_off_more else [log_head()]
        ending = engine.begin_ending(step, "done", outcome=outcome.as_json(), reason="", at=at, along=along)
        entries = [
            Entry(
                "step.completed", object_kind="step", object_id=step.id, account_id=step.account_id, journey_id=journey_id,
                label=step.key, before={"state": step.state}, after={"state": "done", **outcome.as_json()},
            )
        ]  # fmt: skip
        happenings: list[Event] = [step.event(StepCompleted), *ending.opened]
        closed = [JourneyClosed(journey_id=journey_id, account_id=step.account_id)] if step.closes_journey else []
        if not sets_off_more:
            at_once(ending.counting, *additions(entries, *ending.answers), emission(*happenings, *closed))
            return
        change(*ending.counting)  # before those who read and write the journey
        if outcome.facts:
            happenings += learning.learn(journey_id, step.account_id, outcome.facts, step_id=step.id, entries=entries)
        if step.marks:
            happenings += liveness.mark(step, at, entries)
        record_many(entries)
        emit(*happenings, *closed)
