"""Event logs, in and out: past cases of another system to learn from, and our own history for process mining."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from boardwell.domain.journeys.actions.import_log import cancel_log_import, remove_log, start_log_import, survey_log, upload_log
from boardwell.domain.journeys.eventlogs.reading import COLUMNS, NEEDED
from boardwell.domain.journeys.queries.eventlog import FORMATS, log_in_pieces
from boardwell.domain.journeys.queries.history import left_out, log_import, log_imports, steps_to_choose
from boardwell.domain.journeys.queries.lists import Filters
from boardwell.domain.people.actions.note_export import note_export
from boardwell.domain.people.queries import member_by_id
from boardwell.domain.playbooks.queries import playbook_by_key, playbook_list
from boardwell.doors.workspace.attempts import Errors, attempt, say_errors
from boardwell.doors.workspace.csvout import streamed
from boardwell.doors.workspace.entry import workspace
from boardwell.kernel import tenancy
from boardwell.kernel.texts import in_language
from boardwell.ui.page import page

_STEP = "step."


@workspace("journeys:view")
def history(request: HttpRequest, slug: str) -> HttpResponse:
    """The imports so far, a place to drop a log, and the way out."""
    errors: Errors | None = None
    may_import = tenancy.current().actor.may("history:import")
    if request.method == "POST":
        if not may_import:
            raise Http404
        sent = request.FILES.get("file")
        if sent is None:
            errors = {"file": [_("Choose a file first.")]}
        else:
            run_id, errors = attempt(request, lambda: upload_log(sent, sent.name or "log.csv"))
            if errors is None:
                return redirect("workspace:history_log", slug=slug, log_id=run_id)
            errors = {"file": [line for lines in errors.values() for line in lines]}
    context = {
        "runs": log_imports() if may_import else [], "errors": errors, "playbooks": _playbooks(),
        "formats": [("xes", "XES (IEEE 1849)"), ("ocel_json", "OCEL 2.0, JSON"), ("ocel_xml", "OCEL 2.0, XML")],
        "states": [("open", _("Open")), ("live", _("Live")), ("closed", _("Finished")), ("cancelled", _("Cancelled"))],
    }  # fmt: skip
    return page(request, "workspace/history.html", context, status=422 if errors else 200)


def _playbooks() -> list[tuple[str, str]]:
    if not tenancy.current().actor.may("playbooks:view"):
        return []
    return [(book.key, in_language(book.title) or book.key) for book in playbook_list(with_retired=True)]


@workspace("history:import")
def one(request: HttpRequest, slug: str, log_id: str) -> HttpResponse:
    """What is what; then which activity is which step; then how far it is and what was left out."""
    run, errors = log_import(log_id), None
    posted = request.POST
    if request.method == "POST":
        if posted.get("verb") == "start":
            steps = {name: posted.get(f"{_STEP}{place}", "") for place, (name, _count) in enumerate(run.activities)}
            _none, errors = attempt(request, lambda: start_log_import(log_id, steps=steps))
        else:
            mapping = {field: posted.get(field, "") for field in (*COLUMNS, "object")}
            _none, errors = attempt(request, lambda: survey_log(log_id, mapping=mapping, playbook_key=posted.get("playbook_key", "")))
        if errors is None:
            return redirect("workspace:history_log", slug=slug, log_id=log_id)
    return _draw(request, log_id, errors)


def _draw(request: HttpRequest, log_id: str, errors: Errors | None) -> HttpResponse:
    run, typed = log_import(log_id), request.POST
    labels = {
        "case": _("Case"), "activity": _("Activity"), "at": _("Time of completion"), "began_at": _("Time of the beginning"),
        "transition": _("Transition of the lifecycle"),
    }  # fmt: skip
    faults = left_out(log_id)
    context: dict[str, Any] = {
        "run": run, "errors": errors, "faults": faults, "more_faults": max(0, run.events_refused - len(faults)),
        "fields": [(field, labels[field], typed.get(field, run.mapping.get(field, "")), field not in NEEDED) for field in COLUMNS],
        "headers": [(header, header) for header in run.options.get("headers", []) if header],
        "objects": [(name, f"{name} ({count})") for name, count in run.options.get("objects", {}).items()],
        "object": typed.get("object", run.mapping.get("object", "")), "playbooks": _playbooks(),
        "playbook_key": typed.get("playbook_key", run.playbook.key if run.playbook else ""), "steps": steps_to_choose(run),
        "activities": [
            (f"{_STEP}{place}", name, count, typed.get(f"{_STEP}{place}", run.steps.get(name, "")))
            for place, (name, count) in enumerate(run.activities)
        ],
        "learnt": sum(count for name, count in run.activities if name in run.steps),
    }  # fmt: skip
    return page(request, "workspace/history_log.html", context, part="progress", status=422 if errors else 200)


@workspace("history:import")
@require_POST
def do(request: HttpRequest, slug: str, log_id: str) -> HttpResponse:
    """Stops an import, or takes away what was imported."""
    verbs = {
        "cancel": (lambda: cancel_log_import(log_id), _("Stopped. Nothing is learnt from it.")),
        "remove": (lambda: remove_log(log_id), _("Taken away. Forecasts are made anew without it.")),
    }
    log_import(log_id)
    if request.POST.get("verb") not in verbs:
        raise Http404
    action, said = verbs[request.POST["verb"]]
    _none, errors = attempt(request, action, said)
    say_errors(request, errors)
    return redirect("workspace:history_log", slug=slug, log_id=log_id)


@workspace("lists:export")
@require_POST
def export(request: HttpRequest, slug: str) -> HttpResponseBase:
    """The history of the onboardings that the filters let through, as an event log; who took it is written down first."""
    kind = request.POST.get("format", "")
    if kind not in FORMATS:
        raise Http404
    chosen = {name: request.POST[name] for name in ("state", "playbook_key", "owner_id") if request.POST.get(name)}
    if chosen.get("state", "live") not in {"open", "live", "closed", "cancelled"}:
        raise Http404
    if "playbook_key" in chosen:
        playbook_by_key(chosen["playbook_key"])  # what is not ours is not found, and not written into our log
    if "owner_id" in chosen:
        member_by_id(chosen["owner_id"])
    named = bool(request.POST.get("names"))
    note_export("history", query={**chosen, "format": kind, "names": "yes" if named else "no"})
    filters = Filters.from_query({"state": "", **chosen})
    ending, media_type = FORMATS[kind]
    return streamed(f"{slug}.{ending}", media_type, lambda: log_in_pieces(kind, filters, name=slug, named=named))
