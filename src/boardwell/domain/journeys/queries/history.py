"""Reads imports of past cases: what was uploaded, how far each is, what was left out and why."""

from dataclasses import dataclass

from django.utils.translation import gettext as _

from boardwell.domain.journeys.models import LogFault, LogImport
from boardwell.domain.playbooks.document import DocumentError, parse
from boardwell.kernel import tenancy
from boardwell.kernel.errors import NotFound
from boardwell.kernel.texts import in_language


def log_imports() -> list[LogImport]:
    """The newest, with their playbooks."""
    tenancy.require("history:import")
    return list(LogImport.objects.select_related("started_by", "playbook").order_by("-created_at", "-id")[:50])


def log_import(run_id: str) -> LogImport:
    """One of them, else NotFound."""
    tenancy.require("history:import")
    run = LogImport.objects.select_related("playbook", "playbook__latest_version").filter(pk=run_id).first()
    if run is None:
        raise NotFound(_("There is no such import."))
    return run


@dataclass(frozen=True, slots=True)
class LeftOut:
    """An event that was left out: its line (in OCEL its place among the events), why, and what stood there."""

    row: int
    why: str
    value: str


def left_out(run_id: str, *, most: int = 200) -> list[LeftOut]:
    """The events that were left out, in the order of the file."""
    words = {
        "case": _("It names no case."), "activity": _("It names no activity."), "time": _("Its time cannot be read."),
        "order": _("It ends before it begins."),
    }  # fmt: skip
    rows = LogFault.objects.filter(run_id=log_import(run_id).id).order_by("row", "id")[:most]
    return [LeftOut(row.row, words.get(row.code, row.code), row.value) for row in rows]


def steps_to_choose(run: LogImport) -> list[tuple[str, str]]:
    """(key, title) of the steps of the playbook that the cases ran through."""
    if run.playbook is None:
        return []
    version = run.playbook.latest_version
    try:
        document = parse(version.source if version is not None else run.playbook.draft)
    except DocumentError:
        return []
    return [(step.key, in_language(step.title) or step.key) for step in document.every_step()]
