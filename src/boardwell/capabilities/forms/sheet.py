"""One form at one moment: what it asks, what is kept, what that comes to, and whose turn it is."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from django.utils import timezone

from boardwell.capabilities.forms.definition import Form, Question, read_form
from boardwell.capabilities.forms.drafts import Draft, draft_of, may_fill, mine
from boardwell.capabilities.forms.logic import Reading, read_answers, with_known
from boardwell.capabilities.forms.pages import Page, pages_of
from boardwell.capabilities.forms.values import for_fact, raw_of
from boardwell.kit.handle import Known, Outcome, StepHandle
from boardwell.kit.people import actor_now

_BY_COUNTRY = frozenset({"phone", "tax_id"})


@dataclass(frozen=True)
class Sheet:
    """A form of a step, for the actor of now. `kept` are the kept answers with what is known put in, `raw` those it is read with."""

    handle: StepHandle
    form: Form
    draft: Draft
    raw: Mapping[str, Any]
    kept: Mapping[str, Any]

    @cached_property
    def is_ours(self) -> bool:
        """Whether one of us looks at it."""
        return actor_now().is_insider

    @cached_property
    def known(self) -> dict[str, Known]:
        """What is known already of the facts that it asks for."""
        facts = [question.fact for _section, question in self.form.top() if question.fact]
        return self.handle.known(facts) if facts else {}

    @cached_property
    def country(self) -> str:
        """The customer's country, when a number has to be read by it."""
        listed = [*self.form.questions.values(), *(one for section in self.form.sections for one in section.questions)]
        asked = {one.type for question in listed for one in (question, *question.columns)}
        return self.handle.country if asked & _BY_COUNTRY else ""

    @cached_property
    def reading(self) -> Reading:
        """What the answers come to."""
        return self.read(self.raw)

    def read(self, raw: Mapping[str, Any]) -> Reading:
        """What other raw answers would come to."""
        return read_answers(self.form, raw, self.handle.facts, today=timezone.localdate().isoformat(), country=self.country)

    @cached_property
    def pages(self) -> list[Page]:
        """The pages that are shown to whoever looks, without those that are not theirs to fill in."""
        return [
            page for page in pages_of(self.form, self.reading) if any(may_fill(part.section, is_ours=self.is_ours) for part in page.parts)
        ]  # fmt: skip

    @cached_property
    def mine(self) -> set[str]:
        """The answers that whoever looks may give."""
        return mine(self.form, is_ours=self.is_ours)

    @property
    def is_sent(self) -> bool:
        """Whether it waits for us: to be looked at, or for our own part."""
        return bool(self.draft.sent_by) and self.handle.state == "waiting"

    def with_raw(self, raw: Mapping[str, Any]) -> "Sheet":
        """The same form with other answers, such as those that were just typed; what was looked up already is not asked again."""
        other = replace(self, raw=raw)
        other.__dict__.update({name: value for name, value in self.__dict__.items() if name in ("known", "country", "is_ours")})
        return other

    def outcome(self) -> Outcome:
        """How the step ends with these answers: typed values, facts of their types, numbers as measures."""
        values, reading = self.reading.values, self.reading
        facts: dict[str, Any] = {}
        for key, question in self.form.questions.items():
            kind = self.handle.fact_types.get(question.fact)
            if kind is not None and key in values and (value := for_fact(question, values[key], kind.type)) is not None:
                facts[question.fact] = value
        measures = {
            key: float(values[key]) for key, question in self.form.questions.items()
            if key in reading.shown and question.type in ("number", "rating") and key in values
        }  # fmt: skip
        return Outcome(word="answered", answers=values, facts=facts, measures=measures)


def sheet_of(handle: StepHandle, *, one_page: bool = False) -> Sheet:
    """The form as it is kept; of a done step with what it ended with. `one_page` for changing it as a whole."""
    form = read_form(handle.settings, handle.fact_types)
    if one_page:
        form = replace(form, pages="all")
    draft = draft_of(handle.progress)
    if handle.state == "done":
        answers = (handle.outcome or {}).get("answers") or {}
        raw = {**draft.raw, **raw_from(form, answers)}
        return Sheet(handle, form, draft, raw, raw)
    bare = Sheet(handle, form, draft, draft.raw, draft.raw)
    raw = with_known(form, draft.raw, {key: known.value for key, known in bare.known.items()})
    return replace(bare.with_raw(raw), kept=raw)


def raw_from(form: Form, answers: Mapping[str, Any]) -> dict[str, Any]:
    """What would have to be typed for typed answers."""
    found: dict[str, Any] = {}
    for key, value in answers.items():
        if key in form.questions:
            found[key] = raw_of(form.questions[key], value)
        elif key in form.section_of and isinstance(value, list):
            questions = form.section_of[key].questions
            found[key] = [{one.key: raw_of(one, row.get(one.key)) for one in questions} for row in value if isinstance(row, Mapping)]
    return found


def known_unchanged(question: Question, sheet: Sheet) -> Known | None:
    """What is known of a question's fact, while nobody has answered otherwise here; None when it has to be asked."""
    known = sheet.known.get(question.fact) if question.fact and not question.again else None
    if known is None or question.key in sheet.reading.faults or known.step_id == sheet.handle.step_id:
        return None
    return known if sheet.raw.get(question.key) == raw_of(question, known.value) else None
