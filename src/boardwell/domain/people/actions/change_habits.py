"""Change how the house meets a person: language, time zone, light or dark, name."""

from django.utils.translation import gettext as _

from boardwell.domain.people.models import Person
from boardwell.kernel.checks import Faults

THEMES = ("auto", "light", "dark")


def change_habits(
    person_id: str, *, language: str | None = None, time_zone: str | None = None, theme: str | None = None, name: str | None = None
) -> None:
    """Changes what is given, for the person themselves; belongs to no organisation, so no organisation's log has it."""
    faults = Faults()
    changes: dict[str, str] = {}
    if language is not None:
        changes["language"] = faults.language("language", language, optional=True)
    if time_zone is not None:
        changes["time_zone"] = faults.time_zone("time_zone", time_zone, optional=True)
    if theme is not None:
        changes["theme"] = faults.one_of("theme", theme, THEMES, _("Choose light, dark or automatic."))
    if name is not None:
        changes["name"] = faults.line("name", name, 160, missing=_("Enter your name."))
    faults.stop()
    if changes:
        Person.objects.filter(pk=person_id).update(**changes)
