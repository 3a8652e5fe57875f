"""Change an organisation's settings: brand, calendars, access."""

from collections.abc import Iterable
from datetime import date
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from boardwell.domain.audit.actions import record
from boardwell.domain.organisations.contrast import is_colour
from boardwell.domain.organisations.models import AccessPolicy, Brand, WorkCalendar
from boardwell.domain.organisations.queries import country_codes
from boardwell.kernel import tenancy
from boardwell.kernel.errors import Conflict, Invalid, NotFound
from boardwell.kernel.words import line

LANGUAGES = ("en", "hi", "bn", "az", "ms", "mn")


def update_brand(*, display_name: str, accent: str, support_email: str = "", logo_file_id: str | None = None) -> None:
    """Sets name, accent colour (#rrggbb) and logo. Any colour is accepted: shades that read are derived from it."""
    tenancy.require("settings:manage")
    faults: dict[str, list[str]] = {}
    if not line(display_name, 120):
        faults["display_name"] = [_("Enter the name that customers know you by.")]
    if not is_colour(accent):
        faults["accent"] = [_("Enter a colour such as #2f5bd7.")]
    if faults:
        raise Invalid(_("Some details need to be put right."), faults)
    with transaction.atomic():
        organisation_id = tenancy.current().organisation_id
        brand = Brand.objects.first() or Brand(organisation_id=organisation_id)
        before = {"display_name": brand.display_name, "accent": brand.accent}
        brand.display_name, brand.accent = line(display_name, 120), accent.lower()
        brand.support_email = line(support_email, 320)
        if logo_file_id is not None:
            brand.logo_file_id = logo_file_id
        brand.revision += 1
        brand.save()
        record(
            "brand.changed", object_kind="brand", object_id=brand.id, label=brand.display_name, before=before,
            after={"display_name": brand.display_name, "accent": brand.accent},
        )  # fmt: skip


def save_calendar(
    *, calendar_id: str = "", name: str, country: str, weekdays: Iterable[int], days_off: Iterable[str] = (), is_default: bool = False
) -> str:
    """Adds or changes a working calendar; running journeys keep the one they started with. Returns its id."""
    tenancy.require("settings:manage")
    worked = sorted({day for day in weekdays if 0 <= day <= 6})
    faults: dict[str, list[str]] = {}
    if not line(name, 80):
        faults["name"] = [_("Give the calendar a name.")]
    if not worked:
        faults["weekdays"] = [_("Choose at least one working day.")]
    if country and country not in country_codes():
        faults["country"] = [_("We do not know this country's public holidays.")]
    kept: list[str] = []
    for day in days_off:
        try:
            kept.append(date.fromisoformat(day.strip()).isoformat())
        except ValueError:
            faults["days_off"] = [_("“%(day)s” is not a day. Write days as 2026-12-24, one a line.") % {"day": day[:40]}]
    if faults:
        raise Invalid(_("Some details need to be put right."), faults)
    with transaction.atomic():
        found = WorkCalendar.objects.filter(pk=calendar_id).first() if calendar_id else WorkCalendar()
        if found is None:
            raise NotFound(_("There is no such calendar."))
        if WorkCalendar.objects.filter(name=line(name, 80)).exclude(pk=found.pk).exists():
            message = _("Another calendar has this name.")
            raise Invalid(message, {"name": [message]})
        if is_default:
            WorkCalendar.objects.update(is_default=False)
        found.organisation_id = tenancy.current().organisation_id
        found.name, found.country, found.weekdays, found.days_off = line(name, 80), country, worked, sorted(set(kept))
        found.is_default = is_default or found.is_default
        found.save()
        after: dict[str, Any] = {"country": country, "weekdays": worked, "days_off": found.days_off}
        record("calendar.saved", object_kind="calendar", object_id=found.id, label=found.name, after=after)
        return found.id


def delete_calendar(calendar_id: str) -> None:
    """Removes a calendar that is not the default one."""
    tenancy.require("settings:manage")
    with transaction.atomic():
        found = WorkCalendar.objects.filter(pk=calendar_id).first()
        if found is None:
            raise NotFound(_("There is no such calendar."))
        if found.is_default:
            raise Conflict(_("The default calendar stays. Make another one the default first."))
        record("calendar.deleted", object_kind="calendar", object_id=found.id, label=found.name)
        found.delete()


def update_access(
    *, members_need_second_factor: bool, contacts_may_invite: bool, portal_session_hours: int, quiet_from_hour: int,
    quiet_until_hour: int, languages: Iterable[str],
) -> None:  # fmt: skip
    """Sets who may come in and when we keep quiet."""
    tenancy.require("settings:manage")
    faults: dict[str, list[str]] = {}
    if not 1 <= portal_session_hours <= 720:
        faults["portal_session_hours"] = [_("Choose between 1 and 720 hours.")]
    for name, hour in (("quiet_from_hour", quiet_from_hour), ("quiet_until_hour", quiet_until_hour)):
        if not 0 <= hour <= 23:
            faults[name] = [_("Choose an hour between 0 and 23.")]
    chosen = [code for code in LANGUAGES if code in set(languages)]
    if not chosen:
        faults["languages"] = [_("Choose at least one language.")]
    if faults:
        raise Invalid(_("Some details need to be put right."), faults)
    with transaction.atomic():
        organisation_id = tenancy.current().organisation_id
        policy = AccessPolicy.objects.first() or AccessPolicy(organisation_id=organisation_id)
        policy.members_need_second_factor = members_need_second_factor
        policy.contacts_may_invite = contacts_may_invite
        policy.portal_session_hours = portal_session_hours
        policy.quiet_from_hour, policy.quiet_until_hour = quiet_from_hour, quiet_until_hour
        policy.languages = chosen
        policy.save()
        record(
            "access.changed", object_kind="access", object_id=policy.id,
            after={
                "members_need_second_factor": members_need_second_factor, "contacts_may_invite": contacts_may_invite,
                "portal_session_hours": portal_session_hours, "languages": chosen,
            },
        )  # fmt: skip
