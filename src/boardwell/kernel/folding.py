"""Text as a search sees it: case, accents and ways of typing one letter fall together, in six languages and both databases.

`fold` decides; SQLite calls it, PostgreSQL gets the same table as a `translate`. Cost: linear in the characters compared.
"""

import json
import unicodedata
from collections.abc import Iterable
from functools import lru_cache
from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.signals import connection_created
from django.db.models import Func, Model, QuerySet, TextField

_BY_HAND = {
    "ı": "i", "İ": "i", "ə": "e", "Ə": "e", "ø": "o", "Ø": "o", "ł": "l", "Ł": "l", "đ": "d", "Đ": "d", "ħ": "h", "Ħ": "h",
    "ё": "е", "Ё": "е", "ө": "о", "Ө": "о", "ү": "у", "Ү": "у",  # Mongolian on a Russian keyboard; е with and without dots
    "ँ": "ं", "ঁ": "ং",  # candrabindu is often written as anusvara
    "’": "'", "‘": "'", "“": '"', "”": '"', "–": "-", "—": "-", "\u00a0": " ",
}  # fmt: skip
"""What Unicode does not call the same letter, but people who search do."""
_KEPT = frozenset("йЙ")
"""й is a letter of its own, not an accented и."""
_GONE = [0x093C, 0x09BC, 0x200C, 0x200D, 0x00AD, *range(0x0300, 0x0370)]
"""Nukta, joiners, soft hyphen and combining accents."""
_RANGES = [(0x41, 0x5B), (0xC0, 0x250), (0x386, 0x530), (0x1E00, 0x2000), (0x966, 0x970), (0x9E6, 0x9F0)]


@lru_cache(maxsize=1)
def _table() -> dict[int, str]:
    """Character → what it counts as (one character, or none)."""
    table: dict[int, str] = dict.fromkeys(_GONE, "")
    for start, end in _RANGES:
        for code in range(start, end):
            character = chr(code)
            if character.isdigit():
                table[code] = str(unicodedata.digit(character))
                continue
            lowered = character.lower()[:1]
            plain = lowered if lowered in _KEPT else unicodedata.normalize("NFD", lowered)[:1]
            if plain and plain != character:
                table[code] = plain
    table.update({ord(character): plain for character, plain in _BY_HAND.items()})
    return table


def fold(text: str) -> str:
    """The text as it is compared. "Məmmədov", "MEMMEDOV" and "məmmədov" are one; so are "Ё" and "е", "क़" and "क"."""
    return unicodedata.normalize("NFC", text).translate(_table())


def folded_words(text: str, most: int = 8) -> list[str]:
    """The words of a search, folded; every one of them has to occur."""
    return [word for word in fold(text).split() if word][:most]


def holds_all(text: str, words: Iterable[str]) -> bool:
    """Whether the text holds every one of these folded words; for what is not in a table."""
    folded = fold(text)
    return all(word in folded for word in words)


def holding[Row: Model](rows: QuerySet[Row], expression: Any, words: Iterable[str]) -> QuerySet[Row]:
    """The rows whose text holds every one of these folded words."""
    found: Any = rows.annotate(folded=expression)
    for word in words:
        found = found.filter(folded__contains=word)
    return found  # type: ignore[no-any-return]  # the same rows, narrowed


def _fold_or_none(text: Any) -> str | None:
    return None if text is None else fold(str(text))


def _fold_json(text: Any) -> str | None:
    """The values of a JSON text, folded; escapes are undone first."""
    if text is None:
        return None
    try:
        value = json.loads(text)
    except ValueError:
        return fold(str(text))
    values = value if isinstance(value, list) else value.values() if isinstance(value, dict) else [value]
    return fold(" ".join(str(one) for one in values))


def teach_sqlite(connection: BaseDatabaseWrapper, **_: Any) -> None:
    """Gives a new SQLite connection the functions that `Folded` and `FoldedJson` call."""
    if connection.vendor == "sqlite":
        raw: Any = connection.connection
        raw.create_function("boardwell_fold", 1, _fold_or_none, deterministic=True)
        raw.create_function("boardwell_fold_json", 1, _fold_json, deterministic=True)


def connect() -> None:
    """Teaches every connection that is opened from now on."""
    connection_created.connect(teach_sqlite, dispatch_uid="boardwell.folding")


class Folded(Func):
    """A text column as `fold` sees it: filter with `__contains=fold(word)`."""

    output_field = TextField()
    cast = "{}"

    def as_sqlite(self, compiler: Any, connection: Any, **more: Any) -> Any:
        """Calls our own function."""
        return self.as_sql(compiler, connection, function="boardwell_fold", **more)

    def as_postgresql(self, compiler: Any, connection: Any, **_: Any) -> Any:
        """The same table as a translate: what has no counterpart at the end of the list is deleted."""
        inner, parameters = compiler.compile(self.source_expressions[0])
        table = _table()
        kept = [(chr(code), plain) for code, plain in table.items() if plain]
        gone = [chr(code) for code, plain in table.items() if not plain]
        source, target = "".join(one for one, _plain in kept) + "".join(gone), "".join(plain for _one, plain in kept)
        return f"translate(normalize({self.cast.format(inner)}, NFC), %s, %s)", [*parameters, source, target]


class FoldedJson(Folded):
    """The values of a JSON column as `fold` sees them."""

    cast = "({})::text"

    def as_sqlite(self, compiler: Any, connection: Any, **more: Any) -> Any:
        """Calls our own function."""
        return self.as_sql(compiler, connection, function="boardwell_fold_json", **more)
