"""Reopen a step that was done or skipped."""

from django.db import transaction
from django.utils.translation import gettext as _

from boardwell.domain.audit.actions import record
from boardwell.domain.journeys import engine
from boardwell.domain.journeys.actions.reasons import required_reason
from boardwell.domain.journeys.events import StepOpened, StepReopened
from boardwell.kernel import tenancy
from boardwell.kernel.clock import now
from boardwell.kernel.errors import Conflict
from boardwell.kernel.events import emit


def reopen_step(journey_id: str, step_key: str, *, reason: str) -> None:
    """Opens an ended step again; what it had opened and nobody has begun is locked again, what was done stays done.

    Raises NotFound, NotAllowed, Invalid (no reason), Conflict (not ended, cancelled, or the customer is live through it).
    """
    tenancy.require("journeys:skip")
    why = required_reason(reason)
    with transaction.atomic():
        step = engine.lock_step(journey_id, step_key)
        engine.require_running(step)
        if step.state not in {"done", "skipped"}:
            raise Conflict(_("Only a step that is done or skipped can be reopened."))
        if step.marks == "go_live":
            raise Conflict(_("The customer is live already; that cannot be taken back here."))
        engine.open_again(step, now())
        record(
            "step.reopened", object_kind="step", object_id=step.id, account_id=step.account_id, journey_id=journey_id,
            label=step.key, before={"state": step.state}, after={"state": "ready"}, why=why,
        )  # fmt: skip
        emit(step.event(StepReopened), step.event(StepOpened))
