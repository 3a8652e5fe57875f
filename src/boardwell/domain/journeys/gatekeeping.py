"""The gates of a running journey: puts them up, weighs them, and opens those whose conditions all hold."""

from datetime import datetime

from boardwell.domain.audit.actions import Entry, record_many
from boardwell.domain.journeys import engine
from boardwell.domain.journeys.documents import document_of_version
from boardwell.domain.journeys.events import GateOpened
from boardwell.domain.journeys.gates import may_open
from boardwell.domain.journeys.inserting import Place, insert_gates
from boardwell.domain.journeys.models import Gate, Journey, Step
from boardwell.domain.journeys.queries.gates import weighed
from boardwell.domain.journeys.rows import lock_journey
from boardwell.domain.playbooks.document import Document
from boardwell.kernel import tenancy
from boardwell.kernel.clock import now
from boardwell.kernel.events import Event, emit
from boardwell.kernel.sql import fetch_one, wall


def shut_gates(journey_id: str) -> frozenset[str]:
    """Keys of the gates that are shut."""
    return frozenset(Gate.objects.filter(journey_id=journey_id, state="shut").values_list("key", flat=True))


def set_gates(journey: Journey, document: Document) -> frozenset[str]:
    """Puts up the gates of a document that the journey does not have yet, shut, and returns all that are. Others stay as they were."""
    known = set(Gate.objects.filter(journey=journey).values_list("key", flat=True))
    insert_gates(Place(journey.organisation_id, journey.account_id, journey.id), [key for key in document.gates if key not in known])
    return shut_gates(journey.id) & document.gates.keys()


def any_shut() -> bool:
    """Whether the organisation has a shut gate anywhere. One indexed look-up."""
    condition, values = wall("g", "account_id")
    return fetch_one(f"SELECT 1 FROM journeys_gate g WHERE g.state = 'shut' AND {condition} LIMIT 1", values) is not None


_ANY_SHUT = "SELECT 1 FROM journeys_gate WHERE journey_id = %s AND organisation_id = %s AND state = 'shut' LIMIT 1"


def open_what_may(journey_id: str) -> list[str]:
    """Opens the gates that are the last thing in the way of a step and whose conditions hold; returns their keys.

    One indexed look-up when no gate is shut. Runs in the caller's transaction.
    """
    if fetch_one(_ANY_SHUT, [journey_id, tenancy.current().organisation_id]) is None:
        return []
    journey = lock_journey(journey_id)
    if journey.state not in {"active", "live"}:
        return []
    document = document_of_version(journey.version_id)
    gates = {gate.key: gate for gate in Gate.objects.filter(journey=journey, state="shut").order_by("key") if gate.key in document.gates}
    rows = list(Step.objects.filter(journey=journey).exclude(state="cancelled").values_list("key", "state", "blockers"))
    states = {key: state for key, state, _blockers in rows}
    verdicts = weighed(journey, document, gates, states)
    opened = []
    for key, gate in gates.items():
        # A stage's gate and a step's own may both be all that is left: each counts as one.
        waiting = [
            blockers - sum(other in gates for other in document.gated.get(step, ()))
            for step, state, blockers in rows
            if state == "locked" and key in document.gated.get(step, ())
        ]
        if waiting and min(waiting) <= 0 and may_open(verdicts[key]):
            swing_open(journey, document, gate, by_name="", reason="", at=now())
            opened.append(key)
    return opened


def swing_open(journey: Journey, document: Document, gate: Gate, *, by_name: str, reason: str, at: datetime) -> None:
    """Opens a gate, and what it alone held up; writes and says it. The caller holds the journey's lock and has checked."""
    gate.state, gate.opened_at, gate.opened_by_name, gate.reason = "open", at, by_name, reason
    gate.save()
    behind = [key for key, gates in document.gated.items() if gate.key in gates]
    opened: list[Event] = [*engine.take_blocker(journey.id, journey.account_id, behind, at)]
    engine.refresh_journey(journey.id, at)
    record_many(
        [
            Entry(
                "gate.overridden" if reason else "gate.opened", object_kind="gate", object_id=journey.id, account_id=journey.account_id,
                journey_id=journey.id, label=gate.key, before={"state": "shut"}, after={"state": "open"}, why=reason,
            )
        ]
    )  # fmt: skip
    emit(GateOpened(journey_id=journey.id, account_id=journey.account_id, gate=gate.key, by_hand=bool(reason)), *opened)
