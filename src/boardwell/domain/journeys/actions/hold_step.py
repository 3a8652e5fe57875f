"""Say what is in the way of a step, that it is gone, or send it back with a remark."""

from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from boardwell.domain.audit.actions import record
from boardwell.domain.journeys import engine
from boardwell.domain.journeys.access import require_end_step
from boardwell.domain.journeys.actions.reasons import required_reason
from boardwell.domain.journeys.events import StepBlocked, StepEvent, StepOpened, StepWaiting
from boardwell.domain.journeys.models import Step
from boardwell.domain.journeys.states import may
from boardwell.kernel.clock import now
from boardwell.kernel.errors import Conflict
from boardwell.kernel.events import emit


def block_step(journey_id: str, step_key: str, *, reason: str) -> None:
    """Marks a step as blocked with the reason; its reminders go on, because somebody has to clear it."""
    _hold(journey_id, step_key, "block", "blocked", required_reason(reason), StepBlocked)


def unblock_step(journey_id: str, step_key: str) -> None:
    """What was in the way is gone."""
    _hold(journey_id, step_key, "unblock", "ready", "", StepBlocked)


def send_back(journey_id: str, step_key: str, *, reason: str, outcome: dict[str, Any] | None = None) -> None:
    """The step waits for the other side: a question was asked, or an approval was refused with a remark."""
    _hold(journey_id, step_key, "send_back", "waiting", required_reason(reason, "remark"), StepWaiting, outcome)


def give_back(journey_id: str, step_key: str, *, reason: str) -> None:
    """What waited for a look goes back to whoever does it, with a remark; they hear of it as of a step that opened."""
    _hold(journey_id, step_key, "give_back", "ready", required_reason(reason, "remark"), StepOpened, said="step.given_back")


def _hold(
    journey_id: str, step_key: str, verb: str, state: str, why: str, happening: type[StepEvent],
    outcome: dict[str, Any] | None = None, *, said: str = "",
) -> None:  # fmt: skip
    with transaction.atomic():
        step = engine.lock_step(journey_id, step_key)
        require_end_step(step.side)
        engine.require_running(step)
        if not may(verb, step.state):
            raise Conflict(_("This step has changed meanwhile. Reload the page to see what happened."))
        Step.objects.filter(pk=step.id).update(state=state, reason=why, outcome=outcome, changed_at=now())
        engine.refresh_journey(journey_id, now())
        record(
            said or f"step.{state}", object_kind="step", object_id=step.id, account_id=step.account_id, journey_id=journey_id,
            label=step.key, before={"state": step.state}, after={"state": state}, why=why,
        )  # fmt: skip
        emit(step.event(happening))
