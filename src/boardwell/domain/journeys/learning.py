"""Facts of a journey: kept with provenance, superseded never overwritten, and what they would change in the plan."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from django.utils.translation import gettext as _

from boardwell.domain.audit.actions import Entry
from boardwell.domain.journeys.documents import document_of_version, parties_from
from boardwell.domain.journeys.events import FactsRecorded, PlanProposed
from boardwell.domain.journeys.factvalues import fits
from boardwell.domain.journeys.health import satisfaction_in
from boardwell.domain.journeys.models import Fact, Journey, PlanProposal, Step
from boardwell.domain.journeys.plan import PlannedStep, included_keys, plan_for
from boardwell.domain.journeys.redating import date_from_facts
from boardwell.domain.playbooks.document import FactType
from boardwell.kernel import tenancy
from boardwell.kernel.clock import now
from boardwell.kernel.errors import Invalid
from boardwell.kernel.events import Event

UNDECIDED_STATES = ("locked", "ready", "active", "waiting", "blocked")
"""Steps that a proposal may still remove; what has ended stays in the record."""


def facts_now(journey_id: str) -> dict[str, Any]:
    """The current value of every fact of a journey, as conditions see them (dates as dates)."""
    rows = Fact.objects.filter(journey_id=journey_id, superseded_at=None).values_list("key", "value")
    return dict(rows)


def learn(journey_id: str, account_id: str, facts: Mapping[str, Any], *, step_id: str, entries: list[Entry]) -> list[Event]:
    """Records facts that are new or differ, appends their audit entries, dates what counts from them, and proposes what they change.

    Runs inside the caller's transaction. Returns the events to emit: FactsRecorded, and PlanProposed when the plan
    would change. Raises Invalid for a fact that the playbook does not know, or a value that is not of the fact's type.
    """
    actor = tenancy.current().actor
    require_fitting(document_of_journey(journey_id).facts, facts)
    known = facts_now(journey_id)
    changed = {key: plain(value) for key, value in facts.items() if key not in known or known[key] != plain(value)}
    if not changed:
        return []
    at = now()
    Fact.objects.filter(journey_id=journey_id, key__in=changed, superseded_at=None).update(superseded_at=at)
    document = document_of_journey(journey_id)
    hidden = {key for key, fact in document.facts.items() if fact.visibility == "internal"}
    organisation_id = tenancy.current().organisation_id
    Fact.objects.bulk_create(
        Fact(
            organisation_id=organisation_id, account_id=account_id, journey_id=journey_id, key=key, value=value, step_id=step_id,
            visibility="internal" if key in hidden else "shared", recorded_by_kind=actor.kind, recorded_by_id=actor.id,
            recorded_by_name=actor.name, recorded_at=at,
        )
        for key, value in changed.items()
    )  # fmt: skip
    entries.extend(
        Entry(
            "fact.recorded", object_kind="fact", object_id=journey_id, account_id=account_id, journey_id=journey_id, label=key,
            before={key: known[key]} if key in known else None, after={key: value},
        )
        for key, value in changed.items()
    )  # fmt: skip
    if "satisfaction" in changed:
        Journey.objects.filter(pk=journey_id).update(satisfaction=satisfaction_in(changed))
    date_from_facts(journey_id, document, changed, {**known, **changed}, entries)
    happenings: list[Event] = [FactsRecorded(journey_id=journey_id, account_id=account_id, keys=tuple(sorted(changed)))]
    proposal = propose(journey_id, because={key: {"before": known.get(key), "after": changed[key]} for key in changed})
    if proposal is not None:
        happenings.append(PlanProposed(journey_id=journey_id, account_id=account_id, proposal_id=proposal.id))
    return happenings


def require_fitting(known: Mapping[str, FactType], facts: Mapping[str, Any]) -> None:
    """Refuses facts that the playbook does not know and values that are not of their type, all of them at once."""
    faults: dict[str, list[str]] = {}
    for key, value in facts.items():
        fact = known.get(key)
        if fact is None:
            faults[key] = [_("The playbook does not know the fact “%(fact)s”.") % {"fact": key[:60]}]
        elif not fits(fact.type, value, frozenset(fact.choices)):
            faults[key] = [_("“%(fact)s” does not take this value: it is of type %(type)s.") % {"fact": key, "type": fact.type}]
    if faults:
        raise Invalid(next(iter(faults.values()))[0], faults)


def plain(value: Any) -> Any:
    """A fact's value as JSON keeps it: dates as ISO 8601 text."""
    return value.isoformat() if isinstance(value, date) else value


def document_of_journey(journey_id: str) -> Any:
    """The parsed playbook that the journey runs on."""
    version_id = Journey.objects.filter(pk=journey_id).values_list("version_id", flat=True).get()
    return document_of_version(version_id)


def desired_plan(journey: Journey) -> list[PlannedStep]:
    """What the playbook gives for the journey's facts of now."""
    document = document_of_version(journey.version_id)
    return plan_for(document, facts_now(journey.id), journey.kickoff_on, parties_from(journey.calendar, journey.time_zone))


def propose(journey_id: str, because: Mapping[str, Any]) -> PlanProposal | None:
    """Compares the plan with what the facts of now ask for. An older open proposal is replaced; None when they agree."""
    journey = Journey.objects.get(pk=journey_id)
    document = document_of_version(journey.version_id)
    wanted = included_keys(document, facts_now(journey_id))
    every_key = {step.key for stage in document.stages for step in stage.steps}
    present = dict(Step.objects.filter(journey_id=journey_id).exclude(state="cancelled").values_list("key", "state"))
    additions = sorted(wanted - present.keys())
    removals = sorted(key for key, state in present.items() if key in every_key - wanted and state in UNDECIDED_STATES)
    open_ones = PlanProposal.objects.filter(journey_id=journey_id, state="open")
    reasons = dict(because)
    for older in open_ones:
        reasons = {**older.because, **reasons}
    open_ones.update(state="outdated", decided_at=now())
    if not additions and not removals:
        return None
    asked = {name for key in (*additions, *removals) if (step := document.step(key)) is not None and step.when for name in step.when.facts}
    reasons = {key: change for key, change in reasons.items() if key in asked} or reasons
    return PlanProposal.objects.create(
        organisation_id=journey.organisation_id, account_id=journey.account_id, journey=journey, because=reasons,
        additions=additions, removals=removals,
    )  # fmt: skip
