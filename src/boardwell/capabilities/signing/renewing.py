"""Renews the archive timestamps of sealed documents (B-LTA), so that they stay provable after certificates have ended."""

from django.db import transaction

from boardwell.capabilities.signing import trail
from boardwell.capabilities.signing.envelopes import documents_of, locked, tell
from boardwell.capabilities.signing.finishing import RENEW_BEFORE, file_name
from boardwell.capabilities.signing.models import Envelope
from boardwell.kit.files import bytes_of_part, keep_shared
from boardwell.kit.outside import task
from boardwell.kit.rows import now
from boardwell.kit.seals import last_proof_ends, renewed
from boardwell.kit.words import Unavailable


@task(queue_name="outside")
def renew_envelope(envelope_id: str) -> None:
    """Adds one more timestamp to each sealed document; what was sealed before lies unchanged inside. Tried again later when nobody stamps."""
    envelope = Envelope.objects.filter(pk=envelope_id, state="completed", renew_at__lte=now()).first()
    if envelope is None:
        return
    try:
        made = {one.id: renewed(bytes_of_part(one.sealed_id)) for one in documents_of(envelope)}
    except Unavailable:
        return  # the clock asks again in some hours, half a year before it is too late
    with transaction.atomic():
        envelope = locked(envelope_id, "completed")
        ends = None
        for document in documents_of(envelope):
            content = made[document.id]
            document.sealed_id = keep_shared(
                content, file_name(document), account_id=envelope.account_id, journey_id=envelope.journey_id, step_id=envelope.step_id
            )
            document.sealed_sha256 = trail.sha256(content)
            document.save()
            end = last_proof_ends(content)
            ends = end if ends is None or (end is not None and end < ends) else ends
        envelope.renew_at = ends - RENEW_BEFORE if ends is not None else None
        tell(envelope, "renewed", more={"sealed": [one.sealed_sha256 for one in documents_of(envelope)]})
        envelope.save()
