"""Change the answers of a step that is done: what follows from them is proposed, never made."""

from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from boardwell.domain.audit.actions import Entry, record_many
from boardwell.domain.journeys import engine, learning
from boardwell.domain.journeys.access import require_end_step
from boardwell.domain.journeys.events import AnswersChanged
from boardwell.domain.journeys.models import Journey, Step
from boardwell.domain.journeys.orders import Outcome
from boardwell.domain.journeys.states import may
from boardwell.kernel import tenancy
from boardwell.kernel.clock import now
from boardwell.kernel.errors import Conflict
from boardwell.kernel.events import emit


def change_answers(journey_id: str, step_key: str, outcome: Outcome, progress: Mapping[str, Any] | None = None) -> bool:
    """Puts a new outcome in the place of a done step's, records its facts, and returns whether the plan would change.

    Who ended it and when stay as they were; the log says who changed which answers. Raises NotFound, NotAllowed, Conflict
    (not done, or the onboarding does not run), Invalid (a fact of the wrong type).
    """
    with transaction.atomic():
        step = engine.lock_step(journey_id, step_key)
        require_end_step(step.side)
        engine.require_running(step)
        if not may("change", step.state):
            raise Conflict(_("This step has changed meanwhile. Reload the page to see what happened."))
        row = Step.objects.only("outcome", "progress").get(pk=step.id)
        before, after = (row.outcome or {}).get("answers", {}), dict(outcome.answers)
        changed = sorted(key for key in before.keys() | after.keys() if before.get(key) != after.get(key))
        at = now()
        row.outcome, row.changed_at = outcome.as_json(), at
        row.progress = row.progress if progress is None else dict(progress)
        row.save(update_fields=["outcome", "progress", "changed_at"])
        activity = {"last_customer_activity_at": at} if tenancy.current().actor.kind == "contact" else {}
        Journey.objects.filter(pk=journey_id).update(revision=engine.next_revision(), changed_at=at, **activity)
        if not changed:
            return False
        entries = [
            Entry(
                "step.answers_changed", object_kind="step", object_id=step.id, account_id=step.account_id, journey_id=journey_id,
                label=step.key, before={key: before.get(key) for key in changed}, after={key: after.get(key) for key in changed},
            )
        ]  # fmt: skip
        happenings = learning.learn(journey_id, step.account_id, outcome.facts, step_id=step.id, entries=entries)
        record_many(entries)
        emit(step.event(AnswersChanged), *happenings)
    return any(type(happening).__name__ == "PlanProposed" for happening in happenings)
