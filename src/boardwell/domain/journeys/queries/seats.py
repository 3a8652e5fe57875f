"""Who comes in where: the seat of a person at one onboarding, and the brand they see, in one statement for every page."""

from dataclasses import dataclass

from boardwell.domain.organisations.queries import BRAND_COLUMNS, DEFAULT_SESSION_HOURS, BrandView, brand_from
from boardwell.kernel import tenancy
from boardwell.kernel.sql import fetch_one


@dataclass(frozen=True, slots=True)
class PortalSeat:
    """A person as an active contact at the account of a journey."""

    organisation_id: str
    account_id: str
    contact_id: str
    name: str
    role: str
    session_hours: int
    """How long the organisation lets its customers stay signed in."""
    brand: BrandView


_SEAT = f"""
SELECT j.organisation_id, j.account_id, c.id, c.name, c.role, y.portal_session_hours, {BRAND_COLUMNS}
FROM journeys_journey j
JOIN accounts_account a ON a.id = j.account_id AND a.archived_at IS NULL
JOIN accounts_contact c ON c.account_id = j.account_id AND c.organisation_id = j.organisation_id
JOIN organisations_organisation o ON o.id = j.organisation_id
LEFT JOIN organisations_accesspolicy y ON y.organisation_id = o.id
LEFT JOIN organisations_brand b ON b.organisation_id = o.id
WHERE j.id = %s AND c.person_id = %s AND c.active
ORDER BY c.id LIMIT 1
"""


def seat_at(journey_id: str, person_id: str) -> PortalSeat | None:
    """The seat, for the portal's door; None for strangers, for removed contacts and where there is no such journey."""
    with tenancy.unscoped("portal entry: the path names the journey, the journey the organisation"):
        row = fetch_one(_SEAT, [journey_id, person_id])
    if row is None:
        return None
    organisation_id, account_id, contact_id, name, role, hours, *brand = row
    return PortalSeat(organisation_id, account_id, contact_id, name, role, hours or DEFAULT_SESSION_HOURS, brand_from(brand))
