"""A form's values and faults in the reader's language."""

from collections.abc import Mapping, Sequence
from datetime import date
from functools import lru_cache
from typing import Any

from babel.core import Locale, UnknownLocaleError
from babel.numbers import get_currency_precision
from django.utils.formats import date_format, number_format
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from boardwell.capabilities.forms import numbered
from boardwell.capabilities.forms.definition import ADDRESS_PARTS, Form, Question
from boardwell.capabilities.forms.logic import Reading
from boardwell.capabilities.forms.values import FaultError
from boardwell.kit.words import in_language, money

_FAULTS: Mapping[str, Any] = {
    "shape": gettext_lazy("Answer this again."),
    "yes_no": gettext_lazy("Choose yes or no."),
    "choice": gettext_lazy("Choose from the list."),
    "choices_most": gettext_lazy("Choose at most %(most)s."),
    "number": gettext_lazy("Enter a number, such as 25."),
    "too_large": gettext_lazy("That number is too large."),
    "least": gettext_lazy("Enter %(least)s or more."),
    "most": gettext_lazy("Enter %(most)s or less."),
    "rating": gettext_lazy("Choose from the list."),
    "currency": gettext_lazy("Choose a currency."),
    "money_whole": gettext_lazy("Enter whole units; this currency has no smaller ones."),
    "money_places": gettext_lazy("Enter at most %(places)s digits after the point."),
    "date": gettext_lazy("Enter a day as year-month-day, such as 2026-12-24."),
    "date_far": gettext_lazy("Enter a day between 1900 and 2200."),
    "email": gettext_lazy("Enter an e-mail address, such as name@example.com."),
    "url": gettext_lazy("Enter a web address, such as https://example.com."),
    "phone": gettext_lazy("Enter a telephone number, such as +976 11 123456."),
    "phone_country": gettext_lazy("Enter the telephone number with the code of its country, such as +976 11 123456."),
    "iban": gettext_lazy("Check the IBAN: its length or its check digits are not right."),
    "tax_id": gettext_lazy("Check the tax number: its length or its check digits are not right."),
    "country": gettext_lazy("Choose a country."),
    "address_street": gettext_lazy("Enter the street and number."),
    "address_city": gettext_lazy("Enter the town or city."),
    "text_most": gettext_lazy("Enter at most %(most)s characters."),
    "text_least": gettext_lazy("Enter at least %(least)s characters."),
    "rows_most": gettext_lazy("Enter at most %(most)s rows."),
    "rows_least": gettext_lazy("Enter at least %(least)s rows."),
    "files_most": gettext_lazy("Send at most %(most)s files."),
    "files_least": gettext_lazy("Send at least %(least)s files."),
}


def why(fault: FaultError) -> str:
    """What is wrong and how to mend it."""
    return str(_FAULTS[fault.code]) % fault.params


def missing(label: str) -> str:
    """That a required answer is not there."""
    return _("Answer “%(label)s”.") % {"label": label}


def errors_of(form: Form, reading: Reading, keys: set[str]) -> dict[str, list[str]]:
    """Everything in the way, by the name of its input, in the order of the form; only what concerns `keys`."""
    found: dict[str, list[str]] = {}
    for path in reading.missing:
        if path.partition(".")[0] in keys:
            found[f"f_{path}"] = [missing(_label(form, path))]
    for path, fault in reading.faults.items():
        if path.partition(".")[0] in keys:
            found.setdefault(f"f_{path}", []).append(why(fault))
    place = {key: number for number, key in enumerate(form.section_of)}
    for rule in reading.broken:
        at = [key for key in rule.at if key in reading.shown] or [key for key in _named(rule) if key in reading.shown]
        if at and at[0] in keys:
            for key in at[:1]:
                found.setdefault(f"f_{key}", []).append(in_language(rule.message))
    return dict(sorted(found.items(), key=lambda each: place.get(each[0][2:].partition(".")[0], 0)))


def _named(rule: Any) -> list[str]:
    return sorted({name.split(".")[1] for name in rule.check.facts if name.startswith("answers.")})


def _label(form: Form, path: str) -> str:
    key, _dot, rest = path.partition(".")
    question = form.questions.get(key)
    if not rest:
        return in_language(question.label if question else form.section_of[key].title)
    inside = rest.partition(".")[2]
    listed = question.columns if question else form.section_of[key].questions
    return next((in_language(one.label) for one in listed if one.key == inside), "")


@lru_cache(maxsize=16)
def _countries(language: str) -> tuple[tuple[str, str], ...]:
    try:
        names = Locale.parse(language, sep="-").territories
    except (UnknownLocaleError, ValueError):
        names = Locale.parse("en").territories
    found = [(code, str(name)) for code, name in names.items() if len(code) == 2 and code.isalpha() and code not in _NO_COUNTRIES]
    return tuple(sorted(found, key=lambda each: each[1].casefold()))


_NO_COUNTRIES = frozenset({"EU", "EZ", "UN", "QO", "XA", "XB", "ZZ"})


def countries() -> tuple[tuple[str, str], ...]:
    """Code and name of every country, in the reader's language and its order."""
    return _countries(get_language() or "en")


def country_name(code: str) -> str:
    """A country's name, or its code when there is no such country."""
    return dict(countries()).get(code, code)


def address_words() -> dict[str, str]:
    """The labels of an address's parts."""
    return {
        "street": _("Street and number"), "city": _("Town or city"), "postcode": _("Postal code"), "region": _("Region or state"),
        "country": _("Country"),
    }  # fmt: skip


def in_words(question: Question, value: Any, files: Mapping[str, str] | None = None) -> str:
    """A value as a person reads it. `files` names files by id."""
    kind = question.type
    if value is None or value == [] or value == "":
        return ""
    if isinstance(value, bool):
        return _("Yes") if value else _("No")
    if kind == "file":
        return ", ".join((files or {}).get(str(one), "") for one in value if str(one) in (files or {})) if isinstance(value, list) else ""
    if kind == "table" and isinstance(value, list):
        return "\n".join(row_in_words(question.columns, row) for row in value)
    if isinstance(value, list):
        return ", ".join(in_language(question.choices.get(str(one))) or str(one) for one in value)
    if isinstance(value, Mapping):
        if "minor" in value:
            return money(int(value["minor"]), str(value.get("currency", "")))
        parts = [country_name(str(value[part])) if part == "country" else str(value[part]) for part in ADDRESS_PARTS if value.get(part)]
        return ", ".join(parts)
    return _plain_in_words(question, value)


def _plain_in_words(question: Question, value: Any) -> str:
    kind = question.type
    if isinstance(value, int | float):
        if kind == "calculated" and question.currencies:
            return money(round(value * 10 ** _places(question.currencies[0])), question.currencies[0])
        if kind == "rating":
            return _("%(value)s of %(most)s") % {"value": value, "most": int(question.most or 5)}
        return str(number_format(value, use_l10n=True, force_grouping=abs(value) >= 10_000))
    text = str(value)
    if kind == "date":
        try:
            return date_format(date.fromisoformat(text), "DATE_FORMAT")
        except ValueError:
            return text
    if kind == "country":
        return country_name(text)
    if kind == "phone":
        return numbered.phone_in_words(text)
    if kind == "iban":
        return numbered.bank_account_in_words(text)
    return in_language(question.choices.get(text)) or text


def _places(currency: str) -> int:
    return int(get_currency_precision(currency))


def row_in_words(questions: Sequence[Question], row: Any) -> str:
    """One row: what was answered, label before value."""
    if not isinstance(row, Mapping):
        return str(row)
    return " · ".join(
        f"{in_language(one.label)}: {in_words(one, row[one.key])}" for one in questions if row.get(one.key) not in (None, "", [])
    )
