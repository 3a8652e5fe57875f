"""Keep what has been done of a step so far: ticks of a checklist, a half-filled form."""

import json
from collections.abc import Callable, Mapping
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from boardwell.domain.audit.actions import record
from boardwell.domain.journeys import engine
from boardwell.domain.journeys.access import require_end_step
from boardwell.domain.journeys.models import Journey, Step
from boardwell.domain.journeys.states import may
from boardwell.kernel import tenancy
from boardwell.kernel.clock import now
from boardwell.kernel.errors import Conflict, Invalid

MOST_BYTES = 200_000


def save_progress(journey_id: str, step_key: str, progress: Mapping[str, Any]) -> None:
    """Replaces the step's progress; a ready step becomes active. Raises NotFound, NotAllowed, Conflict, Invalid (too much)."""
    change_progress(journey_id, step_key, lambda _before: progress)


def change_progress(
    journey_id: str, step_key: str, change: Callable[[Mapping[str, Any]], Mapping[str, Any]], *, noted: bool = True
) -> Mapping[str, Any]:  # fmt: skip
    """Puts what `change` makes of the progress in its place, under the journey's lock, and returns it: nobody's part is lost.

    `noted` False leaves the line in the log out, for what is saved again and again while somebody types. Raises as `save_progress` does, and whatever `change` raises, with nothing written.
    """
    with transaction.atomic():
        step = engine.lock_step(journey_id, step_key)
        require_end_step(step.side)
        engine.require_running(step)
        if not may("save", step.state):
            raise Conflict(_("This step is not open any more. Reload the page to see what happened."))
        progress = change(Step.objects.values_list("progress", flat=True).get(pk=step.id) or {})
        if len(json.dumps(progress, default=str)) > MOST_BYTES:
            raise Invalid(_("That is too much text for one step."))
        at = now()
        Step.objects.filter(pk=step.id).update(
            progress=dict(progress), state="active" if step.state == "ready" else step.state, changed_at=at
        )
        activity = {"last_customer_activity_at": at} if tenancy.current().actor.kind == "contact" else {}
        Journey.objects.filter(pk=journey_id).update(revision=engine.next_revision(), changed_at=at, **activity)
        if not noted:
            return progress
        record(
            "step.saved", object_kind="step", object_id=step.id, account_id=step.account_id, journey_id=journey_id,
            label=step.key, before={"state": step.state}, after={"keys": sorted(progress)},
        )  # fmt: skip
        return progress
