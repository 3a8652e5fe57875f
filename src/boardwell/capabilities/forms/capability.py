"""Kind: form."""

from collections.abc import Iterable, Mapping
from typing import Any

from django.utils.translation import gettext as _

from boardwell.capabilities.forms.check import check_form
from boardwell.capabilities.forms.definition import read_form
from boardwell.capabilities.forms.exports import cells
from boardwell.capabilities.forms.importing import NoSchema, read_json_schema
from boardwell.capabilities.forms.schema import FAULT_WORDS, SETTINGS, setting_words
from boardwell.capabilities.forms.screen import FormScreen
from boardwell.capabilities.forms.words import in_words, row_in_words
from boardwell.kit.capability import Capability
from boardwell.kit.faults import Declared, SettingFault
from boardwell.kit.handle import StepHandle
from boardwell.kit.kind import Kind
from boardwell.kit.words import Invalid, in_language


class Form(Kind):
    """Questions; answers may be recorded as facts."""

    word = "form"
    icon = "clipboard-list"
    settings_schema = SETTINGS
    fault_words = FAULT_WORDS
    text_paths = (
        "fields.*.label", "fields.*.hint", "fields.*.choices.*", "sections.*.title", "sections.*.help", "sections.*.fields.*.label",
        "sections.*.fields.*.hint", "sections.*.fields.*.choices.*", "rules.*.message",
    )  # fmt: skip
    fact_paths = ("fields.*.fact", "sections.*.fields.*.fact")
    asks = True
    imports = "JSON Schema"
    screen = FormScreen()

    @property
    def label(self) -> str:
        return _("Form")

    def settings_words(self) -> Mapping[str, str]:
        return setting_words()

    def check_settings(self, settings: Mapping[str, Any], declared: Declared) -> Iterable[SettingFault]:
        return check_form(settings, declared)

    def answers_of(self, handle: StepHandle) -> list[tuple[str, str]]:
        answers = (handle.outcome or {}).get("answers", {})
        form = read_form(handle.settings, handle.fact_types)
        files = {file.id: file.name for file in handle.files()} if any(one.type == "file" for one in form.questions.values()) else {}
        found = []
        for section in form.sections:
            if section.repeats and isinstance(rows := answers.get(section.key), list):
                found += [
                    (f"{in_language(section.item) or in_language(section.title)} {n}", row_in_words(section.questions, row))
                    for n, row in enumerate(rows, 1)
                ]
            for question in () if section.repeats else section.questions:
                if question.key in answers and handle.may_show(question.fact):
                    found.append((in_language(question.label), in_words(question, answers[question.key], files)))
        return [(label, words) for label, words in found if words]

    def import_settings(self, text: str, language: str) -> tuple[dict[str, Any], list[str]]:
        try:
            found = read_json_schema(text, language)
        except NoSchema:
            raise Invalid(_("This is no JSON Schema of an object with properties.")) from None
        return found.settings, [_("Left behind at %(where)s: %(what)s") % {"where": where, "what": what} for where, what in found.left]

    def answer_cells(
        self, settings: Mapping[str, Any], facts: Mapping[str, Any], answers: Mapping[str, Any]
    ) -> list[tuple[str, str, str | int | float]]:  # fmt: skip
        return cells(settings, facts, answers)


CAPABILITY = Capability(name="forms", kinds=(Form(),))
