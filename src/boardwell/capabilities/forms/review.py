"""The team looks at the answers: takes them, or sends them back with a remark at each question that is meant."""

from typing import Any

from django.db import transaction
from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from boardwell.capabilities.forms import drawing, exports
from boardwell.capabilities.forms.sheet import Sheet, sheet_of
from boardwell.capabilities.forms.words import errors_of
from boardwell.kit.handle import StepHandle
from boardwell.kit.people import actor_now
from boardwell.kit.screens import HandedOut, Submitted
from boardwell.kit.words import NotAllowed, line

MOST_REMARK = 500


def context(sheet: Sheet, handle: StepHandle, typed: QueryDict | None = None) -> dict[str, Any]:
    """The answers with a place for a remark at each."""
    found = drawing.summary(sheet, {}, links=False)
    for group in found:
        for row in group["rows"]:
            row["remark"] = typed.get(f"r_{row['key']}", "") if typed is not None else ""
    return {
        "summary": found, "is_ours": sheet.is_ours, "is_done": handle.state == "done", "may_send_back": _may_send_back(handle),
        "outs": [exports.JSON_NAME, exports.CSV_NAME] if handle.outcome else [],
    }  # fmt: skip


def _may_send_back(handle: StepHandle) -> bool:
    actor = actor_now()
    return actor.is_insider and (handle.state == "waiting" or actor.may("journeys:skip"))


def submit(handle: StepHandle, typed: QueryDict, verb: str) -> Submitted:
    """Accepts, or sends back. Only for the team."""
    if not actor_now().is_insider:
        raise NotAllowed(_("This step is for somebody else to do."))
    sheet = sheet_of(handle)
    if verb == "accept":
        errors = errors_of(sheet.form, sheet.reading, set(sheet.form.section_of))
        if errors:
            return Submitted(errors=errors)
        handle.complete(sheet.outcome())
        return Submitted(done=True)
    remarks = {key: text for key in sheet.form.section_of if (text := line(typed.get(f"r_{key}", ""), MOST_REMARK))}
    if not remarks:
        return Submitted(errors={"r_": [_("Write a remark at the answers that are meant.")]})
    count = len(remarks)
    said = ngettext("Please look at %(n)s answer again.", "Please look at %(n)s answers again.", count) % {"n": count}
    with transaction.atomic():
        handle.give_back(said)
        answers = dict(sheet.raw)
        handle.change_progress(lambda progress: {**progress, "answers": answers, "remarks": remarks, "sent_by": ""}, noted=False)
    return Submitted(saved=True, message=_("Sent back. They see your remarks at the answers."))


def hand_out(handle: StepHandle, name: str) -> HandedOut | None:
    """The answers as a file, once the step has ended."""
    if handle.outcome is None or not actor_now().is_insider:
        return None
    return exports.handed_out(sheet_of(handle), name)
