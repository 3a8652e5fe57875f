"""The verbs of a member's bookable hours, and reading their calendar."""

import itertools
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from urllib.parse import urlsplit

from django.db import transaction
from django.utils.translation import gettext as _

from boardwell.capabilities.meetings import happenings  # noqa: F401 - words its verbs
from boardwell.capabilities.meetings.feeds import busy_from
from boardwell.capabilities.meetings.models import MemberHours
from boardwell.kit.clockwork import every_organisation
from boardwell.kit.events import record
from boardwell.kit.outside import Broken, fetch, seal, task, unseal
from boardwell.kit.people import Faults, house_calendar, member_players, require
from boardwell.kit.rows import now
from boardwell.kit.words import Unavailable

BUFFERS = (0, 15, 30, 45, 60)
READ_EVERY = timedelta(minutes=15)
AHEAD = timedelta(days=100)
MOST_BYTES = 8_000_000
"""A calendar kept for ten years has about that."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HoursOrder:
    """What a member wants: `week` by weekday as typed, such as "09:00-12:00, 13:00-17:00"; `feed` None leaves the calendar as it is."""

    time_zone: str
    week: dict[int, str]
    days_off: str
    before_minutes: int
    after_minutes: int
    feed: str | None = None


def hours_of_member(member_id: str) -> MemberHours:
    """The member's hours; unsaved ones where none were kept."""
    return MemberHours.objects.filter(member_id=member_id).first() or MemberHours(member_id=member_id)


def change_hours(order: HoursOrder) -> None:
    """Keeps the acting member's own hours. Raises NotAllowed, Invalid with `day_0` … `day_6`, `days_off`, `time_zone`, `feed`."""
    actor = require("journeys:complete")
    faults = Faults()
    zone = faults.time_zone("time_zone", order.time_zone)
    week = {str(day): _hours_from(faults, f"day_{day}", text) for day, text in order.week.items()}
    days_off = _days_from(faults, order.days_off)
    for name in ("before_minutes", "after_minutes"):
        if getattr(order, name) not in BUFFERS:
            faults.add(name, _("Choose one of the times."))
    feed = order.feed
    if feed and (urlsplit(feed.replace("webcal://", "https://", 1)).scheme != "https" or len(feed) > 2000):
        faults.add("feed", _("Enter an address that begins with https:// or webcal://."))
    faults.stop()
    with transaction.atomic():
        row = hours_of_member(actor.id)
        before = {
            "time_zone": row.time_zone,
            "week": row.week,
            "days_off": row.days_off,
            "buffers": [row.before_minutes, row.after_minutes],
        }
        row.time_zone, row.week, row.days_off = zone, week, days_off
        row.before_minutes, row.after_minutes = order.before_minutes, order.after_minutes
        if feed is not None:
            row.feed_sealed = seal(feed.replace("webcal://", "https://", 1), row.id) if feed else ""
            row.feed_problem, row.busy, row.read_at = "", [], None
        row.save()
        after: dict[str, Any] = {"time_zone": zone, "week": week, "days_off": days_off, "buffers": [row.before_minutes, row.after_minutes]}
        if feed is not None:
            after["calendar"] = bool(feed)
        record("hours.changed", object_kind="member", object_id=actor.id, label=actor.name, before=before, after=after)
        if row.feed_sealed:
            read_feed.enqueue(row.member_id)


def _hours_from(faults: Faults, field: str, text: str) -> list[list[str]]:
    found: list[tuple[time, time]] = []
    for part in text.replace("–", "-").replace(";", ",").split(","):
        if not part.strip():
            continue
        opens, _dash, closes = (piece.strip() for piece in part.partition("-"))
        try:
            begin, end = time.fromisoformat(opens), time(0) if closes == "24:00" else time.fromisoformat(closes)
        except ValueError:
            faults.add(field, _("Write hours such as 09:00-12:00, 13:00-17:00."))
            return []
        if any(each.minute % 15 or each.second or each.tzinfo for each in (begin, end)):
            faults.add(field, _("Use full quarter hours, such as 09:15."))
        if end != time(0) and end <= begin:
            faults.add(field, _("The end has to lie after the beginning."))
        found.append((begin, end))
    found.sort()
    if any(later[0] < earlier[1] or earlier[1] == time(0) for earlier, later in itertools.pairwise(found)):
        faults.add(field, _("These hours overlap."))
    return [[f"{begin:%H:%M}", f"{end:%H:%M}"] for begin, end in found]


def _days_from(faults: Faults, text: str) -> list[list[str]]:
    found = []
    for number, row in enumerate(text.replace("–", " ").replace("…", " ").replace(",", " ").splitlines()[:200], start=1):
        words = row.split()
        if not words:
            continue
        try:
            days = [date.fromisoformat(word) for word in words if word != "-"]
        except ValueError:
            days = []
        if len(days) not in {1, 2} or days[-1] < days[0] or (days[-1] - days[0]).days > 366:
            faults.add(
                "days_off", _("Line %(number)d: write a day such as 2026-12-24, or the first and the last one.") % {"number": number}
            )
            continue
        found.append([days[0].isoformat(), days[-1].isoformat()])
    return found


@task(queue_name="outside")
def read_feed(member_id: str) -> None:
    """Reads a member's calendar for the coming months. What goes wrong is kept for them to see, with the times read before."""
    row = MemberHours.objects.filter(member_id=member_id).first()
    if row is None or not row.feed_sealed:
        return
    sealed, problem, busy = row.feed_sealed, "", row.busy
    try:
        text = fetch(unseal(sealed, row.id), most_bytes=MOST_BYTES, accept="text/calendar")
        zone = row.time_zone or next((one.time_zone for one in member_players([member_id])), house_calendar()["time_zone"])
        spans = busy_from(text, now() - timedelta(days=1), now() + AHEAD, zone, ours="mtg_")
        busy = [[_iso(span.start), _iso(span.end)] for span in spans]
    except Unavailable as said:
        problem = str(said)
    except Broken:
        problem = _("The address cannot be read any more. Enter it again.")
    except ValueError:
        problem = _("What lies at this address is no calendar.")
    MemberHours.objects.filter(pk=row.pk, feed_sealed=sealed).update(busy=busy, feed_problem=problem[:300], read_at=now())


def _iso(at: datetime) -> str:
    return at.isoformat(timespec="minutes")


@every_organisation(READ_EVERY, name="meetings.feeds")
def read_every_feed() -> None:
    """Has every calendar read again."""
    for member_id in MemberHours.objects.exclude(feed_sealed="").values_list("member_id", flat=True):
        read_feed.enqueue(member_id)
