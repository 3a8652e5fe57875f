"""Skip a step: leave it out, with a reason that stays in the record."""

from django.db import transaction
from django.utils.translation import gettext as _

from boardwell.domain.audit.actions import record
from boardwell.domain.journeys import engine
from boardwell.domain.journeys.actions.reasons import required_reason
from boardwell.domain.journeys.events import JourneyClosed, StepSkipped
from boardwell.kernel import tenancy
from boardwell.kernel.clock import now
from boardwell.kernel.errors import Conflict
from boardwell.kernel.events import emit


def skip_step(journey_id: str, step_key: str, *, reason: str) -> None:
    """Ends an open or locked step as skipped and opens what waited for it. A reason is required.

    Raises NotFound, NotAllowed, Invalid (no reason), Conflict (ended already; or it marks go-live, which cannot be skipped).
    """
    tenancy.require("journeys:skip")
    why = required_reason(reason)
    with transaction.atomic():
        step = engine.lock_step(journey_id, step_key)
        engine.require_running(step)
        if step.marks == "go_live":
            raise Conflict(_("Going live cannot be skipped. Cancel the onboarding instead."))
        opened = engine.end_step(step, "skipped", outcome=None, reason=why, at=now())
        record(
            "step.skipped", object_kind="step", object_id=step.id, account_id=step.account_id, journey_id=journey_id,
            label=step.key, before={"state": step.state}, after={"state": "skipped"}, why=why,
        )  # fmt: skip
        emit(step.event(StepSkipped), *opened)
        if step.closes_journey:
            emit(JourneyClosed(journey_id=journey_id, account_id=step.account_id))
