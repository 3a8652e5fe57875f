"""Reads who takes part in a journey and can be written to: our hosts by role, the customer's guests."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from boardwell.domain.accounts.models import Contact
from boardwell.domain.journeys.documents import document_of_version
from boardwell.domain.journeys.models import Journey
from boardwell.domain.organisations.queries import current_organisation, working_calendar
from boardwell.domain.people.models import Member
from boardwell.kernel.texts import in_language


@dataclass(frozen=True, slots=True)
class Player:
    """Somebody who takes part: `is_ours` for a member. Language and time zone are never empty."""

    id: str
    name: str
    email: str
    language: str
    time_zone: str
    is_ours: bool


def member_players(member_ids: Collection[str]) -> list[Player]:
    """Active members by id, in the order of joining."""
    house = current_organisation()
    rows = Member.objects.filter(pk__in=member_ids, active=True).select_related("person").order_by("pk")
    return [
        Player(
            row.id, row.name, row.person.email, row.person.language or house.language, row.person.time_zone or house.time_zone, is_ours=True
        )
        for row in rows
    ]


def hosts_of(journey_id: str, roles: Sequence[str], *, everybody: bool) -> list[Player]:
    """Who of us plays the roles: those cast for the journey, with `everybody` all of the team who can; the owner when that is nobody."""
    journey = Journey.objects.only("owner_id", "roles", "organisation_id", "account_id").get(pk=journey_id)
    wanted = {str(person) for role in roles if (person := journey.roles.get(role))}
    if everybody:
        wanted |= {
            member_id for member_id, plays in Member.objects.filter(active=True).values_list("id", "team_roles") if set(plays) & set(roles)
        }
    return member_players(wanted) or member_players([journey.owner_id])


def guests_of(journey_id: str, account_id: str, contact_id: str = "") -> list[Player]:
    """The contact who is meant; without one the account's administrators, else all of its people who were invited."""
    zone = Journey.objects.values_list("time_zone", flat=True).get(pk=journey_id)
    rows = list(
        Contact.objects.filter(account_id=account_id, active=True, side="customer")
        .select_related("person", "account")
        .order_by("created_at", "id")
    )
    meant = [row for row in rows if row.id == contact_id] or [row for row in rows if row.role == "admin"] or rows
    return [
        Player(
            row.id, row.name, row.email, (row.person.language if row.person else "") or row.language or row.account.language or "en",
            (row.person.time_zone if row.person else "") or zone, is_ours=False,
        )
        for row in meant
    ]  # fmt: skip


def everybody_at(journey_id: str, account_id: str) -> list[Player]:
    """All active people of the account, in the order of joining."""
    ids = Contact.objects.filter(account_id=account_id, active=True, side="customer").order_by("created_at").values_list("id", flat=True)
    return [one for contact_id in ids for one in guests_of(journey_id, account_id, contact_id)]


def our_team() -> list[Player]:
    """All active members."""
    return member_players(list(Member.objects.filter(active=True).values_list("id", flat=True)))


def house_calendar() -> dict[str, Any]:
    """Our default calendar (country, subdivision, days_off, weekdays) with our `time_zone`."""
    return {**working_calendar(), "time_zone": current_organisation().time_zone}


def contacts_by_name(account_id: str) -> list[tuple[str, str]]:
    """(id, name) of everybody at the customer who takes part, by name."""
    return list(Contact.objects.filter(account_id=account_id, active=True).order_by("name", "pk").values_list("id", "name"))


def names_by_role(journey_id: str) -> dict[str, str]:
    """Who plays which role in a journey, by name; roles that nobody fills are left out."""
    roles = {role: str(person) for role, person in Journey.objects.values_list("roles", flat=True).get(pk=journey_id).items() if person}
    names: dict[str, str] = dict(Member.objects.filter(pk__in=roles.values()).values_list("id", "name"))
    names |= dict(Contact.objects.filter(pk__in=roles.values()).values_list("id", "name"))
    return {role: names[person] for role, person in roles.items() if person in names}


def cast_of(journey_id: str) -> list[tuple[str, str]]:
    """(role's title, who plays it) for every role of a journey's playbook, in its order; nobody is an empty name. Four queries at most."""
    version_id = Journey.objects.values_list("version_id", flat=True).get(pk=journey_id)
    names = names_by_role(journey_id)
    return [(in_language(role.title) or key, names.get(key, "")) for key, role in document_of_version(version_id).roles.items()]
