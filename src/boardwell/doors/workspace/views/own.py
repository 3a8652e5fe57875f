"""A member's own pages, which capabilities give."""

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect

from boardwell.doors.workspace.attempts import Errors, attempt
from boardwell.doors.workspace.entry import workspace
from boardwell.kit.registration import own_pages
from boardwell.ui.page import page


@workspace("journeys:complete")
def own(request: HttpRequest, slug: str, page_key: str) -> HttpResponse:
    """One of them; the capability says what stands on it and takes what is sent."""
    shown = next((one for one in own_pages() if one.key == page_key), None)
    if shown is None:
        raise Http404
    errors: Errors | None = None
    if request.method == "POST":
        submitted, errors = attempt(request, lambda: shown.submit(request.POST))
        if errors is None:
            errors = submitted.errors or None
            if errors is None:
                messages.success(request, submitted.message, extra_tags="good")
                return redirect("workspace:own", slug=slug, page_key=page_key)
    context = {"shown": shown, "errors": errors, **shown.context(request.POST if errors else None)}
    return page(request, "workspace/own.html", context, status=422 if errors else 200)
