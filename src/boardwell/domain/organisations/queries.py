"""Reads organisations: by slug, brand, calendars, access policy."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from django.utils.translation import gettext as _

from boardwell.domain.organisations.models import AccessPolicy, Organisation, WorkCalendar
from boardwell.kernel import tenancy
from boardwell.kernel.errors import NotFound
from boardwell.kernel.sql import fetch_one


@dataclass(frozen=True, slots=True)
class BrandView:
    """How an organisation looks to its customers."""

    display_name: str
    accent: str
    logo_file_id: str
    support_email: str
    revision: int
    slug: str


def organisation_by_slug(slug: str) -> Organisation | None:
    """The organisation whose workspace lives under /<slug>/."""
    return Organisation.objects.filter(slug=slug).first()


def organisation_by_id(organisation_id: str) -> Organisation:
    """An organisation by id; NotFound when absent."""
    found = Organisation.objects.filter(pk=organisation_id).first()
    if found is None:
        raise NotFound(_("There is no such organisation."))
    return found


def current_organisation() -> Organisation:
    """The organisation that acts."""
    return organisation_by_id(tenancy.current().organisation_id)


def any_organisation() -> bool:
    """Whether the installation has been set up."""
    return Organisation.objects.exists()


BRAND_COLUMNS = "o.name, o.slug, b.display_name, b.accent, b.logo_file_id, b.support_email, b.revision"
"""Of the organisation `o` and, where there is one, its brand `b`: what `brand_from` takes."""


def brand_from(row: Sequence[Any]) -> BrandView:
    """The brand of a row of BRAND_COLUMNS; the plain one when none was saved."""
    name, slug, display_name, accent, logo_file_id, support_email, revision = row
    if display_name is None:
        return BrandView(name, "#2f5bd7", "", "", 0, slug)
    return BrandView(display_name, accent, logo_file_id, support_email, revision, slug)


def brand_of_current() -> BrandView:
    """The brand of the organisation that acts; NotFound when there is no such organisation."""
    row = fetch_one(
        f"SELECT {BRAND_COLUMNS} FROM organisations_organisation o LEFT JOIN organisations_brand b ON b.organisation_id = o.id "
        "WHERE o.id = %s",
        [tenancy.current().organisation_id],
    )
    if row is None:
        raise NotFound(_("There is no such organisation."))
    return brand_from(row)


def calendars() -> list[WorkCalendar]:
    """Every working calendar, the default one first."""
    return list(WorkCalendar.objects.order_by("-is_default", "name", "id"))


PLAIN_CALENDAR: Mapping[str, Any] = {"weekdays": [0, 1, 2, 3, 4], "country": "", "subdivision": "", "days_off": []}
"""Monday to Friday without holidays: where an organisation has no calendar."""


def working_calendar() -> dict[str, Any]:
    """The default calendar as journeys keep it; Monday to Friday without holidays when there is none."""
    found = WorkCalendar.objects.order_by("-is_default", "name", "id").first()
    if found is None:
        return dict(PLAIN_CALENDAR)
    return {
        "weekdays": found.weekdays, "country": found.country, "subdivision": found.subdivision, "days_off": found.days_off,
    }  # fmt: skip


DEFAULT_SESSION_HOURS = AccessPolicy().portal_session_hours
DEFAULT_SECOND_FACTOR = AccessPolicy().second_factor
"""Where no policy was saved."""


def policy_of_current() -> AccessPolicy:
    """The access policy of the organisation that acts; the plain one when none was saved."""
    organisation_id = tenancy.current().organisation_id
    return AccessPolicy.objects.first() or AccessPolicy(organisation_id=organisation_id)


@lru_cache(maxsize=1)
def country_codes() -> list[str]:
    """Countries whose public holidays are known (ISO 3166-1 alpha-2)."""
    import holidays

    return sorted(code for code in holidays.list_supported_countries() if len(code) == 2)


@lru_cache(maxsize=64)
def subdivisions_of(country: str) -> list[str]:
    """States or provinces of a country that have holidays of their own (ISO 3166-2, without the country)."""
    import holidays

    return sorted(holidays.list_supported_countries().get(country, []))
