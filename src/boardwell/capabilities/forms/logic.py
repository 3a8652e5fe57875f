"""Reads a form's answers as a whole: what is asked, typed values, calculated ones, and everything that is wrong; pure.

Run on every save and again when it is sent. What is hidden is treated as not answered, so an answer can only hang on what is
shown, and dropping what is hidden changes nothing else.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from boardwell.capabilities.forms.definition import Form, Question, Rule, Section, row_order
from boardwell.capabilities.forms.values import FaultError, for_expressions, is_empty, raw_of, value_of
from boardwell.kit.expressions import TODAY, Condition

MOST_ROWS = 200
"""Rows that are looked at, whatever was sent; more is refused."""


@dataclass(slots=True)
class Reading:
    """What a form comes to. Paths are `seats`, of a row `owners.0.share`, of a part `office.city`.

    `values` and `known` hold only what is shown; `rows` are the numbers of the rows that count; `missing` are the required ones without an answer, in order; `broken` are
    the rules that do not hold.
    """

    values: dict[str, Any] = field(default_factory=dict)
    shown: set[str] = field(default_factory=set)
    faults: dict[str, FaultError] = field(default_factory=dict)
    missing: list[str] = field(default_factory=list)
    broken: list[Rule] = field(default_factory=list)
    known: dict[str, Any] = field(default_factory=dict)
    rows: dict[str, list[int]] = field(default_factory=dict)

    @property
    def is_whole(self) -> bool:
        """Whether it can be sent as it is."""
        return not (self.faults or self.missing or self.broken)


def read_answers(form: Form, raw: Mapping[str, Any], facts: Mapping[str, Any], *, today: str, country: str = "") -> Reading:
    """Reads raw answers by key. `today` is ISO 8601; `country` is the customer's own. Never raises for what was typed."""
    reading = Reading(known={**facts, TODAY: today})
    sections = {f"§{number}": section for number, section in enumerate(form.sections)}
    repeating = {section.key: section for section in form.sections if section.repeats}
    open_sections: set[int] = set()
    for key in form.order:
        if key in sections:
            section = sections[key]
            if holds(section.when, reading.known):
                open_sections.add(id(section))
            continue
        section = form.section_of[key]
        if id(section) not in open_sections:
            continue
        if key in repeating:
            _read_repeats(section, raw.get(key), reading, country)
        else:
            _read_one(form.questions[key], raw.get(key), reading, country)
    _in_order(form, reading)
    for rule in form.rules:
        if _is_broken(rule, reading.known):
            reading.broken.append(rule)
    return reading


def holds(condition: Condition | None, known: Mapping[str, Any]) -> bool:
    """Whether something without a condition, or with one that is true, is shown."""
    return condition is None or condition.holds(known)


def _read_one(question: Question, raw: Any, reading: Reading, country: str) -> None:
    if not holds(question.when, reading.known):
        return
    reading.shown.add(question.key)
    if question.type == "heading":
        return
    name = f"answers.{question.key}"
    if question.type == "calculated":
        value = _calculated(question, reading.known)
        if value is not None:
            reading.values[question.key] = reading.known[name] = value
        return
    if question.type == "table":
        _read_rows(
            question.key, question.columns, raw, reading, country, question.least_rows, question.most_rows, required=question.required
        )
        return
    if is_empty(raw):
        if question.required:
            reading.missing.append(question.key)
        return
    where = _country(question, reading.known, country)
    try:
        value = value_of(question, raw, where)
    except FaultError as fault:
        reading.faults[question.key] = fault
        return
    reading.values[question.key] = value
    reading.known[name] = for_expressions(question, value)


def _country(question: Question, known: Mapping[str, Any], country: str) -> str:
    if question.country_from:
        return str(known.get(f"answers.{question.country_from}") or known.get(f"item.{question.country_from}") or "")
    return question.country or country


def _calculated(question: Question, known: Mapping[str, Any]) -> Any:
    value = question.value.value(known) if question.value is not None else None
    if isinstance(value, bool | str):
        return value
    if isinstance(value, int):
        return value if abs(value) <= 2**53 else None
    if isinstance(value, float) and math.isfinite(value) and abs(value) <= 2**53:
        value = round(value, 6)  # 0.1 + 0.2 is 0.3 to whoever reads it
        return int(value) if value == int(value) else value
    return None


def _read_repeats(section: Section, raw: Any, reading: Reading, country: str) -> None:
    reading.shown.add(section.key)
    _read_rows(section.key, section.questions, raw, reading, country, section.least, section.most, required=section.least > 0)


def _read_rows(
    key: str, questions: tuple[Question, ...], raw: Any, reading: Reading, country: str, least: int, most: int, *, required: bool
) -> None:  # fmt: skip
    """Rows in which nothing is answered are left out; the others keep the numbers under which they were typed for what is wrong in them."""
    order = row_order(questions)
    rows = [_Row(f"{key}.{number}", order, questions, row, reading, country) for number, row in rows_of(raw)]
    counted = [row for row in rows if not row.is_blank]
    reading.rows[key] = [int(row.path.rpartition(".")[2]) for row in counted]
    for row in rows:
        reading.shown |= row.shown
    for row in counted:
        reading.faults |= row.faults
        reading.missing += row.missing
    if len(counted) > most:
        reading.faults[key] = FaultError("rows_most", most=most)
    elif not counted and required:
        reading.missing.append(key)
    elif counted and len(counted) < least:
        reading.faults[key] = FaultError("rows_least", least=least)
    if not counted:
        return
    values = [row.values for row in counted]
    reading.values[key] = reading.known[f"answers.{key}"] = values
    for question in questions:
        reading.known[f"answers.{key}.{question.key}"] = [for_expressions(question, row.get(question.key)) for row in values]


class _Row:
    """One row as read: what it asks, its values, what is wrong and missing. Blank when nothing that it asks for is answered."""

    def __init__(
        self, path: str, order: list[Question], questions: tuple[Question, ...], raw: Mapping[str, Any], reading: Reading, country: str
    ) -> None:  # fmt: skip
        self.path, self.is_blank = path, True
        self.shown: set[str] = set()
        self.faults: dict[str, FaultError] = {}
        self.missing: list[str] = []
        self.values: dict[str, Any] = {}
        known = dict(reading.known)
        for question in order:
            if not holds(question.when, known):
                continue
            self.shown.add(f"{path}.{question.key}")
            value = self._value(question, raw.get(question.key), known, country)
            if value is not None:
                self.values[question.key] = value
                known[f"item.{question.key}"] = for_expressions(question, value)
        self.values = {question.key: self.values[question.key] for question in questions if question.key in self.values}

    def _value(self, question: Question, typed: Any, known: Mapping[str, Any], country: str) -> Any:
        if not question.is_asked:
            return _calculated(question, known) if question.type == "calculated" else None
        if is_empty(typed):
            if question.required:
                self.missing.append(f"{self.path}.{question.key}")
            return None
        self.is_blank = False
        try:
            return value_of(question, typed, _country(question, known, country))
        except FaultError as fault:
            self.faults[f"{self.path}.{question.key}"] = fault
            return None


def rows_of(raw: Any) -> list[tuple[int, Mapping[str, Any]]]:
    """The rows of a raw answer with their numbers, no more than are ever looked at."""
    return [(n, row) for n, row in enumerate(raw[:MOST_ROWS]) if isinstance(row, Mapping)] if isinstance(raw, list) else []


def _is_broken(rule: Rule, known: Mapping[str, Any]) -> bool:
    """A rule waits until everything that it compares is known; what it asks with has() may be missing."""
    if rule.when is not None and not rule.when.holds(known):
        return False
    if any(known.get(name) is None for name in compared(rule.check)):
        return False
    return not rule.check.holds(known)


def compared(check: Condition) -> set[str]:
    """The names that an expression compares, without those that it only asks for with has()."""
    found: set[str] = set()
    waiting = [check.tree]
    while waiting:
        node = waiting.pop()
        if node.op == "fact":
            found.add(node.value)
        elif not (node.op == "call" and node.value == "has"):
            waiting += node.args
    return found


def _in_order(form: Form, reading: Reading) -> None:
    """Values and missing ones as the form asks for them, whatever order they were worked out in."""
    place: dict[str, int] = {}
    for section in form.sections:
        for key in [section.key] if section.repeats else [question.key for question in section.questions]:
            place[key] = len(place)
    reading.values = {key: reading.values[key] for key in sorted(reading.values, key=place.__getitem__)}
    reading.missing.sort(key=lambda path: place[path.partition(".")[0]])
    reading.faults = dict(sorted(reading.faults.items(), key=lambda each: place[each[0].partition(".")[0]]))


def kept(form: Form, raw: Mapping[str, Any], reading: Reading) -> dict[str, Any]:
    """The raw answers without what is not asked: hidden questions, unknown keys, what stands in hidden parts of a row, empty rows."""
    found: dict[str, Any] = {}
    for key, answer in raw.items():
        if key not in reading.shown:
            continue
        section = form.section_of[key]
        question = form.questions.get(key)
        if question is None or question.type == "table":
            questions = section.questions if question is None else question.columns
            rows = (_kept_row(f"{key}.{number}", questions, row, reading) for number, row in rows_of(answer))
            found[key] = [row for row in rows if not is_empty(row)]
        elif question.is_asked:
            found[key] = answer
    return found


def _kept_row(path: str, questions: tuple[Question, ...], row: Mapping[str, Any], reading: Reading) -> dict[str, Any]:
    asked = [question for question in questions if question.is_asked and f"{path}.{question.key}" in reading.shown]
    return {question.key: row[question.key] for question in asked if question.key in row}


def with_known(form: Form, raw: Mapping[str, Any], facts: Mapping[str, Any]) -> dict[str, Any]:
    """The raw answers with what is known already put in where nobody has answered yet; an answer that was emptied stays empty."""
    found = dict(raw)
    for _section, question in form.top():
        if question.key not in found and question.is_asked and question.type != "file" and facts.get(question.fact) is not None:
            found[question.key] = raw_of(question, facts[question.fact])
    return found
