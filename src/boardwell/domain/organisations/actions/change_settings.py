"""Change an organisation's settings: name and place, brand, calendars, access."""

from collections.abc import Iterable
from datetime import date
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from boardwell.domain.audit.actions import record
from boardwell.domain.audit.queries import own_last_change
from boardwell.domain.organisations.contrast import is_colour
from boardwell.domain.organisations.events import CalendarChanged
from boardwell.domain.organisations.models import AccessPolicy, Brand, WorkCalendar
from boardwell.domain.organisations.queries import country_codes, current_organisation, subdivisions_of, working_calendar
from boardwell.kernel import tenancy
from boardwell.kernel.checks import LANGUAGES, Faults
from boardwell.kernel.errors import Conflict, Invalid, NotFound
from boardwell.kernel.events import emit

MOST_DAYS_OFF = 1_000
SECOND_FACTOR = ("offered", "leaders", "everyone")


def update_organisation(*, name: str, country: str, time_zone: str, language: str) -> None:
    """Sets name, place and the team's language; the address (slug) stays, since links hold it. Nothing written when nothing differs."""
    tenancy.require("settings:manage")
    faults = Faults()
    wanted = {
        "name": faults.line("name", name, 120, missing=_("Enter the name of your organisation.")),
        "country": faults.country("country", country),
        "time_zone": faults.time_zone("time_zone", time_zone),
        "language": faults.language("language", language),
    }
    faults.stop()
    with transaction.atomic():
        organisation = current_organisation()
        before = {field: getattr(organisation, field) for field in wanted if getattr(organisation, field) != wanted[field]}
        if not before:
            return
        for field in before:
            setattr(organisation, field, wanted[field])
        organisation.save(update_fields=[*before, "changed_at"])
        record(
            "organisation.changed", object_kind="organisation", object_id=organisation.id, label=organisation.name, before=before,
            after={field: wanted[field] for field in before},
        )  # fmt: skip


def update_brand(*, display_name: str, accent: str, support_email: str = "") -> None:
    """Sets name, accent colour (#rrggbb) and support address. Any colour is accepted: shades that read are derived from it."""
    tenancy.require("settings:manage")
    faults = Faults()
    wanted = {
        "display_name": faults.line("display_name", display_name, 120, missing=_("Enter the name that customers know you by.")),
        "accent": accent.lower(),
        "support_email": faults.email("support_email", support_email, optional=True),
    }
    if not is_colour(accent):
        faults.add("accent", _("Enter a colour such as #2f5bd7."))
    faults.stop()
    with transaction.atomic():
        brand = Brand.objects.first() or Brand(organisation_id=tenancy.current().organisation_id)
        before = {field: getattr(brand, field) for field in wanted}
        for field, value in wanted.items():
            setattr(brand, field, value)
        brand.revision += 1
        brand.save()
        record("brand.changed", object_kind="brand", object_id=brand.id, label=brand.display_name, before=before, after=wanted)


def set_logo(logo_file_id: str) -> None:
    """Hangs up a logo that the vault keeps ("" for none)."""
    tenancy.require("settings:manage")
    with transaction.atomic():
        brand = Brand.objects.select_for_update().first() or Brand(organisation_id=tenancy.current().organisation_id)
        before, brand.logo_file_id = brand.logo_file_id, logo_file_id
        brand.revision += 1
        brand.save()
        record(
            "brand.changed", object_kind="brand", object_id=brand.id, label=brand.display_name, before={"logo_file_id": before},
            after={"logo_file_id": logo_file_id},
        )  # fmt: skip


def save_calendar(
    *, calendar_id: str = "", name: str, country: str, weekdays: Iterable[int], days_off: Iterable[str] = (), is_default: bool = False,
    subdivision: str = "",
) -> str:  # fmt: skip
    """Adds or changes a working calendar; running journeys follow the default one, in the background. Returns its id.

    The default calendar stays the default until another one becomes it. Raises NotAllowed, NotFound, Invalid.
    """
    tenancy.require("settings:manage")
    wanted = _checked_calendar(name, country, subdivision, weekdays, days_off)
    try:
        with transaction.atomic():
            found = _calendar(calendar_id) if calendar_id else WorkCalendar(organisation_id=tenancy.current().organisation_id)
            before = {field: getattr(found, field) for field in wanted} if calendar_id else None
            is_new_default = is_default and not found.is_default
            if is_default:
                WorkCalendar.objects.exclude(pk=found.pk).update(is_default=False)
                found.is_default = True
            days = {field: wanted[field] for field in _DAYS}
            differs = is_new_default or any(getattr(found, field) != value for field, value in days.items())
            for field, value in wanted.items():
                setattr(found, field, value)
            if calendar_id and differs:
                found.revision += 1
            found.save()
            if found.is_default and differs:
                emit(CalendarChanged(calendar_id=found.id, revision=found.revision))
            record(
                "calendar.saved", object_kind="calendar", object_id=found.id, label=found.name, before=before,
                after={**wanted, "is_default": found.is_default},
            )  # fmt: skip
            return found.id
    except IntegrityError as problem:
        message = _("Another calendar has this name.")
        raise Invalid(message, {"name": [message]}) from problem


_DAYS = ("country", "subdivision", "weekdays", "days_off")


def _checked_calendar(name: str, country: str, subdivision: str, weekdays: Iterable[int], days_off: Iterable[str]) -> dict[str, Any]:
    faults = Faults()
    wanted: dict[str, Any] = {
        "name": faults.line("name", name, 80, missing=_("Give the calendar a name.")),
        "country": country,
        "subdivision": subdivision,
        "weekdays": sorted({day for day in weekdays if 0 <= day <= 6}),
        "days_off": _days_off(faults, days_off),
    }
    if not wanted["weekdays"]:
        faults.add("weekdays", _("Choose at least one working day."))
    if country and country not in country_codes():
        faults.add("country", _("We do not know this country's public holidays."))
    elif subdivision and subdivision not in subdivisions_of(country):
        faults.add("subdivision", _("Choose from the list."))
    faults.stop()
    return wanted


def days_if_saved(
    *, calendar_id: str = "", name: str, country: str, weekdays: Iterable[int], days_off: Iterable[str] = (), is_default: bool = False,
    subdivision: str = "",
) -> dict[str, Any] | None:  # fmt: skip
    """What the house's working days would be if this were saved, as journeys keep them; None when they would be what they are.

    Nothing is written. Raises as `save_calendar` does.
    """
    tenancy.require("settings:manage")
    wanted = _checked_calendar(name, country, subdivision, weekdays, days_off)
    is_houses = is_default or (bool(calendar_id) and _calendar(calendar_id).is_default)
    days = {field: wanted[field] for field in ("weekdays", "country", "subdivision", "days_off")}
    return days if is_houses and days != working_calendar() else None


def undo_calendar(calendar_id: str) -> None:
    """Gives a calendar the days again that it had before the actor's own last change of it. Which one is the default stays.

    Raises NotAllowed, NotFound (nothing of theirs, or it was new), Conflict (changed since).
    """
    tenancy.require("settings:manage")
    with transaction.atomic():
        found, line = _calendar(calendar_id), own_last_change(calendar_id, "calendar.saved")
        if line is None or not line.before:
            raise NotFound(_("There is nothing of yours to undo here."))
        fields = ("name", *_DAYS)
        if any(getattr(found, field) != line.after.get(field) for field in fields):
            raise Conflict(_("This has been changed since then. Put it right by hand."))
        save_calendar(calendar_id=calendar_id, **{field: line.before[field] for field in fields})


def _days_off(faults: Faults, given: Iterable[str]) -> list[str]:
    kept: set[str] = set()
    for text in given:
        try:
            kept.add(date.fromisoformat(text.strip()).isoformat())
        except ValueError:
            message = _("“%(day)s” is not a day. Write days as 2026-12-24, one a line.")
            faults.fields["days_off"] = [message % {"day": faults.line("", text[:40], 40)}]
    if len(kept) > MOST_DAYS_OFF:
        faults.add("days_off", _("That is too large"))
    return sorted(kept)


def delete_calendar(calendar_id: str) -> None:
    """Removes a calendar that is not the default one."""
    tenancy.require("settings:manage")
    with transaction.atomic():
        found = _calendar(calendar_id)
        if found.is_default:
            raise Conflict(_("The default calendar stays. Make another one the default first."))
        record("calendar.deleted", object_kind="calendar", object_id=found.id, label=found.name)
        found.delete()


def _calendar(calendar_id: str) -> WorkCalendar:
    found = WorkCalendar.objects.filter(pk=calendar_id).first()
    if found is None:
        raise NotFound(_("There is no such calendar."))
    return found


def update_access(*, second_factor: str, contacts_may_invite: bool, portal_session_hours: int) -> None:
    """Sets who may come in, with what, and for how long. Raises NotAllowed, Invalid."""
    tenancy.require("settings:manage")
    faults = Faults()
    faults.one_of("second_factor", second_factor, SECOND_FACTOR, _("Choose one of the three."))
    if not 1 <= portal_session_hours <= 720:
        faults.add("portal_session_hours", _("Choose between 1 and 720 hours."))
    faults.stop()
    wanted = {"second_factor": second_factor, "contacts_may_invite": contacts_may_invite, "portal_session_hours": portal_session_hours}
    with transaction.atomic():
        policy = AccessPolicy.objects.first() or AccessPolicy(organisation_id=tenancy.current().organisation_id)
        before = {field: getattr(policy, field) for field in wanted}
        for field, value in wanted.items():
            setattr(policy, field, value)
        policy.save()
        record("access.changed", object_kind="access", object_id=policy.id, before=before, after=wanted)


def update_habits(*, quiet_from_hour: int, quiet_until_hour: int, languages: Iterable[str]) -> None:
    """Sets when nobody is reminded (hours of the reader's own day) and the languages that customers may choose.

    Nothing is written when nothing differs. Raises NotAllowed, Invalid.
    """
    tenancy.require("settings:manage")
    faults = Faults()
    for name, hour in (("quiet_from_hour", quiet_from_hour), ("quiet_until_hour", quiet_until_hour)):
        if not 0 <= hour <= 23:
            faults.add(name, _("Choose an hour between 0 and 23."))
    asked = set(languages)
    chosen = [code for code in LANGUAGES if code in asked]
    if not chosen:
        faults.add("languages", _("Choose at least one language."))
    faults.stop()
    wanted = {"quiet_from_hour": quiet_from_hour, "quiet_until_hour": quiet_until_hour, "languages": chosen}
    with transaction.atomic():
        policy = AccessPolicy.objects.first() or AccessPolicy(organisation_id=tenancy.current().organisation_id)
        before = {field: getattr(policy, field) for field, value in wanted.items() if getattr(policy, field) != value}
        if not before:
            return
        for field in before:
            setattr(policy, field, wanted[field])
        policy.save()
        after = {field: wanted[field] for field in before}
        record("habits.changed", object_kind="access", object_id=policy.id, before=before, after=after)
