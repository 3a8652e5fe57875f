"""Through the customer's eyes: what they can see, opening the portal as a contact sees it, and closing it again."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from boardwell.domain.accounts.queries import contacts_of
from boardwell.domain.journeys.actions.view_as_contact import end_view, view_as_contact
from boardwell.domain.journeys.queries.looks import COOKIE, LASTS
from boardwell.domain.journeys.queries.pages import journey_head
from boardwell.domain.journeys.queries.visibility import AUDIENCES, sight_of
from boardwell.doors.workspace.entry import workspace
from boardwell.ui.links import path_to
from boardwell.ui.page import page


@workspace("journeys:view")
def visibility(request: HttpRequest, slug: str, journey_id: str) -> HttpResponse:
    """What somebody outside sees of an onboarding, and what is hidden from them, and why."""
    head, _document = journey_head(journey_id)
    contacts = contacts_of(head.account_id)
    asked = request.GET.get("whose", "").replace("\x00", "")[:40]
    whose = asked or (contacts[0].id if contacts else "participant")
    choices = [(one.id, one.name) for one in contacts] + [(key, str(label)) for key, (label, _role) in AUDIENCES.items()]
    context = {
        "sight": sight_of(journey_id, whose), "choices": choices, "whose": whose, "contact_id": "" if whose in AUDIENCES else whose,
    }  # fmt: skip
    return page(request, "workspace/visibility.html", context)


@workspace("journeys:view_as")
@require_POST
def view_as(request: HttpRequest, slug: str, journey_id: str, contact_id: str) -> HttpResponse:
    """Opens the portal as the contact sees it. A cookie for the paths of this onboarding's portal carries that, not the session."""
    text = view_as_contact(journey_id, contact_id, session_key=request.session.session_key or "")
    portal = path_to("portal:home", journey_id=journey_id)
    answer = redirect(portal)
    answer.set_cookie(COOKIE, text, max_age=LASTS, path=portal, secure=request.is_secure(), httponly=True, samesite="Strict")
    return answer


@workspace("journeys:view_as")
@require_POST
def view_as_end(request: HttpRequest, slug: str, journey_id: str, contact_id: str) -> HttpResponse:
    """The way out: back to the workspace, as oneself."""
    end_view(journey_id, contact_id)
    messages.success(request, _("You are back, with your own eyes."), extra_tags="good")
    answer = redirect("workspace:journey_tab", slug=slug, journey_id=journey_id, tab="people")
    answer.delete_cookie(COOKIE, path=path_to("portal:home", journey_id=journey_id), samesite="Strict")
    return answer
