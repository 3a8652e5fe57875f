"""Look at the portal through a contact's eyes, and stop looking; both are written down."""

from django.db import transaction
from django.utils.translation import gettext as _

from boardwell.domain.audit.actions import record
from boardwell.domain.journeys.queries.looks import LASTS, contact_at, sealed_look
from boardwell.kernel import tenancy
from boardwell.kernel.clock import now
from boardwell.kernel.errors import NotAllowed, NotFound


def view_as_contact(journey_id: str, contact_id: str, *, session_key: str) -> str:
    """Opens a look for half an hour and returns the signed text that the portal's door takes; nothing else changes.

    The log says who looked as whom, at which onboarding and until when. Raises NotAllowed, and NotFound for an onboarding or a
    contact that is not there, is not this account's, or was removed.
    """
    actor = tenancy.require("journeys:view_as")
    if actor.kind != "member":
        raise NotAllowed(_("Only members see the portal as somebody else does."))
    with transaction.atomic():
        contact = contact_at(journey_id, contact_id)
        if contact is None:
            raise NotFound(_("There is no such contact."))
        record(
            "contact.looked_as", object_kind="contact", object_id=contact.id, account_id=contact.account_id, journey_id=journey_id,
            label=contact.name, after={"until": now() + LASTS},
        )  # fmt: skip
        return sealed_look(journey_id, contact.id, actor.id, session_key)


def end_view(journey_id: str, contact_id: str) -> None:
    """Writes down that the look is over. Raises NotAllowed, NotFound."""
    tenancy.require("journeys:view_as")
    with transaction.atomic():
        contact = contact_at(journey_id, contact_id)
        if contact is None:
            raise NotFound(_("There is no such contact."))
        record(
            "contact.look_ended", object_kind="contact", object_id=contact.id, account_id=contact.account_id, journey_id=journey_id,
            label=contact.name,
        )  # fmt: skip
