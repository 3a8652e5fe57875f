"""Whether others want the database just now: what background work asks before it goes on."""

from django.db import connection


def others_wait() -> bool:
    """Whether another thread of this process waits until the current transaction ends; never on PostgreSQL, where nobody has to."""
    return bool(getattr(connection, "others_wait", False))


def in_rush() -> bool:
    """Whether threads of this process have been writing one after the other lately; never on PostgreSQL."""
    return bool(getattr(connection, "in_rush", False))
