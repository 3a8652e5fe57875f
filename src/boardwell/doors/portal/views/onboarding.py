"""One onboarding as the customer sees it."""

from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from boardwell.domain.accounts.actions.invite_contact import invite_colleague
from boardwell.domain.accounts.queries import contacts_of, picture_is_near
from boardwell.domain.conversations.actions.post_message import mark_read, post_message
from boardwell.domain.conversations.queries import messages_of
from boardwell.domain.journeys.actions.assign_step import assign_step
from boardwell.domain.journeys.actions.undo import undo
from boardwell.domain.journeys.handle import handle_for
from boardwell.domain.journeys.kinds import registry
from boardwell.domain.journeys.queries.dates import explained_day
from boardwell.domain.journeys.queries.pages import journey_head, journey_page, portal_home
from boardwell.domain.journeys.queries.undoing import last_undoable
from boardwell.domain.papers.queries import papers_of, sheet_to_accept
from boardwell.domain.vault.actions.keep_file import keep_file, note_opened
from boardwell.domain.vault.queries import file_by_id, files_of_journey, files_of_step, open_file, open_picture
from boardwell.doors.portal.entry import portal
from boardwell.kernel import storage, tenancy
from boardwell.kernel.errors import Conflict, Invalid, NotAllowed
from boardwell.kit.visits import visit_of
from boardwell.ui.drawn import drawn
from boardwell.ui.page import handed_out, page, picture_response, query_after


@portal
def home(request: HttpRequest, journey_id: str) -> HttpResponse:
    """One next action, who waits for it, how long it takes, how far we are."""
    seen = portal_home(journey_id)
    context = {
        "home": seen, "head": seen.head, "next": seen.next_step, "journey_id": journey_id, "contact_id": tenancy.current().actor.id,
    }  # fmt: skip
    sheet = sheet_to_accept(journey_id)
    return page(
        request,
        "portal/home.html",
        {"head": seen.head, "journey_id": journey_id, "sheet": sheet, "body": drawn("portal/home_body.html", context)},
    )


@portal
def plan(request: HttpRequest, journey_id: str) -> HttpResponse:
    """The whole plan with days, and what is expected of whom."""
    seen = journey_page(journey_id)
    return page(request, "portal/plan.html", {"page": seen, "head": seen.head, "papers": papers_of(journey_id)})


@portal
def step(request: HttpRequest, journey_id: str, key: str) -> HttpResponse:
    """One step: do it, or read how it went."""
    seen = journey_page(journey_id)
    view = seen.step(key)
    if view is None:
        raise Http404
    handle = replace(handle_for(journey_id, key), visit=visit_of(request))
    kind = registry.get(view.kind)
    screen = getattr(kind, "screen", None)
    may_act = view.is_open and view.side != "ours" and screen is not None
    may_change = view.state == "done" and view.side != "ours" and screen is not None and screen.amends
    errors: dict[str, list[str]] = {}
    if request.method == "POST" and screen is not None:
        try:
            submitted = screen.submit(handle, request.POST, request.FILES)
        except Invalid as problem:
            errors = dict(problem.fields) or {"": [str(problem)]}
        except (Conflict, NotAllowed) as problem:
            errors = {"": [str(problem)]}
        else:
            errors = dict(submitted.errors)
            if submitted.part and not errors:
                handle = handle_for(journey_id, key)
                return page(
                    request,
                    screen.template,
                    {**screen.at(handle, QueryDict(urlencode({"page": request.POST.get("page", "")}))), "errors": {}},
                )
            if submitted.message:
                messages.success(request, submitted.message, extra_tags="good")
            if submitted.done:
                _say_undoable(request, journey_id, _("Thank you. That step is done."))
                return redirect("portal:home", journey_id=journey_id)
            if submitted.saved:
                return redirect(query_after(reverse("portal:step", kwargs={"journey_id": journey_id, "key": key}), submitted.go_to))
    context: dict[str, Any] = {
        "page": seen, "head": seen.head, "step": view, "screen": screen, "errors": errors, "may_act": may_act,
        "files": files_of_step(handle.step_id), "colleagues": [(one.id, one.name) for one in contacts_of(seen.head.account_id)],
        "why_day": explained_day(journey_id, key), "answers": kind.answers_of(handle) if view.has_ended and kind is not None else [],
        "keepsakes": screen.keepsakes(handle) if view.has_ended and screen is not None else [],
    }  # fmt: skip
    is_changing = may_change and (bool(errors) or "change" in request.GET)
    context |= {"may_change": may_change, "is_changing": is_changing}
    if (may_act or is_changing) and screen is not None:
        context |= screen.at(handle, request.GET, request.POST if errors else None)
    return page(request, "portal/step.html", context, status=422 if errors else 200)


def _say_undoable(request: HttpRequest, journey_id: str, said: str) -> None:
    """The notice on the next page, with “Undo” for as long as the customer may think their own act over."""
    offer = last_undoable(journey_id)
    if offer is None:
        messages.success(request, said, extra_tags="good")
        return
    path = reverse("portal:undo", kwargs={"journey_id": journey_id})
    values = {"said": said, "path": path, "offer": offer}
    messages.success(request, render_to_string("layout/undo_notice.html", values, request), extra_tags="good")


@portal
@require_POST
def undo_act(request: HttpRequest, journey_id: str) -> HttpResponse:
    """Takes one's own last act back, or says why that cannot be any more."""
    position = request.POST.get("position", "")
    try:
        undo(journey_id, int(position) if position.isdecimal() and len(position) < 18 else -1)
        messages.success(request, _("Undone. Everything is as it was before."), extra_tags="good")
    except (Conflict, NotAllowed) as problem:
        messages.error(request, str(problem), extra_tags="bad")
    return redirect("portal:home", journey_id=journey_id)


@portal
@require_POST
def hand_over(request: HttpRequest, journey_id: str, key: str) -> HttpResponse:
    """Gives a step to a colleague."""
    try:
        assign_step(journey_id, key, contact_id=request.POST.get("person", ""))
        _say_undoable(request, journey_id, _("Handed over."))
    except (Invalid, Conflict, NotAllowed) as problem:
        messages.error(request, str(problem), extra_tags="bad")
    return redirect("portal:step", journey_id=journey_id, key=key)


@portal
def talk(request: HttpRequest, journey_id: str) -> HttpResponse:
    """Messages with the team."""
    head, _document = journey_head(journey_id)
    errors: dict[str, list[str]] = {}
    if request.method == "POST":
        try:
            post_message(journey_id, head.account_id, body=request.POST.get("body", ""))
            return redirect("portal:messages", journey_id=journey_id)
        except Invalid as problem:
            errors = problem.fields
    mark_read(journey_id)
    context = {"head": head, "talk": messages_of(journey_id), "errors": errors, "typed": request.POST}
    return page(request, "portal/messages.html", context, status=422 if errors else 200)


@portal
def files(request: HttpRequest, journey_id: str) -> HttpResponse:
    """Files that were sent and shared; sending more."""
    head, _document = journey_head(journey_id)
    errors: dict[str, list[str]] = {}
    if request.method == "POST":
        for sent in request.FILES.getlist("files")[:20]:
            try:
                keep_file(sent, sent.name or "file", account_id=head.account_id, journey_id=journey_id)
            except Invalid as problem:
                errors.setdefault("files", []).append(str(problem))
        if not errors:
            return redirect("portal:files", journey_id=journey_id)
    context = {"head": head, "files": files_of_journey(journey_id), "errors": errors}
    return page(request, "portal/files.html", context, status=422 if errors else 200)


@portal
def download(request: HttpRequest, journey_id: str, file_id: str) -> FileResponse:
    """Sends a file of this onboarding."""
    kept = file_by_id(file_id)
    if kept.journey_id != journey_id:
        raise Http404
    stream = open_file(kept)
    if tenancy.current().actor.looker_id:
        request.opened = kept  # type: ignore[attr-defined]  # the door writes it down in the name of the member who looks
    else:
        note_opened(kept)
    response = FileResponse(stream, content_type=kept.media_type)
    response.headers["Content-Disposition"] = storage.content_disposition(kept.name)
    response.headers["Content-Security-Policy"] = "sandbox; default-src 'none'"
    return response


@portal
def hand_out(request: HttpRequest, journey_id: str, key: str, name: str) -> HttpResponse:
    """A file that a step makes, such as a calendar entry."""
    handle = handle_for(journey_id, key)
    kind = registry.get(handle.kind)
    made = kind.screen.hand_out(handle, name) if kind is not None else None
    if made is None:
        raise Http404
    return handed_out(made.name, made.media_type, made.body)


@portal
def face(request: HttpRequest, journey_id: str, file_id: str) -> FileResponse:
    """The picture of somebody of the team or of the customer's own people."""
    if not picture_is_near(file_id):
        raise Http404
    return picture_response(open_picture(file_id), seconds=86_400)


@portal
def people(request: HttpRequest, journey_id: str) -> HttpResponse:
    """Who is who on both sides; inviting a colleague."""
    head, _document = journey_head(journey_id)
    errors: dict[str, list[str]] = {}
    typed = {name: request.POST.get(name, "") for name in ("name", "email")}
    if request.method == "POST":
        try:
            invite_colleague(head.account_id, name=typed["name"], email=typed["email"], journey_id=journey_id)
            messages.success(request, _("Invited. They get a mail with a link."), extra_tags="good")
            return redirect("portal:people", journey_id=journey_id)
        except Invalid as problem:
            errors = problem.fields or {"": [str(problem)]}
        except NotAllowed as problem:
            errors = {"": [str(problem)]}
    context = {"head": head, "contacts": contacts_of(head.account_id), "errors": errors, "typed": typed}
    return page(request, "portal/people.html", context, status=422 if errors else 200)
