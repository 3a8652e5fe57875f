"""Reschedule a step: move its planned day, and what is dated from it."""

from datetime import date

from django.db import transaction
from django.utils.translation import gettext as _

from boardwell.domain.audit.actions import Entry, record_many
from boardwell.domain.journeys import engine
from boardwell.domain.journeys.actions.reasons import required_reason
from boardwell.domain.journeys.documents import document_of_version, working_time_from
from boardwell.domain.journeys.events import StepRescheduled
from boardwell.domain.journeys.learning import UNDECIDED_STATES
from boardwell.domain.journeys.models import Journey, Step
from boardwell.domain.journeys.redating import set_planned_day
from boardwell.kernel import tenancy
from boardwell.kernel.clock import now
from boardwell.kernel.errors import Conflict, Invalid
from boardwell.kernel.events import emit

_EARLIEST, _LATEST = date(2000, 1, 1), date(2100, 1, 1)


def reschedule_step(journey_id: str, step_key: str, *, due_on: date, reason: str) -> int:
    """Moves the step to `due_on`; steps whose day counts from it move by the same working days. Returns how many moved.

    Raises NotFound, NotAllowed, Invalid (no reason, absurd day), Conflict (ended).
    """
    tenancy.require("journeys:reschedule")
    why = required_reason(reason)
    if not _EARLIEST <= due_on <= _LATEST:
        raise Invalid(_("Choose a day between 2000 and 2100."), {"due_on": [_("Choose a day between 2000 and 2100.")]})
    with transaction.atomic():
        locked = engine.lock_step(journey_id, step_key)
        engine.require_running(locked)
        if locked.state not in UNDECIDED_STATES:
            raise Conflict(_("This step has ended; its day cannot move any more."))
        journey = Journey.objects.get(pk=journey_id)
        document = document_of_version(journey.version_id)
        time = working_time_from(journey.calendar, journey.time_zone)
        steps = {step.key: step for step in Step.objects.filter(journey_id=journey_id, state__in=UNDECIDED_STATES)}
        first = steps[step_key]
        lost = time.working_days_between(first.planned_on, due_on) if first.planned_on else 0
        moves: dict[str, date] = {step_key: due_on}
        queue = [step_key]
        while queue:
            origin = queue.pop()
            for source in document.steps_dated_from(origin):
                step = steps.get(source.key)
                if step is not None and step.planned_on is not None and source.key not in moves:
                    moves[source.key] = time.add(step.planned_on, lost)
                    queue.append(source.key)
        entries = []
        for key, day in moves.items():
            step = steps[key]
            entries.append(
                Entry(
                    "step.rescheduled", object_kind="step", object_id=step.id, account_id=step.account_id, journey_id=journey_id,
                    label=key, before={"planned_on": step.planned_on.isoformat() if step.planned_on else None},
                    after={"planned_on": day.isoformat()}, why=why,
                )
            )  # fmt: skip
            set_planned_day(step, day, journey.time_zone, document)
        Step.objects.bulk_update(
            [steps[key] for key in moves], ["planned_on", "forecast_on", "due_at", "nudge_at", "next_due_at", "late_at"]
        )
        latest = Step.objects.filter(journey_id=journey_id, marks="go_live").values_list("planned_on", flat=True).first()
        if latest is not None:
            Journey.objects.filter(pk=journey_id).update(planned_live_on=latest, forecast_live_on=latest)
        engine.refresh_journey(journey_id, now())
        record_many(entries)
        emit(locked.event(StepRescheduled))
        return len(moves)
