"""Signed checkpoints: a C2SP-style note of origin, size and root that pins an organisation's log."""

import base64
from datetime import timedelta

from django.db import transaction

from boardwell.domain.audit.merkle import root
from boardwell.domain.audit.models import AuditCheckpoint, AuditHead
from boardwell.kernel import tenancy
from boardwell.kernel.clock import now
from boardwell.kernel.recurring import every
from boardwell.kernel.signing import public_key, sign

KEY_NAME = "boardwell"


def note_text(organisation_id: str, size: int, root_hash: bytes) -> str:
    """The three lines that are signed."""
    return f"boardwell/{organisation_id}\n{size}\n{base64.b64encode(root_hash).decode()}\n"


def signed_note(organisation_id: str, size: int, root_hash: bytes) -> str:
    """The note with its signature line: an em dash, the key's name, key id and Ed25519 signature in base64."""
    text = note_text(organisation_id, size, root_hash)
    signature = base64.b64encode(public_key()[:4] + sign(text.encode())).decode()
    return f"{text}\n— {KEY_NAME} {signature}\n"


@every(timedelta(minutes=10), name="audit.checkpoints")
def make_checkpoints() -> int:
    """Makes one for each organisation whose log has grown since the last; returns how many."""
    with tenancy.unscoped("checkpoints are made for every organisation"), transaction.atomic():
        made = 0
        for head in AuditHead.objects.all():
            if head.size == 0 or AuditCheckpoint.objects.filter(organisation_id=head.organisation_id, size=head.size).exists():
                continue
            root_hash = root(bytes(head.frontier))
            AuditCheckpoint.objects.create(
                organisation_id=head.organisation_id, size=head.size, root_hash=root_hash, made_at=now(),
                note=signed_note(head.organisation_id, head.size, root_hash),
            )  # fmt: skip
            made += 1
        return made
