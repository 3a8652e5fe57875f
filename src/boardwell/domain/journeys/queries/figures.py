"""Counts of journeys for the home page: grouped by the database, so that a page costs the same whatever the number."""

from dataclasses import dataclass
from datetime import date, timedelta

from django.db.models import Count, Q
from django.db.models.functions import TruncMonth

from boardwell.domain.journeys.models import Journey
from boardwell.kernel.clock import now
from boardwell.kernel.texts import in_language

RUNNING = ("active", "paused")


@dataclass(frozen=True, slots=True)
class PlaybookFigures:
    """Running journeys of one playbook by health."""

    key: str
    title: str
    on_track: int
    at_risk: int
    off_track: int


def journey_counts() -> dict[str, int]:
    """How many running journeys there are by health, how many wait for whom, and how many went live in the last 30 days."""
    running = Q(state__in=RUNNING)
    wanted = {name: Count("id", filter=running & Q(health=name)) for name in ("on_track", "at_risk", "off_track")}
    wanted |= {side: Count("id", filter=running & Q(waiting_side=side)) for side in ("customer", "ours", "third")}
    return Journey.objects.aggregate(
        open=Count("id", filter=running),
        overdue=Count("id", filter=running & Q(overdue_steps__gt=0)),
        live=Count("id", filter=Q(live_at__gte=now() - timedelta(days=30))),
        **wanted,
    )


def running_by_playbook() -> list[PlaybookFigures]:
    """Every playbook that has running journeys, the one with most first."""
    rows = (
        Journey.objects.filter(state__in=RUNNING)
        .values("version__playbook__key", "version__playbook__title")
        .annotate(
            on_track=Count("id", filter=Q(health="on_track")),
            at_risk=Count("id", filter=Q(health="at_risk")),
            off_track=Count("id", filter=Q(health="off_track")),
            every=Count("id"),
        )
        .order_by("-every", "version__playbook__key")
    )
    return [
        PlaybookFigures(
            row["version__playbook__key"], in_language(row["version__playbook__title"]) or row["version__playbook__key"],
            row["on_track"], row["at_risk"], row["off_track"],
        )
        for row in rows[:8]
    ]  # fmt: skip


def go_lives_by_month(months: int = 6) -> list[tuple[date, int]]:
    """(first day of the month, customers that went live in it) for the last months, the current one last."""
    this = now().date().replace(day=1)
    wanted = [this]
    for _back in range(months - 1):
        wanted.insert(0, (wanted[0] - timedelta(days=1)).replace(day=1))
    rows = (
        Journey.objects.filter(live_at__date__gte=wanted[0])
        .annotate(month=TruncMonth("live_at"))
        .values_list("month")
        .annotate(Count("id"))
        .order_by("month")
    )
    found = {month.date(): number for month, number in rows}
    return [(month, found.get(month, 0)) for month in wanted]
