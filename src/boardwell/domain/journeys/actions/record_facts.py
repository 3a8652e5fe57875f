"""Record facts about the customer, and decide on what they would change in the plan."""

from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from boardwell.domain.audit.actions import Entry, record_many
from boardwell.domain.journeys import engine, learning
from boardwell.domain.journeys.events import PlanChanged, StepOpened
from boardwell.domain.journeys.models import PlanProposal, Step
from boardwell.domain.journeys.replanning import apply_plan
from boardwell.domain.journeys.rows import lock_journey
from boardwell.kernel import tenancy
from boardwell.kernel.clock import now
from boardwell.kernel.errors import Conflict, Invalid, NotFound
from boardwell.kernel.events import emit


def record_facts(journey_id: str, facts: Mapping[str, Any]) -> bool:
    """Records facts the playbook knows; returns whether they would change the plan (a proposal is open then)."""
    tenancy.require("journeys:edit")
    with transaction.atomic():
        journey = lock_journey(journey_id)
        known = learning.document_of_journey(journey_id).facts
        if unknown := sorted(set(facts) - set(known)):
            raise Invalid(_("The playbook does not know the fact “%(fact)s”.") % {"fact": unknown[0]}, {"facts": unknown})
        entries: list[Entry] = []
        happenings = learning.learn(journey_id, journey.account_id, facts, step_id="", entries=entries)
        record_many(entries)
        emit(*happenings)
    return any(type(happening).__name__ == "PlanProposed" for happening in happenings)


def apply_proposal(proposal_id: str) -> None:
    """Makes the plan what the proposal showed: exactly its additions and removals. Conflict when facts moved on since."""
    actor = tenancy.require("journeys:edit")
    with transaction.atomic():
        proposal = _open_proposal(proposal_id)
        journey = lock_journey(proposal.journey_id)
        added, removed, opened = apply_plan(journey, proposal.additions, proposal.removals)
        _decide(proposal, "applied", actor.name)
        engine.refresh_journey(journey.id, now())
        record_many(
            [
                Entry(
                    "plan.changed", object_kind="journey", object_id=journey.id, account_id=journey.account_id,
                    journey_id=journey.id, label=journey.title, before={"because": proposal.because},
                    after={"added": added, "removed": removed},
                )
            ]
        )  # fmt: skip
        emit(
            PlanChanged(journey_id=journey.id, account_id=journey.account_id, added=tuple(added), removed=tuple(removed)),
            *(
                StepOpened(
                    journey_id=journey.id, account_id=journey.account_id, step_id=step.id, step_key=step.key, kind=step.kind,
                    side=step.side, visibility=step.visibility,
                )
                for step in Step.objects.filter(journey=journey, key__in=opened)
            ),
        )  # fmt: skip


def dismiss_proposal(proposal_id: str) -> None:
    """Leaves the plan as it is."""
    actor = tenancy.require("journeys:edit")
    with transaction.atomic():
        proposal = _open_proposal(proposal_id)
        _decide(proposal, "dismissed", actor.name)
        record_many(
            [
                Entry(
                    "plan.kept", object_kind="journey", object_id=proposal.journey_id, account_id=proposal.account_id,
                    journey_id=proposal.journey_id, after={"additions": proposal.additions, "removals": proposal.removals},
                )
            ]
        )  # fmt: skip


def _open_proposal(proposal_id: str) -> PlanProposal:
    proposal = PlanProposal.objects.filter(pk=proposal_id).first()
    if proposal is None:
        raise NotFound(_("There is no such proposal."))
    if proposal.state != "open":
        raise Conflict(_("This proposal has been decided or overtaken. Reload the page to see the newest one."))
    return proposal


def _decide(proposal: PlanProposal, state: str, name: str) -> None:
    proposal.state, proposal.decided_at, proposal.decided_by_name = state, now(), name
    proposal.save()
