"""Open a gate by hand: whoever it waits for signs it, or somebody with the permission opens it against its conditions."""

from django.db import transaction
from django.utils.translation import gettext as _

from boardwell.domain.audit.actions import record
from boardwell.domain.journeys.access import may_sign_gate
from boardwell.domain.journeys.actions.reasons import required_reason
from boardwell.domain.journeys.documents import document_of_version
from boardwell.domain.journeys.gatekeeping import open_what_may, swing_open
from boardwell.domain.journeys.models import Gate, Journey
from boardwell.domain.journeys.rows import lock_journey
from boardwell.kernel import tenancy
from boardwell.kernel.clock import now
from boardwell.kernel.errors import Conflict, NotAllowed, NotFound


def sign_gate(journey_id: str, key: str) -> bool:
    """Whoever plays the role that a gate waits for says yes; returns whether it is open now, or waits for the rest.

    Raises NotFound, NotAllowed, Conflict (open already, signed already, or not running).
    """
    actor = tenancy.require("journeys:view")
    with transaction.atomic():
        journey, gate = _shut(journey_id, key)
        rules = document_of_version(journey.version_id).gates.get(key, ())
        roles = [rule.who for rule in rules if rule.kind == "opened_by"]
        if not roles:
            raise Conflict(_("This gate is not opened by hand."))
        if not may_sign_gate(actor, [journey.roles.get(role, "") for role in roles]):
            raise NotAllowed(_("Somebody else opens this gate."))
        if gate.signed_at is not None:
            raise Conflict(_("This has been done already."))
        gate.signed_at, gate.signed_by_name = now(), actor.name
        gate.save()
        record(
            "gate.signed", object_kind="gate", object_id=journey.id, account_id=journey.account_id, journey_id=journey.id, label=gate.key,
            after={"signed_by": actor.id},
        )  # fmt: skip
        return key in open_what_may(journey_id)


def override_gate(journey_id: str, key: str, *, reason: str) -> None:
    """Opens a gate whatever its conditions say; the reason stays in the record. Raises NotFound, NotAllowed, Invalid, Conflict."""
    actor = tenancy.require("journeys:open_gates")
    why = required_reason(reason)
    with transaction.atomic():
        journey, gate = _shut(journey_id, key)
        swing_open(journey, document_of_version(journey.version_id), gate, by_name=actor.name, reason=why, at=now())


def _shut(journey_id: str, key: str) -> tuple[Journey, Gate]:
    journey = lock_journey(journey_id)
    if journey.state not in {"active", "live"}:
        raise Conflict(_("This onboarding is paused or has ended."))
    gate = Gate.objects.filter(journey=journey, key=key).first()
    if gate is None or key not in document_of_version(journey.version_id).gates:
        raise NotFound(_("There is no such gate."))
    if gate.state != "shut":
        raise Conflict(_("This gate is open already."))
    return journey, gate
