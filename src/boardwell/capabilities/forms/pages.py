"""Cuts a form into pages and says which comes next and how far somebody is; pure."""

from collections.abc import Collection
from dataclasses import dataclass

from boardwell.capabilities.forms.definition import Form, Question, Section
from boardwell.capabilities.forms.logic import Reading

CHECK = "_check"
"""The page on which everything is read once more before it is sent."""
ALL = "_all"
START = "_start"
"""The questions that stand outside any section."""


@dataclass(frozen=True, slots=True)
class Part:
    """Questions of one section that stand on a page together; of a repeating section always all."""

    section: Section
    questions: tuple[Question, ...]


@dataclass(frozen=True, slots=True)
class Page:
    """One page. `key` stands in its address."""

    key: str
    parts: tuple[Part, ...]

    @property
    def keys(self) -> list[str]:
        """The keys of the answers that are given here."""
        found: list[str] = []
        for part in self.parts:
            if part.section.repeats:
                found.append(part.section.key)
            else:
                found += [question.key for question in part.questions if question.is_asked]
        return found


def pages_of(form: Form, reading: Reading) -> list[Page]:
    """The pages that are shown, in order; a heading goes with the question after it."""
    parts = [Part(section, shown) for section in form.sections if (shown := _shown(section, reading))]
    if form.pages == "all":
        return [Page(ALL, tuple(parts))]
    if form.pages == "sections":
        return [Page(part.section.key or START, (part,)) for part in parts]
    found: list[Page] = []
    for part in parts:
        if part.section.repeats:
            found.append(Page(part.section.key, (part,)))
            continue
        waiting: list[Question] = []
        for question in part.questions:
            waiting.append(question)
            if question.is_asked:
                found.append(Page(question.key, (Part(part.section, tuple(waiting)),)))
                waiting = []
        if waiting and found and found[-1].parts[0].section is part.section:  # what is only shown, at the end
            last = found.pop()
            found.append(Page(last.key, (Part(part.section, (*last.parts[0].questions, *waiting)),)))
    return found


def _shown(section: Section, reading: Reading) -> tuple[Question, ...]:
    if section.repeats:
        return section.questions if section.key in reading.shown else ()
    return tuple(question for question in section.questions if question.key in reading.shown)


def is_done(page: Page, reading: Reading, answered: Collection[str]) -> bool:
    """Whether a page needs nobody any more: nothing on it is missing or wrong, and somebody has been there."""
    keys = page.keys
    troubled = {path.partition(".")[0] for path in [*reading.missing, *reading.faults]}
    return not troubled & set(keys) and (not keys or any(key in answered for key in keys))


def first_open(pages: list[Page], reading: Reading, answered: Collection[str]) -> str:
    """Where somebody goes on who comes back: the first page that is not done, else the one to check everything."""
    return next((page.key for page in pages if not is_done(page, reading, answered)), CHECK)


def neighbours(pages: list[Page], key: str) -> tuple[str, str]:
    """(the page before, empty for none; the page after, at the end the one to check everything)."""
    keys = [page.key for page in pages]
    at = keys.index(key) if key in keys else len(keys)
    return keys[at - 1] if at else "", keys[at + 1] if at + 1 < len(keys) else CHECK


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a section is: questions that are asked now, and those that are answered rightly."""

    section: Section
    asked: int
    answered: int
    troubled: int

    @property
    def is_whole(self) -> bool:
        """Whether nothing required is missing and nothing is wrong."""
        return self.troubled == 0


def progress_of(form: Form, reading: Reading) -> list[Progress]:
    """Each section that is shown, in order."""
    troubled = {path.partition(".")[0] for path in [*reading.missing, *reading.faults]}
    found = []
    for section in form.sections:
        shown = _shown(section, reading)
        if not shown:
            continue
        keys = [section.key] if section.repeats else [question.key for question in shown if question.is_asked]
        found.append(Progress(section, len(keys), sum(key in reading.values for key in keys), len(troubled & set(keys))))
    return found
