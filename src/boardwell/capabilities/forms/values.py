"""From what was typed to a typed value, and back to what would be typed; pure.

Typed: text for most types; number as int or float; money as {minor, currency}; yes_no as bool; date as ISO 8601; choices, list
and file as lists; an address as its parts; a table as a list of rows. Raw: text, a list of texts, a mapping of texts, or rows.
"""

import re
from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any
from urllib.parse import urlsplit

from babel.numbers import get_currency_precision

from boardwell.capabilities.forms import numbered
from boardwell.capabilities.forms.definition import ADDRESS_PARTS, Question
from boardwell.kit.cleaning import line, paragraph

LARGEST = 1e15
MOST_TEXT = 1000
MOST_LONG = 10_000
MOST_ITEMS = 100
_EMAIL = re.compile(r"[^\s@<>\"(),;:\[\]\\]{1,64}@(?:[^\W_](?:[\w-]{0,61}[^\W_])?\.)+[^\W\d_][\w-]{0,61}[^\W_]")
_COUNTRY = re.compile(r"[A-Z]{2}")
_CURRENCY = re.compile(r"[A-Z]{3}")


class FaultError(ValueError):
    """Why an answer cannot be taken: `code` with `params`; the words are elsewhere. `part` names the field inside it."""

    def __init__(self, code: str, part: str = "", **params: Any) -> None:
        super().__init__(code)
        self.code, self.part, self.params = code, part, params

    def __eq__(self, other: object) -> bool:
        return isinstance(other, FaultError) and (self.code, self.part, self.params) == (other.code, other.part, other.params)

    __hash__ = ValueError.__hash__


def is_empty(raw: Any) -> bool:
    """Whether nothing was entered."""
    if isinstance(raw, str):
        return not raw.strip()
    if isinstance(raw, Mapping):
        return all(is_empty(one) for name, one in raw.items() if name != "currency")
    if isinstance(raw, Sequence):
        return all(is_empty(one) for one in raw)
    return raw is None


def value_of(question: Question, raw: Any, country: str = "") -> Any:
    """The typed value of an answer that is not empty. Raises FaultError. `country` is what telephone and tax numbers are read by."""
    kind = question.type
    if kind in ("choices", "list", "file"):
        return _several(question, raw)
    if kind == "address":
        return _address(raw)
    if kind == "money":
        return _money(question, raw)
    if not isinstance(raw, str):
        raise FaultError("shape")
    if kind == "long_text":
        return paragraph(raw, MOST_LONG)
    text = line(raw, MOST_TEXT)
    if kind in ("number", "rating"):
        return _number(question, text)
    if kind == "yes_no":
        if text not in {"yes", "no"}:
            raise FaultError("yes_no")
        return text == "yes"
    if kind == "choice":
        if text not in question.choices:
            raise FaultError("choice")
        return text
    if kind == "date":
        return _date(text)
    return _checked_text(question, kind, text, country)


def _several(question: Question, raw: Any) -> list[str]:
    if question.type == "list":
        if not isinstance(raw, str):
            raise FaultError("shape")
        return [line(one, 300) for one in paragraph(raw, MOST_LONG).split("\n") if one.strip()][:MOST_ITEMS]
    if not isinstance(raw, list) or not all(isinstance(one, str) for one in raw):
        raise FaultError("shape")
    if question.type == "file":
        if len(raw) > question.most_rows:
            raise FaultError("files_most", most=question.most_rows)
        if len(raw) < question.least_rows:
            raise FaultError("files_least", least=question.least_rows)
        return list(raw)
    if not set(raw) <= set(question.choices):
        raise FaultError("choice")
    if question.most is not None and len(set(raw)) > question.most:
        raise FaultError("choices_most", most=int(question.most))
    return [value for value in question.choices if value in raw]


def _address(raw: Any) -> dict[str, str]:
    if not isinstance(raw, Mapping):
        raise FaultError("shape")
    found = {part: line(text, 200) for part in ADDRESS_PARTS if isinstance(text := raw.get(part), str) and text.strip()}
    if "country" in found:
        found["country"] = found["country"].upper()
        if not _COUNTRY.fullmatch(found["country"]):
            raise FaultError("country", "country")
    for part in ("street", "city"):
        if part not in found:
            raise FaultError(f"address_{part}", part)
    return found


def decimal_of(text: str) -> Decimal:
    """A number as people type it: spaces group, a comma or a point divides; `1,234.50` and `1.234,50` too. Raises FaultError."""
    bare = re.sub(r"[\s\u00a0\u202f'’]", "", text)
    point, comma = bare.rfind("."), bare.rfind(",")
    if point >= 0 and comma >= 0:
        bare = bare.replace("," if point > comma else ".", "")
    bare = bare.replace(",", ".")
    if not re.fullmatch(r"[+-]?(\d+\.?\d*|\.\d+)", bare):
        raise FaultError("number")
    try:
        return Decimal(bare)
    except InvalidOperation:
        raise FaultError("number") from None


def _number(question: Question, text: str) -> int | float:
    number = decimal_of(text)
    if not abs(number) <= LARGEST:
        raise FaultError("too_large")
    if question.type == "rating" and number != int(number):
        raise FaultError("rating")
    _within(question, number, "rating" if question.type == "rating" else "")
    return int(number) if number == int(number) else float(number)


def _within(question: Question, number: Decimal, code: str = "") -> None:
    least = 1 if question.type == "rating" else question.least
    if least is not None and number < Decimal(str(least)):
        raise FaultError(code or "least", least=_plain(least))
    if question.most is not None and number > Decimal(str(question.most)):
        raise FaultError(code or "most", most=_plain(question.most))


def _plain(number: float) -> str:
    return str(int(number)) if number == int(number) else str(number)


def _money(question: Question, raw: Any) -> dict[str, Any]:
    parts = raw if isinstance(raw, Mapping) else {"amount": raw}
    amount, currency = parts.get("amount"), parts.get("currency") or (question.currencies or ("",))[0]
    if not isinstance(amount, str) or not isinstance(currency, str):
        raise FaultError("shape")
    currency = currency.strip().upper()
    if (question.currencies and currency not in question.currencies) or not _CURRENCY.fullmatch(currency):
        raise FaultError("currency", "currency")
    number = decimal_of(line(amount, 60))
    if not abs(number) <= LARGEST:
        raise FaultError("too_large")
    _within(question, number)
    places = get_currency_precision(currency)
    minor = number.scaleb(places)
    if minor != int(minor):
        raise FaultError("money_places" if places else "money_whole", places=places)
    return {"minor": int(minor), "currency": currency}


def _date(text: str) -> str:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise FaultError("date") from None
    if not 1900 <= day.year <= 2200:
        raise FaultError("date_far")
    return day.isoformat()


def _checked_text(question: Question, kind: str, text: str, country: str) -> str:
    if kind == "email" and not (len(text) <= 320 and _EMAIL.fullmatch(text)):
        raise FaultError("email")
    if kind == "url":
        address = text if "://" in text else f"https://{text}"
        try:
            parts = urlsplit(address)
        except ValueError:
            raise FaultError("url") from None
        if parts.scheme not in {"http", "https"} or "." not in parts.netloc:
            raise FaultError("url")
        return address
    if kind == "country":
        if not _COUNTRY.fullmatch(text.upper()):
            raise FaultError("country")
        return text.upper()
    try:
        if kind == "phone":
            return numbered.phone(text, question.country or country)
        if kind == "iban":
            return numbered.bank_account(text)
        if kind == "tax_id":
            return numbered.tax_number(text, question.country or country)
    except numbered.NumberError as problem:
        raise FaultError(problem.code) from None
    if kind == "text":
        if question.most is not None and len(text) > question.most:
            raise FaultError("text_most", most=int(question.most))
        if question.least is not None and len(text) < question.least:
            raise FaultError("text_least", least=int(question.least))
    return text


def raw_of(question: Question, value: Any) -> Any:
    """What would have to be typed for a value: for showing again, and for facts that are known already."""
    kind = question.type
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if kind == "list":
        return "\n".join(map(str, value)) if isinstance(value, list) else str(value)
    if kind in ("choices", "file"):
        return [str(one) for one in value] if isinstance(value, list) else [str(value)]
    if kind == "money":
        if isinstance(value, Mapping) and "minor" in value:
            currency = str(value.get("currency", ""))
            return {"amount": str(amount_of(value)), "currency": currency}
        return {"amount": str(value), "currency": (question.currencies or ("",))[0]}
    if kind == "address":
        return {str(part): str(text) for part, text in value.items()} if isinstance(value, Mapping) else {"street": str(value)}
    if kind == "table":
        if not isinstance(value, list):
            return []
        if all(isinstance(row, str) for row in value):  # a fact of the type list: one line a row
            return [{question.columns[0].key: row} for row in value] if question.columns else []
        return [{one.key: raw_of(one, row.get(one.key)) for one in question.columns} for row in value if isinstance(row, Mapping)]
    return str(value)


def amount_of(value: Mapping[str, Any]) -> int | Decimal:
    """The amount of a sum of money in its major unit."""
    amount = Decimal(int(value["minor"])).scaleb(-get_currency_precision(str(value["currency"])))
    return int(amount) if amount == int(amount) else amount


def for_expressions(question: Question, value: Any) -> Any:
    """What an expression sees of a value: an amount for money, one line for an address."""
    if question.type == "money" and isinstance(value, Mapping):
        amount = amount_of(value)
        return amount if isinstance(amount, int) else float(amount)
    if question.type == "address" and isinstance(value, Mapping):
        return ", ".join(value.values())
    return value


def for_fact(question: Question, value: Any, fact_type: str) -> Any:
    """What is recorded of a value as a fact of a type. None when it cannot be one."""
    plain = for_expressions(question, value)
    if fact_type in ("text", "long_text"):
        if isinstance(plain, list):
            return "\n".join(line_of(question, one) for one in plain)
        if question.type == "money" and isinstance(value, Mapping):
            return f"{amount_of(value)} {value['currency']}"
        return plain if isinstance(plain, str | int | float) and not isinstance(plain, bool) else None
    if fact_type == "list" and isinstance(plain, list):
        return [line_of(question, one) for one in plain]
    return plain


def line_of(question: Question, one: Any) -> str:
    """One row of a table, or one item of a list, in one line."""
    if isinstance(one, Mapping):
        found = []
        for column in question.columns:
            if one.get(column.key) not in (None, "", []):
                kept = for_expressions(column, one[column.key])
                found.append(", ".join(map(str, kept)) if isinstance(kept, list) else str(kept))
        return ", ".join(found)
    return str(one)
