"""Finds rows by the beginnings of their folded words, by an index that both databases read alike.

Whoever writes a text that is searched calls `index_words` in the same transaction. A search costs what its rarest word has matches,
not what the table has rows; how many each word has is asked first, up to `FEW`.
"""

import unicodedata
from collections.abc import Iterable, Mapping
from typing import Any

from django.db.models import Exists, Model, OuterRef, Q, QuerySet

from boardwell.kernel import tenancy
from boardwell.kernel.folding import fold
from boardwell.kernel.models import SearchWord
from boardwell.kernel.sql import change, fetch_all, insert_rows

FEW = 1_000
"""Matches up to which a search starts from the word and not from the table."""
MOST_WORDS = 40
_BYTES = 60
_TABLE = "kernel_searchword"


def words_in(text: str) -> list[str]:
    """The folded words of a text as the index keeps them: each as it is written, and the parts that punctuation leaves of it."""
    found: dict[str, None] = {}
    for word in fold(text).split():
        parts = _parts(word)
        if parts:
            found[word] = None
        found |= dict.fromkeys(parts)
    return list(found)[:MOST_WORDS]


def _parts(word: str) -> list[str]:
    return "".join(" " if unicodedata.category(character)[0] in "PSZC" else character for character in word).split()


def _bytes(word: str) -> bytes:
    return word.encode("utf-8", "replace")[:_BYTES]


def index_words(kind: str, object_id: str, *texts: str, is_new: bool = False) -> None:
    """Makes an object found by the words of these texts and no others; `is_new` spares the look for old ones.

    Runs in the caller's transaction.
    """
    if not is_new:
        change(f"DELETE FROM {_TABLE} WHERE organisation_id = %s AND object_id = %s", [tenancy.current().organisation_id, object_id])
    index_new(kind, [(object_id, " ".join(texts))])


def index_new(kind: str, objects: Iterable[tuple[str, str]]) -> None:
    """Makes objects, by id, found by the words of their text; none of them may be in the index yet."""
    organisation_id = tenancy.current().organisation_id
    rows = [
        (organisation_id, kind, word, object_id)
        for object_id, text in objects
        for word in dict.fromkeys(_bytes(word) for word in words_in(text))
    ]
    insert_rows(_TABLE, ("organisation_id", "kind", "word", "object_id"), rows)


def typed_words(words: Iterable[str]) -> list[str]:
    """What can be looked up of the folded words of a search; a word of nothing but punctuation says nothing."""
    return [word if len(parts := _parts(word)) > 1 else parts[0] for word in words if _parts(word)]


def found_by[Row: Model](rows: QuerySet[Row], words: Iterable[str], sources: Mapping[str, str]) -> QuerySet[Row]:
    """The rows in which every folded word begins a word of theirs. One query beforehand: how many matches each word has.

    `sources` maps a kind of the index to the column of the rows that holds its object's id: {"journey": "id", "account": "account_id"}.
    """
    looked_up = typed_words(words)
    if not looked_up:
        return rows.none()
    numbers = _numbers(looked_up, list(sources))
    rarest = min(range(len(looked_up)), key=numbers.__getitem__)
    for place, word in enumerate(looked_up):
        if place == rarest and numbers[place] <= FEW:
            rows = rows.filter(pk__in=_one_of(rows.model, word, sources))
        else:
            rows = rows.filter(_begins(word, sources))
    return rows


_HOW_MANY = (
    f"(SELECT COUNT(*) FROM (SELECT 1 FROM {_TABLE} WHERE organisation_id = %s AND kind = %s AND word >= %s AND word < %s LIMIT %s) w)"
)


def _numbers(words: list[str], kinds: list[str]) -> list[int]:
    """How many matches each word has in the index, counted no further than just above FEW."""
    organisation_id = tenancy.current().organisation_id
    pairs = [(word, kind) for word in words for kind in kinds]
    values: list[Any] = []
    for word, kind in pairs:
        values += [organisation_id, kind, *_between(word), FEW + 1]
    (counted,) = fetch_all("SELECT " + ", ".join([_HOW_MANY] * len(pairs)), values)
    return [sum(counted[place : place + len(kinds)]) for place in range(0, len(counted), len(kinds))]


def _between(word: str) -> tuple[bytes, bytes]:
    """The range of everything that begins with the word: no byte of UTF-8 is 255."""
    return _bytes(word), _bytes(word) + b"\xff"


def _in_index(word: str) -> QuerySet[SearchWord]:
    first, beyond = _between(word)
    return SearchWord.objects.filter(word__gte=first, word__lt=beyond)


def _one_of(model: type[Model], word: str, sources: Mapping[str, str]) -> Any:
    """For a word with few matches: the ids of the rows that have it, from the index. A union, because an OR would read the table."""
    each: list[QuerySet[Any]] = []
    for kind, column in sources.items():
        ids = _in_index(word).filter(kind=kind).values("object_id")
        each.append(ids if column == "id" else model._default_manager.filter(**{f"{column}__in": ids}).values("pk"))
    return each[0].union(*each[1:], all=True) if len(each) > 1 else each[0]


def _begins(word: str, sources: Mapping[str, str]) -> Q:
    """For the other words: each row is asked whether it has it, by the index of its own words."""
    found = Q()
    for column in sources.values():
        found |= Q(Exists(_in_index(word).filter(object_id=OuterRef(column))))
    return found
