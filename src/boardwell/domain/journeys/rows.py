"""Fetches a journey or step for a verb: checked, locked, and the same NotFound for absent and foreign."""

from django.db import connection
from django.utils.translation import gettext as _

from boardwell.domain.journeys.access import refuse_strangers
from boardwell.domain.journeys.models import Journey, Step
from boardwell.kernel.errors import NotFound


def lock_journey(journey_id: str) -> Journey:
    """The journey, locked until the transaction ends."""
    rows = Journey.objects.filter(pk=journey_id)
    if connection.vendor == "postgresql":
        rows = rows.select_for_update()
    journey = rows.first()
    if journey is None:
        raise NotFound(_("There is no such onboarding."))
    refuse_strangers(journey.account_id)
    return journey


def step_of(journey_id: str, step_key: str) -> Step:
    """A step of a journey; for verbs that have locked the journey, and for readers."""
    step = Step.objects.filter(journey_id=journey_id, key=step_key).first()
    if step is None:
        raise NotFound(_("There is no such step."))
    refuse_strangers(step.account_id, step.visibility)
    return step
