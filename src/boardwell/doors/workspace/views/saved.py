"""Saved views of list pages: keep, rename, share, refresh, open first, delete."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from boardwell.domain.people.actions.save_view import change_view, delete_view, open_first, save_view
from boardwell.domain.people.queries import saved_views, view_that_opens_first
from boardwell.doors.workspace.attempts import attempt, say_errors
from boardwell.doors.workspace.entry import workspace
from boardwell.doors.workspace.listing import Listing
from boardwell.kernel import tenancy

PAGES = ("journeys", "accounts", "compliance")


def view_that_opens(request: HttpRequest, slug: str, page: str) -> HttpResponse | None:
    """To the member's first view when they came without asking for anything."""
    if request.GET or request.method != "GET":
        return None
    first = view_that_opens_first(page)
    found = next((view for view in saved_views(page) if view.id == first), None) if first else None
    if found is None:
        return None
    return redirect(f"{reverse(f'workspace:{page}', kwargs={'slug': slug})}?{found.query}&saved={found.id}")


def views_context(page: str, listing: Listing) -> dict[str, object]:
    """What the bar of saved views needs. One query, and one for which opens first."""
    actor = tenancy.current().actor
    views = saved_views(page)
    active = next((view for view in views if view.id == listing.saved), None)
    return {
        "views": views, "view_page": page, "view_active": active, "view_first": view_that_opens_first(page),
        "view_mine": active is not None and (active.member_id == actor.id or (active.shared and actor.may("settings:manage"))),
        "view_differs": active is not None and active.query != listing.query,
    }  # fmt: skip


@workspace("journeys:view")
@require_POST
def view_save(request: HttpRequest, slug: str) -> HttpResponse:
    """Keeps a new view, or does one of the things that can be done with one."""
    posted = request.POST
    page = posted.get("page", "journeys")
    if page not in PAGES:
        raise Http404
    verb, view_id, query = posted.get("verb", "save"), posted.get("view", "").replace("\x00", "")[:40], posted.get("query", "")
    shared = bool(posted.get("shared"))
    if posted.get("delete"):
        verb, view_id = "delete", posted["delete"].replace("\x00", "")[:40]
    back = f"{reverse(f'workspace:{page}', kwargs={'slug': slug})}?{query}"
    if verb == "delete":
        _none, errors = attempt(request, lambda: delete_view(view_id), _("Deleted. The onboardings themselves are as they were."))
    elif verb == "change":
        _none, errors = attempt(request, lambda: change_view(view_id, name=posted.get("name", ""), shared=shared), _("Saved."))
    elif verb == "refresh":
        _none, errors = attempt(request, lambda: change_view(view_id, query=query), _("This view now shows what you see."))
    elif verb == "first":
        _none, errors = attempt(request, lambda: open_first(page, view_id), _("This list opens with this view from now on."))
    elif verb == "not_first":
        _none, errors = attempt(request, lambda: open_first(page, ""), _("This list opens with everything from now on."))
    else:
        view_id, errors = attempt(
            request, lambda: save_view(page=page, name=posted.get("name", ""), query=query, shared=shared), _("Saved.")
        )
    say_errors(request, errors)
    if verb != "delete" and view_id and not errors:
        back += f"&saved={view_id}"
    return redirect(back)
