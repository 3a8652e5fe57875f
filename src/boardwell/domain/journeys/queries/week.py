"""What happened to onboardings since some instant, and what stands now: went live, slipped and why, at risk, waiting on whom."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db.models import Case, Count, F, IntegerField, Q, QuerySet, Value, When
from django.utils.translation import gettext as _

from boardwell.domain.journeys.documents import document_of_version, shown_title
from boardwell.domain.journeys.models import Journey
from boardwell.domain.journeys.queries.delays import delays_of
from boardwell.domain.journeys.queries.reasons import reasons_in_words
from boardwell.kernel import tenancy

MOST = 10
"""Onboardings that each part names; how many there are in all stands beside it."""
MOST_SEEN = 5_000


@dataclass(frozen=True, slots=True)
class WeekLine:
    """One onboarding in a part. `before` and `on` are days of go-live; `words` say why, each a sentence or a reason."""

    journey_id: str
    title: str
    on: date | datetime | None = None
    before: date | None = None
    words: tuple[str, ...] = ()
    health: str = ""
    side: str = ""
    name: str = ""
    since_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Part:
    """The first ten of a kind, and how many there are."""

    lines: tuple[WeekLine, ...]
    total: int

    @property
    def hidden(self) -> int:
        """Those that are not named."""
        return self.total - len(self.lines)


@dataclass(frozen=True, slots=True)
class Week:
    """The four parts, and the go-lives by journey that the next week is compared with."""

    live: Part
    slipped: Part
    at_risk: Part
    waiting: Part
    running: int
    seen: Mapping[str, str]

    @property
    def is_quiet(self) -> bool:
        """Nothing went live and nothing runs."""
        return not (self.live.total or self.running)


_LINE = ("id", "title", "account__name", "version_id")


def week_of(*, since_at: datetime, seen: Mapping[str, str], owner_id: str = "") -> Week:
    """The week for one owner's onboardings, or with "" for all of them. Seven queries, and one for each slip that is named.

    `seen` holds the go-lives that were told last time (ISO days by journey); what it does not know is compared with its first plan.
    Raises NotAllowed.
    """
    tenancy.require("journeys:view")
    mine = Journey.objects.filter(owner_id=owner_id) if owner_id else Journey.objects.all()
    running = mine.filter(state__in=["active", "paused"])
    slips, now_seen = _slips(running, seen)
    went_live = mine.filter(live_at__gte=since_at).order_by("live_at", "id")
    worst = Case(When(health="off_track", then=Value(0)), default=Value(1), output_field=IntegerField())
    counts = running.aggregate(
        all=Count("id"),
        risky=Count("id", filter=~Q(health="on_track")),
        waited=Count("id", filter=Q(waiting_side__in=["customer", "third"])),
    )
    return Week(
        live=Part(
            tuple(WeekLine(row[0], _title(row), on=row[4]) for row in went_live.values_list(*_LINE, "live_at")[:MOST]),
            went_live.count(),
        ),
        slipped=Part(_slip_lines(slips[:MOST]), len(slips)),
        at_risk=Part(
            tuple(
                WeekLine(row[0], _title(row), health=row[4], words=reasons_in_words(row[5]))
                for row in running.exclude(health="on_track").order_by(worst, "-overdue_steps", "id").values_list(*_LINE, "health", "health_reasons")[:MOST]
            ),
            counts["risky"],
        ),
        waiting=Part(
            tuple(
                WeekLine(row[0], _title(row), side=row[4], name=row[5], since_at=row[6])
                for row in running.filter(waiting_side__in=["customer", "third"]).order_by("waiting_since_at", "id").values_list(
                    *_LINE, "waiting_side", "waiting_name", "waiting_since_at"
                )[:MOST]
            ),
            counts["waited"],
        ),
        running=counts["all"],
        seen=now_seen,
    )  # fmt: skip


def _title(row: tuple[Any, ...]) -> str:
    return shown_title(row[1], row[2], document_of_version(row[3]))


type _Slip = tuple[str, date, date]
"""(journey, day told before, day now)."""


def _slips(running: QuerySet[Journey], seen: Mapping[str, str]) -> tuple[list[_Slip], dict[str, str]]:
    """What is later than it was told, the worst first; and every go-live that is later than its first plan."""
    late = running.filter(forecast_live_on__gt=F("baseline_live_on")).order_by("-id")
    rows = list(late.values_list("id", "baseline_live_on", "forecast_live_on")[:MOST_SEEN])
    slipped: list[_Slip] = []
    told: dict[str, str] = {}
    for journey_id, first_on, on in rows:
        if first_on is None or on is None:
            continue
        told[journey_id] = on.isoformat()
        before = date.fromisoformat(seen[journey_id]) if journey_id in seen else first_on
        if on > before:
            slipped.append((journey_id, before, on))
    slipped.sort(key=lambda row: ((row[1] - row[2]).days, row[0]))
    return slipped, told


def _slip_lines(slips: list[_Slip]) -> tuple[WeekLine, ...]:
    ids = [row[0] for row in slips]
    rows = {row[0]: row for row in Journey.objects.filter(pk__in=ids).values_list(*_LINE)}
    delays = delays_of(ids) if ids else {}
    found = []
    for journey_id, before, on in slips:
        delay = delays[journey_id]
        found.append(
            WeekLine(
                journey_id, _title(rows[journey_id]), on=on, before=before,
                words=(_("Against the first plan: %(sentence)s") % {"sentence": delay.sentence},) if delay else (),
            )
        )  # fmt: skip
    return tuple(found)
