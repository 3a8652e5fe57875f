"""Kind: approval."""

from collections.abc import Mapping
from typing import Any

from django.http import QueryDict
from django.utils.translation import gettext as _

from boardwell.kit.capability import Capability
from boardwell.kit.handle import Outcome, StepHandle
from boardwell.kit.kind import TEXTS, Kind, settings_of
from boardwell.kit.screens import Files, Screen, Submitted
from boardwell.kit.words import in_language, paragraph, to_html


class ApprovalScreen(Screen):
    """Approve, or refuse with a remark; a refusal gives the step back until what was wrong is put right."""

    template = "approvals/approval.html"

    def context(self, handle: StepHandle, typed: QueryDict | None = None) -> dict[str, Any]:
        return {
            "question": in_language(handle.settings.get("question")),
            "document": to_html(in_language(handle.settings.get("document"))),
            "remark": typed.get("remark", "") if typed is not None else "",
            "refused": handle.state == "waiting",
            "refusal": handle.reason,
        }

    def submit(self, handle: StepHandle, typed: QueryDict, files: Files) -> Submitted:
        remark = paragraph(typed.get("remark", ""), 500)
        if typed.get("verb") == "refuse":
            if not remark:
                return Submitted(errors={"remark": [_("Say what has to change, so that we can put it right.")]})
            handle.ask(remark, {"word": "refused", "note": remark})
            return Submitted(saved=True, message=_("Thank you. We have your remark and will come back to you."))
        handle.complete(Outcome(word="approved", note=remark))
        return Submitted(done=True)


class Approval(Kind):
    """A yes or no to something, with a remark on no."""

    word = "approval"
    icon = "stamp"
    settings_schema = settings_of({"question": TEXTS, "document": TEXTS}, required=("question",))
    text_paths = ("question", "document")
    screen = ApprovalScreen()

    @property
    def label(self) -> str:
        return _("Approval")

    def settings_words(self) -> Mapping[str, str]:
        return {"question": _("Question"), "document": _("Document")}

    def answers_of(self, handle: StepHandle) -> list[tuple[str, str]]:
        outcome = handle.outcome or {}
        return [(in_language(handle.settings.get("question")), outcome.get("note") or _("Approved"))] if outcome else []


CAPABILITY = Capability(name="approvals", kinds=(Approval(),))
