"""Cancel a journey: it will not be finished."""

from django.db import transaction
from django.utils.translation import gettext as _

from boardwell.domain.audit.actions import record
from boardwell.domain.journeys.actions.reasons import required_reason
from boardwell.domain.journeys.events import JourneyCancelled
from boardwell.domain.journeys.learning import UNDECIDED_STATES
from boardwell.domain.journeys.models import Step
from boardwell.domain.journeys.rows import lock_journey
from boardwell.kernel import tenancy
from boardwell.kernel.clock import now
from boardwell.kernel.errors import Conflict
from boardwell.kernel.events import emit


def cancel_journey(journey_id: str, *, reason: str) -> None:
    """Ends a journey for good; what is not done is cancelled, what is done stays. Raises NotFound, NotAllowed, Invalid, Conflict."""
    tenancy.require("journeys:cancel")
    why = required_reason(reason)
    with transaction.atomic():
        journey = lock_journey(journey_id)
        if journey.state in {"cancelled", "closed"}:
            raise Conflict(_("This onboarding has ended."))
        at, before = now(), journey.state
        Step.objects.filter(journey=journey, state__in=UNDECIDED_STATES).update(
            state="cancelled", next_due_at=None, ended_at=at, reason=why
        )
        journey.state, journey.ended_at, journey.paused_at = "cancelled", at, None
        journey.waiting_side, journey.waiting_name, journey.waiting_since_at = "", "", None
        journey.revision += 1
        journey.save()
        record(
            "journey.cancelled", object_kind="journey", object_id=journey.id, account_id=journey.account_id,
            journey_id=journey.id, label=journey.title, before={"state": before}, after={"state": "cancelled"}, why=why,
        )  # fmt: skip
        emit(JourneyCancelled(journey_id=journey.id, account_id=journey.account_id))
