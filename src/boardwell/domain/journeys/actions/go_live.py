"""Go live: the customer works with us from now."""

from django.db import transaction
from django.utils.translation import gettext as _

from boardwell.domain.journeys import engine
from boardwell.domain.journeys.actions.complete_step import complete_step
from boardwell.domain.journeys.models import Step
from boardwell.domain.journeys.orders import Outcome
from boardwell.domain.journeys.rows import lock_journey
from boardwell.kernel import tenancy
from boardwell.kernel.errors import Conflict


def go_live(journey_id: str) -> None:
    """Completes the milestone that marks go-live. It opens only when all it needs – the customer's sign-off – has ended.

    Raises NotFound, NotAllowed, Conflict (still locked, live already, or the playbook has no such milestone).
    """
    tenancy.require("journeys:go_live")
    with transaction.atomic():
        journey = lock_journey(journey_id)
        if journey.live_at is not None:
            raise Conflict(_("This customer is live already."))
        milestone = Step.objects.filter(journey_id=journey_id, marks="go_live").exclude(state="cancelled").first()
        if milestone is None:
            raise Conflict(_("This plan has no go-live milestone. Add one to the playbook."))
        if milestone.state not in engine.OPEN:
            raise Conflict(_("Not everything that go-live needs is done, such as the customer’s sign-off."))
        complete_step(journey_id, milestone.key, Outcome(word="live"))
