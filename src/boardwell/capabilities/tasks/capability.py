"""Kinds: task and milestone."""

from collections.abc import Mapping
from typing import Any

from django.http import QueryDict
from django.utils.translation import gettext as _

from boardwell.kit.capability import Capability
from boardwell.kit.handle import Outcome, StepHandle
from boardwell.kit.kind import KEY, TEXTS, Kind, settings_of
from boardwell.kit.screens import Files, Screen, Submitted
from boardwell.kit.words import in_language, paragraph


class TaskScreen(Screen):
    """A checklist, a note, and the button that says it is done."""

    template = "tasks/task.html"

    def context(self, handle: StepHandle, typed: QueryDict | None = None) -> dict[str, Any]:
        ticked = set(typed.getlist("ticked")) if typed is not None else set(handle.progress.get("ticked", []))
        items = [
            {"key": item["key"], "text": in_language(item["text"]), "ticked": item["key"] in ticked}
            for item in handle.settings.get("checklist", [])
        ]
        return {"items": items, "note": typed.get("note", "") if typed is not None else handle.progress.get("note", "")}

    def submit(self, handle: StepHandle, typed: QueryDict, files: Files) -> Submitted:
        known = [item["key"] for item in handle.settings.get("checklist", [])]
        ticked = [key for key in known if key in typed.getlist("ticked")]
        note = paragraph(typed.get("note", ""), 2000)
        if typed.get("verb") == "save":
            handle.save_progress({"ticked": ticked, "note": note})
            return Submitted(saved=True, message=_("Saved. You can go on later."))
        left = len(known) - len(ticked)
        if left:
            handle.save_progress({"ticked": ticked, "note": note})
            return Submitted(errors={"ticked": [_("Tick every item before you finish, or save and go on later.")]})
        handle.complete(Outcome(word="done", answers={"ticked": ticked} if known else {}, note=note))
        return Submitted(done=True)


class Task(Kind):
    """Something to do, with an optional checklist."""

    word = "task"
    icon = "circle-check"
    settings_schema = settings_of({
        "checklist": {
            "type": "array", "maxItems": 100,
            "items": {"type": "object", "properties": {"key": KEY, "text": TEXTS}, "required": ["key", "text"], "additionalProperties": False},
        }
    })  # fmt: skip
    text_paths = ("checklist.*.text",)
    screen = TaskScreen()

    @property
    def label(self) -> str:
        return _("Task")

    def settings_words(self) -> Mapping[str, str]:
        return {"checklist": _("Checklist"), "checklist.text": _("Item")}

    def answers_of(self, handle: StepHandle) -> list[tuple[str, str]]:
        ticked = (handle.outcome or {}).get("answers", {}).get("ticked", [])
        items = {item["key"]: in_language(item["text"]) for item in handle.settings.get("checklist", [])}
        return [(items[key], _("Done")) for key in ticked if key in items]


class MilestoneScreen(Screen):
    """A milestone is reached by saying so."""

    template = "tasks/milestone.html"

    def context(self, handle: StepHandle, typed: QueryDict | None = None) -> dict[str, Any]:
        return {"marks": handle.settings.get("marks", "")}

    def submit(self, handle: StepHandle, typed: QueryDict, files: Files) -> Submitted:
        handle.complete(Outcome(word="reached"))
        return Submitted(done=True)


class Milestone(Kind):
    """Marks an outcome. It is reached when all it needs has ended; going live is said by a person."""

    word = "milestone"
    icon = "flag"
    settings_schema = settings_of({"marks": {"enum": ["kickoff", "first_value", "go_live"]}})
    screen = MilestoneScreen()

    @property
    def label(self) -> str:
        return _("Milestone")

    def settings_words(self) -> Mapping[str, str]:
        return {
            "marks": _("What it records"), "marks=kickoff": _("Kick-off"), "marks=first_value": _("First value"), "marks=go_live": _("Go-live"),
        }  # fmt: skip

    def on_open(self, handle: StepHandle) -> None:
        if not handle.settings.get("marks") and handle.plan is not None and handle.plan.needs:
            handle.complete(Outcome(word="reached"))


CAPABILITY = Capability(name="tasks", kinds=(Task(), Milestone()))
