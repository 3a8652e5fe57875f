"""How an envelope shows itself: to the team that prepares it, to those who sign it, and to everybody afterwards."""

import io
import zipfile
from typing import Any

from django.http import QueryDict
from django.utils.translation import gettext as _

from boardwell.capabilities.signing import acting, preparing
from boardwell.capabilities.signing.consent import consent_text
from boardwell.capabilities.signing.envelopes import binding_of, documents_of, envelope_of_step, shown_bytes, signers_of
from boardwell.capabilities.signing.evidence import evidence_package
from boardwell.capabilities.signing.letters import post_code
from boardwell.capabilities.signing.models import Envelope, EnvelopeDocument, EnvelopeField, EnvelopeSigner
from boardwell.capabilities.signing.placingform import as_rows, placed_from, rows_name
from boardwell.capabilities.signing.words import kind_words, signer_words, state_words, step_of_trail
from boardwell.kit.files import bytes_of_part
from boardwell.kit.handle import StepHandle
from boardwell.kit.letters import our_address, our_name
from boardwell.kit.papers import Paper, our_accent, pdf
from boardwell.kit.people import actor_now, everybody_at, our_team
from boardwell.kit.rows import now
from boardwell.kit.screens import Files, HandedOut, Screen, Submitted
from boardwell.kit.words import to_html

ENDED = {"declined", "expired", "voided"}


class SignatureScreen(Screen):
    """Documents as pictures and as text, whose turn it is, and the form of whoever acts."""

    template = "signing/signature.html"
    multipart = True

    def context(self, handle: StepHandle, typed: QueryDict | None = None) -> dict[str, Any]:
        envelope = envelope_of_step(handle.step_id)
        is_team = actor_now().is_insider
        context: dict[str, Any] = {
            "is_team": is_team,
            "envelope": envelope,
            "state": "",
            "may_prepare": actor_now().may("journeys:complete"),
        }
        is_new = envelope is None or envelope.state in ENDED
        if envelope is not None:
            context |= _shown(envelope, is_team=is_team)
            if envelope.state == "sent":
                context["signing"] = [_signing(handle, envelope, one, typed) for one in _signers_here(envelope)]
        if is_team and (is_new or (envelope is not None and envelope.state == "draft")):
            context |= _drafting(handle, None if is_new else envelope, typed)
        return context

    def submit(self, handle: StepHandle, typed: QueryDict, files: Files) -> Submitted:
        verb, _colon, rest = typed.get("verb", "").partition(":")
        team = _TEAM.get(verb)
        if team is not None:
            return team(handle, typed, files, rest)
        mine = _SIGNER.get(verb)
        if mine is None:
            return Submitted(errors={"": [_("Choose what you want to do.")]})
        return mine(handle, typed, files, rest)

    def hand_out(self, handle: StepHandle, name: str) -> HandedOut | None:
        envelope = envelope_of_step(handle.step_id)
        if envelope is None or (envelope.state == "draft" and not actor_now().is_insider):
            return None
        return _hand_out(envelope, name)

    def keepsakes(self, handle: StepHandle) -> list[tuple[str, str]]:
        envelope = envelope_of_step(handle.step_id)
        return [("evidence.zip", _("Evidence package"))] if envelope is not None and envelope.state == "completed" else []


def _signers_here(envelope: Envelope) -> list[EnvelopeSigner]:
    """The actor's own turn, and for a member those who sign in person, with the device handed over."""
    actor = actor_now()
    return [
        one
        for one in signers_of(envelope)
        if one.state == "asked"
        and (one.person_id == actor.id or (one.in_person and actor.kind == "member" and actor.may("journeys:complete")))
    ]


def _shown(envelope: Envelope, *, is_team: bool) -> dict[str, Any]:
    words, states = signer_words(), state_words()
    documents = [] if envelope.state == "draft" and not is_team else documents_of(envelope)
    return {
        "state": envelope.state, "state_words": states[envelope.state], "problem": envelope.problem if is_team else "",
        "documents": [_document(one) for one in documents],
        "signers": [
            {"title": one.title, "name": one.name, "state": one.state, "words": words[one.state], "at": one.signed_at or one.asked_at,
             "in_person": one.in_person, "way": one.act.get("way", "")}
            for one in signers_of(envelope)
        ] if is_team or envelope.state != "draft" else [],
        "trail": [{"at": entry["at"], "words": step_of_trail(entry)} for entry in envelope.trail] if is_team else [],
    }  # fmt: skip


def _document(document: EnvelopeDocument) -> dict[str, Any]:
    return {
        "id": document.id, "number": document.number, "title": document.title, "twin": to_html(document.twin) if document.twin else "",
        "sha256": document.shown_sha256,
        "pages": [
            {"number": number, "picture": f"out/page-{document.number}-{number}.png", "width": page["width"], "height": page["height"],
             "words": page["words"]}
            for number, page in enumerate(document.pages, start=1)
        ],
    }  # fmt: skip


def _signing(handle: StepHandle, envelope: Envelope, signer: EnvelopeSigner, typed: QueryDict | None) -> dict[str, Any]:
    fields = EnvelopeField.objects.filter(signer=signer).select_related("document").order_by("document__number", "page", "y", "x")
    is_own = signer.person_id == actor_now().id
    get = typed.get if typed is not None else (lambda _name, default="": default)
    return {
        "key": signer.key, "name": signer.name, "is_own": is_own, "has_consent": bool(signer.consent),
        "consent": consent_text(our_name(), our_address()), "check_file": f"out/check-{signer.key}.pdf",
        "identity": envelope.rules.get("identity", "session") if is_own else "code", "code_sent": signer.code_sent_at is not None and signer.code_hash,
        "binding": binding_of(envelope, documents_of(envelope)), "typed_name": get("typed_name", signer.name), "way": get("way", "typed"),
        "fields": [
            {"name": f"field_{one.id}", "kind": one.kind, "label": one.label or kind_words()[one.kind], "required": one.required,
             "value": get(f"field_{one.id}", ""), "page": one.page + 1, "document": one.document.title}
            for one in fields if one.kind in {"text", "tick", "initials"}
        ],
        "places": sum(1 for one in fields if one.kind == "signature"),
        "colleagues": [(one.id, one.name) for one in acting.colleagues_of(handle, envelope, signer)] if is_own else [],
        "check": get("check", ""),
        "agrees": bool(get("agrees", "")),
        "reason": get("reason", ""), "why": get("why", ""), "colleague": get("colleague", ""),
    }  # fmt: skip


def _drafting(handle: StepHandle, envelope: Envelope | None, typed: QueryDict | None) -> dict[str, Any]:
    found: dict[str, Any] = {"drafting": True, "kinds": list(kind_words().items())}
    if envelope is None:
        return found
    people = {
        "ours": [(one.id, one.name) for one in our_team()],
        "customer": [(one.id, one.name) for one in everybody_at(handle.journey_id, handle.account_id)],
    }
    signers = signers_of(envelope)
    return found | {
        "cast": [
            {"name": f"signer_{one.key}", "title": one.title, "people": people[one.side], "value": typed.get(f"signer_{one.key}", one.person_id) if typed else one.person_id}
            for one in signers
        ],
        "signer_keys": [(one.key, one.name or one.title) for one in signers],
        "sheets": [
            {"document": _document(one), "rows": as_rows(one, typed), "rows_name": rows_name(one)} for one in documents_of(envelope)
        ],
        "faults": preparing.faults_of(envelope),
    }  # fmt: skip


def _upload(handle: StepHandle, typed: QueryDict, files: Files, _rest: str) -> Submitted:
    sent = files.get("document")
    preparing.add_document(
        handle, sent.read(preparing.MOST_BYTES + 1) if sent is not None else b"", (sent.name if sent is not None else "") or "document.pdf"
    )
    return Submitted(saved=True, message=_("Added. What you see below is exactly what will be signed."))


def _remove(handle: StepHandle, typed: QueryDict, files: Files, rest: str) -> Submitted:
    preparing.remove_document(handle, rest)
    return Submitted(saved=True, message=_("Removed."))


def _cast(handle: StepHandle, typed: QueryDict, files: Files, _rest: str) -> Submitted:
    people = {name.removeprefix("signer_"): typed.get(name, "") for name in typed if name.startswith("signer_")}
    preparing.choose_signers(handle, people)
    return Submitted(saved=True, message=_("Saved."))


def _place(handle: StepHandle, typed: QueryDict, files: Files, rest: str) -> Submitted:
    preparing.place_fields(handle, rest, placed_from(typed, rest))
    return Submitted(saved=True, message=_("Saved."))


def _send(handle: StepHandle, typed: QueryDict, files: Files, _rest: str) -> Submitted:
    preparing.send(handle)
    return Submitted(saved=True, message=_("Sent. Whoever's turn it is gets a mail."))


def _void(handle: StepHandle, typed: QueryDict, files: Files, _rest: str) -> Submitted:
    preparing.void(handle, typed.get("void_reason", ""))
    return Submitted(saved=True, message=_("Withdrawn. Everybody who was asked gets a mail."))


def _remind(handle: StepHandle, typed: QueryDict, files: Files, _rest: str) -> Submitted:
    preparing.remind(handle)
    return Submitted(saved=True, message=_("Reminded."))


def _consent(handle: StepHandle, typed: QueryDict, files: Files, rest: str) -> Submitted:
    acting.give_consent(handle, rest, code=typed.get("check", ""), agrees=bool(typed.get("agrees")))
    return Submitted(saved=True, message=_("Thank you. Now read the documents and sign below."))


def _withdraw(handle: StepHandle, typed: QueryDict, files: Files, rest: str) -> Submitted:
    acting.withdraw_consent(handle, rest)
    return Submitted(saved=True, message=_("You have withdrawn your agreement. Nothing was signed."))


def _code(handle: StepHandle, typed: QueryDict, files: Files, rest: str) -> Submitted:
    code = acting.send_code(handle, rest)
    envelope = envelope_of_step(handle.step_id)
    signer = acting.signer_here(envelope, rest) if envelope is not None else None
    if signer is not None:
        post_code(signer, code)
    return Submitted(saved=True, message=_("The code is on its way to the mailbox."))


def _sign(handle: StepHandle, typed: QueryDict, files: Files, rest: str) -> Submitted:
    sent = files.get("picture")
    act = acting.Act(
        way=typed.get("way", "typed"), typed_name=typed.get("typed_name", ""), strokes=typed.get("strokes", ""),
        picture=sent.read(preparing.MOST_BYTES) if sent is not None else b"", binding=typed.get("binding", ""), code=typed.get("code", ""),
        values={name.removeprefix("field_"): typed.get(name, "") for name in typed if name.startswith("field_")},
    )  # fmt: skip
    is_last = acting.sign(handle, rest, act)
    said = _("Signed. Everybody has signed now; the sealed documents will be here in a moment.") if is_last else _("Signed. Thank you.")
    return Submitted(saved=True, message=said)


def _decline(handle: StepHandle, typed: QueryDict, files: Files, rest: str) -> Submitted:
    acting.decline(handle, rest, typed.get("reason", ""))
    return Submitted(saved=True, message=_("Declined. Everybody who takes part gets a mail with your reason."))


def _delegate(handle: StepHandle, typed: QueryDict, files: Files, rest: str) -> Submitted:
    acting.delegate(handle, rest, typed.get("colleague", ""), typed.get("why", ""))
    return Submitted(saved=True, message=_("Your colleague gets a mail and can sign now."))


_TEAM = {"upload": _upload, "remove": _remove, "cast": _cast, "place": _place, "send": _send, "void": _void, "remind": _remind}
_SIGNER = {"consent": _consent, "withdraw": _withdraw, "code": _code, "sign": _sign, "decline": _decline, "delegate": _delegate}


def _hand_out(envelope: Envelope, name: str) -> HandedOut | None:
    kind, _dash, rest = name.rpartition(".")[0].partition("-")
    documents = {str(one.number): one for one in documents_of(envelope)}
    if kind == "page":
        number, _dash, page = rest.partition("-")
        return _picture(documents.get(number), page)
    if kind == "document" and rest in documents:
        return HandedOut(f"{documents[rest].title}.pdf", "application/pdf", shown_bytes(documents[rest]))
    if kind == "check":
        signer = next((one for one in signers_of(envelope) if one.key == rest), None)
        is_mine = signer is not None and (signer.person_id == actor_now().id or (signer.in_person and actor_now().kind == "member"))
        return HandedOut("check.pdf", "application/pdf", _check_file(signer)) if signer is not None and is_mine else None
    if envelope.state == "completed" and name == "evidence.zip":
        return HandedOut(f"{envelope.title}.zip", "application/zip", evidence_package(envelope))
    return None


def _picture(document: EnvelopeDocument | None, page: str) -> HandedOut | None:
    if document is None or not page.isdecimal() or not 1 <= int(page) <= len(document.pages):
        return None
    with zipfile.ZipFile(io.BytesIO(bytes_of_part(document.pictures_id))) as archive:
        return HandedOut(f"{page}.png", "image/png", archive.read(f"{int(page) - 1}.png"))


def _check_file(signer: EnvelopeSigner) -> bytes:
    """One page with a code on it: whoever types the code has opened a PDF."""
    paper = Paper(
        language=signer.language, sender=our_name(), accent=our_accent(), title=signer.check_code, subtitle=_("Your code"),
        lines=[_("Type these five characters on the page where you sign.")], sections=[], foot=signer.name, page_of="{page} / {pages}",
        made_at=signer.asked_at or now(),
    )  # fmt: skip
    return pdf(paper)
