"""Add a step to a running journey by hand, beside what the playbook gives."""

from datetime import date

from django.db import transaction
from django.db.models import Max
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from boardwell.domain.accounts.models import Contact
from boardwell.domain.audit.actions import record
from boardwell.domain.journeys import engine
from boardwell.domain.journeys.documents import document_of_version
from boardwell.domain.journeys.events import PlanChanged, StepOpened
from boardwell.domain.journeys.models import Step
from boardwell.domain.journeys.redating import set_planned_day
from boardwell.domain.journeys.rows import lock_journey
from boardwell.domain.people.models import Member
from boardwell.kernel import tenancy
from boardwell.kernel.checks import LANGUAGES, Faults
from boardwell.kernel.clock import now
from boardwell.kernel.errors import Conflict
from boardwell.kernel.events import emit


def add_step(journey_id: str, *, stage_key: str, title: str, person_id: str, due_on: date | None = None) -> str:
    """Adds an open task for somebody of the team or of the account, who sees it at once; returns its key.

    One transaction: step, counters, audit, outbox. The title stands in the language of whoever typed it. Raises NotAllowed,
    NotFound, Conflict (paused, ended), Invalid (no title, nobody there with that id).
    """
    tenancy.require("journeys:edit")
    at = now()
    with transaction.atomic():
        journey = lock_journey(journey_id)
        if journey.state not in {"active", "live"}:
            raise Conflict(_("This onboarding is paused or has ended."))
        faults = Faults()
        words = faults.line("title", title, 200, missing=_("Say what is to be done."))
        member = Member.objects.filter(pk=person_id, active=True).first()
        contact = None if member else Contact.objects.filter(pk=person_id, account_id=journey.account_id, active=True).first()
        if member is None and contact is None:
            faults.add("person", _("Choose somebody of the team or of the customer's people."))
        faults.stop()
        last = Step.objects.filter(journey_id=journey_id).aggregate(last=Max("position"))["last"] or 0
        language = get_language() or "en"
        step = Step(
            account_id=journey.account_id, journey=journey, stage_key=stage_key, position=last + 1, kind="task", member=member,
            side=contact.side if contact else "ours", contact=contact, required=False,
            texts={"title": {language if language in LANGUAGES else "en": words}}, state="ready", opened_at=at, baseline_on=due_on,
        )  # fmt: skip
        step.key = f"added-{step.id[-12:]}"
        set_planned_day(step, due_on, journey.time_zone, document_of_version(journey.version_id))
        step.save(force_insert=True)
        engine.refresh_journey(journey_id, at)
        record(
            "step.added", object_kind="step", object_id=step.id, account_id=journey.account_id, journey_id=journey_id, label=step.key,
            after={"title": words, "person": person_id, "planned_on": due_on.isoformat() if due_on else None},
        )  # fmt: skip
        emit(
            StepOpened(
                journey_id=journey_id, account_id=journey.account_id, step_id=step.id, step_key=step.key, kind=step.kind, side=step.side,
                visibility=step.visibility,
            ),
            PlanChanged(journey_id=journey_id, account_id=journey.account_id, added=(step.key,), removed=()),
        )  # fmt: skip
    return step.key
