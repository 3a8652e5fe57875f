"""Files that come with a form: kept with the step, named by their ids in the answer."""

from collections.abc import Iterable, Mapping
from contextlib import suppress
from typing import Any

from boardwell.capabilities.forms.sheet import Sheet
from boardwell.capabilities.forms.values import FaultError
from boardwell.capabilities.forms.words import why
from boardwell.kit.handle import StepHandle
from boardwell.kit.screens import Files
from boardwell.kit.words import Invalid, NotFound


def keep(sheet: Sheet, files: Files, keys: Iterable[str]) -> tuple[StepHandle, dict[str, list[str]]]:
    """Keeps what was uploaded for some questions with the step: (the step as it is then, errors by input for what was refused).

    What was taken stays, whatever else on the page is wrong: nobody uploads twice.
    """
    ids: dict[str, list[str]] = {}
    errors: dict[str, list[str]] = {}
    for key in keys:
        question = sheet.form.questions.get(key)
        uploads = files.getlist(f"f_{key}")
        if question is None or question.type != "file" or not uploads:
            continue
        if len(sheet.raw.get(key) or []) + len(uploads) > question.most_rows:
            errors[f"f_{key}"] = [why(FaultError("files_most", most=question.most_rows))]
            continue
        for upload in uploads:
            try:
                found = sheet.handle.attach(upload, upload.name or "file", accept=question.accept, max_bytes=question.max_mb * 1_048_576)
                ids.setdefault(key, []).append(found)
            except Invalid as problem:
                errors.setdefault(f"f_{key}", []).append(str(problem))
    return (_with(sheet, ids) if ids else sheet.handle), errors


def _with(sheet: Sheet, ids: Mapping[str, list[str]]) -> StepHandle:
    def change(progress: Mapping[str, Any]) -> Mapping[str, Any]:
        answers = dict(progress.get("answers") or {})
        for key, found in ids.items():
            answers[key] = [*(answers.get(key) or []), *found]
        return {**progress, "answers": answers}

    return sheet.handle.with_progress(sheet.handle.change_progress(change))


def remove(sheet: Sheet, about: str) -> None:
    """Takes a file away that is an answer here: `<question>.<file id>`. What somebody else sent is no answer any more, but stays."""
    key, _dot, file_id = about.partition(".")
    if key in sheet.mine and file_id in (sheet.raw.get(key) or []):
        with suppress(NotFound):
            sheet.handle.detach(file_id)
