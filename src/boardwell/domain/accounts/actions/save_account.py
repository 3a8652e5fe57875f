"""Create, change and archive accounts."""

from collections.abc import Mapping
from typing import Any
from zoneinfo import available_timezones

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from boardwell.domain.accounts.events import AccountCreated
from boardwell.domain.accounts.models import Account
from boardwell.domain.audit.actions import record
from boardwell.domain.people.models import Member
from boardwell.kernel import tenancy
from boardwell.kernel.clock import now
from boardwell.kernel.errors import Conflict, Invalid, NotFound
from boardwell.kernel.events import emit
from boardwell.kernel.words import line, paragraph

PARTIES = ("customer", "vendor", "partner")
LANGUAGES = ("en", "hi", "bn", "az", "ms", "mn")
TEXT_FIELDS = {"name": 200, "industry": 120, "city": 120, "website": 200, "external_id": 120, "source": 40}
FIELDS = (*TEXT_FIELDS, "party", "is_person", "country", "time_zone", "language", "email_domains", "owner_id", "notes", "fields")


def checked(values: Mapping[str, Any]) -> dict[str, Any]:
    """The cleaned values, or Invalid naming every field at fault."""
    faults: dict[str, list[str]] = {}
    clean: dict[str, Any] = {}
    for field, value in values.items():
        if field not in FIELDS:
            faults[field] = [_("We do not know this field.")]
        elif field in TEXT_FIELDS:
            clean[field] = line(str(value or ""), TEXT_FIELDS[field])
        elif field == "notes":
            clean[field] = paragraph(str(value or ""), 10_000)
        elif field == "party":
            clean[field] = value
            if value not in PARTIES:
                faults[field] = [_("Choose customer, vendor or partner.")]
        elif field == "country":
            clean[field] = str(value or "").upper()
            if clean[field] and not (len(clean[field]) == 2 and clean[field].isascii() and clean[field].isalpha()):
                faults[field] = [_("Use the country's two-letter code, such as MN.")]
        elif field == "time_zone":
            clean[field] = str(value or "")
            if clean[field] and clean[field] not in available_timezones():
                faults[field] = [_("Use a time zone such as Asia/Dhaka.")]
        elif field == "language":
            clean[field] = value or "en"
            if clean[field] not in LANGUAGES:
                faults[field] = [_("Choose one of the six languages.")]
        elif field == "email_domains":
            clean[field] = sorted({line(str(domain), 120).lower().lstrip("@") for domain in value if str(domain).strip()})[:20]
            if any("." not in domain or " " in domain for domain in clean[field]):
                faults[field] = [_("Write domains such as example.com.")]
        elif field == "owner_id":
            clean[field] = value or None
            if value and not Member.objects.filter(pk=value, active=True).exists():
                faults[field] = [_("Choose somebody on your team.")]
        elif field == "is_person":
            clean[field] = bool(value)
        else:
            clean[field] = value if isinstance(value, dict) else {}
    if "name" in clean and not clean["name"]:
        faults["name"] = [_("Enter the account's name.")]
    if faults:
        raise Invalid(_("Some details need to be put right."), faults)
    return clean


def create_account(**values: Any) -> str:
    """Makes an account and returns its id. Raises NotAllowed, Invalid, Conflict (the external id is taken)."""
    tenancy.require("accounts:edit")
    clean = checked({"name": "", **values})
    try:
        with transaction.atomic():
            account = Account(organisation_id=tenancy.current().organisation_id, **clean)
            account.save(force_insert=True)
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
            account = Account.objects.filter(pk=account_id).first()
            if account is None:
                raise NotFound(_("There is no such account."))
            before = {field: getattr(account, field) for field in clean if getattr(account, field) != clean[field]}
            if not before:
                return False
            for field in before:
                setattr(account, field, clean[field])
            account.save()
            record(
                "account.changed", object_kind="account", object_id=account.id, account_id=account.id, label=account.name,
                before=before, after={field: clean[field] for field in before},
            )  # fmt: skip
            return True
    except IntegrityError as problem:
        raise Conflict(_("Another account has this external id already.")) from problem


def upsert_account(*, source: str, external_id: str, **values: Any) -> tuple[str, str]:
    """Creates or changes the account with this external id; returns (id, "created" | "updated" | "same")."""
    tenancy.require("accounts:edit")
    account_id = Account.objects.filter(source=source, external_id=external_id).values_list("id", flat=True).first()
    if account_id is None:
        return create_account(source=source, external_id=external_id, **values), "created"
    return account_id, "updated" if update_account(account_id, **values) else "same"


def archive_account(account_id: str) -> None:
    """Takes an account out of lists; its journeys and log stay. Archiving twice changes nothing."""
    tenancy.require("accounts:edit")
    with transaction.atomic():
        account = Account.objects.filter(pk=account_id).first()
        if account is None:
            raise NotFound(_("There is no such account."))
        if account.archived_at is None:
            account.archived_at = now()
            account.save()
            record("account.archived", object_kind="account", object_id=account.id, account_id=account.id, label=account.name)
