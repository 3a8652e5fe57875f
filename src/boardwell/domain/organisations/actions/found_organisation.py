"""Found an organisation: tenant, brand, calendar, access policy, audit head."""

import re

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from boardwell.domain.audit.actions import record
from boardwell.domain.audit.models import AuditHead
from boardwell.domain.organisations.models import AccessPolicy, Brand, Organisation, WorkCalendar
from boardwell.domain.organisations.queries import country_codes
from boardwell.kernel import tenancy
from boardwell.kernel.checks import LANGUAGES, Faults
from boardwell.kernel.errors import Invalid

RESERVED = frozenset({
    "api", "p", "me", "sign-in", "sign-out", "set-up", "static", "gallery", "problems", "schemas", "accounts", "healthz", "admin", "brand",
})  # fmt: skip
_SLUG = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?")


def found_organisation(
    *, slug: str, name: str, country: str = "US", time_zone: str = "UTC", language: str = "en", is_demo: bool = False
) -> str:
    """Makes a tenant that can work at once and returns its id; the first owner is made by people's invite_member.

    A country whose holidays nobody knows gets a calendar without any. Raises Invalid (slug taken, reserved or misspelt; no name;
    unknown country, time zone or language).
    """
    faults = Faults()
    if not _SLUG.fullmatch(slug) or slug in RESERVED:
        faults.add("slug", _("Use 1 to 40 small letters, digits and hyphens; some words are reserved."))
    clean_name = faults.line("name", name, 120, missing=_("Enter the name of your organisation."))
    code = faults.country("country", country)
    faults.time_zone("time_zone", time_zone)
    faults.language("language", language)
    faults.stop()
    organisation = Organisation(slug=slug, name=clean_name, country=code, time_zone=time_zone, language=language, is_demo=is_demo)
    try:
        with transaction.atomic():
            organisation.save(force_insert=True)
            with tenancy.acting_for(organisation.id):
                _furnish(organisation)
    except IntegrityError as problem:
        message = _("Another organisation has this address already.")
        raise Invalid(message, {"slug": [message]}) from problem
    return organisation.id


def _furnish(organisation: Organisation) -> None:
    AuditHead(organisation=organisation).save(force_insert=True)
    Brand(organisation=organisation, display_name=organisation.name).save(force_insert=True)
    WorkCalendar(
        organisation=organisation, name=_("Our working week"), weekdays=[0, 1, 2, 3, 4], is_default=True,
        country=organisation.country if organisation.country in country_codes() else "",
    ).save(force_insert=True)  # fmt: skip
    AccessPolicy(organisation=organisation, languages=list(LANGUAGES)).save(force_insert=True)
    record(
        "organisation.founded", object_kind="organisation", object_id=organisation.id, label=organisation.name,
        after={"slug": organisation.slug, "country": organisation.country, "time_zone": organisation.time_zone},
    )  # fmt: skip
