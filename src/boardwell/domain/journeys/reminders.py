"""When a step asks for attention by itself: before, on and after its due day."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

REMINDER_HOUR = 9
"""Local time of the journey; the person's own quiet hours are kept by the notifications."""


@dataclass(frozen=True, slots=True)
class Moment:
    """An instant at which something is due. `days` counts from the due day; negative before it."""

    at: datetime
    phase: str
    days: int


def moments(
    due_on: date,
    time_zone: str,
    *,
    before: Sequence[int] = (),
    on: bool = True,
    after: Sequence[int] = (),
) -> list[Moment]:
    """Every moment of a step in order; the day after the due day is always one, because then the step becomes late."""
    zone = ZoneInfo(time_zone)

    def at(days: int) -> datetime:
        return datetime.combine(due_on + timedelta(days=days), time(REMINDER_HOUR), zone).astimezone(UTC)

    found = [Moment(at(-days), "before", -days) for days in before if days > 0]
    if on:
        found.append(Moment(at(0), "on", 0))
    asked = {days for days in after if days > 0}
    found += [Moment(at(days), "after" if days in asked else "late", days) for days in asked | {1}]
    return sorted(found, key=lambda moment: (moment.at, moment.phase))


def due_instant(due_on: date, time_zone: str) -> datetime:
    """The last instant of the due day at the journey's place, in UTC."""
    zone = ZoneInfo(time_zone)
    return datetime.combine(due_on + timedelta(days=1), time(0), zone).astimezone(UTC) - timedelta(microseconds=1)


def passed_and_next(all_moments: Sequence[Moment], after: datetime | None, now: datetime) -> tuple[list[Moment], datetime | None]:
    """What came due in (after, now], and the next instant after now.

    A missed week gives several passed moments: the caller acts once on the latest of each phase, not in a volley.
    """
    passed = [moment for moment in all_moments if (after is None or moment.at > after) and moment.at <= now]
    later = [moment.at for moment in all_moments if moment.at > now]
    return passed, min(later) if later else None
