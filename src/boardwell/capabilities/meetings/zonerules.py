"""A time zone's rules around one instant as a VTIMEZONE (RFC 5545, 3.6.5), from the machine's own zone tables; pure.

Written here because `icalendar` gives onsets by the clock after the change, where the standard asks for the clock before it, and sixty
years of them. Two onsets with their yearly rule are what Outlook, Google and Apple write themselves.
"""

from datetime import UTC, datetime, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from icalendar import Timezone, TimezoneDaylight, TimezoneStandard, vRecur

_YEARS_CHECKED = 3
_WEEKDAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")


class Onset(NamedTuple):
    """A change of clocks: `local` is the naive time by the clock before it."""

    local: datetime
    before: timedelta
    after: timedelta
    name: str
    is_summer: bool


def timezone_for(zone: str, instant: datetime) -> Timezone:
    """The component for the zone: what holds at the instant and what comes next; one fixed offset where clocks do not change."""
    clock = ZoneInfo(zone)
    changes = _onsets(clock, instant - timedelta(days=400), instant + timedelta(days=366 * (_YEARS_CHECKED + 2)))
    component = Timezone()
    component.add("tzid", zone)
    past = [each for each in changes if each.local - each.before <= instant.astimezone(UTC).replace(tzinfo=None)]
    first = len(past) - 1
    if first < 0:
        offset = instant.astimezone(clock).utcoffset() or timedelta()
        name = instant.astimezone(clock).tzname() or zone
        component.add_component(_observance(Onset(datetime(1970, 1, 1), offset, offset, name, is_summer=False), []))  # noqa: DTZ001
        first = 0
        wanted = changes[:1]
    else:
        wanted = changes[first : first + 2]
    for place, onset in enumerate(wanted, start=first):
        component.add_component(_observance(onset, changes[place + 1 :]))
    return component


def _onsets(clock: ZoneInfo, first: datetime, last: datetime) -> list[Onset]:
    found = []
    at = first.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
    known = at.astimezone(clock).utcoffset() or timedelta()
    while at < last:
        later = at + timedelta(days=1)
        offset = later.astimezone(clock).utcoffset() or timedelta()
        if offset != known:
            found.append(_narrowed(clock, at, later, known))
            known = offset
        at = later
    return found


def _narrowed(clock: ZoneInfo, low: datetime, high: datetime, before: timedelta) -> Onset:
    """The change between two instants a day apart, to the minute."""
    while high - low > timedelta(minutes=1):
        middle = low + (high - low) // 2
        middle = middle.replace(second=0, microsecond=0) if middle.replace(second=0, microsecond=0) > low else middle
        if (middle.astimezone(clock).utcoffset() or timedelta()) == before:
            low = middle
        else:
            high = middle
    there = high.astimezone(clock)
    return Onset(
        (high + before).replace(tzinfo=None), before, there.utcoffset() or timedelta(), there.tzname() or "", is_summer=bool(there.dst())
    )


def _observance(onset: Onset, later: list[Onset]) -> TimezoneStandard | TimezoneDaylight:
    part = TimezoneDaylight() if onset.is_summer else TimezoneStandard()
    part.add("dtstart", onset.local)
    part.add("tzoffsetfrom", onset.before)
    part.add("tzoffsetto", onset.after)
    part.add("tzname", onset.name)
    rule = _yearly(onset, [each for each in later if (each.before, each.after) == (onset.before, onset.after)][:_YEARS_CHECKED])
    if rule:
        part.add("rrule", rule)
    return part


def _yearly(onset: Onset, same: list[Onset]) -> vRecur | None:
    """The rule by which the following years' changes come, when there is one: the n-th or the last such weekday of the month."""
    if len(same) < _YEARS_CHECKED or any(one.local.time() != onset.local.time() for one in same):
        return None
    for place in (_from_end, _from_start):
        wanted = place(onset.local)
        if all((one.local.month, place(one.local)) == (onset.local.month, wanted) for one in same):
            return vRecur({"FREQ": "YEARLY", "BYMONTH": onset.local.month, "BYDAY": wanted})
    return None


def _from_start(day: datetime) -> str:
    return f"{(day.day - 1) // 7 + 1}{_WEEKDAYS[day.weekday()]}"


def _from_end(day: datetime) -> str:
    first_of_next = (day.replace(day=28) + timedelta(days=4)).replace(day=1)
    return f"-{((first_of_next - day).days - 1) // 7 + 1}{_WEEKDAYS[day.weekday()]}"
