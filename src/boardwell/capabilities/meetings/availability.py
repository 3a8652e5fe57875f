"""When each of us can be booked: the hours that members keep, their calendars, and what is taken already."""

import contextlib
from collections.abc import Collection, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import holidays
from django.db import transaction
from django.db.models import Count

from boardwell.capabilities.meetings.models import MemberHours, TakenQuarter
from boardwell.capabilities.meetings.slots import Host, Span, begin_of, cells_of, spans_of
from boardwell.kit.people import Player, house_calendar

PLAIN_HOURS = [["09:00", "17:00"]]
LOAD_DAYS = 28
"""How far back meetings count when the fairest host is looked for."""


def lock_hosts(players: Sequence[Player]) -> None:
    """Lets one booking at a time look at these members' time; within a transaction."""
    ids = [player.id for player in players]
    known = set(MemberHours.objects.filter(member_id__in=ids).values_list("member_id", flat=True))
    MemberHours.objects.bulk_create([MemberHours(member_id=each) for each in ids if each not in known], ignore_conflicts=True)
    list(MemberHours.objects.select_for_update().filter(member_id__in=ids).order_by("id").values_list("id", flat=True))


def hosts_now(players: Sequence[Player], at: datetime, days: int, *, but: str = "") -> list[Host]:
    """The players with their hours and everything that takes their time in the coming days; `but` is a meeting about to be moved."""
    ids = [player.id for player in players]
    kept = {row.member_id: row for row in MemberHours.objects.filter(member_id__in=ids)}
    house = house_calendar()
    now_cell = cells_of(at, at).start
    quarters = TakenQuarter.objects.filter(member_id__in=ids, cell__gte=now_cell - 96).exclude(meeting_id=but)
    taken: dict[str, list[int]] = {each: [] for each in ids}
    for member_id, cell in quarters.values_list("member_id", "cell"):
        taken[member_id].append(cell)
    since = now_cell - LOAD_DAYS * 96
    counted = TakenQuarter.objects.filter(member_id__in=ids, cell__gte=since).exclude(meeting_id=but)
    loads = dict(counted.values_list("member_id").annotate(Count("meeting_id", distinct=True)))
    closed = closed_days(house, at.date(), days)
    found = []
    for player in players:
        row = kept.get(player.id) or MemberHours(member_id=player.id)
        found.append(
            Host(
                id=player.id, zone=row.time_zone or player.time_zone, hours=hours_of(row.week, house), load=loads.get(player.id, 0),
                closed=closed | days_in(row.days_off), taken=(*spans_of(taken[player.id]), *busy_of(row.busy)),
                before_minutes=row.before_minutes, after_minutes=row.after_minutes,
            )
        )  # fmt: skip
    return found


def week_of_house(house: dict[str, Any]) -> dict[str, list[list[str]]]:
    """Nine to five on the house's working days."""
    return {str(day): [list(each) for each in PLAIN_HOURS] for day in house["weekdays"]}


def hours_of(week: dict[str, Any], house: dict[str, Any]) -> dict[int, list[tuple[time, time]]]:
    """A kept week as the slots read it; an empty one is the house's."""
    return {
        int(day): [(time.fromisoformat(opens), time.fromisoformat(closes)) for opens, closes in listed]
        for day, listed in (week or week_of_house(house)).items()
    }


def busy_of(busy: Sequence[Sequence[str]]) -> tuple[Span, ...]:
    """Kept busy times as spans."""
    return tuple(Span(datetime.fromisoformat(start), datetime.fromisoformat(end)) for start, end in busy)


def days_in(ranges: Sequence[Sequence[str]]) -> frozenset[date]:
    """Every day of ranges whose last day is included."""
    found: set[date] = set()
    for first_text, last_text in ranges:
        first, last = date.fromisoformat(first_text), date.fromisoformat(last_text)
        found.update(first + timedelta(days=n) for n in range(min((last - first).days + 1, 400)))
    return frozenset(found)


def closed_days(house: dict[str, Any], first: date, days: int) -> frozenset[date]:
    """Public holidays and days off of our default calendar."""
    found = {date.fromisoformat(day) for day in house["days_off"]}
    if house["country"]:
        years = range(first.year, (first + timedelta(days=days + 1)).year + 1)
        with contextlib.suppress(NotImplementedError):
            found |= set(holidays.country_holidays(house["country"], subdiv=house["subdivision"] or None, years=years))
    return frozenset(found)


def take(meeting_id: str, host_ids: Collection[str], start: datetime, end: datetime) -> None:
    """Writes the quarters of a meeting anew; IntegrityError when one is somebody else's."""
    TakenQuarter.objects.filter(meeting_id=meeting_id).delete()
    with transaction.atomic():
        TakenQuarter.objects.bulk_create([
            TakenQuarter(meeting_id=meeting_id, member_id=host_id, cell=cell) for host_id in host_ids for cell in cells_of(start, end)
        ])  # fmt: skip


def clashes(host_ids: Collection[str], start: datetime, end: datetime, *, but: str = "") -> set[str]:
    """Who of the members has a meeting of ours then."""
    cells = cells_of(start.astimezone(UTC), end.astimezone(UTC))
    rows = TakenQuarter.objects.filter(member_id__in=host_ids, cell__gte=cells.start, cell__lt=cells.stop).exclude(meeting_id=but)
    return set(rows.values_list("member_id", flat=True))


def begins(cell: int) -> datetime:
    """When a cell begins; for whoever shows taken time."""
    return begin_of(cell)
