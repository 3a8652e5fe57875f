"""The one source of now; tests freeze it with time-machine, stories of the past are told `at` their own time."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, date, datetime
from functools import lru_cache
from zoneinfo import ZoneInfo, available_timezones

_told: ContextVar[datetime | None] = ContextVar("told", default=None)


def now() -> datetime:
    """The current instant, aware, in UTC."""
    return _told.get() or datetime.now(UTC)


@contextmanager
def at(instant: datetime) -> Iterator[None]:
    """Inside, it is that instant: for demo data and rehearsals, which run the real verbs at times of their own."""
    token = _told.set(instant)
    try:
        yield
    finally:
        _told.reset(token)


def today(time_zone: str = "UTC") -> date:
    """The date it is now at a place."""
    return now().astimezone(ZoneInfo(time_zone)).date()


@lru_cache(maxsize=1)
def time_zones() -> frozenset[str]:
    """Every time zone that this machine knows; read from disk once, since that takes milliseconds."""
    return frozenset(available_timezones())
