"""Reads every statement that a test sends to the database and refuses one that could touch another organisation's rows.

Each tenant table of a statement must be *held*: by `organisation_id = …` in the place where the table is read, or by a join along a
reference whose other end is held (the database keeps both ends of one organisation). A statement without such a hold needs
`tenancy.unscoped`, with a reason that stands in the source. What a statement looks like is judged once; after that it costs a look-up.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import sqlglot
from django.db import connection, models
from django.db.backends.utils import CursorWrapper
from django.db.models.sql.subqueries import DeleteQuery, UpdateQuery
from sqlglot import exp

from boardwell.kernel import sql, tenancy
from boardwell.kernel.rows import TenantRow
from boardwell.kernel.schema import tenant_models

ROOT = Path(__file__).resolve().parent.parent
_LIST = re.compile(r"(?:(%s|\(%s\)), )+(?=\1)")
_GROUP = re.compile(r"(\((?:%s, )+%s\))(?:, \1)+")
_TOUCHES = ("SELECT", "INSERT", "UPDATE", "DELETE", "WITH", "REPLACE", "(")
_REBUILDS = 'INSERT INTO "new__'
"""How Django's migrations copy a whole table on SQLite."""
HOLD = "organisation_id"
ORGANISATIONS = "organisations_organisation"
"""Its rows are the tenants themselves: it need not be held, but only what is held through it counts."""
type Domain = str
"""What a column's values name: the rows of one tenant table, or organisations."""


@cache
def _domains() -> dict[str, dict[str, Domain]]:
    """Tenant table → column → what its values name; other columns are "": they exist, and say nothing of the organisation."""
    found: dict[str, dict[str, Domain]] = {}
    for model in tenant_models():
        columns: dict[str, Domain] = {}
        for field in model._meta.local_concrete_fields:
            target = field.remote_field.model if isinstance(field, models.ForeignKey) else None
            own = model._meta.db_table if field.primary_key else ""
            columns[str(field.column)] = target._meta.db_table if target is not None and issubclass(target, TenantRow) else own
        columns[HOLD] = HOLD
        found[model._meta.db_table] = columns
    found[ORGANISATIONS] = {"id": HOLD}
    return found


class _Place:
    """One SELECT, UPDATE or DELETE: its sources, which of them are held, and the places around it."""

    def __init__(self, judge: "_Judge", node: exp.Expression, outer: "_Place | None") -> None:
        self.judge, self.node, self.outer = judge, node, outer
        self.sources: dict[str, dict[str, Domain]] = {}  # alias → column → domain
        self.tenants: dict[str, str] = {}  # alias → tenant table
        self.held: set[str] = set()
        for source in self._own_sources():
            self._add(source)

    def _own_sources(self) -> Iterator[exp.Expression]:
        for key in ("this", "from", "from_", "using"):
            value = self.node.args.get(key)
            for one in value if isinstance(value, list) else [value]:
                found = one.this if isinstance(one, exp.From) else one
                if isinstance(found, exp.Table | exp.Subquery | exp.Lateral):
                    yield found
                    yield from (join.this for join in found.args.get("joins") or [])
        yield from (join.this for join in self.node.args.get("joins") or [])

    def _add(self, source: exp.Expression) -> None:
        alias = source.alias_or_name
        if isinstance(source, exp.Subquery):
            self.sources[alias] = self.judge.query(source.this, self.outer)
            self.held.add(alias)
        elif isinstance(source, exp.Table):
            if source.name in self.judge.named and not source.args.get("db"):
                self.sources[alias] = self.judge.named[source.name]
                self.held.add(alias)
            elif source.name in _domains():
                self.sources[alias], self.tenants[alias] = _domains()[source.name], source.name
            else:
                self.sources[alias] = {}

    def domain(self, node: exp.Expression) -> tuple["_Place | None", str, Domain]:
        """Where a column stands, in which source, and what its values name; all empty for what is no column."""
        node = node.unnest()
        if not isinstance(node, exp.Column):
            return None, "", ""
        place: _Place | None = self
        while place is not None:
            for alias, columns in place.sources.items():
                if (node.table == alias or not node.table) and node.name in columns:
                    return place, alias, columns[node.name]
            place = place.outer
        return None, "", ""

    def conditions(self) -> Iterator[tuple[exp.Expression, str | None]]:
        """Every condition that all rows meet; with the alias that it binds alone, for an outer join."""
        where = self.node.args.get("where")
        if where is not None:
            yield from ((one, None) for one in _conjuncts(where.this))
        for join in self.node.find_all(exp.Join):
            on = join.args.get("on")
            if on is not None and join.find_ancestor(exp.Select, exp.Update, exp.Delete) is self.node:
                only = join.this.alias_or_name if join.side else None
                yield from ((one, only) for one in _conjuncts(on))

    def hold(self) -> None:
        """Follows conditions from what is held until nothing more is."""
        conditions = list(self.conditions())
        before = -1
        while before != len(self.held):
            before = len(self.held)
            for condition, only in conditions:
                self._follow(condition, only)
        for alias, table in self.tenants.items():
            if alias not in self.held and table != ORGANISATIONS:
                self.judge.faults.append(f"{table} {alias}" if alias != table else table)

    def _follow(self, condition: exp.Expression, only: str | None) -> None:
        if isinstance(condition, exp.EQ):
            for one, other in ((condition.this, condition.expression), (condition.expression, condition.this)):
                place, alias, domain = self.domain(one)
                if place is self and domain and only in (None, alias) and (self._is_firm(other, domain) or self._is_from(other, domain)):
                    self.held.add(alias)
        elif isinstance(condition, exp.In):
            place, alias, domain = self.domain(condition.this)
            query = condition.args.get("query")
            if place is not self or not domain or only not in (None, alias):
                return
            if self._is_from(query, domain) if query is not None else domain == HOLD:
                self.held.add(alias)

    def _is_from(self, node: exp.Expression, domain: Domain) -> bool:
        """Whether a query inside the condition, which is judged for itself, gives what the column names."""
        return isinstance(node, exp.Subquery | exp.Select) and domain in self.judge.shape(node.unnest(), self).values()

    def _is_firm(self, node: exp.Expression, domain: Domain) -> bool:
        """Whether a value is of the acting organisation: bound from outside, or a column of what is held and names the same."""
        place, alias, other = self.domain(node)
        if place is None:
            return domain == HOLD and not isinstance(node.unnest(), exp.Column)
        return other == domain and (alias in place.held or alias not in place.tenants)


def _conjuncts(node: exp.Expression) -> Iterator[exp.Expression]:
    node = node.unnest()
    if isinstance(node, exp.And):
        yield from _conjuncts(node.this)
        yield from _conjuncts(node.expression)
    else:
        yield node


class _Judge:
    """Looks through one statement, from the outside in."""

    def __init__(self) -> None:
        self.faults: list[str] = []
        self.named: dict[str, dict[str, Domain]] = {}
        self.seen: dict[int, dict[str, Domain]] = {}

    def query(self, node: exp.Expression, outer: _Place | None) -> dict[str, Domain]:
        """Judges a query and everything in it; what each of its columns names."""
        if id(node) in self.seen:
            return self.seen[id(node)]
        self.seen[id(node)] = {}
        for part in getattr(node.args.get("with") or node.args.get("with_"), "expressions", []):
            self.named[part.alias] = {}  # a recursive part sees itself, held by its beginning
            self.named[part.alias] = self.query(part.this, outer)
        if isinstance(node, exp.SetOperation):
            columns = self.query(node.left.unnest(), outer)
            self.query(node.right.unnest(), outer)
        elif isinstance(node, exp.Insert):
            columns = self._insert(node, outer)
        elif isinstance(node, exp.Select | exp.Update | exp.Delete):
            columns = self._place(node, outer)
        else:
            columns = {}
            for inner in node.find_all(exp.Select):
                self.query(inner, outer)
        self.seen[id(node)] = columns
        return columns

    def shape(self, node: exp.Expression, outer: _Place | None) -> dict[str, Domain]:
        """What each column of a query names, whether or not its rows are held."""
        while isinstance(node, exp.SetOperation):
            node = node.left.unnest()
        return self._shown(node, _Place(self, node, outer))

    def _place(self, node: exp.Expression, outer: _Place | None) -> dict[str, Domain]:
        place = _Place(self, node, outer)
        place.hold()
        for inner in list(node.find_all(exp.Select)):
            if inner is not node:
                self.query(inner, place)
        return self._shown(node, place)

    @staticmethod
    def _shown(node: exp.Expression, place: _Place) -> dict[str, Domain]:
        shown = node.expressions if isinstance(node, exp.Select) else getattr(node.args.get("returning"), "expressions", [])
        return {one.alias_or_name: place.domain(one.unalias())[2] for one in shown}

    def _insert(self, node: exp.Insert, outer: _Place | None) -> dict[str, Domain]:
        target = node.this
        table = target.this.name if isinstance(target, exp.Schema) else target.name
        columns = {one.name for one in target.expressions} if isinstance(target, exp.Schema) else set()
        if table in _domains() and table != ORGANISATIONS and HOLD not in columns:
            self.faults.append(table)
        if isinstance(node.expression, exp.Query):
            self.query(node.expression.unnest(), outer)
        shown = getattr(node.args.get("returning"), "expressions", [])
        return {one.alias_or_name: _domains().get(table, {}).get(one.name, "") for one in shown}


_verdicts: dict[str, tuple[str, ...]] = {}


def loose_tables(statement: str) -> tuple[str, ...]:
    """The tenant tables, with their aliases, that nothing in the statement holds to one organisation."""
    known = _verdicts.get(statement)
    if known is not None:
        return known
    shape = _GROUP.sub(r"\1", _LIST.sub("", statement))
    if shape not in _verdicts:
        _verdicts[shape] = _judged(shape)
    _verdicts[statement] = _verdicts[shape]
    return _verdicts[statement]


def _judged(statement: str) -> tuple[str, ...]:
    moves_rows = statement.lstrip().upper().startswith(_TOUCHES) and not statement.startswith(_REBUILDS)
    if not moves_rows or not any(table in statement for table in _domains()):
        return ()
    dialect = "sqlite" if connection.vendor == "sqlite" else "postgres"
    judge = _Judge()
    try:
        readable = statement.replace("%%", "%").replace("%s", "?").replace("translate(", "translated(")  # which sqlglot takes for Oracle's
        judge.query(sqlglot.parse_one(readable, dialect=dialect), None)
    except sqlglot.errors.SqlglotError as problem:
        return (f"not understood: {problem}",)
    return tuple(dict.fromkeys(judge.faults))


@cache
def _reasons() -> frozenset[str]:
    """Every reason for looking across organisations that stands in our source or our tests."""
    uses = [*tenancy.unscoped_uses(ROOT / "src" / "boardwell"), *tenancy.unscoped_uses(ROOT / "tests", "tests")]
    return frozenset(use.reason for use in uses)


class Guard:
    """What was found in one run of the tests; a leak is also raised where it happens."""

    def __init__(self) -> None:
        self.leaks: list[str] = []
        self.excused = 0
        """Inside what may touch any row: Django's own change of rows that were read, and so held, before; emptying the database."""

    def look(self, statement: object) -> None:
        """Refuses a statement that nothing holds to one organisation."""
        reason = tenancy._unscoped.get()
        if self.excused or (reason is not None and reason in _reasons()):
            return
        loose = loose_tables(str(statement))
        if loose:
            self.leaks.append(f"{', '.join(loose)}: {statement}"[:1500])
            raise AssertionError(f"a statement that could read another organisation's rows: {self.leaks[-1]}")

    @contextmanager
    def letting(self, *, through: bool) -> Iterator[None]:
        """Everything, or nothing but what is held, may pass inside; what was found there is forgotten."""
        before, self.excused = self.excused, int(through)
        try:
            yield
        finally:
            self.excused = before
            self.leaks.clear()

    @contextmanager
    def installed(self, patch: Any) -> Iterator["Guard"]:
        """Looks at every statement of every connection, through Django's cursor or past it."""
        execute, one_trip, qmark = CursorWrapper._execute_with_wrappers, sql._one_trip, sql._qmark

        def through_the_cursor(cursor: Any, statement: Any, *more: Any, **named: Any) -> Any:
            self.look(statement)
            return execute(cursor, statement, *more, **named)

        def for_sqlite(statement: str) -> str:
            self.look(statement)
            return qmark(statement)

        def for_postgres() -> Callable[..., Any]:
            def watched(driver: Any, statements: Sequence[tuple[str, Any]]) -> Any:
                for statement, _values in statements:
                    self.look(statement)
                return one_trip()(driver, statements)

            return watched

        patch.setattr(CursorWrapper, "_execute_with_wrappers", through_the_cursor)
        patch.setattr(sql, "_qmark", for_sqlite)
        patch.setattr(sql, "_one_trip", for_postgres)
        for kind, verb in ((DeleteQuery, "delete_batch"), (UpdateQuery, "update_batch")):
            patch.setattr(kind, verb, self.excusing(getattr(kind, verb)))
        yield self

    def excusing(self, change: Callable[..., Any]) -> Callable[..., Any]:
        """The same function, in which every statement is let through."""

        def run(*values: Any, **named: Any) -> Any:
            self.excused += 1
            try:
                return change(*values, **named)
            finally:
                self.excused -= 1

        return run
