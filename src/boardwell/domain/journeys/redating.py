"""Moves steps to other days, with everything that hangs on the day: due instant, reminders, lateness; and forecasts the rest."""

from collections.abc import Collection, Iterable, Mapping
from datetime import date
from typing import Any

from django.db import connection

from boardwell.domain.audit.actions import Entry
from boardwell.domain.journeys.documents import document_of_version, parties_from
from boardwell.domain.journeys.duedates import due_dates
from boardwell.domain.journeys.models import OPEN_STATES, Fact, Journey, Step
from boardwell.domain.journeys.plan import contracted_links
from boardwell.domain.journeys.reminders import due_instant, moments, passed_and_next
from boardwell.domain.journeys.schedulecourse import Course, Known
from boardwell.domain.playbooks.document import Document, Reminders
from boardwell.kernel.clock import now, today


def reminders_of(step: Step, document: Document) -> Reminders:
    """The step's reminder rule; a step that was added by hand has the plain one."""
    source = document.step(step.key)
    return source.remind if source is not None else Reminders()


def set_planned_day(step: Step, day: date | None, time_zone: str, document: Document) -> None:
    """Changes the step in memory; the caller saves. A day in the future takes lateness away."""
    step.planned_on = step.forecast_on = day
    if day is None:
        step.due_at = step.nudge_at = step.next_due_at = step.late_at = None
        return
    remind = reminders_of(step, document)
    all_moments = moments(day, time_zone, before=remind.before, on=remind.on, after=remind.after, escalate=remind.escalate)
    step.due_at = due_instant(day, time_zone)
    step.nudge_at = all_moments[0].at if all_moments else None
    if step.state in OPEN_STATES:
        step.next_due_at = passed_and_next(all_moments, None, now())[1]
    if step.due_at >= now():
        step.late_at = None


def date_from_facts(journey_id: str, document: Document, changed: Collection[str], facts: Mapping[str, Any], entries: list[Entry]) -> None:
    """Gives the steps whose day counts from a changed fact, and those that count from them, the day of their rule.

    Ended steps keep theirs. Appends an audit entry for each move; runs in the caller's transaction.
    """
    dated = [step.key for step in document.every_step() if step.due is not None and step.due.origin in {f"fact:{key}" for key in changed}]
    for key in dated:
        dated.extend(step.key for step in document.steps_dated_from(key) if step.key not in dated)
    steps = list(Step.objects.filter(journey_id=journey_id, key__in=dated, state__in=(*OPEN_STATES, "locked"))) if dated else []
    if not steps:
        return
    journey = Journey.objects.get(pk=journey_id)
    days = due_dates(document.every_step(), journey.kickoff_on, facts, parties_from(journey.calendar, journey.time_zone))
    moved = [step for step in steps if days[step.key] != step.planned_on]
    for step in moved:
        before, after = step.planned_on, days[step.key]
        set_planned_day(step, after, journey.time_zone, document)
        entries.append(
            Entry(
                "step.dated", object_kind="step", object_id=step.id, account_id=step.account_id, journey_id=journey_id,
                label=step.key, before={"planned_on": before.isoformat() if before else None},
                after={"planned_on": after.isoformat() if after else None},
            )
        )  # fmt: skip
        if step.marks == "go_live":
            Journey.objects.filter(pk=journey_id).update(planned_live_on=after, forecast_live_on=after)
    Step.objects.bulk_update(moved, ["planned_on", "forecast_on", "due_at", "nudge_at", "next_due_at", "late_at"])


def course_of(journey: Journey, steps: Iterable[Step]) -> Course:
    """The journey's course; `steps` are all of its rows, with their planned days as they are in memory. One query, for facts."""
    document = document_of_version(journey.version_id)
    living = [step for step in steps if step.state != "cancelled"]
    return Course(
        document,
        contracted_links(document, frozenset(step.key for step in living if step.key in document.steps_by_key)),
        [Known(step.key, step.side, step.planned_on, step.done_on, step.moved_on) for step in living],
        kickoff_on=journey.kickoff_on,
        times=parties_from(journey.calendar, journey.time_zone),
        facts=dict(Fact.objects.filter(journey_id=journey.id, superseded_at=None).values_list("key", "value")),
    )


_FORECAST = "UPDATE journeys_step SET forecast_on = %s WHERE id = %s"


def forecast_anew(journey_id: str) -> int:
    """Writes the day on which each open step will be done as things stand, and the go-live; returns how many days changed.

    Three reads and one write for the days that changed; runs in the caller's transaction. What has ended keeps the forecast
    that it had. A paused journey stands still.
    """
    journey = Journey.objects.get(pk=journey_id)
    if journey.state not in {"active", "live"}:
        return 0
    steps = list(Step.objects.filter(journey_id=journey_id).order_by("position"))
    days = course_of(journey, steps).forecast_days(today(journey.time_zone))
    changed = [step for step in steps if step.done_on is None and step.key in days and days[step.key] != step.forecast_on]
    if changed:
        with connection.cursor() as cursor:
            cursor.executemany(_FORECAST, [(days[step.key].isoformat(), step.id) for step in changed])
    marked = [days[step.key] for step in steps if step.marks == "go_live" and step.key in days]
    live_on = marked[0] if marked else max(days.values(), default=None)
    if live_on != journey.forecast_live_on and journey.live_at is None:
        Journey.objects.filter(pk=journey_id).update(forecast_live_on=live_on)
    return len(changed)
