"""Moving onboardings to another version of their playbook: what would change, one or many, and how far a run is."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _

from boardwell.domain.journeys.actions.move_many import start_move_run, take_back_run
from boardwell.domain.journeys.actions.move_to_version import move_to_version
from boardwell.domain.journeys.queries.pages import journey_head
from boardwell.domain.journeys.queries.versions import move_candidates, move_preview, move_run
from boardwell.doors.workspace.attempts import attempt, attempt_undoable, whole_number
from boardwell.doors.workspace.entry import workspace
from boardwell.kernel.errors import Conflict
from boardwell.ui.page import page


def _preferences() -> list[tuple[str, str]]:
    return [("theirs", _("Keep what was changed by hand")), ("new", _("Take what the new version says"))]


@workspace("journeys:edit")
def version(request: HttpRequest, slug: str, journey_id: str) -> HttpResponse:
    """The three-way difference in words, and the button."""
    asked = whole_number(request.POST.get("number", request.GET.get("number", ""))[:6], -1)
    number, errors = (asked if asked >= 0 else None), None
    if request.method == "POST":
        prefer = request.POST.get("prefer", "theirs")
        undo_path = reverse("workspace:journey_undo", kwargs={"slug": slug, "journey_id": journey_id})
        _none, errors = attempt_undoable(
            request, journey_id, undo_path, lambda: move_to_version(journey_id, number=number, prefer=prefer),
            _("Moved. What had ended stayed as it was."),
        )  # fmt: skip
        if errors is None:
            return redirect("workspace:journey", slug=slug, journey_id=journey_id)
    head, _document = journey_head(journey_id)
    try:
        preview, refusal = move_preview(journey_id, number), ""
    except Conflict as problem:
        preview, refusal = None, str(problem)
    labels = {
        "conflict": _("Changed on both sides"), "added": _("Comes in"), "removed": _("Goes"), "changed": _("Changes"),
        "left_out": _("Stays out, as it was taken out before"), "ended": _("Has ended and is not touched"), "kept": _("Stays as it is"),
    }  # fmt: skip
    steps = preview.steps if preview else ()
    groups = [(verdict, label, [step for step in steps if step.verdict == verdict]) for verdict, label in labels.items()]
    context = {
        "head": head, "preview": preview, "refusal": refusal, "errors": errors, "groups": [group for group in groups if group[2]],
        "preferences": _preferences(), "prefer": request.POST.get("prefer", "theirs"),
        "versions": [(one, _("Version %(n)d") % {"n": one}) for one in preview.versions] if preview else [],
    }  # fmt: skip
    return page(request, "workspace/journey_version.html", context, status=422 if errors else 200)


@workspace("journeys:edit")
def move(request: HttpRequest, slug: str, key: str) -> HttpResponse:
    """Running onboardings on older versions, what a move would do to each, and the button for those that are chosen."""
    errors = None
    if request.method == "POST":
        ids = [one[:40] for one in request.POST.getlist("ids")]
        run_id, errors = attempt(request, lambda: start_move_run(key, ids, prefer=request.POST.get("prefer", "theirs")))
        if errors is None:
            return redirect("workspace:playbook_move_run", slug=slug, key=key, moves_id=run_id)
    context = {
        "found": move_candidates(key), "errors": errors, "preferences": _preferences(), "prefer": request.POST.get("prefer", "theirs"),
        "chosen": request.POST.getlist("ids") if errors else None,
    }  # fmt: skip
    return page(request, "workspace/playbook_move.html", context, status=422 if errors else 200)


@workspace("journeys:edit")
def run(request: HttpRequest, slug: str, key: str, moves_id: str) -> HttpResponse:
    """How far a run is, what was refused and why, and the way back."""
    found, errors = move_run(moves_id), None
    if request.method == "POST":
        _none, errors = attempt(request, lambda: take_back_run(moves_id), _("Going back."))
        if errors is None:
            return redirect("workspace:playbook_move_run", slug=slug, key=key, moves_id=moves_id)
    context = {"run": found, "total": len(found.rows), "over": len(found.rows) - found.waiting, "key": key, "errors": errors}
    return page(request, "workspace/playbook_move_run.html", context, part="progress", status=422 if errors else 200)
