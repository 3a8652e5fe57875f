"""What all verbs of an envelope share: finding and locking it, its trail, whose turn it is, and what exactly is shown."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django.utils.translation import gettext as _

from boardwell.capabilities.signing import happenings, trail
from boardwell.capabilities.signing.models import Envelope, EnvelopeDocument, EnvelopeSigner
from boardwell.kit.events import emit, record
from boardwell.kit.files import bytes_of_part
from boardwell.kit.people import actor_now
from boardwell.kit.rows import now
from boardwell.kit.words import Conflict, NotFound, Unavailable

OPEN = ("draft", "sent", "sealing", "completed")


def envelope_of_step(step_id: str) -> Envelope | None:
    """The step's envelope: the open one, else the last one."""
    rows = Envelope.objects.filter(step_id=step_id).order_by("-created_at", "-id")
    return rows.filter(state__in=OPEN).first() or rows.first()


def locked(envelope_id: str, *states: str) -> Envelope:
    """The envelope under lock, inside a transaction. NotFound, or Conflict when it is in another state than these."""
    row = Envelope.objects.select_for_update().filter(pk=envelope_id).first()
    if row is None:
        raise NotFound(_("There is no such envelope."))
    if row.state not in states:
        raise Conflict(_("These documents are not open any more. Reload the page to see what happened."))
    return row


def documents_of(envelope: Envelope) -> list[EnvelopeDocument]:
    """In their order."""
    return list(EnvelopeDocument.objects.filter(envelope_id=envelope.id).order_by("number"))


def signers_of(envelope: Envelope) -> list[EnvelopeSigner]:
    """In the order of their turns."""
    return list(EnvelopeSigner.objects.filter(envelope_id=envelope.id).order_by("turn", "key"))


def tell(envelope: Envelope, verb: str, who: str = "", more: Mapping[str, Any] | None = None) -> None:
    """Writes an entry into the envelope's trail and into the house's log; the caller saves the envelope."""
    actor = actor_now()
    told = dict(more or {})
    by = {"by": actor.name or actor.id, "by_id": actor.id}
    envelope.trail = trail.with_entry(envelope.trail, now().isoformat(timespec="milliseconds"), verb, who, {**told, **by})
    record(
        f"envelope.{verb}", object_kind="envelope", object_id=envelope.id, account_id=envelope.account_id, journey_id=envelope.journey_id,
        label=envelope.title, after={**told, "who": who, "trail": trail.head_of(envelope.trail)},
    )  # fmt: skip


def say(kind: type[happenings.EnvelopeEvent], envelope: Envelope, signer_id: str = "") -> None:
    """Emits an event about the envelope."""
    emit(kind(envelope_id=envelope.id, journey_id=envelope.journey_id, account_id=envelope.account_id, signer_id=signer_id))


def ask_next(envelope: Envelope) -> None:
    """Asks whoever's turn it is: everybody at once, or those of the lowest turn that has not signed. The server holds the order."""
    waiting = [one for one in signers_of(envelope) if one.state in {"waiting", "asked"}]
    if not waiting:
        return
    first = min(one.turn for one in waiting)
    for one in waiting:
        if one.state == "waiting" and (envelope.rules.get("order") == "together" or one.turn == first):
            one.state, one.asked_at = "asked", now()
            one.save()
            say(happenings.SignatureAsked, envelope, one.id)


def remind_at(envelope: Envelope, since: datetime) -> datetime | None:
    """When those who have not signed are reminded next; None when the playbook wants no reminders."""
    days = envelope.rules.get("remind_days", 0)
    return since + timedelta(days=days) if days else None


def binding_of(envelope: Envelope, documents: list[EnvelopeDocument]) -> str:
    """One hash over everything that is shown: bytes, pictures and readable twin of each document, in order."""
    return trail.sha256(trail.canonical([shown_of(one) for one in documents] + [envelope.id]))


def shown_of(document: EnvelopeDocument) -> dict[str, Any]:
    """What a signer sees of a document, as it goes into the manifest."""
    return {
        "title": document.title, "received_sha256": document.file_sha256, "shown_sha256": document.shown_sha256,
        "twin_sha256": trail.sha256(document.twin) if document.twin else "",
        "pages": [{"width": one["width"], "height": one["height"], "picture_sha256": one["picture"]} for one in document.pages],
    }  # fmt: skip


def shown_bytes(document: EnvelopeDocument) -> bytes:
    """The pages that are shown. Conflict when they are not any more what was sent: then nobody signs."""
    try:
        content = bytes_of_part(document.shown_id)
    except Unavailable:
        content = b""
    if trail.sha256(content) != document.shown_sha256:
        raise Conflict(_("A document has changed since it was sent. Nobody can sign it. Tell us, please."))
    return content
