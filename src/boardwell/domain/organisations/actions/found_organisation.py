"""Found an organisation: tenant, brand, calendar, access policy, first owner, audit head."""

import re

from django.db import transaction
from django.utils.translation import gettext as _

from boardwell.domain.audit.actions import record
from boardwell.domain.audit.models import AuditHead
from boardwell.domain.organisations.models import AccessPolicy, Brand, Organisation, WorkCalendar
from boardwell.kernel import tenancy
from boardwell.kernel.errors import Invalid
from boardwell.kernel.words import line

RESERVED = frozenset({
    "api", "p", "me", "sign-in", "sign-out", "set-up", "static", "gallery", "problems", "accounts", "healthz", "admin", "brand",
})  # fmt: skip
_SLUG = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?")


def found_organisation(
    *, slug: str, name: str, country: str = "US", time_zone: str = "UTC", language: str = "en", is_demo: bool = False
) -> str:
    """Makes a tenant that can work at once and returns its id; the first owner is made by people's invite_member.

    Raises Invalid (slug taken, reserved or misspelt; no name).
    """
    faults: dict[str, list[str]] = {}
    if not _SLUG.fullmatch(slug) or slug in RESERVED:
        faults["slug"] = [_("Use 1 to 40 small letters, digits and hyphens; some words are reserved.")]
    elif Organisation.objects.filter(slug=slug).exists():
        faults["slug"] = [_("Another organisation has this address already.")]
    if not line(name, 120):
        faults["name"] = [_("Enter the name of your organisation.")]
    if faults:
        raise Invalid(_("Some details need to be put right."), faults)
    with transaction.atomic():
        organisation = Organisation(
            slug=slug, name=line(name, 120), country=country, time_zone=time_zone, language=language, is_demo=is_demo
        )
        organisation.save(force_insert=True)
        with tenancy.acting_for(organisation.id):
            AuditHead(organisation=organisation).save(force_insert=True)
            Brand(organisation=organisation, display_name=organisation.name).save(force_insert=True)
            WorkCalendar(
                organisation=organisation, name=_("Our working week"), country=country, weekdays=[0, 1, 2, 3, 4], is_default=True
            ).save(force_insert=True)
            AccessPolicy(organisation=organisation, languages=["en", "hi", "bn", "az", "ms", "mn"]).save(force_insert=True)
            record(
                "organisation.founded", object_kind="organisation", object_id=organisation.id, label=organisation.name,
                after={"slug": slug, "country": country, "time_zone": time_zone},
            )  # fmt: skip
    return organisation.id
