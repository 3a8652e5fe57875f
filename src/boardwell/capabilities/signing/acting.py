"""The verbs of those who sign: agree to sign on a screen, ask for a code, sign, decline, ask somebody else. Each is one transaction."""

import base64
import hashlib
import hmac
import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from boardwell.capabilities.signing import happenings, trail
from boardwell.capabilities.signing.consent import VERSION, consent_hash, consent_text
from boardwell.capabilities.signing.envelopes import (
    ask_next,
    binding_of,
    documents_of,
    envelope_of_step,
    locked,
    say,
    shown_bytes,
    shown_of,
    signers_of,
    tell,
)
from boardwell.capabilities.signing.finishing import seal_envelope
from boardwell.capabilities.signing.layout import missing, strokes_as_svg
from boardwell.capabilities.signing.models import Envelope, EnvelopeField, EnvelopeSigner
from boardwell.kit.files import redrawn
from boardwell.kit.handle import StepHandle
from boardwell.kit.letters import our_address, our_name
from boardwell.kit.papers import FONTS
from boardwell.kit.people import Player, actor_now, everybody_at, our_team
from boardwell.kit.rows import now
from boardwell.kit.words import Conflict, Invalid, NotAllowed, line

CODE_LIFE = timedelta(minutes=10)
CODE_PAUSE = timedelta(seconds=30)
MOST_TRIES = 5
PASSKEY_LIFE_SECONDS = 900
WAYS = ("typed", "drawn", "uploaded")


def signer_here(envelope: Envelope, key: str = "") -> EnvelopeSigner | None:
    """Who of the signers acts: the actor, or for a member who hands the device over, the one named by `key` who signs in person."""
    actor = actor_now()
    for one in signers_of(envelope):
        if one.person_id == actor.id and (not key or one.key == key):
            return one
        if key and one.key == key and one.in_person and actor.kind == "member" and actor.may("journeys:complete"):
            return one
    return None


def _open(handle: StepHandle, key: str) -> tuple[Envelope, EnvelopeSigner]:
    """The sent envelope under lock and the signer whose turn it is. The order is held here, whichever way somebody came in."""
    last = envelope_of_step(handle.step_id)
    if last is None:
        raise Conflict(_("Nothing was sent to be signed yet."))
    envelope = locked(last.id, "sent")
    if envelope.expires_at is not None and envelope.expires_at <= now():
        raise Conflict(_("The time to sign these documents is over. Ask us for new ones."))
    signer = signer_here(envelope, key)
    if signer is None:
        raise NotAllowed(_("These documents are not for you to sign."))
    if signer.state == "signed":
        raise Conflict(_("You have signed already."))
    if signer.state != "asked":
        raise Conflict(_("It is not your turn yet. You get a mail when it is."))
    return envelope, signer


def _seen(handle: StepHandle) -> dict[str, str]:
    return {"address": handle.visit.address, "agent": handle.visit.agent}


def _wrong(field: str, message: str) -> Invalid:
    return Invalid(message, {field: [message]})


def give_consent(handle: StepHandle, key: str, *, code: str, agrees: bool) -> None:
    """Keeps that the signer agreed to these words in this language, having read the code in a PDF. Raises Invalid with `agrees`, `check`."""
    with transaction.atomic():
        envelope, signer = _open(handle, key)
        wrong: dict[str, list[str]] = {}
        if not agrees:
            wrong["agrees"] = [_("Tick the box if you agree.")]
        if not hmac.compare_digest(line(code, 20).upper().replace(" ", "").encode(), signer.check_code.encode()):
            wrong["check"] = [_("That is not the code in the PDF file. Open the file and type the five characters.")]
        if wrong:
            raise Invalid(_("Some details need to be put right."), wrong)
        words = consent_text(our_name(), our_address())
        signer.consent = {
            "version": VERSION, "language": get_language() or "en", "sha256": consent_hash(words), "text": words,
            "at": now().isoformat(timespec="milliseconds"), "opened_pdf": True,
        }  # fmt: skip
        signer.opened_at = signer.opened_at or now()
        signer.save()
        told = {name: signer.consent[name] for name in ("version", "language", "sha256")}
        tell(envelope, "consented", signer.name, {**told, **_seen(handle)})
        envelope.save()


def withdraw_consent(handle: StepHandle, key: str) -> None:
    """Takes the agreement back, as long as nothing is signed."""
    with transaction.atomic():
        envelope, signer = _open(handle, key)
        if not signer.consent:
            return
        signer.consent = {}
        signer.save()
        tell(envelope, "withdrew_consent", signer.name, _seen(handle))
        envelope.save()


def send_code(handle: StepHandle, key: str) -> str:
    """Makes a six-digit code for the signer's mailbox and returns it, for the letter alone. Raises Conflict when one has just gone out."""
    with transaction.atomic():
        envelope, signer = _open(handle, key)
        if signer.code_sent_at is not None and now() - signer.code_sent_at < CODE_PAUSE:
            raise Conflict(_("A code is on its way. Wait half a minute before you ask for another."))
        code = f"{secrets.randbelow(1_000_000):06d}"
        signer.code_hash, signer.code_sent_at, signer.code_tries = _hashed(signer, code), now(), 0
        signer.save()
        tell(envelope, "code_sent", signer.name, {"to": trail.sha256(signer.id + signer.email)})
        envelope.save()
        return code


def _hashed(signer: EnvelopeSigner, code: str) -> str:
    return hashlib.scrypt(code.encode(), salt=signer.id.encode(), n=2**12, r=8, p=1).hex()[:64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """What a signer sends: how they sign, what they fill in by field id, which binding they saw, and the code where one is asked."""

    way: str
    typed_name: str
    strokes: str
    picture: bytes
    values: Mapping[str, str]
    binding: str
    code: str


def sign(handle: StepHandle, key: str, act: Act) -> bool:
    """Signs; True when everybody has, and the documents are being sealed.

    Raises Conflict when anything changed since it was shown or it is not the signer's turn, Invalid by field.
    """
    _use_try(handle, key, act)
    with transaction.atomic():
        envelope, signer = _open(handle, key)
        if not signer.consent:
            raise Conflict(_("Agree to sign electronically first."))
        documents = documents_of(envelope)
        if not hmac.compare_digest(act.binding.encode(), binding_of(envelope, documents).encode()):
            raise Conflict(_("The documents are not the ones that you were shown. Read them again before you sign."))
        for one in documents:
            shown_bytes(one)
        proof = _proved(handle, envelope, signer, act)
        mark = _mark_from(act)
        values = _values_from(signer, act)
        at = now()
        signer.act = {
            "way": act.way, "at": at.isoformat(timespec="milliseconds"), "mark": mark, "values": values, "binding": act.binding,
            "intent": _("I sign these documents."), "date": date_format(timezone.localtime(at), "DATE_FORMAT"),
        }  # fmt: skip
        signer.proof, signer.state, signer.signed_at = proof, "signed", at
        signer.code_hash = ""
        signer.save()
        shown = [shown_of(one) for one in documents]
        tell(envelope, "signed", signer.name, {
            "signer": signer.key, "way": act.way, "mark_sha256": trail.sha256(trail.canonical(mark)), "binding": act.binding, "proof": proof,
            "values_sha256": trail.sha256(trail.canonical(values)), "shown_sha256": trail.sha256(trail.canonical(shown)), **_seen(handle),
        })  # fmt: skip
        is_last = all(one.state == "signed" for one in signers_of(envelope))
        if is_last:
            envelope.state, envelope.seal_at, envelope.expires_at, envelope.remind_at = "sealing", at, None, None
        envelope.save()
        say(happenings.DocumentSigned, envelope, signer.id)
        if is_last:
            seal_envelope.enqueue(envelope.id)
        else:
            ask_next(envelope)
        return is_last


def _use_try(handle: StepHandle, key: str, act: Act) -> None:
    """Counts a try of the code before it is looked at, in a transaction that a wrong code does not undo."""
    with transaction.atomic():
        envelope, signer = _open(handle, key)
        if _asks_code(envelope, signer) and act.code:
            EnvelopeSigner.objects.filter(pk=signer.pk).update(code_tries=signer.code_tries + 1)


def _asks_code(envelope: Envelope, signer: EnvelopeSigner) -> bool:
    return envelope.rules.get("identity") == "code" or signer.person_id != actor_now().id


def _proved(handle: StepHandle, envelope: Envelope, signer: EnvelopeSigner, act: Act) -> dict[str, Any]:
    """How it was proved who signs: the session, and what the sender asks on top. Raises Invalid with `code` or `passkey`."""
    host = "" if signer.person_id == actor_now().id else actor_now().name
    proved: dict[str, Any] = {"session": [method for method, _at in handle.visit.proofs], **({"in_person_with": host} if host else {})}
    if _asks_code(envelope, signer):
        if signer.code_tries > MOST_TRIES:
            raise _wrong("code", _("That were too many tries. Ask for a new code."))
        if not signer.code_hash or signer.code_sent_at is None or now() - signer.code_sent_at > CODE_LIFE:
            raise _wrong("code", _("Ask for a code first; it is good for ten minutes."))
        if not hmac.compare_digest(_hashed(signer, act.code.strip()), signer.code_hash):
            raise _wrong("code", _("That is not the code from the mail."))
        proved["code"] = {"sent_at": signer.code_sent_at.isoformat(), "to": trail.sha256(signer.id + signer.email)}
    elif envelope.rules.get("identity") == "passkey":
        latest = max((at for method, at in handle.visit.proofs if method == "webauthn"), default=0.0)
        if now().timestamp() - latest > PASSKEY_LIFE_SECONDS:
            raise _wrong("passkey", _("Confirm with your passkey first; it counts for a quarter of an hour."))
        proved["passkey_at"] = latest
    return proved


def _mark_from(act: Act) -> dict[str, str]:
    """What stands in the signature's place. Raises Invalid with `typed_name`, `strokes` or `picture`."""
    name = line(act.typed_name, 160)
    if len(name) < 2:
        raise _wrong("typed_name", _("Type your full name."))
    _refuse_unknown("typed_name", name)
    if act.way == "drawn":
        try:
            svg = strokes_as_svg(json.loads(act.strokes[:400_000] or "[]"))
        except (ValueError, TypeError, KeyError, IndexError, RecursionError) as problem:
            raise _wrong("strokes", _("Draw your signature in the box, or type your name instead.")) from problem
        return {"kind": "strokes", "svg": svg, "name": name}
    if act.way == "uploaded":
        picture = redrawn(act.picture).content
        return {"kind": "picture", "png": base64.b64encode(picture).decode(), "name": name}
    if act.way != "typed":
        raise _wrong("way", _("Choose how you sign."))
    return {"kind": "typed", "name": name}


def _values_from(signer: EnvelopeSigner, act: Act) -> dict[str, str]:
    wrong: dict[str, list[str]] = {}
    values = {}
    for field in EnvelopeField.objects.filter(signer=signer, kind__in=["text", "tick", "initials"]).order_by("document__number", "number"):
        given = line(act.values.get(field.id, ""), 500)
        if field.required and not given:
            said = _("Tick this.") if field.kind == "tick" else _("Fill this in.")
            wrong[f"field_{field.id}"] = [said]
        unknown = missing(given, FONTS)
        if unknown:
            wrong[f"field_{field.id}"] = [_("No font has these characters: %(letters)s") % {"letters": unknown}]
        values[field.id] = given
    if wrong:
        raise Invalid(_("Some details need to be put right."), wrong)
    return values


def _refuse_unknown(field: str, text: str) -> None:
    unknown = missing(text, FONTS)
    if unknown:
        raise _wrong(field, _("No font has these characters: %(letters)s") % {"letters": unknown})


def decline(handle: StepHandle, key: str, reason: str) -> None:
    """Says no, with a reason that everybody hears; nobody signs these documents any more. Raises Invalid with `reason`."""
    reason = line(reason, 500)
    if not reason:
        raise _wrong("reason", _("Say why, so that we can put it right."))
    with transaction.atomic():
        envelope, signer = _open(handle, key)
        signer.state = "declined"
        signer.save()
        envelope.state, envelope.ended_at, envelope.reason = "declined", now(), reason
        tell(envelope, "declined", signer.name, {"reason": reason, **_seen(handle)})
        envelope.save()
        say(happenings.EnvelopeStopped, envelope, signer.id)


def delegate(handle: StepHandle, key: str, person_id: str, reason: str) -> None:
    """Asks a colleague to sign instead; both stand in the evidence. Raises Invalid with `colleague`, `why`."""
    reason = line(reason, 500)
    if not reason:
        raise _wrong("why", _("Say why they sign instead of you."))
    with transaction.atomic():
        envelope, signer = _open(handle, key)
        others = colleagues_of(handle, envelope, signer)
        person = next((one for one in others if one.id == person_id), None)
        if person is None:
            raise _wrong("colleague", _("Choose a colleague who does not sign already."))
        before = signer.name
        signer.person_id, signer.name, signer.email, signer.language = person.id, person.name, person.email, person.language
        signer.consent, signer.proof, signer.opened_at, signer.asked_at, signer.code_hash = {}, {}, None, now(), ""
        signer.save()
        tell(envelope, "delegated", before, {"to": person.name, "reason": reason, **_seen(handle)})
        envelope.save()
        say(happenings.SignatureAsked, envelope, signer.id)


def colleagues_of(handle: StepHandle, envelope: Envelope, signer: EnvelopeSigner) -> list[Player]:
    """Who may sign instead: people of the same side who are not asked already."""
    people = our_team() if signer.side == "ours" else everybody_at(handle.journey_id, handle.account_id)
    taken = {one.person_id for one in signers_of(envelope)}
    return [one for one in people if one.id not in taken]
