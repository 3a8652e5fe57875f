"""Change how the house meets a person: language, time zone, light or dark, name."""

from zoneinfo import available_timezones

from django.utils.translation import gettext as _

from boardwell.domain.people.models import Person
from boardwell.kernel.errors import Invalid
from boardwell.kernel.words import line

LANGUAGES = ("", "en", "hi", "bn", "az", "ms", "mn")
THEMES = ("auto", "light", "dark")


def change_habits(
    person_id: str, *, language: str | None = None, time_zone: str | None = None, theme: str | None = None, name: str | None = None
) -> None:
    """Changes what is given, for the person themselves; belongs to no organisation, so no organisation's log has it."""
    faults: dict[str, list[str]] = {}
    changes: dict[str, str] = {}
    if language is not None:
        changes["language"] = language
        if language not in LANGUAGES:
            faults["language"] = [_("Choose one of the six languages.")]
    if time_zone is not None:
        changes["time_zone"] = time_zone
        if time_zone and time_zone not in available_timezones():
            faults["time_zone"] = [_("Use a time zone such as Asia/Dhaka.")]
    if theme is not None:
        changes["theme"] = theme
        if theme not in THEMES:
            faults["theme"] = [_("Choose light, dark or automatic.")]
    if name is not None:
        changes["name"] = line(name, 160)
        if not changes["name"]:
            faults["name"] = [_("Enter your name.")]
    if faults:
        raise Invalid(_("Some details need to be put right."), faults)
    Person.objects.filter(pk=person_id).update(**changes)
