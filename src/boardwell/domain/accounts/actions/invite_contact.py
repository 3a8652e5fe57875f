"""Invite contacts into the portal: letters whose secret is made late, kept as a hash, used once."""

import hashlib
import secrets
from datetime import timedelta

from django.db import transaction
from django.utils.translation import gettext as _

from boardwell.domain.accounts.access import may_invite
from boardwell.domain.accounts.actions.save_contact import add_contact
from boardwell.domain.accounts.events import ContactInvited, ContactJoined
from boardwell.domain.accounts.models import Contact, Invitation
from boardwell.domain.audit.actions import record
from boardwell.domain.organisations.queries import policy_of_current
from boardwell.kernel import tenancy
from boardwell.kernel.clock import now
from boardwell.kernel.errors import NotAllowed, NotFound
from boardwell.kernel.events import emit

LASTS = timedelta(days=14)
"""An invitation only opens the page where sign-in starts, so it may live longer than a sign-in code."""


def invite_contact(contact_id: str, *, journey_id: str = "", words: str = "") -> str:
    """Asks for a letter of invitation and returns its id; earlier letters to the same person stop working.

    `words` stand in the letter instead of our own paragraph.
    """
    actor = tenancy.current().actor
    if not may_invite(actor) or not (actor.is_insider or policy_of_current().contacts_may_invite):
        raise NotAllowed(_("You cannot invite people here."))
    with transaction.atomic():
        contact = Contact.objects.filter(pk=contact_id, active=True).first()
        if contact is None:
            raise NotFound(_("There is no such contact."))
        at = now()
        Invitation.objects.filter(contact=contact, accepted_at=None, withdrawn_at=None).update(withdrawn_at=at)
        invitation = Invitation(
            organisation_id=contact.organisation_id, account_id=contact.account_id, contact=contact,
            token_hash=secrets.token_hex(32), expires_at=at + LASTS,
        )  # fmt: skip
        invitation.save(force_insert=True)
        Contact.objects.filter(pk=contact.pk).update(invited_at=at, changed_at=at)
        record(
            "contact.invited", object_kind="contact", object_id=contact.id, account_id=contact.account_id,
            journey_id=journey_id, label=contact.name, after={"invitation": invitation.id},
        )  # fmt: skip
        emit(
            ContactInvited(
                account_id=contact.account_id, contact_id=contact.id, invitation_id=invitation.id, journey_id=journey_id,
                invited_by=actor.name, words=words,
            )
        )  # fmt: skip
        return invitation.id


def issue_invitation_token(invitation_id: str) -> str:
    """Makes the invitation's 256-bit secret, keeps its hash and returns it for the letter; called again, the older one dies.

    Only the house itself asks, while it writes the letter: nobody else ever learns a secret. Raises NotAllowed, NotFound.
    """
    if tenancy.current().actor.kind != "system":
        raise NotAllowed(_("You cannot invite people here."))
    token = secrets.token_urlsafe(32)
    open_still = Invitation.objects.filter(pk=invitation_id, accepted_at=None, withdrawn_at=None, expires_at__gt=now())
    if not open_still.update(token_hash=hashlib.sha256(token.encode()).hexdigest()):
        raise NotFound(_("This invitation is not open any more."))
    return token


def withdraw_invitation(invitation_id: str) -> None:
    """Makes a letter useless that nobody has used yet. Twice changes nothing. Raises NotAllowed, NotFound."""
    if not may_invite(tenancy.current().actor):
        raise NotAllowed(_("You cannot invite people here."))
    with transaction.atomic():
        invitation = Invitation.objects.select_related("contact").filter(pk=invitation_id).first()
        if invitation is None:
            raise NotFound(_("There is no such invitation."))
        if Invitation.objects.filter(pk=invitation_id, accepted_at=None, withdrawn_at=None).update(withdrawn_at=now()):
            contact = invitation.contact
            record(
                "contact.changed", object_kind="contact", object_id=contact.id, account_id=contact.account_id, label=contact.name,
                before={"invitation": invitation.id}, after={"invitation": None},
            )  # fmt: skip


def accept_invitation(invitation_id: str) -> None:
    """Notes that the invited person came in; the first time the contact counts as joined. Safe to repeat; one of many at once wins.

    The door has compared the secret (`queries.invitation_for`) and knows who signed in.
    Raises NotFound when the letter is unknown, withdrawn or too old.
    """
    with transaction.atomic():
        invitation = Invitation.objects.select_related("contact").filter(pk=invitation_id).first()
        actor = tenancy.current().actor
        somebody_elses = invitation is not None and actor.kind == "contact" and actor.id != invitation.contact_id
        if invitation is None or somebody_elses or not invitation.contact.active:
            raise NotFound(_("This invitation is not open any more."))
        usable = Invitation.objects.filter(pk=invitation_id, accepted_at=None, withdrawn_at=None, expires_at__gt=now())
        if usable.update(accepted_at=now()):
            joined(invitation.contact)
        elif invitation.withdrawn_at is not None or (invitation.accepted_at is None and invitation.expires_at <= now()):
            raise NotFound(_("This invitation is not open any more."))


def joined(contact: Contact) -> None:
    """Marks a contact's first visit, once."""
    with transaction.atomic():
        if not Contact.objects.filter(pk=contact.pk, joined_at=None).update(joined_at=now()):
            return
        record("contact.joined", object_kind="contact", object_id=contact.id, account_id=contact.account_id, label=contact.name)
        emit(ContactJoined(account_id=contact.account_id, contact_id=contact.id))


def invite_colleague(account_id: str, *, name: str, email: str, journey_id: str = "") -> str:
    """A customer's administrator brings a colleague in, within the account's domains; returns the contact's id.

    The rules are `add_contact`'s. Raises NotAllowed, Invalid, NotFound.
    """
    tenancy.require("portal:invite")
    with transaction.atomic():
        contact_id = add_contact(account_id, name=name, email=email)
        invite_contact(contact_id, journey_id=journey_id)
        return contact_id
