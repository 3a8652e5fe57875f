"""Keeps each journey's outlook: reads the house's past, plays the rest through, writes the range and how often such ranges held."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, Any
from zlib import crc32

from boardwell.domain.journeys.calendars import Calendar
from boardwell.domain.journeys.documents import document_of_version, parties_from
from boardwell.domain.journeys.duedates import as_day
from boardwell.domain.journeys.models import OPEN_STATES, ForecastTrial, Journey, Step
from boardwell.domain.journeys.pastcases import lasted_elsewhere, past_stamp
from boardwell.domain.journeys.plan import contracted_links
from boardwell.domain.journeys.schedule import Activity, CircleError
from boardwell.domain.journeys.schedulecourse import SIDES, calendars_of
from boardwell.kernel import tenancy
from boardwell.kernel.clock import now, today

if TYPE_CHECKING:  # numpy is loaded where something is forecast, not in every process
    from boardwell.domain.journeys.forecasts.durations import House, Lasted
    from boardwell.domain.journeys.forecasts.outlook import Ahead, Outlook
    from boardwell.domain.journeys.forecasts.trials import Floats

log = logging.getLogger("boardwell.outlooks")
MOST_JOURNEYS = 400
"""Finished journeys, the latest, and running ones, that the house learns from."""
MOST_TRIALS = 400
"""Kept forecasts, the latest, that correct the levels."""
TESTED = 200
"""Of these, the latest on which the ranges are tested."""
TRIALS = 200
"""How often a finished journey is played through."""
_COLUMNS = ("key", "side", "kind", "marks", "state", "opened_at", "done_on", "planned_on", "baseline_on", "unlocks")


def _columns_of(journeys: Iterable[Journey]) -> dict[str, list[Step]]:
    """Steps that are not cancelled, by journey, in order. One query."""
    rows = (
        Step.objects.filter(journey__in=[one.id for one in journeys]).exclude(state="cancelled").only("journey_id", "position", *_COLUMNS)
    )
    found: dict[str, list[Step]] = {}
    for row in rows.order_by("journey_id", "position"):
        found.setdefault(row.journey_id, []).append(row)
    return found


def _calendars(journey: Journey) -> dict[str, Calendar]:
    return dict(zip(SIDES, calendars_of(parties_from(journey.calendar, journey.time_zone)), strict=True))


def _given(steps: Sequence[Step], kickoff_on: date, calendars: Mapping[str, Calendar], column: str) -> dict[str, int]:
    """The worked days that the plan gives each step: from the last day of what it waits for to its own."""
    days = {step.key: getattr(step, column) for step in steps}
    begins: dict[str, int] = {}
    for step in steps:
        for key in step.unlocks.split():
            if days[step.key] is not None:
                begins[key] = max(begins.get(key, 0), days[step.key].toordinal() + 1)
    return {
        step.key: max(
            0,
            calendars.get(step.side, calendars["ours"]).between(
                begins.get(step.key, kickoff_on.toordinal()), days[step.key].toordinal() + 1
            ),
        )
        for step in steps
        if days[step.key] is not None
    }


def _past(journeys: Sequence[Journey], steps: Mapping[str, list[Step]], seen_on: date) -> list[Lasted]:
    """Steps of journeys as they were known at the end of a day."""
    from boardwell.domain.journeys.forecasts.durations import Lasted

    found = []
    for journey in journeys:
        calendars, rows = _calendars(journey), steps.get(journey.id, [])
        given = _given(rows, journey.kickoff_on, calendars, "baseline_on")
        for row in rows:
            opened_on = row.opened_at.date() if row.opened_at is not None else None
            if opened_on is None or opened_on > seen_on or row.state == "skipped":
                continue
            is_ended = row.done_on is not None and row.done_on <= seen_on
            last = (
                row.done_on
                if is_ended and row.done_on is not None
                else min(seen_on, journey.ended_at.date() if journey.ended_at else seen_on)
            )
            lasted = calendars.get(row.side, calendars["ours"]).between(opened_on.toordinal(), last.toordinal() + 1)
            name = f"{journey.version.playbook_id}/{row.key}"
            found.append(Lasted(name, row.side, given.get(row.key, 1), max(1, lasted), is_ended, journey.id))
    return found


def _looked_at() -> tuple[list[Journey], list[Journey], dict[str, list[Step]]]:
    """The house's finished journeys, oldest first, its running ones, and the steps of both. Three queries."""
    every = Journey.objects.select_related("version")
    finished = list(every.filter(live_at__isnull=False).order_by("-live_at", "-id")[:MOST_JOURNEYS])[::-1]
    running = list(every.filter(state="active", live_at__isnull=True).order_by("-id")[:MOST_JOURNEYS])
    return finished, running, _columns_of([*finished, *running])


def house_on(day: date) -> House:
    """What the current organisation's past teaches on a day; read once for each day and process."""
    return _house_of_day(tenancy.current().organisation_id, day, past_stamp())


@lru_cache(maxsize=64)
def _house_of_day(organisation_id: str, day: date, _stamp: str) -> House:
    """What the current organisation's past teaches on a day, imported cases too."""
    from boardwell.domain.journeys.forecasts.durations import house_of

    finished, running, steps = _looked_at()
    elsewhere, imported = lasted_elsewhere(day)
    return house_of([*_past([*finished, *running], steps, day), *elsewhere], len(finished), imported)


@lru_cache(maxsize=64)
def _corrected_on(organisation_id: str, day: date) -> tuple[Floats, tuple[int, int]]:
    """The levels to ask the plays for on a day, and (held, tested) of the P10–P90 ranges that were given. One query a day."""
    from boardwell.domain.journeys.forecasts.trials import Trial, held, levels_on

    rows = (
        ForecastTrial.objects.exclude(journey__state="cancelled").order_by("-at_on", "-id").values_list("at_on", "journey__live_at", "days")
    )
    trials = [
        Trial(at_on.toordinal(), live_at.date().toordinal() if live_at is not None else None, tuple(days))
        for at_on, live_at, days in rows[:MOST_TRIALS]
    ][::-1]
    return levels_on(trials, day.toordinal()), held(trials[-TESTED:])


def try_finished(journey_ids: Sequence[str]) -> None:
    """Makes the forecast that finished journeys would have had on their first day, from what was known then only, and keeps it.

    For those of which no forecast was kept while they ran. Some tenths of a second each: a few to a transaction.
    """
    from boardwell.domain.journeys.forecasts.durations import house_of

    finished, _running, steps = _looked_at()
    for journey in Journey.objects.select_related("version").filter(pk__in=journey_ids, trial__isnull=True, live_at__isnull=False):
        first = journey.kickoff_on
        before = [other for other in finished if other.created_at.date() <= first and other.id != journey.id]
        known = sum(other.live_at is not None and other.live_at.date() < first for other in before)
        elsewhere, imported = lasted_elsewhere(first - timedelta(days=1))
        house = house_of([*_past(before, steps, first - timedelta(days=1)), *elsewhere], known, imported)
        rows = steps.get(journey.id) or _columns_of([journey]).get(journey.id, [])
        plays = () if house.is_thin else _first_plays(journey, rows, house)
        ForecastTrial(journey=journey, at_on=first, days=[day - first.toordinal() for day in plays]).save()


def _first_plays(journey: Journey, rows: Sequence[Step], house: House) -> tuple[int, ...]:
    from boardwell.domain.journeys.forecasts.outlook import outlook_of

    first = journey.kickoff_on.toordinal()
    ahead, calendars = _ahead(journey, rows, None)
    end = next((row.key for row in rows if row.marks == "go_live"), None)
    try:
        return outlook_of(ahead, calendars, house, begins=first, today=first, end=end, seed=crc32(journey.id.encode()), times=TRIALS).plays
    except CircleError:
        return ()


def _ahead(journey: Journey, rows: Sequence[Step], seen_on: date | None) -> tuple[list[Ahead], list[Calendar]]:
    """A journey's steps for the outlook. `seen_on` None: as on its first day, with the first plan."""
    from boardwell.domain.journeys.forecasts.outlook import Ahead

    document, calendars = document_of_version(journey.version_id), _calendars(journey)
    links = contracted_links(document, frozenset(row.key for row in rows if row.key in document.steps_by_key))
    given = _given(rows, journey.kickoff_on, calendars, "planned_on" if seen_on else "baseline_on")
    found = []
    for row in rows:
        side = row.side if row.side in SIDES else "ours"
        opened_on = row.opened_at.date() if row.opened_at is not None else None
        done_on = (row.done_on or (row.ended_at.date() if row.state == "skipped" and row.ended_at else None)) if seen_on else None
        is_open = bool(seen_on) and done_on is None and row.state in OPEN_STATES and opened_on is not None
        source, day = document.step(row.key), row.planned_on if seen_on else row.baseline_on
        activity = Activity(
            key=row.key, duration=given.get(row.key, 0), calendar=SIDES.index(side), links=links.get(row.key, ()),
            started_on=opened_on.toordinal() if is_open and opened_on else None,
            finished_on=done_on.toordinal() if done_on else None,
            fixed_on=day.toordinal() if day is not None and source is not None and source.fixed and done_on is None else None,
        )  # fmt: skip
        # Days worked so far, today not yet among them: the step may still be done today.
        taken = calendars[side].between(opened_on.toordinal(), seen_on.toordinal()) if is_open and opened_on and seen_on else 0
        is_known = row.state == "done" and opened_on is not None and done_on is not None
        lasted = calendars[side].between(opened_on.toordinal(), done_on.toordinal() + 1) if is_known and opened_on and done_on else 0
        name = f"{journey.version.playbook_id}/{row.key}"
        found.append(Ahead(activity, name, side, given.get(row.key, 0), max(0, taken), max(1, lasted) if is_known else 0))
    return found, [calendars[side] for side in SIDES]


def look_ahead(journey_id: str) -> bool:
    """Writes a journey's outlook; False when it is not running. Some tenths of a second: for the worker, never for a page.

    Nine reads, of which six once a day, one write, and once for each journey the forecast that is kept as a trial; runs in the
    caller's transaction.
    """
    journey = Journey.objects.select_related("version").get(pk=journey_id)
    if journey.state != "active" or journey.live_at is not None:
        return False
    day = today(journey.time_zone)
    house = house_on(day)
    asked, (held, tested) = _corrected_on(tenancy.current().organisation_id, day)
    told: dict[str, Any] = {
        "on": day.isoformat(), "journeys": house.journeys, "imported": house.imported, "steps": house.steps, "held": held, "tested": tested,
    }  # fmt: skip
    if not house.is_thin:
        found = _outlook(journey, house, day, asked)
        if found is not None:
            told |= _as_json(found, journey.committed_live_on)
            days = [each - day.toordinal() for each in found.plays]
            ForecastTrial.objects.bulk_create([ForecastTrial(journey=journey, at_on=day, days=days)], ignore_conflicts=True)
    Journey.objects.filter(pk=journey_id).update(outlook=told, outlook_at=now())
    return True


def _outlook(journey: Journey, house: House, day: date, asked: Floats) -> Outlook | None:
    from boardwell.domain.journeys.forecasts.outlook import outlook_of

    rows = _columns_of([journey]).get(journey.id, [])
    if not rows:
        return None
    ahead, calendars = _ahead(journey, rows, day)
    begins = min([journey.kickoff_on, *(row.opened_at.date() for row in rows if row.opened_at is not None)])
    promised = journey.committed_live_on
    try:
        return outlook_of(
            ahead, calendars, house, begins=begins.toordinal(), today=day.toordinal(),
            end=next((row.key for row in rows if row.marks == "go_live"), None),
            milestones=[row.key for row in rows if row.kind == "milestone" and row.done_on is None and row.marks != "go_live"],
            promised=promised.toordinal() if promised else None, seed=crc32(journey.id.encode()), asked=asked,
        )  # fmt: skip
    except Exception:  # one plan that cannot be played must not keep the others waiting
        log.exception("no outlook for %s", journey.id)
        return None


def _as_json(found: Outlook, promised_on: date | None) -> dict[str, Any]:
    """As the journey keeps it: levels in hundredths, days as ISO 8601 text."""

    def days(levels: Mapping[float, int]) -> dict[str, str]:
        return {str(round(100 * level)): date.fromordinal(day).isoformat() for level, day in levels.items()}

    return {
        "end": days(found.end),
        "milestones": {key: days(levels) for key, levels in found.milestones.items()},
        "chance": found.chance,
        "promised_on": promised_on.isoformat() if promised_on else None,
        "drivers": [
            {"key": one.key, "share": one.share, "usual": one.usual, "planned": one.planned, "cases": one.cases} for one in found.drivers
        ],
    }


def day_in(kept: Mapping[str, Any], level: str) -> date | None:
    """A day of a kept outlook."""
    return as_day(kept[level]) if kept.get(level) else None
