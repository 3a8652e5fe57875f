"""What is kept of a form while it is filled in: raw answers, who gave them, whose part is whose, remarks; pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from boardwell.capabilities.forms.definition import Form, Section
from boardwell.capabilities.forms.logic import Reading


@dataclass(frozen=True, slots=True)
class Draft:
    """`raw` answers by key; `by` names who gave each; `people` are contacts that parts were handed to, by section.

    `remarks` are the team's, by key of a question, while the form is back with whoever fills it in; `sent_by` is who has sent
    it to be looked at; `saved_at` (ISO 8601, UTC) and `saved_by` say when and by whom it was last kept.
    """

    raw: Mapping[str, Any] = field(default_factory=dict)
    by: Mapping[str, str] = field(default_factory=dict)
    people: Mapping[str, str] = field(default_factory=dict)
    remarks: Mapping[str, str] = field(default_factory=dict)
    sent_by: str = ""
    saved_at: str = ""
    saved_by: str = ""

    def as_json(self) -> dict[str, Any]:
        """As it stands in the step's progress; empty parts are left out."""
        parts = {
            "answers": dict(self.raw), "by": dict(self.by), "people": dict(self.people), "remarks": dict(self.remarks), "sent_by": self.sent_by,
            "saved_at": self.saved_at, "saved_by": self.saved_by,
        }  # fmt: skip
        return {name: part for name, part in parts.items() if part}


def draft_of(progress: Mapping[str, Any]) -> Draft:
    """The draft in a step's progress, whoever wrote it: what has not the right shape counts as absent."""

    def words(name: str) -> dict[str, str]:
        part = progress.get(name)
        return {str(key): str(value) for key, value in part.items()} if isinstance(part, Mapping) else {}

    raw = progress.get("answers")
    return Draft(
        raw=dict(raw) if isinstance(raw, Mapping) else {}, by=words("by"), people=words("people"), remarks=words("remarks"),
        sent_by=str(progress.get("sent_by") or ""), saved_at=str(progress.get("saved_at") or ""), saved_by=str(progress.get("saved_by") or ""),
    )  # fmt: skip


def with_answers(draft: Draft, raw: Mapping[str, Any], *, name: str, at: str) -> Draft:
    """The draft with other raw answers; those that differ are from now on `name`'s, their remarks stay until it is sent."""
    changed = [key for key in raw if raw[key] != draft.raw.get(key)]
    by = {key: who for key, who in draft.by.items() if key in raw} | dict.fromkeys(changed, name)
    return replace(draft, raw=dict(raw), by=by, saved_at=at, saved_by=name)


def names_of(draft: Draft, section: Section) -> list[str]:
    """Who has answered something in a section, each once, in the order of its questions."""
    keys = [section.key] if section.repeats else [question.key for question in section.questions]
    return list(dict.fromkeys(draft.by[key] for key in keys if key in draft.by))


def may_fill(section: Section, *, is_ours: bool) -> bool:
    """Whether somebody may fill in a section: we may fill in all of it, others what is not only ours."""
    return is_ours or section.side != "ours"


def mine(form: Form, *, is_ours: bool) -> set[str]:
    """The keys of all answers that somebody of a side may give."""
    return {key for key, section in form.section_of.items() if may_fill(section, is_ours=is_ours)}


def troubled(reading: Reading) -> set[str]:
    """The questions that something is missing or wrong in."""
    return {path.partition(".")[0] for path in [*reading.missing, *reading.faults]}


def in_the_way(form: Form, reading: Reading, keys: Iterable[str]) -> tuple[set[str], set[str]]:
    """(questions in trouble that are among `keys`, those that are for somebody else)."""
    own, trouble = set(keys), troubled(reading)
    return trouble & own, trouble - own
