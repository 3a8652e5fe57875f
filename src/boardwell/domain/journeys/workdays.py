"""Which journeys a change of working days touches, and the days that it gives their steps; reads only."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Any

from django.db import connection

from boardwell.domain.journeys.casting import with_parties
from boardwell.domain.journeys.documents import parties_from, read_ahead
from boardwell.domain.journeys.models import Journey, Step
from boardwell.domain.journeys.redating import Around, around, course_in
from boardwell.domain.organisations.absences import absences_from
from boardwell.kernel.events import encode
from boardwell.kernel.sql import as_json, fetch_all, slots, wall

RUNNING = ("active", "paused", "live")
_MARGIN_DAYS = 31
"""How far beyond a plan's first and last day a working day still counts for it: lags, and rules that count before kick-off."""


@dataclass(frozen=True, slots=True)
class Changed:
    """A journey whose working days are others now; `is_touched` when one of those days lies within its plan."""

    journey: Journey
    calendar: dict[str, Any]
    is_touched: bool


_READ = (
    "organisation", "account_id", "journey", "key", "side", "state", "marks", "member", "planned_on", "forecast_on", "moved_on", "done_on",
    "due_at", "nudge_at", "next_due_at", "late_at",
)  # fmt: skip
"""Of a step: what dating it anew looks at or writes."""
_SPANS = """
SELECT s.journey_id, MIN(s.planned_on), MAX(s.planned_on), MAX(s.forecast_on)
FROM journeys_step s WHERE s.state <> 'cancelled' AND s.journey_id IN ({ids}) AND {wall} GROUP BY s.journey_id
"""


def changed_by(journey_ids: Sequence[str], base: dict[str, Any], *, lock: bool = False) -> list[Changed]:
    """Which of the journeys have other working days with `base` as the house's calendar, in order. Two queries."""
    rows = Journey.objects.filter(pk__in=journey_ids, state__in=RUNNING).select_related("account").order_by("pk")
    if lock and connection.vendor == "postgresql":
        rows = rows.select_for_update(of=("self",))
    others = []
    for journey in rows:
        calendar = with_parties(base, journey.account.country, absences_from(journey.account.days_off))
        if calendar != journey.calendar:
            others.append((journey, calendar))
    if not others:
        return []
    condition, values = wall("s", "account_id")
    ids = [journey.id for journey, _calendar in others]
    spans = {row[0]: row[1:] for row in fetch_all(_SPANS.format(ids=slots(len(ids)), wall=condition), [*ids, *values])}
    return [Changed(journey, calendar, _is_touched(journey, calendar, spans.get(journey.id, ()))) for journey, calendar in others]


def _is_touched(journey: Journey, calendar: Mapping[str, Any], span: Iterable[Any]) -> bool:
    days = [_day(one) for one in span if one is not None]
    first = min([journey.kickoff_on, *days]).toordinal() - _MARGIN_DAYS
    last = max([journey.kickoff_on, *days]).toordinal() + _MARGIN_DAYS
    return _differ(encode(journey.calendar), encode(calendar), journey.time_zone, first // 100, last // 100 + 1, first, last)


def _day(value: Any) -> date:
    return value if isinstance(value, date) else date.fromisoformat(str(value))


def _differ(old: str, new: str, zone: str, first_block: int, last_block: int, first: int, last: int) -> bool:
    return any(
        first <= day <= last for block in range(first_block, last_block + 1) for day in _other_days(old, new, zone, block)
    )  # fmt: skip


@lru_cache(maxsize=4096)
def _other_days(old: str, new: str, zone: str, block: int) -> tuple[int, ...]:
    """The days of a block of a hundred on which somebody works in one of two calendars and not in the other."""
    one, other = parties_from(as_json(old), zone), parties_from(as_json(new), zone)
    days = [date.fromordinal(day) for day in range(max(1, block * 100), block * 100 + 100)]
    sides = ("ours", "customer", "third")
    return tuple(day.toordinal() for day in days if any(one.of(side).is_worked(day) != other.of(side).is_worked(day) for side in sides))


def moved_days(found: Around, one: Changed, steps: Mapping[str, Step]) -> dict[str, date]:
    """The new planned days of a journey's open steps; nothing is written."""
    zone = one.journey.time_zone
    return course_in(found, one.journey, steps.values(), parties_from(one.journey.calendar, zone)).days_on(parties_from(one.calendar, zone))


def steps_of(changed: Sequence[Changed]) -> tuple[Around, dict[str, dict[str, Step]]]:
    """What dating some journeys anew needs: all their steps by key, and what lies around. Four queries at most."""
    steps: dict[str, dict[str, Step]] = {one.journey.id: {} for one in changed}
    rows = Step.objects.filter(journey_id__in=list(steps)).exclude(state="cancelled").only(*_READ)
    for step in rows.order_by("journey_id", "position"):
        steps[step.journey_id][step.key] = step
    read_ahead({one.journey.version_id for one in changed})
    return around(list(steps), {step.member_id for rows in steps.values() for step in rows.values() if step.done_on is None}), steps
