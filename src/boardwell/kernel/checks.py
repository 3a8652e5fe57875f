"""Checks what an action was given, field by field, so that one refusal names everything that must be put right."""

from collections.abc import Collection
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils.translation import gettext as _

from boardwell.kernel import words
from boardwell.kernel.clock import time_zones
from boardwell.kernel.errors import Invalid

LANGUAGES = ("en", "hi", "bn", "az", "ms", "mn")
_EMAIL_CHARACTERS = 320


class Faults:
    """Collects what is wrong; `stop` refuses with all of it. Each check returns the cleaned value."""

    def __init__(self) -> None:
        self.fields: dict[str, list[str]] = {}

    def add(self, field: str, message: str) -> None:
        """Notes a fault."""
        self.fields.setdefault(field, []).append(message)

    def stop(self) -> None:
        """Raises Invalid when anything was noted."""
        if self.fields:
            raise Invalid(_("Some details need to be put right."), self.fields)

    def line(self, field: str, given: Any, most: int, *, missing: str = "") -> str:
        """One clean line; too long is a fault, never cut off. Empty is one when there are words for `missing`."""
        return self._bounded(field, words.line(_text(given), most + 1), most, missing)

    def paragraph(self, field: str, given: Any, most: int, *, missing: str = "") -> str:
        """A clean text of several lines, bounded like `line`."""
        return self._bounded(field, words.paragraph(_text(given), most + 1), most, missing)

    def _bounded(self, field: str, clean: str, most: int, missing: str) -> str:
        if missing and not clean:
            self.add(field, missing)
        if len(clean) > most:
            self.add(field, _("That is too long: %(most)d characters at most.") % {"most": most})
        return clean

    def email(self, field: str, given: Any, *, optional: bool = False) -> str:
        """An address in lower case."""
        address = _text(given).strip().lower()
        if optional and not address:
            return ""
        try:
            if words.line(address, _EMAIL_CHARACTERS) != address:
                raise ValidationError("")
            validate_email(address)
        except ValidationError:
            self.add(field, _("Enter an e-mail address, such as name@example.com."))
        return address

    def one_of(self, field: str, given: Any, choices: Collection[str], message: str) -> str:
        """One of a few words."""
        if not isinstance(given, str) or given not in choices:
            self.add(field, message)
            return ""
        return given

    def language(self, field: str, given: Any, *, optional: bool = False) -> str:
        """One of the six languages, or "" where none need be chosen."""
        return self.one_of(field, given, ("", *LANGUAGES) if optional else LANGUAGES, _("Choose one of the six languages."))

    def time_zone(self, field: str, given: Any, *, optional: bool = False) -> str:
        """A name of the IANA database."""
        if optional and given == "":
            return ""
        return self.one_of(field, given, time_zones(), _("Use a time zone such as Asia/Dhaka."))

    def country(self, field: str, given: Any, *, optional: bool = False) -> str:
        """Two capital letters (ISO 3166-1); says nothing about whether there is such a country."""
        code = _text(given).strip()
        if optional and not code:
            return ""
        if not (len(code) == 2 and code.isascii() and code.isalpha()):
            self.add(field, _("Use the country's two-letter code, such as MN."))
        return code.upper()


def _text(given: Any) -> str:
    return "" if given is None else str(given)
