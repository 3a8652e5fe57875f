"""Pause a journey: clocks stand still, reminders stop."""

from django.db import transaction
from django.utils.translation import gettext as _

from boardwell.domain.audit.actions import record
from boardwell.domain.journeys.actions.reasons import required_reason
from boardwell.domain.journeys.events import JourneyPaused
from boardwell.domain.journeys.models import Step
from boardwell.domain.journeys.rows import lock_journey
from boardwell.kernel import tenancy
from boardwell.kernel.clock import now
from boardwell.kernel.errors import Conflict
from boardwell.kernel.events import emit


def pause_journey(journey_id: str, *, reason: str) -> None:
    """Stops every clock of an active journey until resume_journey. Raises NotFound, NotAllowed, Invalid, Conflict."""
    tenancy.require("journeys:pause")
    why = required_reason(reason)
    with transaction.atomic():
        journey = lock_journey(journey_id)
        if journey.state != "active":
            raise Conflict(_("Only an onboarding that is running can be paused."))
        before = journey.state
        journey.state, journey.paused_at, journey.pause_reason = "paused", now(), why[:300]
        journey.revision += 1
        journey.save()
        Step.objects.filter(journey=journey).exclude(next_due_at=None).update(next_due_at=None)
        record(
            "journey.paused", object_kind="journey", object_id=journey.id, account_id=journey.account_id, journey_id=journey.id,
            label=journey.title, before={"state": before}, after={"state": "paused"}, why=why,
        )  # fmt: skip
        emit(JourneyPaused(journey_id=journey.id, account_id=journey.account_id))
