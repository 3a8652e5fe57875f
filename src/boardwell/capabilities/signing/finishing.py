"""Makes the finished documents: values on the pages, the manifest inside, the seal over all of it; and the certificate of completion."""

import base64
from collections.abc import Mapping
from datetime import timedelta
from functools import partial
from typing import Any

from django.db import transaction
from django.utils import translation
from django.utils.translation import gettext as _

from boardwell.capabilities.signing import happenings, trail
from boardwell.capabilities.signing.envelopes import documents_of, locked, say, shown_bytes, shown_of, signers_of, tell
from boardwell.capabilities.signing.layout import overlay
from boardwell.capabilities.signing.models import Envelope, EnvelopeDocument, EnvelopeField, EnvelopeSigner
from boardwell.capabilities.signing.pdfs import laid_over
from boardwell.capabilities.signing.words import step_of_trail
from boardwell.kit.files import keep_shared
from boardwell.kit.handle import Outcome, open_handle
from boardwell.kit.letters import our_name
from boardwell.kit.outside import task
from boardwell.kit.papers import FONTS, Paper, fonts_of, our_accent, pdf
from boardwell.kit.rows import now
from boardwell.kit.seals import Seal, ensure_identity, last_proof_ends, level_now, roots_pem, seal_text, sealed
from boardwell.kit.words import BoardwellError, Conflict, Unavailable

FORMAT = "boardwell-envelope/1"
FIRST_PAUSE = timedelta(seconds=15)
LONGEST_PAUSE = timedelta(minutes=15)
RENEW_BEFORE = timedelta(days=180)


@task(queue_name="outside")
def seal_envelope(envelope_id: str) -> None:
    """Seals a finished envelope, once; whatever breaks it off, nothing half-done is left and the next try does all of it.

    What goes wrong is kept for both sides to see, and it is tried again: never at a lower level than the rules say.
    """
    envelope = Envelope.objects.filter(pk=envelope_id, state="sealing").first()
    if envelope is None:
        return
    try:
        ensure_identity()
        made = _made(envelope)
    except (Unavailable, Conflict) as problem:
        _try_later(envelope, str(problem))
        return
    with transaction.atomic():
        envelope = Envelope.objects.select_for_update().filter(pk=envelope_id, state="sealing").first() or envelope
        if envelope.state == "sealing":
            _keep(envelope, made)


def _try_later(envelope: Envelope, problem: str) -> None:
    with transaction.atomic():
        row = locked(envelope.id, "sealing")
        row.seal_tries += 1
        row.seal_at = now() + min(FIRST_PAUSE * 2 ** min(row.seal_tries - 1, 8), LONGEST_PAUSE)
        row.problem = problem[:500]
        row.save()


def _made(envelope: Envelope) -> dict[str, Any]:
    """Every byte that the finished envelope consists of; nothing is written."""
    with translation.override(envelope.language):
        documents, signers = documents_of(envelope), signers_of(envelope)
        inside = trail.canonical(manifest_of(envelope, documents, signers))
        files = {
            one.id: sealed(_filled(envelope, one, signers, inside), Seal(name=our_name(), reason=_("Signed by everybody")))
            for one in documents
        }
        hashes = {one.number: trail.sha256(files[one.id]) for one in documents}
        told = certificate(envelope, documents, signers, hashes)
        certified = sealed(told, Seal(name=our_name(), reason=_("Certificate of completion")))
        whole = trail.canonical({
            **manifest_of(envelope, documents, signers), "level": level_now(), "roots": roots_pem(),
            "sealed": [{"file": file_name(one), "sha256": hashes[one.number]} for one in documents], "certificate_sha256": trail.sha256(certified),
        })  # fmt: skip
        return {"files": files, "certificate": certified, "manifest": whole, "signature": seal_text(whole)}


def _filled(envelope: Envelope, document: EnvelopeDocument, signers: list[EnvelopeSigner], manifest: str) -> bytes:
    by_id = {one.id: one for one in signers}
    values = [
        value
        for field in EnvelopeField.objects.filter(document=document).order_by("number")
        if (value := _value(field, by_id[field.signer_id])) is not None
    ]
    sizes = [[page["width"], page["height"]] for page in document.pages]
    over = overlay(
        sizes, values, language=envelope.language, fonts=fonts_of(envelope.language), folder=FONTS, title=document.title,
        made_at=int(max(one.signed_at.timestamp() for one in signers if one.signed_at)),
    )  # fmt: skip
    return laid_over(shown_bytes(document), over, {"manifest.json": manifest.encode()})


def _value(field: EnvelopeField, signer: EnvelopeSigner) -> dict[str, Any] | None:
    place = {"page": field.page, "x": field.x, "y": field.y, "w": field.w, "h": field.h}
    mark, values = signer.act["mark"], signer.act["values"]
    match field.kind:
        case "signature":
            return {**place, **_drawn(mark)}
        case "name":
            return {**place, "kind": "text", "text": mark["name"]}
        case "date":
            return {**place, "kind": "text", "text": signer.act["date"]}
        case "tick":
            return {**place, "kind": "tick"} if values.get(field.id) else None
        case "initials":
            return {**place, "kind": "typed", "text": values[field.id], "most": 20}
        case _:
            return {**place, "kind": "text", "text": values[field.id]} if values.get(field.id) else None


def _drawn(mark: Mapping[str, str]) -> dict[str, Any]:
    if mark["kind"] == "strokes":
        return {"kind": "strokes", "svg": mark["svg"]}
    if mark["kind"] == "picture":
        return {"kind": "picture", "bytes": base64.b64decode(mark["png"])}
    return {"kind": "typed", "text": mark["name"], "most": 26}


def manifest_of(envelope: Envelope, documents: list[EnvelopeDocument], signers: list[EnvelopeSigner]) -> dict[str, Any]:
    """What was shown to whom, what they agreed to, how they proved who they are, and what they did: it goes into the sealed file itself."""
    return {
        "format": FORMAT, "envelope": envelope.id, "organisation": our_name(), "title": envelope.title, "language": envelope.language,
        "rules": envelope.rules, "documents": [shown_of(one) for one in documents], "signature_fields": ["Seal"],
        "signers": [
            {
                "key": one.key, "name": one.name, "side": one.side, "turn": one.turn, "signed_at": one.act["at"], "way": one.act["way"],
                "consent": {name: one.consent[name] for name in ("version", "language", "sha256", "at")}, "proof": one.proof,
                "mark_sha256": trail.sha256(trail.canonical(one.act["mark"])), "values": one.act["values"], "binding": one.act["binding"],
                "intent": one.act["intent"],
            }
            for one in signers
        ],
        "trail_head": trail.head_of(envelope.trail), "trail_entries": len(envelope.trail),
    }  # fmt: skip


def file_name(document: EnvelopeDocument) -> str:
    """What the sealed file is called."""
    return f"{document.number:02d} {document.title}.pdf"


def certificate(envelope: Envelope, documents: list[EnvelopeDocument], signers: list[EnvelopeSigner], hashes: Mapping[int, str]) -> bytes:
    """The certificate of completion in the envelope's language: documents with their hashes, who signed how, and the whole trail."""
    listed = "\n".join(f"- **{_plain(one.title)}**\n\n  SHA-256 {hashes[one.number]}" for one in documents)
    people = "\n".join(
        "- "
        + _("**%(name)s** (%(title)s) signed on %(at)s. Agreed to sign electronically on %(consent)s.")
        % {"name": _plain(one.name), "title": _plain(one.title), "at": _utc(one.act["at"]), "consent": _utc(one.consent["at"])}
        for one in signers
    )
    steps = "\n".join(f"- {_utc(entry['at'])} – {_plain(step_of_trail(entry))}" for entry in envelope.trail)
    paper = Paper(
        language=envelope.language, sender=our_name(), accent=our_accent(), title=_("Certificate of completion"), subtitle=envelope.title,
        lines=[envelope.id, _("All times are UTC.")],
        sections=[
            (_("Documents"), listed), (_("Who signed"), people), (_("What happened"), steps),
            (_("How to check"), _("The seal of each file proves that nothing was changed since. The last line of the trail has this hash: %(hash)s")
             % {"hash": trail.head_of(envelope.trail)}),
        ],
        foot=envelope.title, page_of="{page} / {pages}", made_at=max(one.signed_at for one in signers if one.signed_at),
    )  # fmt: skip
    return pdf(paper)


def _utc(text: str) -> str:
    return text.replace("T", " ").partition(".")[0].partition("+")[0]


def _plain(text: str) -> str:
    return "".join(f"\\{each}" if each in "\\`*_[]<>#" else each for each in text)


def _keep(envelope: Envelope, made: Mapping[str, Any]) -> None:
    """Everything at once: the files, the rows, the end of the step."""
    keep = partial(keep_shared, account_id=envelope.account_id, journey_id=envelope.journey_id, step_id=envelope.step_id)
    answers = []
    for document in documents_of(envelope):
        content = made["files"][document.id]
        document.sealed_id = keep(content, file_name(document))
        document.sealed_sha256 = trail.sha256(content)
        document.save()
        answers.append({"title": document.title, "file": document.sealed_id, "sha256": document.sealed_sha256})
    with translation.override(envelope.language):
        name = _("Certificate of completion")
    envelope.certificate_id = keep(made["certificate"], f"{name}.pdf")
    envelope.manifest, envelope.manifest_signature = made["manifest"], made["signature"]
    envelope.state, envelope.ended_at, envelope.problem, envelope.seal_at = "completed", now(), "", None
    ends = min((end for content in made["files"].values() if (end := last_proof_ends(content)) is not None), default=None)
    envelope.renew_at = ends - RENEW_BEFORE if ends is not None and level_now() == "B-LTA" else None
    tell(envelope, "sealed", more={"sealed": [one["sha256"] for one in answers], "level": level_now()})
    envelope.save()
    signers = [{"name": one.name, "signed_at": one.act["at"]} for one in signers_of(envelope)]
    outcome = Outcome(word="signed", answers={"envelope": envelope.id, "documents": answers, "signers": signers})
    try:
        open_handle(envelope.journey_id, envelope.step_key).complete(outcome)
    except BoardwellError:
        # Skipped or paused meanwhile: what was signed stays signed, and the step is ended by whoever ends it.
        envelope.problem = ""
    say(happenings.EnvelopeSealed, envelope)
