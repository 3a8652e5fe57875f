"""Assign a step to somebody: a member for our steps, a contact for the customer's."""

from django.db import transaction
from django.utils.translation import gettext as _

from boardwell.domain.accounts.models import Contact
from boardwell.domain.audit.actions import record
from boardwell.domain.journeys import engine
from boardwell.domain.journeys.events import StepAssigned
from boardwell.domain.journeys.models import Step
from boardwell.domain.people.models import Member
from boardwell.kernel import tenancy
from boardwell.kernel.clock import now
from boardwell.kernel.errors import Conflict, Invalid, NotAllowed
from boardwell.kernel.events import emit


def assign_step(journey_id: str, step_key: str, *, member_id: str | None = None, contact_id: str | None = None) -> None:
    """Makes somebody the doer of a step. Members need journeys:assign; a customer's admin hands over their side's steps.

    Raises NotFound, NotAllowed, Invalid (nobody, or somebody of the wrong side), Conflict (ended).
    """
    actor = tenancy.current().actor
    with transaction.atomic():
        step = engine.lock_step(journey_id, step_key)
        if actor.is_insider:
            tenancy.require("journeys:assign")
        elif not actor.may("portal:hand_over") or step.side == "ours":
            raise NotAllowed(_("Only your company's administrator can hand a step over."))
        if step.state in {"done", "skipped", "cancelled"}:
            raise Conflict(_("This step has ended."))
        if step.side == "ours":
            doer: Member | Contact | None = Member.objects.filter(pk=member_id or "", active=True).first()
        else:
            doer = Contact.objects.filter(pk=contact_id or "", account_id=step.account_id, active=True).first()
        if doer is None:
            message = _("Choose somebody who is still there, on the side that does this step.")
            raise Invalid(message, {"person": [message]})
        before = step.member_id or step.contact_id
        Step.objects.filter(pk=step.id).update(
            member_id=doer.id if isinstance(doer, Member) else None,
            contact_id=doer.id if isinstance(doer, Contact) else None,
        )
        engine.refresh_journey(journey_id, now())
        record(
            "step.assigned", object_kind="step", object_id=step.id, account_id=step.account_id, journey_id=journey_id,
            label=step.key, before={"doer": before}, after={"doer": doer.id, "name": doer.name},
        )  # fmt: skip
        emit(step.event(StepAssigned))
