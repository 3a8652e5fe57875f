"""The weekly digest of a member's onboardings: once a week, on a day and at an hour of their own clock, in their language."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from boardwell.domain.journeys.queries.lists import today_for
from boardwell.domain.journeys.queries.week import MOST, Part, Week, WeekLine, week_of
from boardwell.domain.organisations.queries import brand_of_current
from boardwell.domain.people.models import Member
from boardwell.domain.people.roles import actor_for_member
from boardwell.kernel import tenancy
from boardwell.kernel.clock import now, today
from boardwell.kernel.recurring import every
from boardwell.listeners.notifications.digest import due_words
from boardwell.listeners.notifications.letters import absolute, send, unsubscribe_url
from boardwell.listeners.notifications.models import WeeklyDigest
from boardwell.ui.templatetags.ui import on_day, since

WINDOW = timedelta(hours=24)
"""How late a digest may still go out after an outage; later than that, it waits for the next week."""
A_WEEK = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Line:
    """One onboarding or step: where it is, what is said of it, and why."""

    title: str
    link: str
    words: str
    why: tuple[str, ...] = ()
    is_bad: bool = False


@dataclass(frozen=True, slots=True)
class Section:
    """One part of the digest; `more` says how many are not named."""

    key: str
    title: str
    total: int
    lines: tuple[Line, ...]
    more: str


@every(timedelta(minutes=5), name="notifications.weekly")
def send_weekly() -> int:
    """Sends the digests whose hour has come; returns how many mails that were."""
    at = now()
    with tenancy.unscoped("the clock runs for every organisation"):
        members = list(
            Member.objects.filter(active=True, digest_weekday__isnull=False, person__is_active=True)
            .select_related("person", "organisation")
            .order_by("organisation_id", "id")
        )
        due = [(member, moment) for member in members if (moment := due_moment(member, at)) is not None]
        had = (
            set(WeeklyDigest.objects.filter(week__in={week_name(moment) for _member, moment in due}).values_list("recipient_id", "week"))
            if due
            else set()
        )
    sent = 0
    for member, moment in due:
        if (member.id, week_name(moment)) not in had:
            with tenancy.acting_for(member.organisation_id, actor_for_member(member)), transaction.atomic():
                sent += _send_to(member, moment)
    return sent


def zone_of(member: Member) -> ZoneInfo:
    """The member's own zone, else the house's."""
    return ZoneInfo(member.person.time_zone or member.organisation.time_zone)


def due_moment(member: Member, at: datetime) -> datetime | None:
    """The chosen hour of this week when it has come within the last day, by the member's clock; None otherwise.

    A member who joined after it waits for the next one.
    """
    if member.digest_weekday is None:
        return None
    local = at.astimezone(zone_of(member))
    day = local.date() - timedelta(days=(local.weekday() - member.digest_weekday) % 7)
    moment = datetime(day.year, day.month, day.day, member.digest_hour, tzinfo=zone_of(member))
    return moment if moment <= at < moment + WINDOW and member.created_at <= moment else None


def week_name(moment: datetime) -> str:
    """The ISO week of an instant by its own clock: 2026-W48."""
    year, week, _day = moment.isocalendar()
    return f"{year}-W{week:02}"


def _send_to(member: Member, moment: datetime) -> int:
    last = WeeklyDigest.objects.filter(recipient_id=member.id).order_by("-week").first()
    row = WeeklyDigest(organisation_id=member.organisation_id, recipient_id=member.id, week=week_name(moment), sent_at=now())
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError:
        return 0  # this week's has gone: another worker was faster
    language = member.person.language or member.organisation.language
    with translation.override(language), timezone.override(zone_of(member)):
        week, sections = digest_for(member, last.sent_at if last else now() - A_WEEK, last.seen if last else {})
        heading = heading_of(member)
        brand = brand_of_current()
        subject = _("%(us)s: %(heading)s") % {"us": brand.display_name, "heading": heading}
        home = reverse("workspace:journeys", kwargs={"slug": brand.slug})
        change = reverse("workspace:weekly", kwargs={"slug": brand.slug})
    WeeklyDigest.objects.filter(pk=row.pk).update(seen=dict(week.seen))
    WeeklyDigest.objects.filter(recipient_id=member.id).exclude(pk=row.pk).update(seen={})
    if week.is_quiet and not sections:
        return 0
    stop = unsubscribe_url(member.organisation_id, member.id)
    send(
        "weekly", recipient=member.person.email, language=language, subject=subject, brand=brand, purpose="weekly", unsubscribe_url=stop,
        key=f"weekly:{member.id}:{row.week}",
        values={
            "name": member.name, "heading": heading, "sections": sections, "running": week.running, "link": absolute(home),
            "change_url": absolute(change), "unsubscribe_url": stop,
        },
    )  # fmt: skip
    return 1


def heading_of(member: Member) -> str:
    """What the digest is about, in the reader's language."""
    return _("all onboardings this week") if member.digest_scope == "all" else _("your onboardings this week")


def digest_for(member: Member, since_at: datetime, seen: Mapping[str, str]) -> tuple[Week, tuple[Section, ...]]:
    """What the member is told, in the language and the zone that are active; empty parts are left out. The member has to act.

    `seen`: the go-lives that were told last time, by journey.
    """
    slug = brand_of_current().slug
    week = week_of(since_at=since_at, seen=seen, owner_id="" if member.digest_scope == "all" else member.id)
    today_on = today(str(zone_of(member)))
    needs = [row for row in today_for(member.id) if row.planned_on is None or (row.planned_on - today_on).days <= 7]
    parts = (
        _section("live", _("Went live"), week.live, slug, lambda line: on_day(line.on)),
        _section("slipped", _("Slipped"), week.slipped, slug, _moved, tab="dates"),
        _section("at_risk", _("At risk"), week.at_risk, slug, lambda line: _("Off track") if line.health == "off_track" else _("At risk")),
        _section("waiting", _("Waiting on somebody"), week.waiting, slug, _waiting_words),
        Section(
            "needs_you", _("Needs you"), len(needs),
            tuple(
                Line(
                    f"{row.account_name}: {row.step_title}", absolute(_path("step", slug, row.journey_id, key=row.step_key)),
                    due_words(row.planned_on, today_on), (), row.is_late,
                )
                for row in needs[:MOST]
            ),
            _more(len(needs) - MOST),
        ),
    )  # fmt: skip
    return week, tuple(part for part in parts if part.total)


def _section(key: str, title: str, part: Part, slug: str, told: Any, *, tab: str = "") -> Section:
    lines = tuple(
        Line(
            line.title, absolute(_path("journey_tab", slug, line.journey_id, tab=tab) if tab else _path("journey", slug, line.journey_id)),
            told(line), line.words, line.health == "off_track",
        )
        for line in part.lines
    )  # fmt: skip
    return Section(key, title, part.total, lines, _more(part.hidden))


def _more(number: int) -> str:
    return ngettext("and %(n)s more", "and %(n)s more", number) % {"n": number} if number > 0 else ""


def _path(name: str, slug: str, journey_id: str, **more: str) -> str:
    return reverse(f"workspace:{name}", kwargs={"slug": slug, "journey_id": journey_id, **more})


def _moved(line: WeekLine) -> str:
    return _("from %(before)s to %(after)s") % {"before": on_day(line.before), "after": on_day(line.on)}


def _waiting_words(line: WeekLine) -> str:
    told = {"name": line.name, "when": since(line.since_at)}
    if line.name:
        return _("Waiting for %(name)s, since %(when)s") % told
    if line.side == "customer":
        return _("Waiting for the customer, since %(when)s") % told
    return _("Waiting for a third party, since %(when)s") % told
