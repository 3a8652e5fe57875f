"""Reads the raw answers of a page out of what a browser sent, and lays them over those that are kept; pure.

Names: `f_seats`, of a row `f_owners.0.share`, of a part `f_office.city`. `w_seats` beside each question marks the answer that it
was drawn with, so that somebody who has not touched it takes nothing away from somebody who has.
"""

import json
import re
import zlib
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from boardwell.capabilities.forms.definition import ADDRESS_PARTS, Form, Question
from boardwell.capabilities.forms.logic import MOST_ROWS
from boardwell.capabilities.forms.values import is_empty

type Lists = Mapping[str, Sequence[str]]

_UNKEPT = re.compile(r"[\x00\ud800-\udfff]")
_PARTS = {"money": ("amount", "currency"), "address": ADDRESS_PARTS}


def mark(raw: Any) -> str:
    """A short word that changes with an answer."""
    return f"{zlib.crc32(json.dumps('' if is_empty(raw) else raw, sort_keys=True).encode()):08x}"


def sent_keys(form: Form, lists: Lists, wanted: Iterable[str]) -> list[str]:
    """Those of the wanted questions that the page really held: drawn, or with anything entered."""
    names = {name.partition(".")[0] for name in lists if name.startswith("f_")}
    return [key for key in wanted if f"w_{key}" in lists or f"f_{key}" in names]


def raw_answers(form: Form, lists: Lists, keys: Iterable[str]) -> dict[str, Any]:
    """The raw answers to some questions, as typed; files are not among them."""
    found: dict[str, Any] = {}
    for key in keys:
        question = form.questions.get(key)
        if question is None:
            found[key] = _rows(form.section_of[key].questions, lists, f"f_{key}")
        elif question.type == "table":
            found[key] = _rows(question.columns, lists, f"f_{key}")
        elif question.is_asked and question.type != "file":
            found[key] = _one(question, lists, f"f_{key}")
    return found


def _one(question: Question, lists: Lists, name: str) -> Any:
    if question.type == "choices":
        return [_clean(one) for one in lists.get(name, ())][:200]
    parts = _PARTS.get(question.type)
    if parts is None or name in lists:  # an amount in the only currency is typed by itself
        return _first(lists, name)
    return {part: text for part in parts if (text := _first(lists, f"{name}.{part}"))}


def _first(lists: Lists, name: str) -> str:
    given = lists.get(name) or ("",)
    return _clean(given[0])


def _clean(text: str) -> str:
    """What no database keeps goes; everything else stays as it was typed."""
    return _UNKEPT.sub("", text)


def _rows(questions: Sequence[Question], lists: Lists, name: str) -> list[dict[str, Any]]:
    pattern = re.compile(re.escape(name) + r"\.(\d{1,4})\.")
    numbers = sorted({int(match.group(1)) for one in lists if (match := pattern.match(one))})
    return [
        {question.key: _one(question, lists, f"{name}.{number}.{question.key}") for question in questions if question.is_asked}
        for number in numbers[: MOST_ROWS + 1]
    ]  # fmt: skip


def laid_over(old: Mapping[str, Any], new: Mapping[str, Any], lists: Lists) -> tuple[dict[str, Any], list[str]]:
    """(the kept answers with the new ones put in, keys that somebody else has answered otherwise meanwhile).

    Three ways: what was not touched stays as it is kept; what is in dispute stays as it is kept, too, until it is sent again
    from a page that shows the other answer.
    """
    merged, disputed = dict(old), []
    for key, raw in new.items():
        drawn_with = (lists.get(f"w_{key}") or ("",))[0]
        kept_mark, new_mark = mark(old.get(key)), mark(raw)
        if drawn_with and new_mark == drawn_with and kept_mark != drawn_with:
            continue
        if drawn_with and kept_mark not in (drawn_with, new_mark):
            disputed.append(key)
            continue
        merged[key] = raw
    return merged, disputed


def with_row(raw: Mapping[str, Any], key: str, questions: Sequence[Question]) -> dict[str, Any]:
    """The answers with one more, blank row."""
    rows = raw.get(key)
    rows = list(rows) if isinstance(rows, list) else []
    return {**raw, key: [*rows, {question.key: "" for question in questions if question.is_asked}][: MOST_ROWS + 1]}


def without_row(raw: Mapping[str, Any], key: str, number: int) -> dict[str, Any]:
    """The answers with one row taken out."""
    rows = raw.get(key)
    return {**raw, key: [row for at, row in enumerate(rows) if at != number]} if isinstance(rows, list) else dict(raw)
