"""Text in several languages: a mapping from language code to words, and the rule which one a reader gets."""

from collections.abc import Mapping

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
