"""Reads accounts and contacts, narrowed to the reader."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import F, Q, QuerySet, TextField, Value
from django.db.models.functions import Coalesce, Concat, Lower
from django.utils.translation import gettext as _

from boardwell.domain.accounts.access import is_allowed_domain
from boardwell.domain.accounts.models import Account, Contact, Invitation
from boardwell.domain.organisations.absences import Absence, absences_from
from boardwell.domain.organisations.queries import BrandView, brand_of_current
from boardwell.domain.people.models import Member
from boardwell.domain.people.queries import ProviderView, member_in, memberships_of, providers_at
from boardwell.kernel import tenancy
from boardwell.kernel.clock import now
from boardwell.kernel.errors import NotFound
from boardwell.kernel.folding import Folded, folded_words, holding
from boardwell.kernel.hits import MOST_HITS, Hit
from boardwell.kernel.keyset import Slice, batches_of, slice_of
from boardwell.kernel.wordindex import found_by
from boardwell.kernel.words import line, paragraph


@dataclass(frozen=True, slots=True)
class ContactSeat:
    """One account, in one organisation, at which a person is an active contact."""

    organisation_id: str
    account_id: str
    contact_id: str
    name: str
    role: str
    side: str


def account_by_id(account_id: str) -> Account:
    """An account that the reader may see, else NotFound."""
    if tenancy.current().actor.is_insider:
        tenancy.require("accounts:view")
    account = Account.objects.select_related("owner").filter(pk=account_id).first()
    if account is None:
        raise NotFound(_("There is no such account."))
    return account


def account_list(
    *, search: str = "", after: str = "", owner_id: str = "", party: str = "", country: str = "", archived: bool = False, size: int = 50
) -> tuple[list[Account], str]:
    """A page of accounts by name, and the cursor of the next page (empty when this is the last)."""
    tenancy.require("accounts:view")
    search, after, size = line(search, 200), paragraph(after, 300), max(1, min(size, 500))
    rows = Account.objects.filter(archived_at__isnull=not archived).select_related("owner").order_by("name", "id")
    if party:
        rows = rows.filter(party=line(party, 10))
    if country:
        rows = rows.filter(country=line(country, 2).upper())
    if search:
        rows = rows.filter(Q(name__icontains=search) | Q(external_id__iexact=search) | Q(website__icontains=search))
    if owner_id:
        rows = rows.filter(owner_id=owner_id)
    if after:
        name, _sep, account_id = after.rpartition("|")
        rows = rows.filter(Q(name__gt=name) | Q(name=name, id__gt=account_id))
    found = list(rows[: size + 1])
    cursor = f"{found[size - 1].name}|{found[size - 1].id}" if len(found) > size else ""
    return found[:size], cursor


@dataclass(frozen=True, slots=True)
class AccountRow:
    """One account in a list."""

    id: str
    name: str
    party: str
    industry: str
    country: str
    city: str
    website: str
    external_id: str
    owner_id: str
    owner_name: str
    created_at: datetime


ACCOUNT_SORTS: dict[str, Any] = {
    "name": Lower("name"),
    "industry": Lower("industry"),
    "place": Lower(Concat("country", Value(" "), "city")),
    "owner": Coalesce(Lower("owner__name"), Value("")),
    "party": F("party"),
    "newest": F("id"),
}
_ACCOUNT_ROW = (
    "id", "name", "party", "industry", "country", "city", "website", "external_id", "owner_id", "owner__name", "created_at",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountFilters:
    """Which accounts a list shows. Empty means any."""

    search: str = ""
    party: str = ""
    owner_id: str = ""
    country: str = ""
    archived: bool = False


def _account_rows(filters: AccountFilters) -> QuerySet[Account]:
    tenancy.require("accounts:view")
    rows = Account.objects.filter(archived_at__isnull=not filters.archived)
    for name in ("party", "owner_id", "country"):
        if value := line(getattr(filters, name), 40):
            rows = rows.filter(**{name: value.upper() if name == "country" else value})
    if words := folded_words(filters.search):
        rows = found_by(rows, words, {"account": "id"})
    return rows


def _account_row(values: tuple[Any, ...]) -> AccountRow:
    named: dict[str, Any] = {name.replace("owner__", "owner_"): value for name, value in zip(_ACCOUNT_ROW, values, strict=True)}
    return AccountRow(**named | {name: named[name] or "" for name in ("owner_id", "owner_name")})


def account_slice(filters: AccountFilters, *, sort: str = "", cursor: str = "", size: int = 50) -> Slice[AccountRow]:
    """A page of accounts in the order asked for. Two queries whatever the page."""
    found = slice_of(_account_rows(filters), ACCOUNT_SORTS, sort=sort, cursor=cursor, size=size, columns=_ACCOUNT_ROW)
    return Slice(tuple(_account_row(row) for row in found.rows), found.previous, found.next, found.total)


def accounts_in_batches(filters: AccountFilters, *, sort: str = "") -> Iterator[list[AccountRow]]:
    """Every account that the filters let through, 500 at a time, in the table's order."""
    for batch in batches_of(_account_rows(filters), ACCOUNT_SORTS, sort=sort, size=500, columns=_ACCOUNT_ROW):
        yield [_account_row(row) for row in batch]


def account_owner(*, source: str, external_id: str) -> str | None:
    """The owner's id ("" for none) of the account with this external id; None when there is no such account."""
    rows = Account.objects.filter(source=source, external_id=external_id).values_list("owner_id", flat=True)
    found = list(rows[:1])
    return (found[0] or "") if found else None


def account_countries() -> list[str]:
    """The countries of the accounts that are there."""
    tenancy.require("accounts:view")
    return list(
        Account.objects.filter(archived_at=None).exclude(country="").values_list("country", flat=True).distinct().order_by("country")
    )


def contacts_of(account_id: str) -> list[Contact]:
    """The active contacts of an account, administrators first."""
    rows = Contact.objects.filter(account_id=account_id, active=True).order_by("created_at", "id")
    return sorted(rows, key=lambda contact: (contact.role != "admin", contact.created_at))


def contact_by_id(contact_id: str) -> Contact:
    """A contact that the reader may see, else NotFound."""
    contact = Contact.objects.filter(pk=contact_id).first()
    if contact is None:
        raise NotFound(_("There is no such contact."))
    return contact


def seats_of(person_id: str) -> list[ContactSeat]:
    """Every account at which the person may come in, across organisations."""
    with tenancy.unscoped("portal entry: one sign-in for several organisations"):
        rows = Contact.objects.filter(person_id=person_id, active=True, account__archived_at=None).values_list(
            "organisation_id", "account_id", "id", "name", "role", "side"
        )
        return [ContactSeat(*row) for row in rows]


def home_brand(person_id: str) -> BrandView | None:
    """The brand of the first place that a person belongs to; for pages that belong to no organisation."""
    places = [place.organisation_id for place in memberships_of(person_id)] or [seat.organisation_id for seat in seats_of(person_id)]
    if not places:
        return None
    with tenancy.acting_for(places[0]):
        return brand_of_current()


def own_face(person_id: str) -> str:
    """The id of a person's own picture in one of the places that they belong to; "" when they have none."""
    return next((file_id for _organisation, _kind, _id, file_id in own_places(person_id) if file_id), "")


def own_places(person_id: str) -> list[tuple[str, str, str, str]]:
    """(organisation, member or contact, their id there, their picture there) of every place that a person belongs to."""
    found = []
    for place in memberships_of(person_id):
        with tenancy.acting_for(place.organisation_id):
            found.append((place.organisation_id, "member", place.member_id, Member.objects.get(pk=place.member_id).photo_file_id))
    for seat in seats_of(person_id):
        with tenancy.acting_for(seat.organisation_id):
            found.append((seat.organisation_id, "contact", seat.contact_id, Contact.objects.get(pk=seat.contact_id).photo_file_id))
    return found


def picture_is_near(file_id: str) -> bool:
    """Whether a picture is the face of somebody whom the reader meets: the team, and the people of accounts that they see."""
    return Member.objects.filter(photo_file_id=file_id).exists() or Contact.objects.filter(photo_file_id=file_id).exists()


def may_come_in(person_id: str, provider: ProviderView) -> bool:
    """Whether a sign-in service may open the door to a person: a member or a contact of its organisation, as its side says."""
    members = provider.side in {"members", "both"} and member_in(provider.organisation_id, person_id) is not None
    if members or provider.side == "members":
        return members
    return any(seat.organisation_id == provider.organisation_id for seat in seats_of(person_id))


def providers_of_person(person_id: str) -> list[ProviderView]:
    """The services that a person may connect: those of their organisations that are for their side."""
    ids = {place.organisation_id for place in memberships_of(person_id)} | {seat.organisation_id for seat in seats_of(person_id)}
    return [one for each in sorted(ids) for one in providers_at(each) if may_come_in(person_id, one)]


def may_use_address(person_id: str, address: str) -> bool:
    """Whether a person may sign in with another address: where accounts list their domains, it lies in those of each seat."""
    seats = seats_of(person_id)
    with tenancy.unscoped("changing an address: one sign-in for several organisations"):
        listed = Account.objects.filter(pk__in=[seat.account_id for seat in seats]).values_list("email_domains", flat=True)
        return all(is_allowed_domain(address, domains) for domains in listed if domains)


def invitation_for(invitation_id: str, token: str) -> Invitation | None:
    """The usable invitation with this id and secret. Reading consumes nothing."""
    digest = hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()
    with tenancy.unscoped("invitation: the letter names the organisation"):
        return (
            Invitation.objects.select_related("contact", "contact__account")
            .filter(pk=invitation_id, token_hash=digest, withdrawn_at=None, expires_at__gt=now(), contact__active=True)
            .first()
        )


@dataclass(frozen=True, slots=True)
class InvitationDoor:
    """What the page of an invitation may know before the secret is shown: whose it is, in which language, whether it is still open."""

    organisation_id: str
    language: str
    is_open: bool


def invitation_door(invitation_id: str) -> InvitationDoor | None:
    """The door that a letter leads to; reading consumes nothing."""
    with tenancy.unscoped("invitation: the letter names the organisation"):
        row = Invitation.objects.select_related("contact__account").filter(pk=line(invitation_id, 40)).first()
    if row is None:
        return None
    is_open = row.withdrawn_at is None and row.expires_at > now() and row.contact.active
    return InvitationDoor(row.organisation_id, row.contact.language or row.contact.account.language, is_open)


def invitation_to(invitation_id: str, address: str) -> Invitation | None:
    """The open invitation with this id, when it was sent to this address: for browsers that lost the secret. Only a code to that address follows."""
    with tenancy.unscoped("invitation: the letter names the organisation"):
        found = Invitation.objects.select_related("contact", "contact__account").filter(pk=line(invitation_id, 40), withdrawn_at=None)
        row = found.filter(expires_at__gt=now(), contact__active=True).first()
    return row if row is not None and row.contact.email.lower() == line(address, 320).lower() else None


def find_accounts(words: list[str], *, most: int = MOST_HITS) -> list[Hit]:
    """Accounts in whose name, external id, website or place each folded word begins a word. Two queries, by the index."""
    if not tenancy.current().actor.may("accounts:view"):
        return []
    rows = found_by(Account.objects.filter(archived_at=None), words, {"account": "id"}).order_by(Lower("name"), "id")
    return [
        Hit("account", row[0], row[1], detail=", ".join(filter(None, row[2:])), account_id=row[0])
        for row in rows.values_list("id", "name", "city", "country")[:most]
    ]


def find_contacts(words: list[str], *, most: int = MOST_HITS) -> list[Hit]:
    """Contacts whose name, address or job title holds all the folded words. One query, linear in the contacts."""
    if not tenancy.current().actor.may("accounts:view"):
        return []
    told = Folded(Concat("name", Value(" "), "email", Value(" "), "job_title", output_field=TextField()))
    rows = holding(Contact.objects.filter(active=True, account__archived_at=None), told, words).order_by(Lower("name"), "id")
    return [
        Hit("contact", row[0], row[1], detail=row[2], text=row[3], account_id=row[4])
        for row in rows.values_list("id", "name", "account__name", "email", "account_id")[:most]
    ]


def days_off_of(account_id: str) -> tuple[Absence, ...]:
    """The days off that were noted at an account, the earliest first; the customer's people read their own side's. NotFound."""
    kept = Account.objects.filter(pk=account_id).values_list("days_off", flat=True).first()
    if kept is None:
        raise NotFound(_("There is no such account."))
    insider = tenancy.current().actor.is_insider
    return tuple(one for one in absences_from(kept) if insider or one.side == "customer")
