"""Reads people: members, memberships, API keys, saved views."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.db.models import TextField, Value
from django.db.models.functions import Concat
from django.utils.translation import gettext as _

from boardwell.domain.organisations.queries import BRAND_COLUMNS, DEFAULT_SECOND_FACTOR, BrandView, brand_from
from boardwell.domain.people.models import ApiKey, IdentityProvider, Member, Person, SavedView
from boardwell.domain.people.roles import ROLES
from boardwell.kernel import sealed, tenancy
from boardwell.kernel.errors import NotFound
from boardwell.kernel.folding import Folded, fold, folded_words, holding, holds_all
from boardwell.kernel.hits import MOST_HITS, Hit
from boardwell.kernel.sql import fetch_one
from boardwell.kernel.words import line


@dataclass(frozen=True, slots=True)
class Membership:
    """One organisation that a person works for."""

    organisation_id: str
    slug: str
    organisation_name: str
    member_id: str
    role: str


def memberships_of(person_id: str) -> list[Membership]:
    """Every organisation in which the person is an active member, by name."""
    with tenancy.unscoped("sign-in: before an organisation is chosen"):
        rows = (
            Member.objects.filter(person_id=person_id, active=True)
            .order_by("organisation__name", "id")
            .values_list("organisation_id", "organisation__slug", "organisation__name", "id", "role")
        )
        return [Membership(*row) for row in rows]


@dataclass(frozen=True, slots=True)
class Desk:
    """A person as an active member of an organisation, and how it lets its members in."""

    organisation_id: str
    id: str
    name: str
    role: str
    person_id: str
    second_factor: str
    brand: BrandView


_DESK = f"""
SELECT o.id, m.id, m.name, m.role, m.person_id, y.second_factor, {BRAND_COLUMNS}
FROM organisations_organisation o
JOIN people_member m ON m.organisation_id = o.id AND m.active
LEFT JOIN organisations_accesspolicy y ON y.organisation_id = o.id
LEFT JOIN organisations_brand b ON b.organisation_id = o.id
WHERE o.slug = %s AND m.person_id = %s
"""


def desk_at(slug: str, person_id: str) -> Desk | None:
    """The desk, for the workspace's door; None for strangers, former members and where there is no such organisation."""
    with tenancy.unscoped("workspace entry: the path names the organisation"):
        row = fetch_one(_DESK, [slug, person_id])
    if row is None:
        return None
    organisation_id, member_id, name, role, person, second_factor, *brand = row
    return Desk(organisation_id, member_id, name, role, person, second_factor or DEFAULT_SECOND_FACTOR, brand_from(brand))


def member_of_person(person_id: str) -> Member | None:
    """The person's active membership of the current organisation."""
    return Member.objects.filter(person_id=person_id, active=True).first()


def member_in(organisation_id: str, person_id: str) -> Member | None:
    """The person's active membership of an organisation, read before anybody acts for it."""
    with tenancy.acting_for(organisation_id):
        return member_of_person(person_id)


def member_by_id(member_id: str) -> Member:
    """A member of the current organisation, active or not."""
    tenancy.require("people:view")
    member = Member.objects.filter(pk=member_id).first()
    if member is None:
        raise NotFound(_("There is no such member on your team."))
    return member


def member_list(*, active_only: bool = False, search: str = "", sort: str = "") -> list[Member]:
    """The team, active members first, by name; `sort` is name, email or role, with - before it from the end.

    `search` finds name, job title and address. One query; a team is read whole.
    """
    tenancy.require("people:view")
    rows = Member.objects.select_related("person").order_by("-active", "name", "id")
    found = list(rows.filter(active=True) if active_only else rows)
    if words := folded_words(search):
        found = [one for one in found if holds_all(f"{one.name} {one.job_title} {one.person.email}", words)]
    orders: dict[str, Callable[[Member], str]] = {
        "name": lambda one: fold(one.name), "email": lambda one: one.person.email, "role": lambda one: f"{list(ROLES).index(one.role):02}",
    }  # fmt: skip
    order = orders.get(sort.removeprefix("-"))
    return sorted(found, key=order, reverse=sort.startswith("-")) if order else found


def api_keys() -> list[ApiKey]:
    """Every API key, newest first; secrets are not kept."""
    tenancy.require("api_keys:manage")
    return list(ApiKey.objects.order_by("-created_at", "-id"))


def saved_views(page: str) -> list[SavedView]:
    """The current member's own and the shared views of a page."""
    actor = tenancy.require("journeys:view")
    rows = SavedView.objects.filter(page=page).order_by("name", "id")
    return [view for view in rows if view.shared or view.member_id == actor.id]


def view_that_opens_first(page: str) -> str:
    """The id of the view with which the current member's list opens; empty for the plain list."""
    member = Member.objects.filter(pk=tenancy.current().actor.id).only("first_views", "organisation_id").first()
    return str(member.first_views.get(page, "")) if member else ""


def person_by_email(email: str) -> Person | None:
    """The person with this address, in whatever case it was typed."""
    return Person.objects.filter(email=line(email, 320).lower()).first()


@dataclass(frozen=True, slots=True)
class ProviderView:
    """A sign-in service of one organisation, without its secret."""

    id: str
    organisation_id: str
    kind: str
    name: str
    issuer: str
    client_id: str
    side: str
    allowed_domains: tuple[str, ...]
    asks_second_factor: bool
    active: bool
    configuration: dict[str, Any]


def _provider_view(row: IdentityProvider) -> ProviderView:
    return ProviderView(
        row.id, row.organisation_id, row.kind, row.name, row.issuer, row.client_id, row.side, tuple(row.allowed_domains),
        row.asks_second_factor, row.active, row.configuration,
    )  # fmt: skip


def providers() -> list[ProviderView]:
    """Every sign-in service of the current organisation, by name."""
    tenancy.require("settings:manage")
    return [_provider_view(row) for row in IdentityProvider.objects.order_by("name", "id")]


def providers_at(organisation_id: str) -> list[ProviderView]:
    """The services that an organisation's sign-in page offers; read before anybody is known."""
    with tenancy.acting_for(organisation_id):
        return [_provider_view(row) for row in IdentityProvider.objects.filter(active=True).order_by("name", "id")]


def provider_by_id(provider_id: str) -> ProviderView | None:
    """A usable service, in whichever organisation."""
    with tenancy.unscoped("sign-in: the provider names the organisation"):
        row = IdentityProvider.objects.filter(pk=line(provider_id, 40), active=True).first()
    return _provider_view(row) if row else None


def provider_secret(provider: ProviderView) -> str:
    """The secret that the service knows us by; for the call to its token endpoint only."""
    with tenancy.acting_for(provider.organisation_id):
        row = IdentityProvider.objects.get(pk=provider.id)
    return sealed.unseal(row.secret_sealed, row.id)


def find_members(words: list[str], *, most: int = MOST_HITS) -> list[Hit]:
    """Members whose name, address or job title holds all the folded words. One query."""
    if not tenancy.current().actor.may("people:view"):
        return []
    told = Folded(Concat("name", Value(" "), "person__email", Value(" "), "job_title", output_field=TextField()))
    rows = holding(Member.objects.filter(active=True), told, words).order_by("name", "id")
    return [
        Hit("member", row[0], row[1], detail=row[2], text=row[3])
        for row in rows.values_list("id", "name", "job_title", "person__email")[:most]
    ]
