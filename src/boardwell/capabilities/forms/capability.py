"""Kind: form."""

from collections.abc import Mapping
from typing import Any

from django.http import QueryDict
from django.utils.translation import gettext as _

from boardwell.capabilities.forms.answers import FIELD_TYPES, as_typed, check_answers, in_words, shown_field
from boardwell.kit.capability import Capability
from boardwell.kit.handle import Outcome, StepHandle
from boardwell.kit.kind import KEY, TEXTS, Kind, settings_of
from boardwell.kit.screens import Files, Screen, Submitted
from boardwell.kit.words import in_language


class FormScreen(Screen):
    """Questions by the GOV.UK pattern; a draft can be saved at any time."""

    template = "forms/form.html"

    def context(self, handle: StepHandle, typed: QueryDict | None = None) -> dict[str, Any]:
        fields = handle.settings.get("fields", [])
        if typed is not None:
            values = {field["key"]: as_typed(field, typed) for field in fields}
        else:
            kept = handle.progress.get("answers", {})
            facts = handle.facts
            # What is known already is filled in, so that nothing is asked twice.
            values = {field["key"]: kept.get(field["key"], facts.get(field.get("fact", ""))) for field in fields}
        return {"fields": [shown_field(field, values[field["key"]], handle.fact_types) for field in fields]}

    def submit(self, handle: StepHandle, typed: QueryDict, files: Files) -> Submitted:
        fields = handle.settings.get("fields", [])
        if typed.get("verb") == "save":
            handle.save_progress({"answers": {field["key"]: as_typed(field, typed) for field in fields}})
            return Submitted(saved=True, message=_("Saved. You can go on later."))
        answers, errors = check_answers(fields, typed, handle.fact_types)
        if errors:
            return Submitted(errors=errors)
        facts = {field["fact"]: answers[field["key"]] for field in fields if field.get("fact") and field["key"] in answers}
        measures = {field["key"]: float(answers[field["key"]]) for field in fields if field["type"] == "number" and field["key"] in answers}
        handle.complete(Outcome(word="answered", answers=answers, facts=facts, measures=measures))
        return Submitted(done=True)


class Form(Kind):
    """Questions; answers may be recorded as facts."""

    word = "form"
    icon = "clipboard-list"
    settings_schema = settings_of(
        {
            "fields": {
                "type": "array", "minItems": 1, "maxItems": 100,
                "items": {
                    "type": "object",
                    "properties": {
                        "key": KEY, "type": {"enum": list(FIELD_TYPES)}, "label": TEXTS, "hint": TEXTS, "required": {"type": "boolean"},
                        "fact": KEY, "choices": {"type": "object", "additionalProperties": TEXTS}, "min": {"type": "number"},
                        "max": {"type": "number"},
                    },
                    "required": ["key", "type", "label"], "additionalProperties": False,
                },
            }
        },
        required=("fields",),
    )  # fmt: skip
    text_paths = ("fields.*.label", "fields.*.hint", "fields.*.choices.*")
    fact_paths = ("fields.*.fact",)
    screen = FormScreen()

    @property
    def label(self) -> str:
        return _("Form")

    def settings_words(self) -> Mapping[str, str]:
        return {
            "fields": _("Questions"), "fields.label": _("Question"), "fields.fact": _("Fact that the answer records"),
            "fields.choices": _("Answers to choose from"), "fields.type": _("Kind of answer"),
        }  # fmt: skip

    def answers_of(self, handle: StepHandle) -> list[tuple[str, str]]:
        answers = (handle.outcome or {}).get("answers", {})
        return [
            (in_language(field["label"]), in_words(field, answers[field["key"]], handle.fact_types))
            for field in handle.settings.get("fields", [])
            if field["key"] in answers and handle.may_show(field.get("fact", ""))
        ]


CAPABILITY = Capability(name="forms", kinds=(Form(),))
