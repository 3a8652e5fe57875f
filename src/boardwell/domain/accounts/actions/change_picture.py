"""Give a contact a face."""

from django.utils.translation import gettext as _

from boardwell.domain.accounts.models import Contact
from boardwell.domain.audit.actions import record
from boardwell.domain.vault.actions.keep_picture import replace_picture
from boardwell.kernel import storage, tenancy
from boardwell.kernel.errors import NotAllowed, NotFound


def change_contact_picture(contact_id: str, upload: storage.Upload | None) -> None:
    """Sets the picture, or takes it away. Contacts change their own, the team everybody's. Raises NotFound, NotAllowed, Invalid."""
    actor = tenancy.current().actor
    contact = Contact.objects.filter(pk=contact_id, active=True).first()
    if contact is None:
        raise NotFound(_("There is no such contact."))
    if not (actor.kind == "contact" and contact.person_id == actor.person_id) and not actor.may("accounts:edit"):
        raise NotAllowed(_("You cannot change this person's details."))

    def carry(new: str) -> None:
        before, contact.photo_file_id = contact.photo_file_id, new
        contact.save(update_fields=["photo_file_id", "changed_at"])
        record(
            "contact.changed", object_kind="contact", object_id=contact.id, account_id=contact.account_id, label=contact.name,
            before={"photo_file_id": before}, after={"photo_file_id": new},
        )  # fmt: skip

    replace_picture(contact.photo_file_id, upload, carry)
