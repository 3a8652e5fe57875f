"""What an expression can look at when something happens: facts, account, onboarding, step and the event itself."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Q

from boardwell.domain.accounts.models import Account
from boardwell.domain.journeys.models import Fact, Journey, Step
from boardwell.kernel.clock import now


@dataclass(frozen=True, slots=True)
class Circumstances:
    """`known` maps what `rules.ROOTS` names to its value; the rows are None when the event is not about one."""

    known: Mapping[str, Any]
    journey: Journey | None
    account: Account | None
    step: Step | None


def circumstances(body: Mapping[str, Any], *, facts_at: datetime | None = None) -> Circumstances:
    """Everything about one event, as of now; facts as they were at `facts_at`. At most four queries."""
    journey_id = body.get("journey_id", "")
    journey = Journey.objects.select_related("version__playbook").filter(pk=journey_id).first() if journey_id else None
    account_id = journey.account_id if journey else body.get("account_id", "")
    account = Account.objects.filter(pk=account_id).first() if account_id else None
    step = _step(body)
    known: dict[str, Any] = _facts(journey_id, facts_at) if journey else {}
    known |= {"event.before": body.get("before"), "event.after": body.get("after"), "event.visibility": body.get("visibility")}
    known |= {"event.by": body.get("by_kind") or body.get("author_kind"), "event.facts": list(body.get("keys", ())) or None}
    if account:
        known |= {
            "account.name": account.name, "account.country": account.country, "account.party": account.party,
            "account.industry": account.industry, "account.language": account.language,
        }  # fmt: skip
    if journey:
        known |= _of_journey(journey)
    if step:
        known |= _of_step(step)
    return Circumstances(known, journey, account, step)


def _step(body: Mapping[str, Any]) -> Step | None:
    if not (step_id := body.get("step_id")):
        return None
    return Step.objects.filter(pk=step_id).first()


def _facts(journey_id: str, at: datetime | None) -> dict[str, Any]:
    rows = Fact.objects.filter(journey_id=journey_id)
    if at is None:
        rows = rows.filter(superseded_at=None)
    else:
        rows = rows.filter(Q(superseded_at=None) | Q(superseded_at__gt=at), recorded_at__lte=at)
    return dict(rows.values_list("key", "value"))


def _of_journey(journey: Journey) -> dict[str, Any]:
    value = journey.value_minor
    return {
        "journey.state": journey.state, "journey.health": journey.health, "journey.playbook": journey.version.playbook.key,
        "journey.title": journey.title, "journey.stage": journey.stage_key, "journey.value": value / 100 if value is not None else None,
        "journey.currency": journey.currency, "journey.owner": journey.owner_id,
        "journey.days": (now().date() - journey.kickoff_on).days, "journey.overdue": journey.overdue_steps,
        "journey.done": journey.steps_done, "journey.total": journey.steps_total, "journey.kickoff_on": journey.kickoff_on,
        "journey.planned_live_on": journey.planned_live_on, "journey.committed_live_on": journey.committed_live_on,
        "journey.forecast_live_on": journey.forecast_live_on, "journey.waiting_side": journey.waiting_side,
    }  # fmt: skip


def _of_step(step: Step) -> dict[str, Any]:
    late = (now().date() - step.planned_on).days if step.planned_on else None
    return {
        "step.key": step.key.partition("~")[0], "step.kind": step.kind, "step.side": step.side, "step.stage": step.stage_key,
        "step.role": step.role, "step.visibility": step.visibility, "step.state": step.state, "step.required": step.required,
        "step.planned_on": step.planned_on, "step.days_late": max(0, late) if late is not None else None,
    }  # fmt: skip
