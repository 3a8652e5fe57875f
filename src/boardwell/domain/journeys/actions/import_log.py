"""Learn from a company's past in another system: an event log is read case by case, and its activities stand for a playbook's steps."""

from collections import Counter
from collections.abc import Mapping
from datetime import UTC
from difflib import get_close_matches
from functools import lru_cache
from itertools import islice
from typing import Any

from django.conf import settings
from django.db import transaction
from django.tasks import task
from django.utils.translation import gettext as _

from boardwell.domain.audit.actions import record
from boardwell.domain.journeys.eventlogs.reading import NEEDED, rows_in, survey
from boardwell.domain.journeys.eventlogs.shapes import Fault, LogError, Trace
from boardwell.domain.journeys.eventlogs.tracing import traces_of
from boardwell.domain.journeys.events import PastChanged
from boardwell.domain.journeys.models import LogFault, LogImport, PastCase
from boardwell.domain.people.roles import actor_for_member
from boardwell.domain.playbooks.document import Document, DocumentError, parse
from boardwell.domain.playbooks.queries import playbook_by_key
from boardwell.domain.vault.actions.keep_file import keep_file, remove_file
from boardwell.domain.vault.models import StoredFile
from boardwell.kernel import storage, tenancy
from boardwell.kernel.checks import Faults
from boardwell.kernel.clock import now
from boardwell.kernel.errors import Conflict, Invalid, NotAllowed, NotFound
from boardwell.kernel.events import emit

ACCEPTED = ("xes", "xml", "json", "csv", "txt", "gz")
CASES_A_TURN = 250
SURVEYED = 100_000
"""Events that are looked at to list the activities."""
MOST_ACTIVITIES = 200
MOST_FAULTS = 1_000
"""Left-out events that are named; the others are counted."""


def upload_log(stream: storage.Upload, name: str) -> str:
    """Keeps the file and looks what can be chosen in it; returns the run's id. Raises NotAllowed, Invalid."""
    actor = tenancy.require("history:import")
    if actor.kind != "member":
        raise NotAllowed(_("Only members import files."))
    file_id = keep_file(stream, name, visibility="internal", accept=ACCEPTED, max_bytes=2 * settings.UPLOAD_MAX_BYTES)
    kept = StoredFile.objects.get(pk=file_id)
    try:
        with storage.open_stored(kept.storage_path) as content:
            seen = survey(content)
    except LogError as problem:
        remove_file(file_id)
        raise Invalid(words_of(problem.code), {"file": [words_of(problem.code)]}) from problem
    mapping = dict(seen.guess or {})
    if seen.objects:
        mapping["object"] = next(iter(seen.objects))
    with transaction.atomic():
        run = LogImport(
            organisation_id=tenancy.current().organisation_id, file_id=file_id, file_name=kept.name, kind=seen.kind, mapping=mapping,
            options={"headers": seen.headers, "sample": seen.sample, "objects": dict(seen.objects or {})}, started_by_id=actor.id,
        )  # fmt: skip
        run.save(force_insert=True)
    return run.id


def survey_log(run_id: str, *, mapping: Mapping[str, str], playbook_key: str) -> None:
    """Says what the columns are and which playbook the cases ran through; lists the activities with a guess which step each is.

    Raises NotAllowed, NotFound, Invalid, Conflict (running already).
    """
    tenancy.require("history:import")
    with transaction.atomic():
        run = _mapped(run_id)
        faults = Faults()
        clean = {
            field: value
            for field, value in mapping.items()
            if value and (value in run.options["headers"] or value in run.options["objects"])
        }
        if run.kind == "csv":
            for field in NEEDED:
                if field not in clean:
                    faults.add(field, _("Say which column this is."))
            for field, header in clean.items():
                if list(clean.values()).count(header) > 1:
                    faults.add(field, _("The column “%(column)s” is chosen twice.") % {"column": header})
        elif run.kind != "xes" and clean.get("object") not in run.options["objects"]:
            faults.add("object", _("Say what a case is."))
        if not playbook_key:
            faults.add("playbook_key", _("Choose a playbook: its forecasts learn from these cases."))
        faults.stop()
        run.playbook = playbook_by_key(playbook_key)
        document = document_of(run)
        try:
            with _content(run) as content:
                counts = Counter(row.activity.strip()[:120] for row in islice(rows_in(content, clean), SURVEYED))
        except LogError as problem:
            raise Invalid(words_of(problem.code), {"": [words_of(problem.code)]}) from problem
        counts.pop("", None)
        run.mapping, run.activities = clean, counts.most_common(MOST_ACTIVITIES)
        run.steps = guessed_steps([name for name, _count in run.activities], document)
        run.save()


def guessed_steps(activities: list[str], document: Document) -> dict[str, str]:
    """Activity → step's key, for names that are a step's key or title in any language, or nearly so."""
    names: dict[str, str] = {}
    for step in document.every_step():
        for name in (step.key, step.key.replace("_", " ").replace("-", " "), *step.title.values()):
            names.setdefault(name.casefold(), step.key)
    found = {}
    for activity in activities:
        near = get_close_matches(activity.casefold(), names, n=1, cutoff=0.85)
        if near:
            found[activity] = names[near[0]]
    return found


def start_log_import(run_id: str, *, steps: Mapping[str, str]) -> None:
    """Begins to read the cases in the background. `steps`: activity → key of the playbook's step; others teach nothing.

    Raises NotAllowed, NotFound, Invalid (no activity stands for a step), Conflict (running already, not surveyed).
    """
    tenancy.require("history:import")
    with transaction.atomic():
        run = _mapped(run_id)
        if run.playbook is None or not run.activities:
            raise Conflict(_("Say first what the columns are and which playbook it was."))
        document = document_of(run)
        known = {name for name, _count in run.activities}
        clean = {activity: key for activity, key in steps.items() if key and activity in known and document.step(key) is not None}
        if not clean:
            message = _("Say for at least one activity which step it is.")
            raise Invalid(message, {"steps": [message]})
        run.steps, run.state = clean, "running"
        run.save()
        after = {"playbook": run.playbook.key, "activities": clean}
        record("history.started", object_kind="history", object_id=run.id, label=run.file_name, after=after)
        take_cases.enqueue(run.id)


def cancel_log_import(run_id: str) -> None:
    """Stops before the next turn; nothing is learnt from what was read. Raises NotAllowed, NotFound, Conflict (it has ended)."""
    tenancy.require("history:import")
    with transaction.atomic():
        run = _run(run_id)
        if not LogImport.objects.filter(pk=run.pk, state__in=["mapping", "running"]).update(state="cancelled", ended_at=now()):
            raise Conflict(_("This import has ended."))
        PastCase.objects.filter(run=run).delete()
        record("history.cancelled", object_kind="history", object_id=run.id, label=run.file_name)


def remove_log(run_id: str) -> None:
    """Takes the cases away, with the file: forecasts are as if they had never been there. Raises NotAllowed, NotFound, Conflict."""
    tenancy.require("history:import")
    with transaction.atomic():
        run = _run(run_id)
        if run.state not in {"done", "cancelled"}:
            raise Conflict(_("Stop the import first."))
        cases, _rows = PastCase.objects.filter(run=run).delete()
        LogFault.objects.filter(run=run).delete()
        run.state, run.activities, run.options = "removed", [], {**run.options, "sample": []}
        run.save()
        if StoredFile.objects.filter(pk=run.file_id, removed_at=None).exists():
            remove_file(run.file_id)
        record("history.removed", object_kind="history", object_id=run.id, label=run.file_name, before={"cases": cases})
        emit(PastChanged())


@task
def take_cases(run_id: str) -> None:
    """One turn: some cases, how far we are, and the next turn – together in one transaction or not at all. The first names the faults."""
    run = LogImport.objects.select_related("started_by").filter(pk=run_id, state="running").first()
    if run is None or run.started_by is None:
        return
    with tenancy.acting_for(run.organisation_id, actor_for_member(run.started_by)):
        kept = StoredFile.objects.get(pk=run.file_id)
        traces, faults = _parsed(kept.storage_path, kept.sha256, tuple(sorted(run.mapping.items())))
        if run.next_case == 0:
            run.cases_total, run.events_refused = len(traces), len(faults)
            LogFault.objects.bulk_create(
                LogFault(run=run, row=fault.line, code=fault.code, value=fault.value[:200]) for fault in faults[:MOST_FAULTS]
            )
        turn = traces[run.next_case : run.next_case + CASES_A_TURN]
        PastCase.objects.bulk_create(_case(run, trace) for trace in turn)
        run.events_taken += sum(len(trace.done) for trace in turn)
        run.next_case += len(turn)
        if run.next_case >= len(traces):
            run.state, run.ended_at = "done", now()
            after = {"cases": run.cases_total, "events": run.events_taken, "left_out": run.events_refused}
            record("history.ended", object_kind="history", object_id=run.id, label=run.file_name, after=after)
            emit(PastChanged())
        run.save()
    if run.state == "running":
        take_cases.enqueue(run.id)


def _case(run: LogImport, trace: Trace) -> PastCase:
    """Where the log does not say when an activity began, it was open from when the one before it was done."""
    done: list[list[str]] = []
    before = trace.done[0].at
    for each in trace.done:
        opened = each.began_at or before
        done.append([each.activity, opened.date().isoformat(), each.at.date().isoformat()])
        before = each.at
    first = min(trace.done[0].at, trace.done[0].began_at or trace.done[0].at)
    return PastCase(
        organisation_id=run.organisation_id, run=run, began_on=first.astimezone(UTC).date(), ended_on=trace.done[-1].at.date(), done=done
    )  # fmt: skip


@lru_cache(maxsize=1)
def _parsed(path: str, sha256: str, mapping: tuple[tuple[str, str], ...]) -> tuple[list[Trace], list[Fault]]:
    """The cases of the log that is being read: parsed once in each process, not once in each turn."""
    with storage.open_stored(path) as content:
        return traces_of(rows_in(content, dict(mapping)))


def _content(run: LogImport) -> Any:
    return storage.open_stored(StoredFile.objects.get(pk=run.file_id).storage_path)


def document_of(run: LogImport) -> Document:
    """The playbook that the cases ran through: as published, else the draft. Raises Invalid."""
    book = run.playbook
    version = book.latest_version if book is not None else None
    try:
        return parse(version.source if version is not None else (book.draft if book is not None else ""))
    except DocumentError:
        message = _("This cannot be read as a playbook yet. Open the editor to see what is wrong.")
        raise Invalid(message, {"playbook_key": [message]}) from None


def _mapped(run_id: str) -> LogImport:
    run = _run(run_id)
    if run.state != "mapping":
        raise Conflict(_("This import has begun already."))
    return run


def _run(run_id: str) -> LogImport:
    run = LogImport.objects.select_related("playbook", "playbook__latest_version").filter(pk=run_id).first()
    if run is None:
        raise NotFound(_("There is no such import."))
    return run


def words_of(code: str) -> str:
    """Why a file is no event log, in words."""
    return {
        "empty": _("There is no event in this file."),
        "no_headers": _("The first line must hold the names of the columns."),
        "doctype": _("The file declares a document type of its own, which is not read. Export it again without one."),
        "too_large": _("The file holds more than a million events. Export a part of them."),
        "kind": _("This XML is neither XES nor OCEL 2.0."),
    }.get(code, _("The file is broken: it cannot be read to its end. Export it again."))
