"""Signed checkpoints: a C2SP-style note of origin, size and root that pins an organisation's log."""

from datetime import datetime, timedelta

from django.db import transaction

from boardwell.domain.audit.merkle import root
from boardwell.domain.audit.models import AuditCheckpoint, AuditHead
from boardwell.domain.audit.standalone import note_text, note_with
from boardwell.kernel import tenancy
from boardwell.kernel.clock import now
from boardwell.kernel.recurring import every
from boardwell.kernel.signing import public_key, sign


def signed_note(organisation_id: str, size: int, root_hash: bytes, made_at: datetime) -> str:
    """The note with its signature line: an em dash, the key's name, key id and Ed25519 signature in base64."""
    text = note_text(organisation_id, size, root_hash, made_at.isoformat())
    return note_with(text, public_key(), sign(text.encode()))


@every(timedelta(minutes=10), name="audit.checkpoints")
def make_checkpoints() -> int:
    """Makes one for each organisation whose log has grown since the last; returns how many."""
    with tenancy.unscoped("checkpoints are made for every organisation"), transaction.atomic():
        made = 0
        for head in AuditHead.objects.all():
            if head.size == 0 or AuditCheckpoint.objects.filter(organisation_id=head.organisation_id, size=head.size).exists():
                continue
            root_hash, made_at = root(bytes(head.frontier)), now()
            AuditCheckpoint.objects.create(
                organisation_id=head.organisation_id, size=head.size, root_hash=root_hash, made_at=made_at,
                note=signed_note(head.organisation_id, head.size, root_hash, made_at),
            )  # fmt: skip
            made += 1
        return made
