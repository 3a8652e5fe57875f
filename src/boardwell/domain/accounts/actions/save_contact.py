"""Add, change and remove contacts."""

from datetime import timedelta
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from boardwell.domain.accounts.access import is_allowed_domain
from boardwell.domain.accounts.models import Account, Contact, Invitation
from boardwell.domain.audit.actions import record
from boardwell.domain.organisations.queries import policy_of_current
from boardwell.domain.people.models import Person
from boardwell.kernel import tenancy
from boardwell.kernel.checks import Faults
from boardwell.kernel.clock import now
from boardwell.kernel.errors import Invalid, NotAllowed, NotFound

SIDES = ("customer", "third")
ROLES = ("admin", "participant")
SEEN_SECONDS = 300


def add_contact(
    account_id: str, *, name: str, email: str, role: str = "participant", side: str = "customer", job_title: str = "",
    phone: str = "", language: str = "",
) -> str:  # fmt: skip
    """Adds somebody at the account and returns the contact's id; no mail goes out until they are invited.

    Members need accounts:edit. A customer's administrator adds participants of their own side whose address lies within
    the account's domains; without listed domains the administrator's own domain counts.
    Raises NotFound, NotAllowed, Invalid (address, name, somebody with this address is there already).
    """
    actor = tenancy.current().actor
    if not (actor.may("accounts:edit") or actor.may("portal:invite")):
        raise NotAllowed(_("You cannot add people here."))
    faults = Faults()
    address = faults.email("email", email)
    details = {
        "name": faults.line("name", name, 160, missing=_("Enter the person's name.")),
        "role": faults.one_of("role", role, ROLES, _("Choose one of the roles.")),
        "side": faults.one_of("side", side, SIDES, _("Choose the customer's side or a third party.")),
        "job_title": faults.line("job_title", job_title, 120),
        "phone": faults.line("phone", phone, 40),
        "language": faults.language("language", language, optional=True),
    }
    faults.stop()
    account = Account.objects.filter(pk=account_id).first()
    if account is None:
        raise NotFound(_("There is no such account."))
    if not actor.is_insider:
        details["side"] = _refuse_beyond(actor, account, address, role)
    try:
        with transaction.atomic():
            known = Contact.objects.select_for_update().filter(account=account, email=address).first()
            if known is not None and known.active:
                raise Invalid(_taken(), {"email": [_taken()]})
            person, _made = Person.objects.get_or_create(
                email=address, defaults={"name": details["name"], "password": "!", "language": details["language"]}
            )
            contact = known or Contact(organisation_id=account.organisation_id, account=account, email=address)
            contact.person, contact.active = person, True
            for field, value in details.items():
                setattr(contact, field, value)
            contact.save()
            record(
                "contact.added", object_kind="contact", object_id=contact.id, account_id=account.id, label=contact.name,
                after={"role": role, "side": details["side"]},
            )  # fmt: skip
            return contact.id
    except IntegrityError as problem:
        raise Invalid(_taken(), {"email": [_taken()]}) from problem


def _refuse_beyond(actor: tenancy.Actor, account: Account, address: str, role: str) -> str:
    """The side of somebody whom an outsider may add, or NotAllowed or Invalid."""
    if not policy_of_current().contacts_may_invite:
        raise NotAllowed(_("Inviting colleagues is switched off. Ask your contact person to invite them."))
    own = Contact.objects.filter(pk=actor.id, account=account, active=True).first()
    if own is None or role != "participant":
        raise NotAllowed(_("You cannot add people here."))
    domains = account.email_domains or [own.email.rpartition("@")[2]]
    if not is_allowed_domain(address, domains):
        message = _("You can invite people with an address at %(domains)s. Ask your contact person for anybody else.") % {
            "domains": ", ".join(domains)
        }
        raise Invalid(message, {"email": [message]})
    return own.side


def _taken() -> str:
    return _("Somebody with this address is there already.")


def change_contact(contact_id: str, **values: Any) -> None:
    """Changes name, job_title, phone, language, role or reminders_off. Contacts change themselves, except their role.

    Nothing is written when nothing differs. Raises NotFound, NotAllowed, Invalid.
    """
    actor = tenancy.current().actor
    with transaction.atomic():
        contact = _contact(contact_id)
        own = actor.kind == "contact" and contact.person_id == actor.person_id and "role" not in values
        if not own and not actor.may("accounts:edit"):
            raise NotAllowed(_("You cannot change this person's details."))
        faults = Faults()
        clean = {field: _clean(faults, field, value) for field, value in values.items()}
        faults.stop()
        before = {field: getattr(contact, field) for field in clean if getattr(contact, field) != clean[field]}
        if not before:
            return
        for field in before:
            setattr(contact, field, clean[field])
        contact.save(update_fields=[*before, "changed_at"])
        record(
            "contact.changed", object_kind="contact", object_id=contact.id, account_id=contact.account_id, label=contact.name,
            before=before, after={field: clean[field] for field in before},
        )  # fmt: skip


def _clean(faults: Faults, field: str, value: Any) -> Any:
    match field:
        case "name":
            return faults.line(field, value, 160, missing=_("Enter the person's name."))
        case "job_title":
            return faults.line(field, value, 120)
        case "phone":
            return faults.line(field, value, 40)
        case "language":
            return faults.language(field, value, optional=True)
        case "role":
            return faults.one_of(field, value, ROLES, _("Choose one of the roles."))
        case "reminders_off":
            return bool(value)
    faults.add(field, _("We do not know this field."))
    return None


def remove_contact(contact_id: str) -> None:
    """Takes somebody's access away at once, open invitations too; what they did stays in the log. Raises NotFound, NotAllowed."""
    actor = tenancy.current().actor
    if not (actor.may("accounts:edit") or actor.may("portal:invite")):
        raise NotAllowed(_("You cannot remove people here."))
    with transaction.atomic():
        contact = _contact(contact_id)
        if actor.kind == "contact" and contact.person_id == actor.person_id:
            raise NotAllowed(_("You cannot remove yourself. Ask a colleague or your contact person."))
        contact.active = False
        contact.save(update_fields=["active", "changed_at"])
        Invitation.objects.filter(contact=contact, withdrawn_at=None).update(withdrawn_at=now())
        record("contact.removed", object_kind="contact", object_id=contact.id, account_id=contact.account_id, label=contact.name)


def touch_contact_seen(contact_id: str) -> None:
    """Notes that a contact was here, to five minutes: one write however many pages. No line in the log, since nothing changed."""
    at = now()
    stale = Q(last_seen_at=None) | Q(last_seen_at__lt=at - timedelta(seconds=SEEN_SECONDS))
    Contact.objects.filter(stale, pk=contact_id, active=True).update(last_seen_at=at)


def _contact(contact_id: str) -> Contact:
    contact = Contact.objects.filter(pk=contact_id, active=True).first()
    if contact is None:
        raise NotFound(_("There is no such contact."))
    return contact
