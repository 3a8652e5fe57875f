"""Papers of an onboarding: written from the plan, edited, sent, kept; and how often a report is written."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from boardwell.domain.journeys.queries.pages import journey_head
from boardwell.domain.organisations.queries import brand_of_current
from boardwell.domain.papers.actions.schedule_reports import schedule_reports
from boardwell.domain.papers.actions.write_paper import discard_paper, draft_paper, save_paper, send_paper
from boardwell.domain.papers.kinds import KINDS, RHYTHMS
from boardwell.domain.papers.queries import changes_between, paper_by_id, papers_of, schedule_of, version_before
from boardwell.doors.workspace.attempts import Errors, attempt, day_from, say_errors, whole_number
from boardwell.doors.workspace.entry import workspace
from boardwell.ui.page import page
from boardwell.ui.papers.answer import paper_response


@workspace("journeys:view")
def papers(request: HttpRequest, slug: str, journey_id: str) -> HttpResponse:
    """What was written to this customer; the buttons that write something new; the rhythm of the reports."""
    return _list(request, journey_id)


def _list(request: HttpRequest, journey_id: str, errors: Errors | None = None) -> HttpResponse:
    head, _document = journey_head(journey_id)
    schedule, typed = schedule_of(journey_id), request.POST
    context: dict[str, Any] = {
        "every": typed.get("every", schedule.every if schedule else ""), "by_itself": "by_itself" in typed if errors else bool(schedule and schedule.by_itself),
        "first_on": typed.get("first_on", schedule.next_on.isoformat() if schedule else ""),
        "head": head, "papers": papers_of(journey_id), "kinds": list(KINDS.items()), "rhythms": [("", _("never")), *RHYTHMS.items()],
        "errors": errors,
    }  # fmt: skip
    return page(request, "workspace/papers.html", context, status=422 if errors else 200)


@workspace("papers:write")
@require_POST
def write(request: HttpRequest, slug: str, journey_id: str) -> HttpResponse:
    """Drafts a paper, or changes how often a report is written."""
    if request.POST.get("verb") == "schedule":
        every, first_on = request.POST.get("every", ""), day_from(request.POST.get("first_on", ""))
        by_itself = bool(request.POST.get("by_itself"))
        said = _("Saved.")
        _none, errors = attempt(request, lambda: schedule_reports(journey_id, every=every, first_on=first_on, by_itself=by_itself), said)
        if errors:
            return _list(request, journey_id, errors)
        return redirect("workspace:papers", slug=slug, journey_id=journey_id)
    paper_id, errors = attempt(request, lambda: draft_paper(journey_id, request.POST.get("kind", "")))
    say_errors(request, errors)
    if paper_id is None:
        return redirect("workspace:papers", slug=slug, journey_id=journey_id)
    return redirect("workspace:paper", slug=slug, journey_id=journey_id, paper_id=paper_id)


@workspace("journeys:view")
def paper(request: HttpRequest, slug: str, journey_id: str, paper_id: str) -> HttpResponse:
    """One paper: a form while it is a draft, else as the customer sees it, with what changed since the version before."""
    seen = paper_by_id(journey_id, paper_id)
    errors: Errors | None = None
    if request.method == "POST":
        typed = {section.key: str(request.POST.get(section.key, "")) for section in seen.sections}
        revision = whole_number(request.POST.get("revision", ""))
        match request.POST.get("verb", ""):
            case "save":
                _none, errors = attempt(request, lambda: save_paper(paper_id, typed, revision=revision), _("Saved."))
            case "send":
                _none, errors = attempt(
                    request, lambda: send_paper(paper_id, typed, revision=revision), _("Sent. The customer can read it now.")
                )
            case "discard":
                _none, errors = attempt(request, lambda: discard_paper(paper_id), _("Thrown away."))
                if errors is None:
                    return redirect("workspace:papers", slug=slug, journey_id=journey_id)
            case _:
                raise Http404
        if errors is None:
            return redirect("workspace:paper", slug=slug, journey_id=journey_id, paper_id=paper_id)
    head, _document = journey_head(journey_id)
    before = version_before(seen) if seen.kind == "expectation_sheet" else None
    context: dict[str, Any] = {
        "head": head, "paper": seen, "errors": errors, "typed": request.POST, "changes": changes_between(before, seen) if before else [],
        "before": before,
    }  # fmt: skip
    return page(request, "workspace/paper.html", context, status=422 if errors else 200)


@workspace("journeys:view")
def paper_pdf(request: HttpRequest, slug: str, journey_id: str, paper_id: str) -> HttpResponse:
    """The paper for printing, drafts too."""
    head, _document = journey_head(journey_id)
    return paper_response(paper_by_id(journey_id, paper_id), head.account_name, brand_of_current())
