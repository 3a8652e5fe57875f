"""Carry a person's new e-mail address to where they are a contact."""

from django.db import transaction

from boardwell.domain.accounts.models import Contact
from boardwell.domain.accounts.queries import seats_of
from boardwell.domain.audit.actions import record
from boardwell.kernel import tenancy


def change_address(person_id: str, address: str) -> None:
    """Gives every seat of the person the address that they now sign in with, one line in each organisation's log.

    The door has seen the person confirm it. Safe to repeat: what stands already is left alone.
    """
    for seat in seats_of(person_id):
        with tenancy.acting_for(seat.organisation_id), transaction.atomic():
            contact = Contact.objects.select_for_update().filter(pk=seat.contact_id).first()
            if contact is None or contact.email == address:
                continue
            before = contact.email
            contact.email = address
            contact.save(update_fields=["email", "changed_at"])
            record(
                "contact.changed", object_kind="contact", object_id=contact.id, account_id=contact.account_id, label=contact.name,
                before={"email": before}, after={"email": address},
            )  # fmt: skip
