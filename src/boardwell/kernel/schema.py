"""Keeps tenants apart in the database itself: composite keys or triggers, row-level policies, append-only tables.

Found from the models and put in place after every `migrate`, so that a new tenant table is protected without a line
of its own. Safe to repeat: what stands as wanted is left alone, what is outdated is replaced.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from django.apps import apps
from django.db import connections, models, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models.signals import post_migrate, pre_migrate

from boardwell.kernel.rowlevel import EVERYBODY, SETTING
from boardwell.kernel.rows import TenantRow

PREFIX = "boardwell_"
"""Every object that this module makes begins so; what begins so and is not wanted any more is dropped."""
_POLICY = "boardwell_organisation"
_REFUSE = "boardwell_append_only"


@dataclass(frozen=True, slots=True)
class Reference:
    """A foreign key between two tenant rows: `table.column` → `target.key`; both rows must be of one organisation.

    Where both tables hold the customer's account, `account` and `target_account` name those columns: they must agree too.
    """

    table: str
    column: str
    target: str
    key: str
    account: str = ""
    target_account: str = ""


def tenant_models() -> list[type[TenantRow]]:
    """Every concrete table of tenant rows, by table name."""
    found = [model for model in apps.get_models() if issubclass(model, TenantRow) and model._meta.managed]
    return sorted(found, key=lambda model: model._meta.db_table)


def references() -> list[Reference]:
    """Every foreign key between two tenant rows."""
    found = []
    for model in tenant_models():
        for field in model._meta.local_concrete_fields:
            if not isinstance(field, models.ForeignKey):
                continue
            target = field.remote_field.model
            if not issubclass(target, TenantRow):
                continue
            account, target_account = model.account_boundary or "", target.account_boundary or ""
            # Where the account is the target itself, or the reference names it, there is nothing left to compare.
            comparable = bool(account and target_account) and target_account != target._meta.pk.column and account != field.column
            found.append(
                Reference(
                    model._meta.db_table, str(field.column), target._meta.db_table, str(field.target_field.column),
                    account if comparable else "", target_account if comparable else "",
                )
            )  # fmt: skip
    return found


def _name(kind: str, *parts: str) -> str:
    """A name of at most 63 characters that changes with what it stands for."""
    digest = sha256("\0".join(parts).encode()).hexdigest()[:8]
    return f"{PREFIX}{kind}_{parts[0]}"[:54] + "_" + digest


# --- SQLite: triggers -------------------------------------------------------------------------------------------------


def _sqlite_triggers() -> dict[str, str]:
    """Name → statement of every trigger that should stand."""
    wanted: dict[str, str] = {}
    by_table: dict[str, list[Reference]] = {}
    for reference in references():
        by_table.setdefault(reference.table, []).append(reference)
    for model in tenant_models():
        table = model._meta.db_table
        checks = by_table.get(table, [])
        if checks:
            body = " ".join(_sqlite_check(check) for check in checks)
            columns = sorted({"organisation_id", *(check.column for check in checks), *(check.account for check in checks)} - {""})
            for moment in ("INSERT", f"UPDATE OF {', '.join(columns)}"):
                name = _name("same_" + moment.split()[0].lower(), table, body, moment)
                wanted[name] = f'CREATE TRIGGER {name} BEFORE {moment} ON "{table}" BEGIN {body} END'
        if model.append_only:
            wanted |= _sqlite_append_only(model)
        else:
            name = _name("stays", table)
            wanted[name] = (
                f'CREATE TRIGGER {name} BEFORE UPDATE OF organisation_id ON "{table}" '
                f"WHEN NEW.organisation_id <> OLD.organisation_id "
                f"BEGIN SELECT RAISE(ABORT, '{table}: a row never moves to another organisation'); END"
            )
    return wanted


def _sqlite_check(check: Reference) -> str:
    differs = "organisation_id <> NEW.organisation_id"
    if check.account:
        differs += f" OR {check.target_account} <> NEW.{check.account}"
    # A missing target is left to the foreign key itself, which is checked at commit.
    return (
        f"SELECT RAISE(ABORT, '{check.table}.{check.column}: belongs to another organisation or account') "
        f'FROM "{check.target}" WHERE {check.key} = NEW.{check.column} AND ({differs});'
    )


def _sqlite_append_only(model: type[TenantRow]) -> dict[str, str]:
    table = model._meta.db_table
    refuse = f"SELECT RAISE(ABORT, '{table} is append-only')"
    update, delete, replace = (_name(kind, table) for kind in ("no_update", "no_delete", "no_replace"))
    # INSERT OR REPLACE deletes without firing delete triggers: a row that would be replaced is refused before.
    taken = [f"{model._meta.pk.column} = NEW.{model._meta.pk.column}"]
    for constraint in model._meta.constraints:
        if isinstance(constraint, models.UniqueConstraint) and constraint.condition is None:
            columns = [model._meta.get_field(name).column for name in constraint.fields]  # type: ignore[union-attr]
            taken.append(" AND ".join(f"{column} = NEW.{column}" for column in columns))
    inserting = " ".join(f'{refuse} FROM "{table}" WHERE {condition};' for condition in taken)
    return {
        update: f'CREATE TRIGGER {update} BEFORE UPDATE ON "{table}" BEGIN {refuse}; END',
        delete: f'CREATE TRIGGER {delete} BEFORE DELETE ON "{table}" BEGIN {refuse}; END',
        replace: f'CREATE TRIGGER {replace} BEFORE INSERT ON "{table}" BEGIN {inserting} END',
    }


def _sqlite_standing(connection: BaseDatabaseWrapper) -> dict[str, str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND name LIKE 'boardwell\\_%%' ESCAPE '\\'", [])
        return dict(cursor.fetchall())


def _enforce_on_sqlite(connection: BaseDatabaseWrapper) -> None:
    tables = set(connection.introspection.table_names())
    wanted = {name: sql for name, sql in _sqlite_triggers().items() if sql.split(' ON "')[1].split('"')[0] in tables}
    standing = _sqlite_standing(connection)
    with connection.cursor() as cursor:
        for name in standing:
            if standing[name] != wanted.get(name):
                cursor.execute(f"DROP TRIGGER IF EXISTS {name}")
        for name, sql in wanted.items():
            if standing.get(name) != sql:
                cursor.execute(sql)


def _lift_on_sqlite(connection: BaseDatabaseWrapper, beginning: tuple[str, ...]) -> None:
    with connection.cursor() as cursor:
        for name in _sqlite_standing(connection):
            if name.startswith(beginning):
                cursor.execute(f"DROP TRIGGER IF EXISTS {name}")


# --- PostgreSQL: composite keys, policies, triggers -------------------------------------------------------------------


def _postgres_constraints() -> dict[str, tuple[str, str]]:
    """Name → (table, definition); the unique keys come before the foreign keys that need them."""
    unique: dict[str, tuple[str, str]] = {}
    foreign: dict[str, tuple[str, str]] = {}
    for each in references():
        theirs = ", ".join(filter(None, ["organisation_id", each.target_account, each.key]))
        ours = ", ".join(filter(None, ["organisation_id", each.account, each.column]))
        unique[_name("key", each.target, theirs)] = (each.target, f"UNIQUE ({theirs})")
        foreign[_name("same", each.table, ours, each.target, theirs)] = (
            each.table,
            f'FOREIGN KEY ({ours}) REFERENCES "{each.target}" ({theirs}) DEFERRABLE INITIALLY DEFERRED',
        )
    return unique | foreign


def _enforce_on_postgres(connection: BaseDatabaseWrapper) -> None:
    tables = set(connection.introspection.table_names())
    with transaction.atomic(using=connection.alias), connection.cursor() as cursor:
        cursor.execute(
            f"CREATE OR REPLACE FUNCTION {_REFUSE}() RETURNS trigger LANGUAGE plpgsql AS "
            f"$$ BEGIN RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'integrity_constraint_violation'; END $$"
        )
        _postgres_keys(cursor, tables)
        for model in tenant_models():
            table = model._meta.db_table
            if table in tables:
                _postgres_policy(cursor, table)
                if model.append_only:
                    _postgres_append_only(cursor, table)


def _postgres_keys(cursor: Any, tables: set[str]) -> None:
    wanted = {name: value for name, value in _postgres_constraints().items() if value[0] in tables}
    cursor.execute(
        "SELECT conname, conrelid::regclass::text FROM pg_constraint WHERE conname LIKE 'boardwell\\_%%' "
        "AND connamespace = current_schema()::regnamespace ORDER BY contype = 'u'",
        [],
    )
    standing = dict(cursor.fetchall())
    for name, table in standing.items():
        if name not in wanted:
            cursor.execute(f"ALTER TABLE {table} DROP CONSTRAINT {name}")
    for name, (table, definition) in wanted.items():
        if name not in standing:
            cursor.execute(f'ALTER TABLE "{table}" ADD CONSTRAINT {name} {definition}')


def _postgres_policy(cursor: Any, table: str) -> None:
    # A sub-select, so that the setting is read once a statement and not once a row, also by a cursor that is still
    # being read when the context has changed. NULLIF: an ended transaction leaves '' behind, which must mean nobody.
    allowed = f"(SELECT NULLIF(current_setting('{SETTING}', true), '')) IN (organisation_id, '{EVERYBODY}')"
    cursor.execute(f'ALTER TABLE "{table}" ENABLE ROW LEVEL SECURITY')
    cursor.execute(f'ALTER TABLE "{table}" FORCE ROW LEVEL SECURITY')
    cursor.execute(f'DROP POLICY IF EXISTS {_POLICY} ON "{table}"')
    cursor.execute(f'CREATE POLICY {_POLICY} ON "{table}" USING ({allowed}) WITH CHECK ({allowed})')


def _postgres_append_only(cursor: Any, table: str) -> None:
    for kind, moment, each in (("rows", "UPDATE OR DELETE", "ROW"), ("table", "TRUNCATE", "STATEMENT")):
        cursor.execute(
            f'CREATE OR REPLACE TRIGGER {_REFUSE}_{kind} BEFORE {moment} ON "{table}" FOR EACH {each} EXECUTE FUNCTION {_REFUSE}()'
        )


# --- for both ---------------------------------------------------------------------------------------------------------


def enforce(using: str = "default") -> None:
    """Puts every protection in place; safe to repeat, and a no-op on tables that do not exist yet."""
    connection = connections[using]
    if connection.vendor == "sqlite":
        _enforce_on_sqlite(connection)
    elif connection.vendor == "postgresql":
        _enforce_on_postgres(connection)


@contextmanager
def append_only_lifted(using: str = "default") -> Iterator[None]:
    """Lets append-only tables be changed inside: for a whole organisation's erasure, and for tests that tamper."""
    connection = connections[using]
    tables = [model._meta.db_table for model in tenant_models() if model.append_only]
    if connection.vendor == "sqlite":
        _lift_on_sqlite(connection, (PREFIX + "no_",))
    else:
        _switch_on_postgres(connection, tables, "DISABLE")
    try:
        yield
    finally:
        if connection.vendor == "sqlite":
            _enforce_on_sqlite(connection)
        else:
            _switch_on_postgres(connection, tables, "ENABLE")


def _switch_on_postgres(connection: BaseDatabaseWrapper, tables: list[str], word: str) -> None:
    with connection.cursor() as cursor:
        # A table with checks waiting for the commit cannot be altered: let them happen now.
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")
        for table in tables:
            for kind in ("rows", "table"):
                cursor.execute(f'ALTER TABLE "{table}" {word} TRIGGER {_REFUSE}_{kind}')


def schema_problems(using: str = "default") -> list[str]:
    """What is not protected as it should be, in words; empty when all is well. For the start-up check."""
    connection = connections[using]
    if connection.vendor == "sqlite":
        standing = _sqlite_standing(connection)
        return [
            f"the trigger {name} is missing: run `boardwell migrate`"
            for name, sql in _sqlite_triggers().items()
            if standing.get(name) != sql
        ]
    if connection.vendor != "postgresql":
        return [f"{connection.vendor} is not a database that Boardwell protects"]
    with connection.cursor() as cursor:
        cursor.execute("SELECT conname FROM pg_constraint WHERE convalidated")
        keys = {row[0] for row in cursor.fetchall()}
        cursor.execute("SELECT tgname, tgrelid::regclass::text FROM pg_trigger WHERE tgenabled = 'O'")
        triggers = set(cursor.fetchall())
    problems = [f"the key {name} is missing: run `boardwell migrate`" for name in _postgres_constraints() if name not in keys]
    for model in tenant_models():
        table = model._meta.db_table
        if model.append_only and not {(f"{_REFUSE}_rows", table), (f"{_REFUSE}_table", table)} <= triggers:
            problems.append(f"{table} is not append-only: run `boardwell migrate`")
    return problems + rowlevel_problems(using)


def rowlevel_problems(using: str = "default") -> list[str]:
    """Why PostgreSQL would not keep organisations apart for this connection, in words; empty when it does."""
    connection = connections[using]
    if connection.vendor != "postgresql":
        return []
    problems = []
    with connection.cursor() as cursor:
        cursor.execute("SELECT rolname, rolsuper, rolbypassrls FROM pg_roles WHERE rolname = current_user")
        role, is_super, bypasses = cursor.fetchone()
        if is_super or bypasses:
            what = "is a superuser" if is_super else "has BYPASSRLS"
            problems.append(f"the database role {role} {what}: row-level security does not apply to it")
        cursor.execute(
            "SELECT relname, relrowsecurity AND relforcerowsecurity AND EXISTS "
            "(SELECT 1 FROM pg_policy WHERE polrelid = pg_class.oid AND polname = %s) "
            "FROM pg_class WHERE relkind IN ('r', 'p') AND relnamespace = current_schema()::regnamespace",
            [_POLICY],
        )
        walled = dict(cursor.fetchall())
    problems += [
        f"{model._meta.db_table} has no row-level policy: run `boardwell migrate`"
        for model in tenant_models()
        if not walled.get(model._meta.db_table)
    ]
    return problems


def before_migrate(using: str, plan: list[Any], **_: Any) -> None:
    """SQLite rebuilds tables to alter them, which triggers that name other tables would stop half-way."""
    connection = connections[using]
    if plan and connection.vendor == "sqlite":
        _lift_on_sqlite(connection, (PREFIX,))


def after_migrate(using: str, **_: Any) -> None:
    """Everything is put (back) in place; Django sends this also when there was nothing to migrate."""
    enforce(using)


def connect(sender: Any) -> None:
    """Listens for `migrate`, once for all apps: Django tells every app when all of them are done."""
    pre_migrate.connect(before_migrate, sender=sender, dispatch_uid="boardwell.schema.before")
    post_migrate.connect(after_migrate, sender=sender, dispatch_uid="boardwell.schema.after")
