"""Add, change and remove contacts."""

from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.utils.translation import gettext as _

from boardwell.domain.accounts.models import Account, Contact
from boardwell.domain.audit.actions import record
from boardwell.domain.people.models import Person
from boardwell.kernel import tenancy
from boardwell.kernel.errors import Invalid, NotAllowed, NotFound
from boardwell.kernel.words import line

SIDES = ("customer", "third")
ROLES = ("admin", "participant")
LANGUAGES = ("", "en", "hi", "bn", "az", "ms", "mn")


def add_contact(
    account_id: str, *, name: str, email: str, role: str = "participant", side: str = "customer", job_title: str = "",
    phone: str = "", language: str = "",
) -> str:  # fmt: skip
    """Adds somebody at the account and returns the contact's id; no mail goes out until they are invited.

    Members need accounts:edit; a customer's administrator may add colleagues (domain rules are invite_colleague's).
    Raises NotFound, NotAllowed, Invalid (address, name, somebody with this address is there already).
    """
    actor = tenancy.current().actor
    if not (actor.may("accounts:edit") or actor.may("portal:invite")):
        raise NotAllowed(_("You cannot add people here."))
    address = email.strip().lower()
    faults: dict[str, list[str]] = {}
    try:
        validate_email(address)
    except ValidationError:
        faults["email"] = [_("Enter an e-mail address, such as name@example.com.")]
    if not line(name, 160):
        faults["name"] = [_("Enter the person's name.")]
    if role not in ROLES:
        faults["role"] = [_("Choose one of the roles.")]
    if side not in SIDES:
        faults["side"] = [_("Choose the customer's side or a third party.")]
    if language not in LANGUAGES:
        faults["language"] = [_("Choose one of the six languages.")]
    if faults:
        raise Invalid(_("Some details need to be put right."), faults)
    with transaction.atomic():
        account = Account.objects.filter(pk=account_id).first()
        if account is None:
            raise NotFound(_("There is no such account."))
        known = Contact.objects.filter(account=account, email=address).first()
        if known is not None and known.active:
            message = _("Somebody with this address is there already.")
            raise Invalid(message, {"email": [message]})
        person, _made = Person.objects.get_or_create(
            email=address, defaults={"name": line(name, 160), "password": "!", "language": language}
        )
        contact = known or Contact(organisation_id=account.organisation_id, account=account, email=address)
        contact.person, contact.name, contact.role, contact.side = person, line(name, 160), role, side
        contact.job_title, contact.phone, contact.language = line(job_title, 120), line(phone, 40), language
        contact.active = True
        contact.save()
        record(
            "contact.added", object_kind="contact", object_id=contact.id, account_id=account.id, label=contact.name,
            after={"role": role, "side": side},
        )  # fmt: skip
        return contact.id


def change_contact(contact_id: str, **values: Any) -> None:
    """Changes name, job_title, phone, language, role or reminders_off. Contacts change themselves, except their role."""
    actor = tenancy.current().actor
    allowed = {"name", "job_title", "phone", "language", "role", "reminders_off"}
    with transaction.atomic():
        contact = Contact.objects.filter(pk=contact_id, active=True).first()
        if contact is None:
            raise NotFound(_("There is no such contact."))
        own = actor.kind == "contact" and contact.person_id == actor.person_id and "role" not in values
        if not own and not actor.may("accounts:edit"):
            raise NotAllowed(_("You cannot change this person's details."))
        if unknown := sorted(set(values) - allowed):
            raise Invalid(_("Some details need to be put right."), {unknown[0]: [_("We do not know this field.")]})
        if "name" in values and not line(values["name"], 160):
            raise Invalid(_("Enter the person's name."), {"name": [_("Enter the person's name.")]})
        if values.get("role", "admin") not in ROLES or values.get("language", "") not in LANGUAGES:
            raise Invalid(_("Choose one of the values on offer."))
        before = {field: getattr(contact, field) for field in values}
        for field, value in values.items():
            setattr(contact, field, line(value, 160) if isinstance(value, str) else value)
        contact.save()
        record(
            "contact.changed", object_kind="contact", object_id=contact.id, account_id=contact.account_id, label=contact.name,
            before=before, after={field: getattr(contact, field) for field in values},
        )  # fmt: skip


def remove_contact(contact_id: str) -> None:
    """Takes somebody's access away at once; what they did stays in the log. Raises NotFound, NotAllowed."""
    actor = tenancy.current().actor
    if not (actor.may("accounts:edit") or actor.may("portal:invite")):
        raise NotAllowed(_("You cannot remove people here."))
    with transaction.atomic():
        contact = Contact.objects.filter(pk=contact_id, active=True).first()
        if contact is None:
            raise NotFound(_("There is no such contact."))
        if actor.kind == "contact" and contact.person_id == actor.person_id:
            raise NotAllowed(_("You cannot remove yourself. Ask a colleague or your contact person."))
        contact.active = False
        contact.save()
        record("contact.removed", object_kind="contact", object_id=contact.id, account_id=contact.account_id, label=contact.name)
