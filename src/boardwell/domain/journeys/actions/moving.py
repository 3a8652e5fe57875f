"""Moving planned days: which steps go along, and writing the new days down with everything that hangs on them."""

from collections.abc import Iterable, Mapping
from datetime import date

from django.db import connection
from django.utils.translation import gettext as _

from boardwell.domain.audit.actions import Entry
from boardwell.domain.journeys.forecasting import forecast_anew
from boardwell.domain.journeys.models import Journey, Step
from boardwell.domain.journeys.redating import course_of, set_planned_day
from boardwell.domain.playbooks.document import Document
from boardwell.kernel import tenancy
from boardwell.kernel.clock import today
from boardwell.kernel.errors import Invalid
from boardwell.kernel.sql import instant

_EARLIEST, _LATEST = date(2000, 1, 1), date(2100, 1, 1)
DATE_FIELDS = ("planned_on", "forecast_on", "due_at", "nudge_at", "next_due_at", "late_at")


def checked_day(due_on: date) -> date:
    """The day itself; Invalid when it is absurd."""
    if not _EARLIEST <= due_on <= _LATEST:
        raise Invalid(_("Choose a day between 2000 and 2100."), {"due_on": [_("Choose a day between 2000 and 2100.")]})
    return due_on


def moves_from(journey: Journey, steps: Iterable[Step], step_key: str, due_on: date) -> dict[str, date]:
    """The new day of the step, first, and of every undecided step that follows it; `steps` are all of the journey's rows."""
    return course_of(journey, steps).moves({step_key: due_on})


_DAYS = """
UPDATE journeys_step
SET planned_on = %s, forecast_on = %s, moved_on = %s, due_at = %s, nudge_at = %s, next_due_at = %s, late_at = %s
WHERE id = %s AND organisation_id = %s
"""


def write_days(steps: Iterable[Step]) -> None:
    """Writes the days of steps that were changed in memory, and what hangs on them; one statement, prepared once."""
    ours = tenancy.current().organisation_id
    rows = [
        (
            step.planned_on.isoformat() if step.planned_on else None, step.forecast_on.isoformat() if step.forecast_on else None,
            step.moved_on.isoformat() if step.moved_on else None, instant(step.due_at), instant(step.nudge_at),
            instant(step.next_due_at), instant(step.late_at), step.id, ours,
        )
        for step in steps
    ]  # fmt: skip
    if rows:
        with connection.cursor() as cursor:
            cursor.executemany(_DAYS, rows)


def write_moves(journey: Journey, document: Document, steps: Mapping[str, Step], moves: Mapping[str, date | None], why: str) -> list[Entry]:
    """Writes the new days, the planned go-live and the forecast that follow; returns what goes into the log.

    The first of `moves` was asked for; the entries of the others name it, so that each day can say what moved it.
    """
    entries = []
    moved_on = today(journey.time_zone)
    first = next(iter(moves), "")
    for key, day in moves.items():
        step = steps[key]
        entries.append(
            Entry(
                "step.rescheduled", object_kind="step", object_id=step.id, account_id=step.account_id, journey_id=journey.id, label=key,
                before={"planned_on": step.planned_on.isoformat() if step.planned_on else None},
                after={"planned_on": day.isoformat() if day else None, **({"moved_by": first} if key != first else {})}, why=why,
            )
        )  # fmt: skip
        set_planned_day(step, day, journey.time_zone, document)
        step.moved_on = moved_on if day != step.baseline_on else None
    write_days(steps[key] for key in moves)
    latest = Step.objects.filter(journey_id=journey.id, marks="go_live").exclude(state="cancelled")
    live_on = latest.values_list("planned_on", flat=True).first()
    if live_on is not None:
        Journey.objects.filter(pk=journey.id).update(planned_live_on=live_on, forecast_live_on=live_on)
    forecast_anew(journey.id)
    return entries
