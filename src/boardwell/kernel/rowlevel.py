"""Tells PostgreSQL which organisation acts, for its row-level security policies."""

from typing import Any

from django.db import connection
from django.db.backends.signals import connection_created

SETTING = "boardwell.organisation"


def announce(organisation_id: str) -> None:
    """Sets `boardwell.organisation` for this connection; "*" means unscoped, "" means nobody (no rows)."""
    if connection.vendor != "postgresql":
        return
    if connection.connection is None:
        return  # told on connect, by `_on_connect`
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config(%s, %s, false)", [SETTING, organisation_id])


def _on_connect(sender: Any, connection: Any, **_: Any) -> None:
    if connection.vendor != "postgresql":
        return
    from boardwell.kernel import tenancy

    context = tenancy.current_or_none()
    value = "*" if tenancy.is_unscoped() else context.organisation_id if context else ""
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config(%s, %s, false)", [SETTING, value])


connection_created.connect(_on_connect, dispatch_uid="boardwell.rowlevel")
