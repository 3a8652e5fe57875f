"""What a list page was asked for by its query string: filters, order, columns, page; and the links that change one of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from urllib.parse import urlencode

from django.http import QueryDict

MOST_CHARACTERS = 200


@dataclass(frozen=True, slots=True)
class Column:
    """A column that can be shown. `sort` names its order, empty when there is none; `first` ones are shown unasked."""

    key: str
    label: str
    sort: str = ""
    first: bool = True
    descends: bool = False
    """Whether the first click sorts from the top down: for numbers where much matters."""


@dataclass(frozen=True, slots=True)
class Head:
    """A heading as it is drawn: `order` is ascending, descending or none."""

    key: str
    label: str
    href: str
    order: str


class Listing:
    """One list page. Values are bounded and free of null characters; unknown names are dropped, never an error."""

    def __init__(self, given: QueryDict, columns: Sequence[Column], filters: Sequence[str], *, more: Sequence[str] = ()) -> None:
        self.columns = tuple(columns)
        self.filters = {name: self._clean(str(given[name])) for name in filters if name in given}
        self.more = {name: self._clean(str(given[name])) for name in more if given.get(name)}
        self.sort = self._clean(given.get("sort", ""))
        self.cursor = given.get("at", "").replace("\x00", "")[:600]
        self.saved = self._clean(given.get("saved", ""))
        known = [column.key for column in self.columns]
        chosen = [key for key in known if key in given.getlist("cols")]
        self.chose_columns = bool(chosen)
        self.shown = chosen or [column.key for column in self.columns if column.first]

    @staticmethod
    def _clean(text: str) -> str:
        return text.replace("\x00", "")[:MOST_CHARACTERS]

    def _pairs(self) -> list[tuple[str, str]]:
        pairs = [*self.filters.items(), *self.more.items()]
        if self.sort:
            pairs.append(("sort", self.sort))
        if self.chose_columns:
            pairs += [("cols", key) for key in self.shown]
        return pairs

    @property
    def query(self) -> str:
        """The query string that shows the same list from its first page: what a saved view keeps."""
        return urlencode(self._pairs())

    def link(self, **changes: str) -> str:
        """The query string with some values changed (empty: taken out), from the first page unless `at` is given."""
        pairs = [(name, value) for name, value in self._pairs() if name not in changes]
        if self.saved and "saved" not in changes:
            pairs.append(("saved", self.saved))
        return urlencode([*pairs, *((name, value) for name, value in changes.items() if value)])

    @cached_property
    def heads(self) -> list[Head]:
        """The headings of the shown columns, each with the link that sorts by it or turns the order round."""
        return [self._head(column) for column in self.columns if column.key in self.shown]

    def head(self, key: str) -> Head:
        """One heading, also of a column that is always shown."""
        return self._head(next(column for column in self.columns if column.key == key))

    def _head(self, column: Column) -> Head:
        if not column.sort:
            return Head(column.key, column.label, "", "none")
        now = {column.sort: "ascending", f"-{column.sort}": "descending"}.get(self.sort, "none")
        turn = {"ascending": f"-{column.sort}", "descending": column.sort}
        wanted = turn.get(now, f"-{column.sort}" if column.descends else column.sort)
        return Head(column.key, column.label, "?" + self.link(sort=wanted), now)

    @property
    def choices(self) -> list[tuple[str, str, bool]]:
        """(key, label, shown) of every column, for the form that chooses them."""
        return [(column.key, column.label, column.key in self.shown) for column in self.columns]

    @property
    def kept(self) -> list[tuple[str, str]]:
        """What a form that changes something else has to carry along: everything but the columns."""
        return [pair for pair in self._pairs() if pair[0] != "cols"]
