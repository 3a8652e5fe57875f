"""A stretch of work in which the database itself refuses to write: for whoever may only look."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import DEFAULT_DB_ALIAS, DatabaseError, connections, transaction
from django.utils.translation import gettext as _

from boardwell.kernel.errors import NotAllowed

_REFUSALS = ("readonly database", "read-only transaction")
"""How SQLite and PostgreSQL say that they would not write."""


@contextmanager
def reading_only() -> Iterator[None]:
    """Inside, the database refuses every write, whichever way it comes: ORM, raw statement or the driver itself.

    Raises NotAllowed in the place of the database's own refusal. What was open for writing before is so again afterwards.
    """
    try:
        if connections[DEFAULT_DB_ALIAS].vendor == "sqlite":
            with _query_only():
                yield
        else:
            with transaction.atomic():
                _run("SET TRANSACTION READ ONLY")
                yield
    except DatabaseError as problem:
        if any(words in str(problem) for words in _REFUSALS):
            raise NotAllowed(_("Nothing can be changed here: you are only looking.")) from problem
        raise


@contextmanager
def _query_only() -> Iterator[None]:
    connection: Any = connections[DEFAULT_DB_ALIAS]
    apart, connection.stays_apart = connection.stays_apart, True
    _run("PRAGMA query_only = ON")
    try:
        yield
    finally:
        _run("PRAGMA query_only = OFF")
        connection.stays_apart = apart


def _run(sql: str) -> None:
    with connections[DEFAULT_DB_ALIAS].cursor() as cursor:
        cursor.execute(sql)
