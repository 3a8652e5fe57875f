"""Kind: file request."""

from collections.abc import Mapping
from typing import Any

from django.http import QueryDict
from django.utils.translation import gettext as _

from boardwell.kit.capability import Capability
from boardwell.kit.handle import Outcome, StepHandle
from boardwell.kit.kind import KEY, TEXTS, Kind, settings_of
from boardwell.kit.screens import Files, Screen, Submitted
from boardwell.kit.words import Invalid, in_language

DEFAULT_KINDS = ("pdf", "png", "jpg", "docx", "xlsx", "csv", "txt")


class FileScreen(Screen):
    """A named list of files to send, one input each; what was sent stays when another one is refused."""

    template = "files/request.html"
    multipart = True

    def context(self, handle: StepHandle, typed: QueryDict | None = None) -> dict[str, Any]:
        sent = handle.progress.get("files", {})
        kept = {file.id: file for file in handle.files()}
        wanted = []
        for item in handle.settings.get("files", []):
            accept = item.get("accept", DEFAULT_KINDS)
            wanted.append(
                {
                    "name": "file_" + item["key"], "key": item["key"], "label": in_language(item["label"]),
                    "hint": in_language(item.get("hint")), "required": item.get("required", True),
                    "accept": ",".join("." + kind for kind in accept), "kinds": ", ".join(kind.upper() for kind in accept),
                    "most_mb": item.get("max_mb", 25), "sent": [kept[one] for one in sent.get(item["key"], []) if one in kept],
                }
            )  # fmt: skip
        return {"wanted": wanted}

    def submit(self, handle: StepHandle, typed: QueryDict, files: Files) -> Submitted:
        sent: dict[str, list[str]] = {key: list(ids) for key, ids in handle.progress.get("files", {}).items()}
        errors: dict[str, list[str]] = {}
        removed = typed.get("remove", "")
        if removed and any(removed in ids for ids in sent.values()):
            handle.detach(removed)
            sent = {key: [one for one in ids if one != removed] for key, ids in sent.items()}
            handle.save_progress({"files": sent})
            return Submitted(saved=True, message=_("Removed."))
        new = False
        for item in handle.settings.get("files", []):
            for upload in files.getlist("file_" + item["key"])[:20]:
                try:
                    file_id = handle.attach(
                        upload, upload.name or "file", accept=tuple(item.get("accept", DEFAULT_KINDS)),
                        max_bytes=int(item.get("max_mb", 25)) * 1_048_576,
                    )  # fmt: skip
                    sent.setdefault(item["key"], []).append(file_id)
                    new = True
                except Invalid as problem:
                    errors.setdefault("file_" + item["key"], []).append(str(problem))
        if new:
            handle.save_progress({"files": sent})
        if errors:
            return Submitted(errors=errors)
        if typed.get("verb") == "save":
            return Submitted(saved=True, message=_("Saved. You can go on later."))
        for item in handle.settings.get("files", []):
            if item.get("required", True) and not sent.get(item["key"]):
                errors["file_" + item["key"]] = [_("Choose a file for “%(label)s”.") % {"label": in_language(item["label"])}]
        if errors:
            return Submitted(errors=errors)
        handle.complete(Outcome(word="sent", answers={"files": sent}))
        return Submitted(done=True)


class FileRequest(Kind):
    """Files that somebody has to send."""

    word = "file_request"
    icon = "file-up"
    settings_schema = settings_of(
        {
            "files": {
                "type": "array", "minItems": 1, "maxItems": 30,
                "items": {
                    "type": "object",
                    "properties": {
                        "key": KEY, "label": TEXTS, "hint": TEXTS, "required": {"type": "boolean"},
                        "accept": {"type": "array", "items": {"enum": [*DEFAULT_KINDS, "pptx", "zip"]}, "minItems": 1},
                        "max_mb": {"type": "integer", "minimum": 1, "maximum": 50},
                    },
                    "required": ["key", "label"], "additionalProperties": False,
                },
            }
        },
        required=("files",),
    )  # fmt: skip
    text_paths = ("files.*.label", "files.*.hint")
    screen = FileScreen()

    @property
    def label(self) -> str:
        return _("File request")

    def settings_words(self) -> Mapping[str, str]:
        return {
            "files": _("Files"),
            "files.label": _("What is asked for"),
            "files.accept": _("Formats"),
            "files.max_mb": _("Largest size in MB"),
        }

    def answers_of(self, handle: StepHandle) -> list[tuple[str, str]]:
        sent = (handle.outcome or {}).get("answers", {}).get("files", {})
        names = {file.id: file.name for file in handle.files()}
        return [
            (in_language(item["label"]), ", ".join(names[one] for one in sent.get(item["key"], []) if one in names))
            for item in handle.settings.get("files", [])
            if sent.get(item["key"])
        ]


CAPABILITY = Capability(name="files", kinds=(FileRequest(),))
