"""Proofs that entries stand in the log: for evidence that is handed to strangers."""

import base64
from dataclasses import dataclass

from boardwell.domain.audit.checkpoints import signed_note
from boardwell.domain.audit.merkle import inclusion_proof, root_of
from boardwell.domain.audit.models import AuditEntry
from boardwell.kernel import tenancy
from boardwell.kernel.clock import now
from boardwell.kernel.signing import public_key


@dataclass(frozen=True, slots=True)
class Proven:
    """Entries as they are hashed, each with the hashes that lead from it to the root (RFC 6962), and a signed note of size and root."""

    organisation_id: str
    note: str
    public_key: str
    size: int
    entries: tuple[tuple[int, str, tuple[str, ...]], ...]


def proofs_of_object(object_id: str) -> Proven:
    """Position, body and path of each entry about an object. Linear in the log; the caller has asked who may see them."""
    organisation_id = tenancy.current().organisation_id
    with tenancy.acting_for(organisation_id):
        leaves = [bytes(leaf) for leaf in AuditEntry.objects.order_by("position").values_list("leaf_hash", flat=True)]
        found = list(AuditEntry.objects.filter(object_id=object_id).order_by("position").values_list("position", "body"))
    note = signed_note(organisation_id, len(leaves), root_of(leaves), now())
    entries = tuple((position, body, tuple(node.hex() for node in inclusion_proof(leaves, position))) for position, body in found)
    return Proven(organisation_id, note, base64.b64encode(public_key()).decode(), len(leaves), entries)
