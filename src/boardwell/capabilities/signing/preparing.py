"""The team's verbs before anything is sent: prepare from the playbook, take documents in, say who signs, place fields, send."""

import io
import secrets
import zipfile
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.utils import translation
from django.utils.translation import gettext as _

from boardwell.capabilities.signing import happenings, trail
from boardwell.capabilities.signing.envelopes import ask_next, documents_of, envelope_of_step, locked, remind_at, say, signers_of, tell
from boardwell.capabilities.signing.layout import missing
from boardwell.capabilities.signing.models import Envelope, EnvelopeDocument, EnvelopeField, EnvelopeSigner
from boardwell.capabilities.signing.placing import MOST_FIELDS, Misplaced, Placed, at_anchor, checked
from boardwell.capabilities.signing.typeset import Typeset, typeset_document
from boardwell.kit.files import bytes_of_part, keep_part, keep_shared
from boardwell.kit.handle import StepHandle
from boardwell.kit.papers import FONTS, Failed, Overrun, confined
from boardwell.kit.people import Player, everybody_at, guests_of, hosts_of, our_team, require
from boardwell.kit.rows import now
from boardwell.kit.words import Conflict, Invalid, in_language, line

MOST_BYTES = 20_000_000
MOST_DOCUMENTS = 10
DEFAULT_EXPIRY_DAYS = 30
_CODE_LETTERS = "ABCDEFGHJKMNPQRSTUVWXYZ23456789"


def prepare(handle: StepHandle) -> None:
    """Makes the step's envelope from the playbook, once; sends it when nothing is left to the team. Safe to repeat."""
    last = envelope_of_step(handle.step_id)
    if last is not None or not handle.is_open:
        return
    settings = handle.settings
    language = customer_language(handle)
    problem, made = "", []
    with translation.override(language):
        for number, wanted in enumerate(settings.get("documents", []), start=1):
            try:
                made.append(typeset_document(handle, wanted, language))
            except Invalid as refused:
                problem = problem or _("Document %(number)d: %(why)s") % {"number": number, "why": refused}
    with transaction.atomic():
        envelope = _new_envelope(handle, language)
        signers = _cast(handle, envelope, settings.get("signers", []))
        for one in made:
            _add(envelope, one.title, one.content, one.examined, twin=one.twin)
            _place_blanks(envelope, one, signers)
        _place_anchored(envelope, settings.get("fields", []), signers, strict=False)
        envelope.problem = problem[:500]
        tell(envelope, "prepared", more={"documents": [shown.shown_sha256 for shown in documents_of(envelope)]})
        envelope.save()
        if made and not problem and not settings.get("prepare", False) and not faults_of(envelope):
            _send(envelope)


def customer_language(handle: StepHandle) -> str:
    """The language of whoever the step is for."""
    guests = guests_of(handle.journey_id, handle.account_id, handle.contact_id)
    return guests[0].language if guests else "en"


def _new_envelope(handle: StepHandle, language: str) -> Envelope:
    settings = handle.settings
    with translation.override(language):
        title = handle.title
    envelope = Envelope(
        account_id=handle.account_id, step_id=handle.step_id, journey_id=handle.journey_id, step_key=handle.key, title=line(title, 200),
        language=language,
        rules={
            "order": settings.get("order", "sequence"), "identity": settings.get("identity", "session"),
            "expires_days": settings.get("expires_days", DEFAULT_EXPIRY_DAYS), "remind_days": settings.get("remind_days", 3),
        },
    )  # fmt: skip
    envelope.save(force_insert=True)
    return envelope


def _cast(handle: StepHandle, envelope: Envelope, wanted: Sequence[Mapping[str, Any]]) -> list[EnvelopeSigner]:
    found = []
    chosen: set[str] = set()
    named = {one["key"]: one for one in wanted or [{"key": "customer", "side": "customer"}]}
    for number, one in enumerate(named.values(), start=1):
        people = _candidates(handle, one)
        person = next((each for each in people if each.id not in chosen), people[0] if people else None)
        with translation.override(envelope.language):
            title = in_language(one.get("title")) or _("Signed by")
        signer = EnvelopeSigner(
            account_id=envelope.account_id, envelope=envelope, turn=one.get("turn", number), key=one["key"], title=line(title, 200),
            side=one["side"], in_person=one.get("in_person", False), check_code=_check_code(),
        )  # fmt: skip
        if person is not None:
            _give(signer, person)
            chosen.add(person.id)
        signer.save(force_insert=True)
        found.append(signer)
    return found


def _candidates(handle: StepHandle, one: Mapping[str, Any]) -> list[Player]:
    if one["side"] == "ours":
        return hosts_of(handle.journey_id, [one["role"]] if one.get("role") else [], everybody=False)
    return guests_of(handle.journey_id, handle.account_id, handle.contact_id)


def _give(signer: EnvelopeSigner, person: Player) -> None:
    signer.person_id, signer.name, signer.email, signer.language = person.id, person.name, person.email, person.language


def _check_code() -> str:
    return "".join(secrets.choice(_CODE_LETTERS) for _each in range(5))


def add_document(handle: StepHandle, content: bytes, name: str) -> None:
    """Takes a PDF in: the original is kept as it is, and pages without anything that acts are what is shown and signed.

    Raises NotAllowed, Conflict, Invalid with `document`.
    """
    require("journeys:complete")
    if not content:
        raise _wrong("document", _("Choose a PDF file."))
    if len(content) > MOST_BYTES:
        raise _wrong("document", _("The file is larger than 20 MB."))
    examined = examine(content, [])
    with transaction.atomic():
        envelope = _draft(handle)
        if len(documents_of(envelope)) >= MOST_DOCUMENTS:
            raise _wrong("document", _("Ten documents are the most that go together."))
        title = line(name.rpartition(".")[0] or name, 200)
        kept = keep_shared(content, name, account_id=handle.account_id, journey_id=handle.journey_id, step_id=handle.step_id)
        _add(envelope, title, examined["pdf"], examined, received=(kept, trail.sha256(content)))
        _place_anchored(envelope, handle.settings.get("fields", []), signers_of(envelope), strict=False)
        tell(envelope, "changed", more={"added": title, "sha256": trail.sha256(content)})
        envelope.save()


def examine(content: bytes, anchors: Sequence[str]) -> dict[str, Any]:
    """What is in a PDF, found out in a confined process. Raises Invalid with `document`."""
    try:
        found: dict[str, Any] = confined("boardwell.capabilities.signing.pdfs:examine", seconds=60, content=content, anchors=list(anchors))
    except Failed as problem:
        raise _wrong("document", _why_refused(str(problem))) from problem
    except Overrun as problem:
        raise _wrong(
            "document", _("This file takes more time or memory than a document may. Print it into a new PDF and send that.")
        ) from problem
    return found


def _why_refused(code: str) -> str:
    match code:
        case "locked":
            return _("This PDF is locked with a password. Save it without one.")
        case "signed":
            return _("This PDF is signed already, and a new signature would break that one. Send the version before it was signed.")
        case "pages":
            return _("A document may have 1 to 100 pages.")
        case "size":
            return _("A page of this PDF is too large or too small. Use paper of at most A2.")
        case _:
            return _("This is no PDF that can be read. Print it into a new PDF and send that.")


def _wrong(field: str, message: str) -> Invalid:
    return Invalid(message, {field: [message]})


def _draft(handle: StepHandle) -> Envelope:
    """The step's draft under lock; a new one when the last was stopped."""
    last = envelope_of_step(handle.step_id)
    if last is None or last.state not in {"draft", "sent", "sealing", "completed"}:
        envelope = _new_envelope(handle, customer_language(handle))
        _cast(handle, envelope, handle.settings.get("signers", []))
        return envelope
    return locked(last.id, "draft")


def _add(
    envelope: Envelope, title: str, content: bytes, examined: Mapping[str, Any], *, twin: str = "", received: tuple[str, str] = ("", "")
) -> EnvelopeDocument:  # fmt: skip
    drawn = io.BytesIO()
    with zipfile.ZipFile(drawn, "w", zipfile.ZIP_STORED) as archive:
        for number, picture in enumerate(examined["pictures"]):
            archive.writestr(zipfile.ZipInfo(f"{number}.png"), picture)
    pages = [
        {"width": size[0], "height": size[1], "picture": trail.sha256(picture), "words": words}
        for size, picture, words in zip(examined["sizes"], examined["pictures"], examined["words"], strict=True)
    ]
    document = EnvelopeDocument(
        account_id=envelope.account_id, envelope=envelope, number=len(documents_of(envelope)) + 1, title=title, file_id=received[0],
        file_sha256=received[1], shown_sha256=trail.sha256(content), twin=twin, pages=pages,
        shown_id=keep_part(content, "shown.pdf", account_id=envelope.account_id),
        pictures_id=keep_part(drawn.getvalue(), "pictures.zip", account_id=envelope.account_id),
    )  # fmt: skip
    document.save(force_insert=True)
    return document


def _place_blanks(envelope: Envelope, made: Typeset, signers: Sequence[EnvelopeSigner]) -> None:
    document = documents_of(envelope)[-1]
    by_key = {one.key: one for one in signers}
    placed = [(by_key[one.signer], one) for one in made.fields if one.signer in by_key]
    _put(document, placed)


def _put(document: EnvelopeDocument, placed: Sequence[tuple[EnvelopeSigner, Placed]]) -> None:
    first = EnvelopeField.objects.filter(document=document).count()
    EnvelopeField.objects.bulk_create([
        EnvelopeField(
            account_id=document.account_id, document=document, signer=signer, number=first + number, kind=one.kind, label=line(one.label, 200),
            page=one.page, x=round(one.x, 2), y=round(one.y, 2), w=round(one.w, 2), h=round(one.h, 2), required=one.required,
        )
        for number, (signer, one) in enumerate(placed)
    ])  # fmt: skip


def _place_anchored(envelope: Envelope, wanted: Sequence[Mapping[str, Any]], signers: Sequence[EnvelopeSigner], *, strict: bool) -> None:
    """Fields beside a text that the playbook names, in every document that has it and no fields yet."""
    if not wanted:
        return
    by_key = {one.key: one for one in signers}
    for document in documents_of(envelope):
        if EnvelopeField.objects.filter(document=document).exists():
            continue
        anchors = [in_language(one["anchor"], envelope.language) for one in wanted]
        places = confined("boardwell.capabilities.signing.pdfs:find", content=bytes_of_part(document.shown_id), anchors=anchors, seconds=20)
        sizes = [[page["width"], page["height"]] for page in document.pages]
        placed = []
        for one, hits in zip(wanted, places, strict=True):
            if strict and not hits:
                raise _wrong("anchor", _("“%(words)s” stands nowhere in this document.") % {"words": one["anchor"]})
            with translation.override(envelope.language):
                said = {**one, "label": in_language(one.get("label"))}
            placed += [(by_key[one["signer"]], at_anchor(hit, said, sizes)) for hit in hits if one["signer"] in by_key]
        _put(document, placed)


def remove_document(handle: StepHandle, document_id: str) -> None:
    """Takes a document out of the draft. Raises NotAllowed, Conflict; absent is no error."""
    require("journeys:complete")
    with transaction.atomic():
        envelope = _draft(handle)
        document = EnvelopeDocument.objects.filter(envelope=envelope, pk=document_id).first()
        if document is None:
            return
        tell(envelope, "changed", more={"removed": document.title})
        document.delete()
        for number, one in enumerate(documents_of(envelope), start=1):
            if one.number != number:
                one.number = number
                one.save()
        envelope.save()


def choose_signers(handle: StepHandle, people: Mapping[str, str]) -> None:
    """Says who signs, by the signer's key. Raises NotAllowed, Conflict, Invalid with `signer_<key>`."""
    require("journeys:complete")
    with transaction.atomic():
        envelope = _draft(handle)
        known = {one.id: one for one in (*everybody_at(handle.journey_id, handle.account_id), *our_team())}
        for signer in signers_of(envelope):
            person = known.get(people.get(signer.key, ""))
            if person is None or person.is_ours != (signer.side == "ours"):
                raise _wrong(f"signer_{signer.key}", _("Choose who signs."))
            if signer.person_id != person.id:
                _give(signer, person)
                signer.save()
                tell(envelope, "changed", signer.name, {"signs": signer.key})
        envelope.save()


def place_fields(handle: StepHandle, document_id: str, wanted: Sequence[Placed]) -> None:
    """Puts exactly these fields on a document's pages. Raises NotAllowed, Conflict, Invalid with `fields`."""
    require("journeys:complete")
    with transaction.atomic():
        envelope = _draft(handle)
        document = EnvelopeDocument.objects.filter(envelope=envelope, pk=document_id).first()
        if document is None:
            raise Conflict(_("This document is not there any more. Reload the page."))
        signers = {one.key: one for one in signers_of(envelope)}
        sizes = [[page["width"], page["height"]] for page in document.pages]
        if len(wanted) > MOST_FIELDS:
            raise _wrong("fields", _("That are too many fields."))
        try:
            placed = [(signers[one.signer], checked(one, sizes, list(signers))) for one in wanted]
        except (Misplaced, KeyError) as problem:
            raise _wrong("fields", _why_misplaced(problem)) from problem
        EnvelopeField.objects.filter(document=document).delete()
        _put(document, placed)
        tell(envelope, "changed", more={"fields": len(placed), "document": document.title})
        envelope.save()


def _why_misplaced(problem: Exception) -> str:
    code = problem.code if isinstance(problem, Misplaced) else "signer"
    match code:
        case "page":
            return _("A field stands on a page that is not there.")
        case "outside":
            return _("A field sticks out of its page.")
        case "small":
            return _("A field is too small to hold anything.")
        case "signer":
            return _("A field is for somebody who does not sign.")
        case _:
            return _("That is no kind of field.")


def send(handle: StepHandle) -> None:
    """Sends the draft: from now on nothing of it changes. Raises NotAllowed, Conflict, Invalid that names everything that is missing."""
    require("journeys:complete")
    with transaction.atomic():
        envelope = _draft(handle)
        faults = faults_of(envelope)
        if faults:
            raise Invalid(faults[0], {"send": faults})
        _send(envelope)


def _send(envelope: Envelope) -> None:
    envelope.state, envelope.sent_at, envelope.problem = "sent", now(), ""
    envelope.expires_at = now() + timedelta(days=envelope.rules["expires_days"])
    envelope.remind_at = remind_at(envelope, now())
    tell(envelope, "sent", more={
        "documents": [one.shown_sha256 for one in documents_of(envelope)], "signers": [[one.key, one.name, one.turn] for one in signers_of(envelope)],
        "rules": envelope.rules,
    })  # fmt: skip
    envelope.save()
    ask_next(envelope)


def faults_of(envelope: Envelope) -> list[str]:
    """Everything that keeps the draft from being sent, in words."""
    documents, signers = documents_of(envelope), signers_of(envelope)
    faults = []
    if not documents:
        faults.append(_("Add a document."))
    fields = list(EnvelopeField.objects.filter(document__in=documents).values_list("signer_id", "kind", "document_id", "label"))
    for signer in signers:
        if not signer.person_id:
            faults.append(_("Choose who signs: %(title)s.") % {"title": signer.title})
        elif documents and (signer.id, "signature") not in {(row[0], row[1]) for row in fields}:
            faults.append(_("Place a signature for %(name)s.") % {"name": signer.name})
        unknown = missing(signer.name, FONTS)
        if unknown:
            faults.append(_("No font has these characters of the name %(name)s: %(letters)s") % {"name": signer.name, "letters": unknown})
    return faults


def void(handle: StepHandle, reason: str) -> None:
    """Withdraws what was sent; nobody signs any more, and a new draft can be made. Raises NotAllowed, Conflict, Invalid with `reason`."""
    require("journeys:complete")
    reason = line(reason, 500)
    if not reason:
        raise _wrong("reason", _("Say why, so that everybody understands."))
    with transaction.atomic():
        last = envelope_of_step(handle.step_id)
        if last is None:
            raise Conflict(_("Nothing was sent."))
        envelope = locked(last.id, "draft", "sent")
        was_sent = envelope.state == "sent"
        envelope.state, envelope.ended_at, envelope.reason = "voided", now(), reason
        tell(envelope, "voided", more={"reason": reason})
        envelope.save()
        if was_sent:
            say(happenings.EnvelopeStopped, envelope)


def remind(handle: StepHandle) -> None:
    """Writes once more to everybody whose turn it is. Raises NotAllowed, Conflict."""
    require("journeys:complete")
    with transaction.atomic():
        last = envelope_of_step(handle.step_id)
        if last is None:
            raise Conflict(_("Nothing was sent."))
        envelope = locked(last.id, "sent")
        if any(entry["what"] == "reminded" and entry["at"] > (now() - timedelta(hours=1)).isoformat() for entry in envelope.trail):
            raise Conflict(_("A reminder went out less than an hour ago."))
        remind_asked(envelope)


def remind_asked(envelope: Envelope) -> None:
    """The reminder itself, for the button and for the clock; the envelope is locked."""
    for signer in signers_of(envelope):
        if signer.state == "asked":
            tell(envelope, "reminded", signer.name)
            say(happenings.SignatureReminded, envelope, signer.id)
    envelope.remind_at = remind_at(envelope, now())
    envelope.save()
