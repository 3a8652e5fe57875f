"""The one source of now; tests freeze it with time-machine."""

from datetime import UTC, date, datetime
from functools import lru_cache
from zoneinfo import ZoneInfo, available_timezones


def now() -> datetime:
    """The current instant, aware, in UTC."""
    return datetime.now(UTC)


def today(time_zone: str = "UTC") -> date:
    """The date it is now at a place."""
    return now().astimezone(ZoneInfo(time_zone)).date()


@lru_cache(maxsize=1)
def time_zones() -> frozenset[str]:
    """Every time zone that this machine knows; read from disk once, since that takes milliseconds."""
    return frozenset(available_timezones())
