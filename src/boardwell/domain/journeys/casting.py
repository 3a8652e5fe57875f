"""Who and what a start finds: the account in its organisation, the team, the contacts, and who plays which role."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import msgspec
from django.utils.translation import gettext as _

from boardwell.domain.journeys.duedates import week_of
from boardwell.domain.organisations.absences import Absence, absences_of, days_in
from boardwell.domain.organisations.queries import PLAIN_CALENDAR
from boardwell.domain.playbooks.document import Document
from boardwell.kernel import tenancy
from boardwell.kernel.errors import Invalid, NotFound
from boardwell.kernel.sql import fetch_all, fetch_one

_decode = msgspec.json.decode


class Setting(NamedTuple):
    """The account that starts, and what its organisation gives it: language, time zone, working calendar."""

    account_id: str
    account_name: str
    party: str
    zone: str
    language: str
    calendar: dict[str, Any]


_SETTING = """
SELECT a.id, a.name, a.party, CASE WHEN a.time_zone = '' THEN o.time_zone ELSE a.time_zone END, o.language,
       a.country, a.days_off, c.weekdays, c.country, c.subdivision, c.days_off
FROM accounts_account a
JOIN organisations_organisation o ON o.id = a.organisation_id
LEFT JOIN organisations_workcalendar c ON c.id = (
    SELECT id FROM organisations_workcalendar WHERE organisation_id = o.id ORDER BY is_default DESC, name LIMIT 1
)
WHERE a.id = %s AND a.organisation_id = %s
"""


def setting_of(account_id: str) -> Setting:
    """One statement; NotFound when the organisation has no such account."""
    row = fetch_one(_SETTING, [account_id, tenancy.current().organisation_id])
    if row is None:
        raise NotFound(_("There is no such account."))
    customers_country, off, weekdays, country, subdivision, days_off = row[5:]
    calendar = dict(PLAIN_CALENDAR)
    if weekdays is not None:
        calendar = {"weekdays": _decode(weekdays), "country": country, "subdivision": subdivision, "days_off": _decode(days_off)}
    return Setting._make((*row[:5], with_parties(calendar, customers_country, absences_of(off))))


def with_parties(calendar: dict[str, Any], country: str, off: Sequence[Absence] = ()) -> dict[str, Any]:
    """Our calendar with the others' beside it: the customer's week and public holidays where their country is another, and the
    days off that they or a third party have told us. Whoever told us nothing works when we do.
    """
    found = dict(calendar)
    if country and country != calendar["country"]:
        found["customer"] = {"weekdays": list(week_of(country)), "country": country}
    for side in ("customer", "third"):
        days = days_in(one for one in off if one.side == side)
        if days:
            theirs = found.get(side, calendar)
            found[side] = {**theirs, "days_off": sorted({*theirs.get("days_off", ()), *days})}
    return found


class Doer(NamedTuple):
    """Somebody who can play a role. `plays`: a member's roles on the team; `side` of a contact."""

    id: str
    name: str
    side: str
    plays: tuple[str, ...] = ()


_TEAM = "SELECT id, name, team_roles FROM people_member WHERE organisation_id = %s AND active ORDER BY id"
_CONTACTS = """
SELECT id, name, side FROM accounts_contact WHERE account_id = %s AND organisation_id = %s AND active
ORDER BY CASE role WHEN 'admin' THEN 1 ELSE 2 END, created_at
"""


def team_now() -> dict[str, Doer]:
    """The active members by id, those who joined first in front."""
    rows = fetch_all(_TEAM, [tenancy.current().organisation_id])
    return {row[0]: Doer(row[0], row[1], "ours", tuple(_decode(row[2]))) for row in rows}


def contacts_now(account_id: str) -> dict[str, Doer]:
    """The account's active contacts by id, administrators in front."""
    return {row[0]: Doer(*row) for row in fetch_all(_CONTACTS, [account_id, tenancy.current().organisation_id])}


class Cast(NamedTuple):
    """Who plays which role: (member id, contact id) by role key, and the name of each."""

    by_role: dict[str, tuple[str | None, str | None]]
    names: dict[str, str]


def cast_for(document: Document, given: Mapping[str, str], owner: Doer, team: Mapping[str, Doer], contacts: Mapping[str, Doer]) -> Cast:
    """Fills every role of the playbook: as `given`, else by who plays it on the team, else the owner or the first contact.

    Invalid when a role is not the playbook's, or its person is nobody of the team or the account.
    """
    unknown = sorted(set(given) - set(document.roles))
    if unknown:
        raise Invalid(_("The playbook does not know the role “%(role)s”.") % {"role": unknown[0]}, {"roles": unknown})
    by_role: dict[str, tuple[str | None, str | None]] = {}
    names: dict[str, str] = {}
    for key, role in document.roles.items():
        wanted = given.get(key, "")
        if role.side == "ours":
            fitting = next((one for one in team.values() if key in one.plays), owner)
            member = team.get(wanted) if wanted else (owner if key in owner.plays else fitting)
            if member is None:
                raise Invalid(_("Nobody on your team has the id %(id)s.") % {"id": wanted}, {"roles": [key]})
            by_role[key], names[key] = (member.id, None), member.name
            continue
        if wanted and wanted not in contacts:
            raise Invalid(_("The account has no contact with the id %(id)s.") % {"id": wanted}, {"roles": [key]})
        contact = contacts.get(wanted) or next((one for one in contacts.values() if one.side == role.side), None)
        by_role[key] = (None, contact.id if contact else None)
        names[key] = contact.name if contact else ""
    return Cast(by_role, names)
