"""Papers as the customer reads, keeps and accepts them."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from boardwell.domain.journeys.queries.pages import journey_head
from boardwell.domain.organisations.queries import brand_of_current
from boardwell.domain.papers.actions.accept_paper import accept_paper
from boardwell.domain.papers.queries import changes_between, paper_by_id, version_before
from boardwell.doors.portal.entry import portal
from boardwell.kernel import tenancy
from boardwell.kernel.errors import Conflict, Invalid, NotAllowed
from boardwell.ui.page import page
from boardwell.ui.papers.answer import paper_response


@portal
def paper(request: HttpRequest, journey_id: str, paper_id: str) -> HttpResponse:
    """The paper, what changed since the version before, and for a sheet that waits for it the line to accept it by name."""
    head, _document = journey_head(journey_id)
    seen = paper_by_id(journey_id, paper_id)
    errors: dict[str, list[str]] = {}
    if request.method == "POST":
        try:
            accept_paper(journey_id, paper_id, name=request.POST.get("name", ""))
            messages.success(request, _("Thank you. It is accepted, and stays here for both sides to read."), extra_tags="good")
            return redirect("portal:paper", journey_id=journey_id, paper_id=paper_id)
        except Invalid as problem:
            errors = problem.fields
        except (Conflict, NotAllowed) as problem:
            errors = {"": [str(problem)]}
    before = version_before(seen) if seen.kind == "expectation_sheet" else None
    context = {
        "head": head, "paper": seen, "errors": errors, "changes": changes_between(before, seen) if before else [],
        "typed_name": request.POST.get("name", tenancy.current().actor.name),
    }  # fmt: skip
    return page(request, "portal/paper.html", context, status=422 if errors else 200)


@portal
def paper_pdf(request: HttpRequest, journey_id: str, paper_id: str) -> HttpResponse:
    """The paper to keep."""
    head, _document = journey_head(journey_id)
    return paper_response(paper_by_id(journey_id, paper_id), head.account_name, brand_of_current())
