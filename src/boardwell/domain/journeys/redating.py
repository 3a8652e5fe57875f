"""Moves a step to another day, with everything that hangs on the day: due instant, reminders, lateness."""

from datetime import date

from boardwell.domain.journeys.models import OPEN_STATES, Step
from boardwell.domain.journeys.reminders import due_instant, moments, passed_and_next
from boardwell.domain.playbooks.document import Document, Reminders
from boardwell.kernel.clock import now


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
