"""Follow a calendar: date running journeys anew when somebody's working days change, many at a time in sets."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from django.db import connection, transaction
from django.db.models import F
from django.tasks import task

from boardwell.domain.audit.actions import Entry, record_many
from boardwell.domain.journeys import engine
from boardwell.domain.journeys.actions.moving import write_days
from boardwell.domain.journeys.documents import document_of_version, parties_from
from boardwell.domain.journeys.models import Journey, Step
from boardwell.domain.journeys.redating import Around, course_in, set_planned_day
from boardwell.domain.journeys.workdays import RUNNING, Changed, changed_by, moved_days, steps_of
from boardwell.domain.organisations.models import WorkCalendar
from boardwell.domain.organisations.queries import working_calendar
from boardwell.kernel.clock import now, today
from boardwell.kernel.events import encode
from boardwell.kernel.sql import instant

JOURNEYS_A_TURN = 25
"""That move, in one transaction, give or take a handful. Few, because it holds the database's one writer on SQLite: a page waits for it."""
LOOKED_AT_A_TURN = 500
"""That are looked at; those that the change does not touch cost next to nothing."""
_HANDFUL = 20


def begin_to_follow(calendar_id: str, revision: int) -> None:
    """Counts what is to be dated anew and begins; a calendar that has changed again since begins with its newest revision only."""
    total = Journey.objects.filter(state__in=RUNNING).count()
    begun = WorkCalendar.objects.filter(pk=calendar_id, revision=revision, is_default=True)
    if begun.update(journeys_total=total, journeys_done=0, steps_moved=0, followed_at=None if total else now()) and total:
        follow_some.enqueue(calendar_id, revision, "")


@task
def follow_some(calendar_id: str, revision: int, after_id: str) -> None:
    """One turn: some journeys, how far we are, and the next turn – together in one transaction or not at all."""
    calendar = WorkCalendar.objects.filter(pk=calendar_id, revision=revision, is_default=True)
    if not calendar.exists():
        return  # it has changed again, or another one is the default now: their own run takes over
    ids = list(Journey.objects.filter(state__in=RUNNING, id__gt=after_id).order_by("id").values_list("id", flat=True)[:LOOKED_AT_A_TURN])
    turn = follow(ids)
    is_last = len(ids) < LOOKED_AT_A_TURN and turn.seen == len(ids)
    calendar.update(
        journeys_done=F("journeys_done") + turn.seen, steps_moved=F("steps_moved") + turn.moved, followed_at=now() if is_last else None
    )
    if not is_last:
        follow_some.enqueue(calendar_id, revision, ids[turn.seen - 1])


@task
def follow_account(account_id: str, after_id: str) -> None:
    """One turn of the running journeys of an account whose working days have changed."""
    ids = list(
        Journey.objects.filter(account_id=account_id, state__in=RUNNING, id__gt=after_id).order_by("id").values_list("id", flat=True)
    )
    turn = follow(ids)
    if turn.seen < len(ids):
        follow_account.enqueue(account_id, ids[turn.seen - 1])


@dataclass(frozen=True, slots=True)
class Turn:
    """How many of the journeys that were given have been seen to, in order, and how many steps moved."""

    seen: int
    moved: int


def follow(journey_ids: Sequence[str]) -> Turn:
    """Gives the open steps of journeys the days that their plans have in the working days of now; stops after a turn's worth.

    Each step keeps its working days after what it waits for. What has ended, was promised or was the first plan stays; so taking
    a day off out of the calendar again brings the days back.
    """
    if not journey_ids:
        return Turn(0, 0)
    seen, touched, untouched = 0, list[Changed](), list[Changed]()
    with transaction.atomic():
        base = working_calendar()
        while seen < len(journey_ids) and len(touched) < JOURNEYS_A_TURN:
            for one in changed_by(journey_ids[seen : seen + min(_HANDFUL, JOURNEYS_A_TURN)], base, lock=True):
                (touched if one.is_touched else untouched).append(one)
            seen = min(seen + min(_HANDFUL, JOURNEYS_A_TURN), len(journey_ids))
        _note(untouched)
        return Turn(seen, _redate(touched))


def _note(untouched: Sequence[Changed]) -> None:
    """Keeps the calendar with journeys whose plans lie elsewhere: one statement for all that get the same."""
    alike: dict[str, list[Changed]] = {}
    for one in untouched:
        alike.setdefault(encode(one.calendar), []).append(one)
    for group in alike.values():
        Journey.objects.filter(pk__in=[one.journey.id for one in group]).update(
            calendar=group[0].calendar, revision=F("revision") + 1, changed_at=now()
        )


_DATED = """
UPDATE journeys_journey
SET calendar = %s, planned_live_on = %s, forecast_live_on = %s, revision = revision + 1, changed_at = %s
WHERE id = %s AND organisation_id = %s
"""


def _redate(changed: Sequence[Changed]) -> int:
    """Writes the new days of journeys, and what is forecast from them; returns how many steps moved."""
    if not changed:
        return 0
    found, steps = steps_of(changed)
    at = now()
    entries: list[Entry] = []
    days: list[Step] = []
    heads = []
    judged = []
    count = 0
    for one in changed:
        journey, rows = one.journey, steps[one.journey.id]
        moves = moved_days(found, one, rows)
        count += len(moves)
        was = (journey.planned_live_on, journey.forecast_live_on, [step.late_at for step in rows.values()])
        for key, day in moves.items():
            entries.append(_entry(journey, rows[key], day))
            set_planned_day(rows[key], day, journey.time_zone, document_of_version(journey.version_id))
            if journey.state == "paused":
                rows[key].next_due_at = None
            if rows[key].marks == "go_live":
                journey.planned_live_on = journey.forecast_live_on = day
        others = _forecast(found, one, rows)
        days += [rows[key] for key in dict.fromkeys([*moves, *others])]
        heads.append(
            (encode(one.calendar), _text(journey.planned_live_on), _text(journey.forecast_live_on), instant(at), journey.id,
             journey.organisation_id)
        )  # fmt: skip
        if was != (journey.planned_live_on, journey.forecast_live_on, [step.late_at for step in rows.values()]):
            judged.append(journey.id)
    write_days(days)
    with connection.cursor() as cursor:
        cursor.executemany(_DATED, heads)
    for journey_id in judged:
        engine.refresh_journey(journey_id, at)
    record_many(entries)
    return count


def _forecast(found: Around, one: Changed, rows: Mapping[str, Step]) -> list[str]:
    """Sets what is forecast, in memory, as `forecasting.forecast_anew` does; returns the keys that have another day by it."""
    journey = one.journey
    if journey.state not in {"active", "live"}:
        return []
    times = parties_from(one.calendar, journey.time_zone)
    forecast = course_in(found, journey, rows.values(), times).forecast_days(today(journey.time_zone))
    others = [key for key, step in rows.items() if step.done_on is None and key in forecast and forecast[key] != step.forecast_on]
    for key in others:
        rows[key].forecast_on = forecast[key]
    if journey.live_at is None:
        marked = [forecast[key] for key, step in rows.items() if step.marks == "go_live" and key in forecast]
        journey.forecast_live_on = marked[0] if marked else max(forecast.values(), default=None)
    return others


def _text(day: date | None) -> str | None:
    return day.isoformat() if day is not None else None


def _entry(journey: Journey, step: Step, day: date) -> Entry:
    return Entry(
        "step.redated", object_kind="step", object_id=step.id, account_id=step.account_id, journey_id=journey.id, label=step.key,
        before={"planned_on": _text(step.planned_on)}, after={"planned_on": day.isoformat(), "calendar": True},
    )  # fmt: skip
