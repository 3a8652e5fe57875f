"""Signatures: documents that several people sign, one after the other or at once, and that are sealed when the last one has."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _

from boardwell.capabilities.signing.placing import KINDS
from boardwell.capabilities.signing.preparing import prepare
from boardwell.capabilities.signing.screen import SignatureScreen
from boardwell.capabilities.signing.words import kind_words, level_words
from boardwell.kit.handle import StepHandle
from boardwell.kit.kind import KEY, TEXTS, Kind, settings_of

_DOCUMENT: dict[str, Any] = {
    "type": "object", "properties": {"title": TEXTS, "text": TEXTS}, "required": ["title", "text"], "additionalProperties": False,
}  # fmt: skip
_SIGNER: dict[str, Any] = {
    "type": "object",
    "properties": {
        "key": KEY, "title": TEXTS, "side": {"enum": ["customer", "ours"]}, "role": KEY, "turn": {"type": "integer", "minimum": 1, "maximum": 20},
        "in_person": {"type": "boolean"},
    },
    "required": ["key", "side"],
    "additionalProperties": False,
}  # fmt: skip
_FIELD: dict[str, Any] = {
    "type": "object",
    "properties": {
        "signer": KEY, "kind": {"enum": list(KINDS)}, "anchor": TEXTS, "where": {"enum": ["right", "below", "over"]}, "label": TEXTS,
        "width": {"type": "number", "minimum": 8, "maximum": 600}, "height": {"type": "number", "minimum": 8, "maximum": 300},
        "required": {"type": "boolean"},
    },
    "required": ["signer", "kind", "anchor"],
    "additionalProperties": False,
}  # fmt: skip


class SignatureKind(Kind):
    """Documents to be signed by people of both sides."""

    word = "signature"
    icon = "file-check"
    settings_schema = settings_of(
        {
            "documents": {"type": "array", "items": _DOCUMENT, "maxItems": 10},
            "signers": {"type": "array", "items": _SIGNER, "minItems": 1, "maxItems": 20},
            "fields": {"type": "array", "items": _FIELD, "maxItems": 100},
            "order": {"enum": ["sequence", "together"]},
            "identity": {"enum": ["session", "code", "passkey"]},
            "expires_days": {"type": "integer", "minimum": 1, "maximum": 365},
            "remind_days": {"type": "integer", "minimum": 0, "maximum": 90},
            "prepare": {"type": "boolean"},
        }
    )
    text_paths = ("documents.*.title", "documents.*.text", "signers.*.title", "fields.*.anchor", "fields.*.label")
    screen = SignatureScreen()

    @property
    def label(self) -> str:
        return _("Signature")

    def settings_words(self) -> Mapping[str, str]:
        kinds = {f"fields.kind={key}": words for key, words in kind_words().items()}
        levels = {f"identity={key}": words for key, words in level_words()}
        return {
            "documents": _("Documents"), "documents.title": _("Title"), "documents.text": _("Text of the document"),
            "signers": _("Who signs"), "signers.title": _("Signs as"), "signers.side": _("Side"), "signers.side=ours": _("One of us"),
            "signers.side=customer": _("The customer"), "signers.role": _("Role in our team"), "signers.turn": _("Turn"),
            "signers.in_person": _("Signs in person, on our device"), "fields": _("Fields in uploaded documents"),
            "fields.signer": _("Who fills it in"), "fields.kind": _("Kind of field"), "fields.anchor": _("Beside this text"),
            "fields.where": _("Where"), "fields.where=right": _("To the right"), "fields.where=below": _("Below"), "fields.where=over": _("Over it"),
            "fields.label": _("Label"), "fields.width": _("Width in points"), "fields.height": _("Height in points"),
            "fields.required": _("Has to be filled in"), "order": _("Order"), "order=sequence": _("One after the other"),
            "order=together": _("All at once"), "identity": _("How it is proved who signs"), "expires_days": _("Days until it expires"),
            "remind_days": _("Days between reminders"), "prepare": _("We look at it before it is sent"), **kinds, **levels,
        }  # fmt: skip

    def on_open(self, handle: StepHandle) -> None:
        """Prepares the envelope, and sends it where nothing is left to the team."""
        prepare(handle)

    def answers_of(self, handle: StepHandle) -> list[tuple[str, str]]:
        answers = (handle.outcome or {}).get("answers", {})
        found = [(_("Signed by"), str(one["name"])) for one in answers.get("signers", [])]
        return found + [(str(one["title"]), f"SHA-256 {one['sha256']}") for one in answers.get("documents", [])]
