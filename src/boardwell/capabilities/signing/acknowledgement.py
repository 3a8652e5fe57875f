"""Acknowledgements: a text that somebody has to have read and accepted."""

import hashlib
from collections.abc import Mapping
from typing import Any

from django.http import QueryDict
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from boardwell.kit.handle import Outcome, StepHandle
from boardwell.kit.kind import KEY, TEXTS, Kind, settings_of
from boardwell.kit.screens import Files, Screen, Submitted
from boardwell.kit.words import in_language, to_html


class AcknowledgementScreen(Screen):
    """The document, the statements to tick, and the button that accepts."""

    template = "signing/acknowledgement.html"

    def context(self, handle: StepHandle, typed: QueryDict | None = None) -> dict[str, Any]:
        ticked = set(typed.getlist("ticked")) if typed is not None else set()
        return {
            "document": to_html(in_language(handle.settings.get("document"))),
            "statements": [
                {"key": one["key"], "text": in_language(one["text"]), "ticked": one["key"] in ticked}
                for one in handle.settings.get("statements", [])
            ],
        }

    def submit(self, handle: StepHandle, typed: QueryDict, files: Files) -> Submitted:
        keys = [one["key"] for one in handle.settings.get("statements", [])]
        if not set(keys) <= set(typed.getlist("ticked")):
            return Submitted(errors={"ticked": [_("Tick every statement that you agree with. Ask us if you cannot.")]})
        text = in_language(handle.settings.get("document"))
        # Which words were accepted, in which language: their hash stays with the answer.
        answers = {"statements": keys, "language": get_language() or "en", "sha256": hashlib.sha256(text.encode()).hexdigest()}
        handle.complete(Outcome(word="accepted", answers=answers))
        return Submitted(done=True)


class Acknowledgement(Kind):
    """A text that somebody has to have read and accepted."""

    word = "acknowledgement"
    icon = "file-check"
    settings_schema = settings_of(
        {
            "document": TEXTS,
            "statements": {
                "type": "array", "minItems": 1, "maxItems": 20,
                "items": {"type": "object", "properties": {"key": KEY, "text": TEXTS}, "required": ["key", "text"], "additionalProperties": False},
            },
        },
        required=("document", "statements"),
    )  # fmt: skip
    text_paths = ("document", "statements.*.text")
    screen = AcknowledgementScreen()

    @property
    def label(self) -> str:
        return _("Acknowledgement")

    def settings_words(self) -> Mapping[str, str]:
        return {"document": _("Document"), "statements": _("Statements to accept"), "statements.text": _("Statement")}

    def answers_of(self, handle: StepHandle) -> list[tuple[str, str]]:
        accepted = (handle.outcome or {}).get("answers", {}).get("statements", [])
        words = {one["key"]: in_language(one["text"]) for one in handle.settings.get("statements", [])}
        return [(words[key], _("Accepted")) for key in accepted if key in words]
