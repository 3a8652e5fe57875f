"""A form of 100 questions read as a whole: conditions, checks, calculations; beside jsonschema and pydantic on the same answers."""

import sys
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Literal

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent), str(HERE.parents[1] / "src")]

import jsonschema  # noqa: E402
import pydantic  # noqa: E402
import report  # noqa: E402

from boardwell.capabilities.forms.definition import read_form  # noqa: E402
from boardwell.capabilities.forms.logic import kept, read_answers  # noqa: E402

QUESTIONS = 100
ROUNDS, RUNS = 15, 40
TODAY = "2026-11-25"
CHOICES = {"a": {"en": "A"}, "b": {"en": "B"}, "c": {"en": "C"}}
KINDS: list[tuple[str, dict[str, Any], str, dict[str, Any], Any]] = [
    ("text", {"max": 80}, "Padma Trading", {"type": "string", "maxLength": 80}, Annotated[str, pydantic.Field(max_length=80)]),
    ("number", {"min": 0, "max": 1000}, "250", {"type": "number", "minimum": 0, "maximum": 1000}, Annotated[float, pydantic.Field(ge=0, le=1000)]),
    ("choice", {"choices": CHOICES}, "b", {"enum": ["a", "b", "c"]}, Literal["a", "b", "c"]),
    ("date", {}, "2026-12-24", {"type": "string", "pattern": r"^\d{4}-\d{2}-\d{2}$"}, date),
    ("email", {}, "a@example.com", {"type": "string", "pattern": r"^[^@\s]+@[^@\s]+\.[a-z]+$"}, Annotated[str, pydantic.Field(pattern=r"^[^@\s]+@[^@\s]+\.[a-z]+$")]),
    ("yes_no", {}, "yes", {"type": "boolean"}, bool),
]  # fmt: skip
"""Type, settings, what is typed, and the same as JSON Schema and as a pydantic type."""


def milliseconds(act: Callable[[], Any]) -> float:
    """The best of several rounds: what it costs, not what else the machine was doing."""
    best = float("inf")
    for _round in range(ROUNDS):
        began = time.process_time()
        for _run in range(RUNS):
            act()
        best = min(best, (time.process_time() - began) * 1000 / RUNS)
    return best


def main() -> None:
    """Builds the three sides of one form and times them."""
    fields, plain, raw, typed, schema, model = [], [], {}, {}, {}, {}
    for number in range(QUESTIONS):
        key = f"q{number}"
        kind, more, entered, rule, annotation = KINDS[number % len(KINDS)]
        field = {"key": key, "type": kind, "label": {"en": key}, "required": True, **more}
        plain.append(field)
        if number % 4 == 3:  # every fourth hangs on the one before it
            field = {**field, "when": f"has(answers.q{number - 1}) && answers.q{number - 1} != 'zzz'"}
        fields.append(field)
        raw[key], schema[key], model[key] = entered, rule, (annotation, ...)
        typed[key] = {"number": 250, "yes_no": True}.get(kind, entered)
    total = {
        "key": "total",
        "type": "calculated",
        "label": {"en": "Total"},
        "value": " + ".join(f"answers.q{n}" for n in range(1, QUESTIONS, 6)),
    }
    form, bare = read_form({"fields": [*fields, total]}), read_form({"fields": plain})
    whole = {"type": "object", "properties": schema, "required": list(schema)}
    checker = jsonschema.Draft202012Validator(whole)
    rival = pydantic.create_model("Rival", **model)
    reading = read_answers(form, raw, {}, today=TODAY)
    assert reading.is_whole
    assert len(reading.values) == QUESTIONS + 1
    assert checker.is_valid(typed)
    rival.model_validate(raw)
    ours = milliseconds(lambda: read_answers(bare, raw, {}, today=TODAY))
    everything = milliseconds(lambda: kept(form, raw, read_answers(form, raw, {}, today=TODAY)))
    described = milliseconds(lambda: read_form({"fields": [*fields, total]}))
    by_schema = milliseconds(lambda: list(checker.iter_errors(typed)))
    by_model = milliseconds(lambda: rival.model_validate(raw))
    report.publish("forms", [
        report.row("100 answers, typed and checked", ours, by_schema, "jsonschema", "ms", less_is_better=True),
        report.row("100 answers, typed and checked", ours, by_model, "pydantic", "ms", less_is_better=True, note="compiled code"),
        report.row("the same with 25 conditions, a total, and what is hidden dropped", everything, by_schema, "jsonschema", "ms", less_is_better=True, note="which knows no conditions here"),
        report.row("the form itself read from its settings", described, 0, "", "ms", less_is_better=True),
    ])  # fmt: skip


if __name__ == "__main__":
    main()
