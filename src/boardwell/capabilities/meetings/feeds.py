"""Reads when somebody is busy from any iCalendar feed; pure."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import recurring_ical_events
from icalendar import Calendar

from boardwell.capabilities.meetings.slots import Span

MOST_SPANS = 2000
"""More than a full calendar of two months holds; what comes later is left out."""
_TOO_OFTEN = {"SECONDLY", "MINUTELY", "HOURLY"}
"""Repetitions that no diary has, and that would keep a worker busy."""


def busy_from(text: bytes, first: datetime, last: datetime, zone: str, *, ours: str) -> list[Span]:
    """Busy stretches between two instants, in order. ValueError when this is no calendar.

    Free (transparent) and cancelled events count for nothing; whole days are busy from midnight to midnight by the clock of `zone`, as
    are times without a zone of their own. Events whose UID begins with `ours` are our own meetings, which we know already.
    """
    try:
        calendar = Calendar.from_ical(text)
    except (ValueError, KeyError, IndexError) as problem:
        raise ValueError("no calendar") from problem
    if calendar.name != "VCALENDAR":
        raise ValueError("no calendar")
    calendar.subcomponents = [part for part in calendar.subcomponents if not (part.name == "VEVENT" and _repeats_too_often(part))]
    home = ZoneInfo(zone)
    found: list[Span] = []
    for event in recurring_ical_events.of(calendar, skip_bad_series=True).between(first, last):
        is_free = event.get("TRANSP", "OPAQUE") == "TRANSPARENT" or event.get("STATUS", "") == "CANCELLED"
        if is_free or str(event.get("UID", "")).startswith(ours):
            continue
        begin = _instant(event["DTSTART"].dt, home)
        end = _instant(event["DTEND"].dt, home) if "DTEND" in event else begin
        found.append(Span(begin, end))
    for part in calendar.walk("VFREEBUSY"):
        found.extend(_reported(part, home))
    kept = sorted((span for span in found if span.end > span.start and span.end > first and span.start < last), key=lambda span: span.start)
    return kept[:MOST_SPANS]


def _repeats_too_often(event: Any) -> bool:
    rules = event.get("RRULE", [])
    listed = rules if isinstance(rules, list) else [rules]
    return any(str(word).upper() in _TOO_OFTEN for rule in listed for word in rule.get("FREQ", []))


def _reported(part: Any, home: ZoneInfo) -> Iterator[Span]:
    listed = part.get("FREEBUSY", [])
    for line in listed if isinstance(listed, list) else [listed]:
        if str(line.params.get("FBTYPE", "BUSY")).upper() == "FREE":
            continue
        for begin, until in [line.dt] if isinstance(line.dt, tuple) else []:
            start = _instant(begin, home)
            yield Span(start, start + until if isinstance(until, timedelta) else _instant(until, home))


def _instant(value: datetime | date, home: ZoneInfo) -> datetime:
    if not isinstance(value, datetime):
        value = datetime.combine(value, time.min)
    return (value if value.tzinfo is not None else value.replace(tzinfo=home)).astimezone(UTC)
