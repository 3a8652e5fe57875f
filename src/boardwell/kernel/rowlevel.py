"""Tells PostgreSQL which organisation acts, for its row-level security policies."""

from contextvars import ContextVar
from typing import Any

from django.db import connection
from django.db.backends.signals import connection_created

SETTING = "boardwell.organisation"
EVERYBODY = "*"
"""What unscoped work announces; policies let it see every row."""

_announced: ContextVar[str] = ContextVar("announced_organisation", default="")


def announce(organisation_id: str) -> None:
    """Sets `boardwell.organisation` for this connection; "" means nobody: no rows. One statement, on PostgreSQL only."""
    _announced.set(organisation_id)
    if connection.vendor == "postgresql" and connection.connection is not None:
        _tell(connection, organisation_id)


def _tell(to: Any, organisation_id: str) -> None:
    with to.cursor() as cursor:
        cursor.execute("SELECT set_config(%s, %s, false)", [SETTING, organisation_id])


def _on_connect(sender: Any, connection: Any, **_: Any) -> None:
    if connection.vendor == "postgresql":
        _tell(connection, _announced.get())


connection_created.connect(_on_connect, dispatch_uid="boardwell.rowlevel")
