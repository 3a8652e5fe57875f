"""Text in several languages: a mapping from language code to words, and the rule which one a reader gets."""

from collections.abc import Mapping
from decimal import Decimal

from babel.core import UnknownLocaleError
from babel.numbers import format_currency, get_currency_precision
from django.utils.translation import get_language

type Texts = Mapping[str, str]
"""For example {"en": "Kick-off call", "bn": "সূচনা কল"}."""

FALLBACK = "en"


def in_language(texts: Texts | str | None, language: str | None = None) -> str:
    """The words for a language: exact, then English, then whatever there is; plain strings pass through."""
    if not texts:
        return ""
    if isinstance(texts, str):
        return texts
    code = (language or get_language() or FALLBACK).split("-")[0]
    return texts.get(code) or texts.get(FALLBACK) or next(iter(texts.values()), "")


def money(minor: int, currency: str) -> str:
    """An amount in minor units (cents, or whole yen) with its currency (ISO 4217), as the reader's language writes it."""
    amount = Decimal(minor).scaleb(-get_currency_precision(currency))
    try:
        return format_currency(amount, currency, locale=(get_language() or FALLBACK).replace("-", "_"), decimal_quantization=True)
    except (UnknownLocaleError, ValueError):
        return f"{amount} {currency}"
