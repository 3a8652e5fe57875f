"""The answers of a form as JSON and CSV, and as columns beside those of other onboardings."""

import csv
import io
import json
from collections.abc import Mapping
from typing import Any

from boardwell.capabilities.forms.definition import Question, read_form
from boardwell.capabilities.forms.sheet import Sheet
from boardwell.capabilities.forms.values import amount_of, line_of
from boardwell.kit.screens import HandedOut
from boardwell.kit.words import in_language

JSON_NAME = "answers.json"
CSV_NAME = "answers.csv"
_RUNS = ("=", "+", "-", "@", "\t", "\r")


def handed_out(sheet: Sheet, name: str) -> HandedOut | None:
    """The answers of one form that has been sent, by the name of the file; None for any other name."""
    answers = (sheet.handle.outcome or {}).get("answers") or {}
    if name == JSON_NAME:
        body = {"step": sheet.handle.key, "journey_id": sheet.handle.journey_id, "answers": answers}
        return HandedOut(JSON_NAME, "application/json", json.dumps(body, ensure_ascii=False, indent=1).encode())
    if name != CSV_NAME:
        return None
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(["key", "question", "answer"])
    for key, label, cell in cells(sheet.handle.settings, sheet.handle.fact_types, answers):
        writer.writerow([key, inert(label), inert(cell)])
    return HandedOut(CSV_NAME, "text/csv; charset=utf-8", ("\ufeff" + text.getvalue()).encode())


def cells(settings: Mapping[str, Any], facts: Mapping[str, Any], answers: Mapping[str, Any]) -> list[tuple[str, str, str | int | float]]:
    """(key, label, cell) for every question that a form can ask, answered or not; a table is one cell with a line for each row."""
    form = read_form(settings, facts)
    found: list[tuple[str, str, str | int | float]] = []
    for section in form.sections:
        if section.repeats:
            rows = answers.get(section.key)
            asked = Question(section.key, "table", section.title, columns=section.questions)
            found.append((section.key, in_language(section.title), _cell(asked, rows)))
            continue
        asked_here = [one for one in section.questions if one.type != "heading"]
        found += [(one.key, in_language(one.label), _cell(one, answers.get(one.key))) for one in asked_here]
    return found


def _cell(question: Question, value: Any) -> str | int | float:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int | float):
        return value
    if isinstance(value, Mapping):
        return f"{amount_of(value)} {value['currency']}" if "minor" in value else ", ".join(map(str, value.values()))
    if isinstance(value, list):
        return "\n".join(line_of(question, one) for one in value) if question.type == "table" else ", ".join(map(str, value))
    return str(value)


def inert(cell: str | float) -> str | int | float:
    """What a spreadsheet would take for a formula gets an apostrophe."""
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(_RUNS) else cell
