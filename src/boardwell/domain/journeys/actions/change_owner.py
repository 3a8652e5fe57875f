"""Hand a journey over to another owner."""

from django.db import transaction
from django.utils.translation import gettext as _

from boardwell.domain.audit.actions import record
from boardwell.domain.journeys import engine
from boardwell.domain.journeys.events import OwnerChanged
from boardwell.domain.journeys.learning import UNDECIDED_STATES
from boardwell.domain.journeys.models import Step
from boardwell.domain.journeys.rows import lock_journey
from boardwell.domain.people.models import Member
from boardwell.kernel import tenancy
from boardwell.kernel.clock import now
from boardwell.kernel.errors import Invalid
from boardwell.kernel.events import emit


def change_owner(journey_id: str, member_id: str) -> None:
    """Makes a member the single point of contact; steps that the former owner still had go along."""
    tenancy.require("journeys:assign")
    with transaction.atomic():
        journey = lock_journey(journey_id)
        member = Member.objects.filter(pk=member_id, active=True).first()
        if member is None:
            message = _("Choose somebody on your team.")
            raise Invalid(message, {"owner": [message]})
        if member.id == journey.owner_id:
            return
        before = journey.owner_id
        theirs = Step.objects.filter(journey=journey, member_id=before, state__in=UNDECIDED_STATES)
        moved = list(theirs.order_by("position").values_list("key", flat=True))
        theirs.update(member=member)
        journey.owner = member
        roles = [role for role, person in journey.roles.items() if person == before]
        journey.roles = {role: member.id if person == before else person for role, person in journey.roles.items()}
        journey.save()
        engine.refresh_journey(journey_id, now())
        record(
            "journey.handed_over", object_kind="journey", object_id=journey.id, account_id=journey.account_id,
            journey_id=journey.id, label=journey.title, before={"owner": before},
            after={"owner": member.id, "name": member.name, "steps": moved, "roles": roles},
        )  # fmt: skip
        emit(OwnerChanged(journey_id=journey.id, account_id=journey.account_id))
