"""Stable pages of a sorted list: each begins where the last one ended, whatever was added or removed meanwhile."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.core import signing
from django.db.models import F, Q, QuerySet

_SALT = "boardwell.keyset"


@dataclass(frozen=True, slots=True)
class Slice[Row]:
    """One page. `previous` and `next` are the cursors of the neighbours, empty at the ends; `total` counts all pages."""

    rows: tuple[Row, ...]
    previous: str
    next: str
    total: int


def sort_of(sorts: Mapping[str, Any], wanted: str) -> tuple[str, bool]:
    """(name, descending) of what was asked for, such as "-name"; the first of the sorts when it is unknown."""
    name, descending = wanted.removeprefix("-"), wanted.startswith("-")
    if name in sorts:
        return name, descending
    first = next(iter(sorts))
    return first.removeprefix("-"), first.startswith("-")


def slice_of(
    rows: QuerySet[Any], sorts: Mapping[str, Any], *, sort: str, cursor: str, size: int, columns: Sequence[str]
) -> Slice[tuple[Any, ...]]:
    """A page of the rows as tuples of `columns`. Two queries: the page, and how many rows there are.

    `sorts` maps a name to an expression that is never null; equal values are ordered by id, so that no row comes twice.
    A cursor that is not ours, or was made for another order, gives the first page.
    """
    name, descending = sort_of(sorts, sort)
    back, value, row_id = _opened(cursor, name, descending)
    found = _fetch(rows, sorts[name], descending != back, (value, row_id) if row_id else None, size + 1, columns)
    more = len(found) > size
    found = found[:size]
    if back:
        found.reverse()
    has_previous = more if back else bool(row_id)
    has_next = bool(row_id) if back else more
    return Slice(
        tuple(row[:-2] for row in found),
        _sealed(name, descending, True, found[0]) if found and has_previous else "",
        _sealed(name, descending, False, found[-1]) if found and has_next else "",
        rows.count(),
    )


def batches_of(rows: QuerySet[Any], sorts: Mapping[str, Any], *, sort: str, size: int, columns: Sequence[str]) -> Iterator[list[Any]]:
    """All rows in order, `size` at a time, one query each; memory stays flat whatever their number."""
    name, descending = sort_of(sorts, sort)
    after: tuple[Any, str] | None = None
    while True:
        found = _fetch(rows, sorts[name], descending, after, size, columns)
        if found:
            yield [row[:-2] for row in found]
        if len(found) < size:
            return
        after = (found[-1][-2], found[-1][-1])


def _fetch(
    rows: QuerySet[Any], expression: Any, descending: bool, after: tuple[Any, str] | None, most: int, columns: Sequence[str]
) -> list[tuple[Any, ...]]:
    ordered = rows.annotate(keyset_value=F(expression) if isinstance(expression, str) else expression)
    ordered = ordered.order_by(*(["-keyset_value", "-pk"] if descending else ["keyset_value", "pk"]))
    if after is not None:
        word = "lt" if descending else "gt"
        value, row_id = after
        ordered = ordered.filter(Q(**{f"keyset_value__{word}": value}) | Q(keyset_value=value, **{f"pk__{word}": row_id}))
    return list(ordered.values_list(*columns, "keyset_value", "pk")[:most])


def _sealed(name: str, descending: bool, back: bool, row: tuple[Any, ...]) -> str:
    return signing.dumps([name, descending, back, _plain(row[-2]), row[-1]], salt=_SALT)


def _opened(cursor: str, name: str, descending: bool) -> tuple[bool, Any, str]:
    if not cursor:
        return False, None, ""
    try:
        for_name, for_descending, back, value, row_id = signing.loads(cursor, salt=_SALT)
    except (signing.BadSignature, ValueError, TypeError):
        return False, None, ""
    if (for_name, for_descending) != (name, descending):
        return False, None, ""
    return back, _typed(value), row_id


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return {"at": value.isoformat()}
    if isinstance(value, date):
        return {"on": value.isoformat()}
    return value


def _typed(value: Any) -> Any:
    if isinstance(value, dict):
        return datetime.fromisoformat(value["at"]) if "at" in value else date.fromisoformat(value["on"])
    return value
