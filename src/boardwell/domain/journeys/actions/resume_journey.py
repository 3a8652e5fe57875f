"""Resume a paused journey: dates move by the working days that were lost."""

from django.db import transaction
from django.utils.translation import gettext as _

from boardwell.domain.audit.actions import record
from boardwell.domain.journeys import engine
from boardwell.domain.journeys.documents import document_of_version, parties_from
from boardwell.domain.journeys.events import JourneyResumed
from boardwell.domain.journeys.forecasting import forecast_anew
from boardwell.domain.journeys.learning import UNDECIDED_STATES
from boardwell.domain.journeys.models import Step
from boardwell.domain.journeys.redating import set_planned_day
from boardwell.domain.journeys.rows import lock_journey
from boardwell.kernel import tenancy
from boardwell.kernel.clock import now, today
from boardwell.kernel.errors import Conflict
from boardwell.kernel.events import emit


def resume_journey(journey_id: str) -> int:
    """Starts the clocks again and returns by how many working days the open and locked steps moved.

    The committed and the baseline dates stay: they are what was promised. Raises NotFound, NotAllowed, Conflict.
    """
    tenancy.require("journeys:pause")
    with transaction.atomic():
        journey = lock_journey(journey_id)
        if journey.state != "paused" or journey.paused_at is None:
            raise Conflict(_("Only a paused onboarding can be resumed."))
        times = parties_from(journey.calendar, journey.time_zone)
        time = times.ours
        paused_on = journey.paused_at.astimezone(time.zone).date()
        lost = time.working_days_between(paused_on, today(journey.time_zone))
        document = document_of_version(journey.version_id)
        steps = list(Step.objects.filter(journey=journey, state__in=UNDECIDED_STATES))
        for step in steps:
            if step.planned_on is not None:
                set_planned_day(step, times.of(step.side).add(step.planned_on, lost), journey.time_zone, document)
        Step.objects.bulk_update(steps, ["planned_on", "forecast_on", "due_at", "nudge_at", "next_due_at", "late_at"])
        if journey.planned_live_on is not None:
            journey.planned_live_on = journey.forecast_live_on = time.add(journey.planned_live_on, lost)
        journey.state, journey.paused_at, journey.pause_reason = "active", None, ""
        journey.save()
        forecast_anew(journey.id)
        engine.refresh_journey(journey.id, now())
        record(
            "journey.resumed", object_kind="journey", object_id=journey.id, account_id=journey.account_id,
            journey_id=journey.id, label=journey.title, before={"state": "paused"},
            after={"state": "active", "working_days_lost": lost},
        )  # fmt: skip
        emit(JourneyResumed(journey_id=journey.id, account_id=journey.account_id))
        return lost
