"""Create, change, archive and restore accounts."""

import re
from collections.abc import Mapping
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from boardwell.domain.accounts.events import AccountCreated, DaysOffChanged
from boardwell.domain.accounts.models import Account
from boardwell.domain.audit.actions import record
from boardwell.domain.people.models import Member
from boardwell.kernel import tenancy
from boardwell.kernel.checks import Faults
from boardwell.kernel.clock import now
from boardwell.kernel.errors import Conflict, NotFound
from boardwell.kernel.events import emit
from boardwell.kernel.wordindex import index_words

PARTIES = ("customer", "vendor", "partner")
TEXT_FIELDS = {"name": 200, "industry": 120, "city": 120, "website": 200, "external_id": 120, "source": 40}
FIELDS = (*TEXT_FIELDS, "party", "is_person", "country", "time_zone", "language", "email_domains", "owner_id", "notes", "fields")
SEARCHED = frozenset({"name", "external_id", "website", "city"})
"""What accounts are found by."""
MOST_DOMAINS = 20
MOST_FIELDS = 100
_DOMAIN = re.compile(r"[^\s@/.]+(?:\.[^\s@/.]+)+")


def checked(values: Mapping[str, Any]) -> dict[str, Any]:
    """The cleaned values, or Invalid naming every field at fault."""
    faults = Faults()
    clean = {field: _clean(faults, field, value) for field, value in values.items()}
    faults.stop()
    return clean


def _clean(faults: Faults, field: str, value: Any) -> Any:
    if field in TEXT_FIELDS:
        return faults.line(field, value, TEXT_FIELDS[field], missing=_("Enter the account's name.") if field == "name" else "")
    match field:
        case "notes":
            return faults.paragraph(field, value, 10_000)
        case "party":
            return faults.one_of(field, value, PARTIES, _("Choose customer, vendor or partner."))
        case "country":
            return faults.country(field, value, optional=True)
        case "time_zone":
            return faults.time_zone(field, value or "", optional=True)
        case "language":
            return faults.language(field, value or "en")
        case "email_domains":
            return _domains(faults, value)
        case "owner_id":
            return _owner(faults, value)
        case "is_person":
            return bool(value)
        case "fields":
            return _own_fields(faults, value)
    faults.add(field, _("We do not know this field."))
    return None


def _domains(faults: Faults, value: Any) -> list[str]:
    given = value if isinstance(value, list | tuple | set | frozenset) else [value] if value else []
    clean = sorted({faults.line("email_domains", one, 120).lower().lstrip("@") for one in given} - {""})
    if len(clean) > MOST_DOMAINS or not all(_DOMAIN.fullmatch(domain) for domain in clean):
        faults.add("email_domains", _("Write domains such as example.com."))
    return clean


def _owner(faults: Faults, value: Any) -> str | None:
    if not value:
        return None
    member_id = faults.line("owner_id", value, 32)
    if not Member.objects.filter(pk=member_id, active=True).exists():
        faults.add("owner_id", _("Choose somebody on your team."))
    return member_id


def _own_fields(faults: Faults, value: Any) -> dict[str, Any]:
    """Fields of one's own: a flat mapping of names to plain values, small enough to be kept and shown whole."""
    if not isinstance(value, dict) or len(value) > MOST_FIELDS:
        faults.add("fields", _("Choose one of the values on offer."))
        return {}
    clean: dict[str, Any] = {}
    for name, held in value.items():
        key = faults.line("fields", name, 80)
        if isinstance(held, str):
            clean[key] = faults.paragraph("fields", held, 2_000)
        elif held is None or (isinstance(held, int | float) and abs(held) < 2**53):  # neither NaN nor infinity is
            clean[key] = held
        else:
            faults.add("fields", _("Choose one of the values on offer."))
    return clean


def create_account(**values: Any) -> str:
    """Makes an account and returns its id. Raises NotAllowed, Invalid, Conflict (the external id is taken)."""
    tenancy.require("accounts:edit")
    clean = checked({"name": "", **values})
    try:
        with transaction.atomic():
            account = Account(organisation_id=tenancy.current().organisation_id, **clean)
            account.save(force_insert=True)
            _index(account, is_new=True)
            record(
                "account.created", object_kind="account", object_id=account.id, account_id=account.id, label=account.name,
                after=clean,
            )  # fmt: skip
            emit(AccountCreated(account_id=account.id))
    except IntegrityError as problem:
        raise Conflict(_("Another account has this external id already.")) from problem
    return account.id


def update_account(account_id: str, **values: Any) -> bool:
    """Changes what is given; returns whether anything differed. Raises NotFound, NotAllowed, Invalid, Conflict."""
    tenancy.require("accounts:edit")
    clean = checked(values)
    try:
        with transaction.atomic():
            account = _account(account_id)
            before = {field: getattr(account, field) for field in clean if getattr(account, field) != clean[field]}
            if not before:
                return False
            for field in before:
                setattr(account, field, clean[field])
            account.save(update_fields=[*before, "changed_at"])
            if SEARCHED & before.keys():
                _index(account)
            record(
                "account.changed", object_kind="account", object_id=account.id, account_id=account.id, label=account.name,
                before=before, after={field: clean[field] for field in before},
            )  # fmt: skip
            if "country" in before:
                emit(DaysOffChanged(account_id=account.id))
            return True
    except IntegrityError as problem:
        raise Conflict(_("Another account has this external id already.")) from problem


def upsert_account(*, source: str, external_id: str, **values: Any) -> tuple[str, str]:
    """Creates or changes the account with this external id; returns (id, "created" | "updated" | "same").

    Of two that come at once one creates and the other changes. Raises NotAllowed, Invalid (also without an external id).
    """
    tenancy.require("accounts:edit")
    faults = Faults()
    key = {
        "source": faults.line("source", source, TEXT_FIELDS["source"]),
        "external_id": faults.line("external_id", external_id, TEXT_FIELDS["external_id"], missing=_("Write something first.")),
    }
    faults.stop()
    known = Account.objects.filter(**key).values_list("id", flat=True)
    account_id = known.first()
    if account_id is None:
        try:
            return create_account(**key, **values), "created"
        except Conflict:
            account_id = known.first()
            if account_id is None:
                raise
    return account_id, "updated" if update_account(account_id, **values) else "same"


def archive_account(account_id: str) -> None:
    """Takes an account out of lists and closes the portal to its contacts; its journeys and log stay. Twice changes nothing."""
    tenancy.require("accounts:edit")
    with transaction.atomic():
        account = _account(account_id)
        if Account.objects.filter(pk=account.pk, archived_at=None).update(archived_at=now(), changed_at=now()):
            record("account.archived", object_kind="account", object_id=account.id, account_id=account.id, label=account.name)


def restore_account(account_id: str) -> None:
    """Brings an archived account back, with its contacts. Twice changes nothing."""
    tenancy.require("accounts:edit")
    with transaction.atomic():
        account = _account(account_id)
        if Account.objects.filter(pk=account.pk).exclude(archived_at=None).update(archived_at=None, changed_at=now()):
            record(
                "account.changed", object_kind="account", object_id=account.id, account_id=account.id, label=account.name,
                before={"archived_at": account.archived_at}, after={"archived_at": None},
            )  # fmt: skip


def _index(account: Account, *, is_new: bool = False) -> None:
    index_words("account", account.id, account.name, account.external_id, account.website, account.city, is_new=is_new)


def _account(account_id: str) -> Account:
    account = Account.objects.filter(pk=account_id).first()
    if account is None:
        raise NotFound(_("There is no such account."))
    return account
