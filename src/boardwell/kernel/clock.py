"""The one source of now; tests freeze it with time-machine."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo


def now() -> datetime:
    """The current instant, aware, in UTC."""
    return datetime.now(UTC)


def today(time_zone: str = "UTC") -> date:
    """The date it is now at a place."""
    return now().astimezone(ZoneInfo(time_zone)).date()
