"""One onboarding: plan, timeline, people, files, messages, facts, and its verbs."""

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from datetime import date
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.core.serializers.json import DjangoJSONEncoder
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, QueryDict
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from boardwell.domain.accounts.queries import contacts_of
from boardwell.domain.audit.queries import actors_of_journey, entries_for_object, openings_of_journey
from boardwell.domain.conversations.actions.post_message import mark_read, post_message
from boardwell.domain.conversations.queries import messages_of, read_marks, unread_count
from boardwell.domain.journeys.actions.assign_step import assign_step
from boardwell.domain.journeys.actions.cancel_journey import cancel_journey
from boardwell.domain.journeys.actions.change_owner import change_owner
from boardwell.domain.journeys.actions.commit_day import CommitPreview, commit_live, commit_step, preview_commit
from boardwell.domain.journeys.actions.go_live import go_live
from boardwell.domain.journeys.actions.hold_step import block_step, unblock_step
from boardwell.domain.journeys.actions.open_gate import override_gate, sign_gate
from boardwell.domain.journeys.actions.pause_journey import pause_journey
from boardwell.domain.journeys.actions.record_facts import apply_proposal, dismiss_proposal, record_facts
from boardwell.domain.journeys.actions.reopen_step import reopen_step
from boardwell.domain.journeys.actions.reschedule_step import MovePreview, preview_move, reschedule_step
from boardwell.domain.journeys.actions.resume_journey import resume_journey
from boardwell.domain.journeys.actions.skip_step import skip_step
from boardwell.domain.journeys.actions.undo import undo
from boardwell.domain.journeys.escalationview import ladder_of
from boardwell.domain.journeys.handle import handle_for
from boardwell.domain.journeys.kinds import registry
from boardwell.domain.journeys.queries.compliance import required_of
from boardwell.domain.journeys.queries.dates import explained_day
from boardwell.domain.journeys.queries.pages import facts_of, journey_head, journey_page
from boardwell.domain.journeys.queries.players import cast_of
from boardwell.domain.journeys.queries.timeline import timeline_of
from boardwell.domain.journeys.queries.whole import journey_whole
from boardwell.domain.papers.queries import schedule_of
from boardwell.domain.people.actions.note_export import note_export
from boardwell.domain.people.queries import member_list
from boardwell.domain.vault.actions.keep_file import keep_file, note_opened
from boardwell.domain.vault.queries import file_by_id, files_of_journey, files_of_step, open_file
from boardwell.doors.workspace.attempts import (
    Errors,
    attempt,
    attempt_undoable,
    day_from,
    say_errors,
    say_undoable,
    whole_number,
)
from boardwell.doors.workspace.csvout import csv_response
from boardwell.doors.workspace.datepages import dates_context
from boardwell.doors.workspace.entry import workspace
from boardwell.doors.workspace.factform import as_typed, changed_facts
from boardwell.doors.workspace.loadpages import say_overbooked
from boardwell.kernel import storage, tenancy
from boardwell.kernel.errors import Invalid
from boardwell.kit.visits import visit_of
from boardwell.ui.page import handed_out, page, query_after

TABS = ("plan", "dates", "timeline", "people", "files", "messages", "facts")


@workspace("journeys:view")
def journey(request: HttpRequest, slug: str, journey_id: str, tab: str = "plan") -> HttpResponse:
    """The journey's page with one of its tabs."""
    if tab not in TABS:
        raise Http404
    return _draw(request, journey_id, tab, more=dates_context(slug, journey_id) if tab == "dates" else None)


def _draw(
    request: HttpRequest, journey_id: str, tab: str, *, errors: Errors | None = None, typed: Any = None, more: dict[str, Any] | None = None
) -> HttpResponse:
    plan = journey_page(journey_id)
    context: dict[str, Any] = {
        "page": plan, "head": plan.head, "tab": tab, "promise": None, "errors": errors, "typed": typed or {}, "unread": unread_count(journey_id),
        "schedule": schedule_of(journey_id), "required": required_of(plan.every_step, plan.head.state),
        "first_value_on": next((one.planned_on for one in plan.every_step if one.marks == "first_value"), None),
        "tabs": [("plan", _("Plan")), ("dates", _("Dates")), ("timeline", _("What happened")), ("people", _("People")), ("files", _("Files")),
                 ("messages", _("Messages")), ("facts", _("Facts"))],
    } | (more or {})  # fmt: skip
    if tab == "timeline":
        context |= _timeline(request, journey_id)
    elif tab == "people":
        context |= {"contacts": contacts_of(plan.head.account_id), "members": member_list(active_only=True), "cast": cast_of(journey_id)}
    elif tab == "files":
        context |= {"files": files_of_journey(journey_id), "openings": openings_of_journey(journey_id)}
    elif tab == "messages":
        context |= _talk(request, journey_id)
        mark_read(journey_id)
    elif tab == "facts":
        context["facts"] = [
            replace(fact, value=as_typed(fact.type, typed.getlist(name))) if typed and (name := f"fact_{fact.key}") in typed else fact
            for fact in facts_of(journey_id)
        ]
    return page(request, "workspace/journey.html", context, status=422 if errors else 200)


def _timeline(request: HttpRequest, journey_id: str) -> dict[str, Any]:
    asked = {name: request.GET.get(name, "").replace("\x00", "")[:40] for name in ("kind", "who")}
    before = whole_number(request.GET.get("before", "")[:18], -1)
    moments = timeline_of(journey_id, group=asked["kind"], actor_id=asked["who"], before_position=before if before >= 0 else None)
    kinds = [
        ("steps", _("Steps")), ("plan", _("Plan")), ("facts", _("Facts")), ("messages", _("Messages")), ("files", _("Files")),
        ("people", _("People")),
    ]  # fmt: skip
    older = urlencode({**asked, "before": moments[-1].position}) if len(moments) == 100 else ""
    return {"moments": moments, "kinds": kinds, "asked": asked, "actors": actors_of_journey(journey_id), "older": older}


def _talk(request: HttpRequest, journey_id: str) -> dict[str, Any]:
    """The conversation, which part of it is asked for, and the first message that the reader has not seen."""
    talk = messages_of(journey_id)
    show = request.GET.get("show", "")
    seen_at, me = read_marks().get(journey_id), tenancy.current().actor.id
    new = [one for one in talk if one.author_id != me and (seen_at is None or one.created_at > seen_at)]
    shown = [one for one in talk if show not in {"shared", "internal"} or one.visibility == show]
    return {"talk": shown, "show": show if show in {"shared", "internal"} else "", "first_new": new[0].id if new else "", "me": me}


@workspace("lists:export")
@require_POST
def export(request: HttpRequest, slug: str, journey_id: str) -> HttpResponseBase:
    """One onboarding whole as JSON, or what happened in it as CSV; who took it is written down first."""
    head, _document = journey_head(journey_id)
    if request.POST.get("as") == "csv":
        note_export("timeline", journey_id=journey_id, account_id=head.account_id)
        header = (_("Entry"), _("When"), _("Who"), _("What"), _("About"), _("Changes"), _("Why"))
        return csv_response(f"{head.title[:80]}.csv", header, lambda: _moment_batches(journey_id))
    note_export("journey", journey_id=journey_id, account_id=head.account_id)
    response = HttpResponse(
        json.dumps(journey_whole(journey_id), cls=DjangoJSONEncoder, ensure_ascii=False, indent=1), content_type="application/json"
    )
    response.headers["Content-Disposition"] = storage.content_disposition(f"{head.title[:80]}.json")
    return response


def _moment_batches(journey_id: str) -> Iterator[Iterable[Iterable[Any]]]:
    before: int | None = None
    while moments := timeline_of(journey_id, before_position=before, most=500):
        yield (
            (one.position, one.at, one.who, one.words, one.subject, "; ".join(f"{a}: {b} → {c}" for a, b, c in one.changes), one.why)
            for one in moments
        )
        before = moments[-1].position


def _posted(request: HttpRequest, name: str) -> str:
    return str(request.POST.get(name, "")).replace("\x00", "")


@workspace("journeys:view")
@require_POST
def do(request: HttpRequest, slug: str, journey_id: str) -> HttpResponse:
    """The verbs of a journey, by name; each checks its own permission."""
    journey_head(journey_id)
    reason = _posted(request, "reason")
    if _posted(request, "verb") == "preview_commit":
        seen, errors = attempt(request, lambda: preview_commit(journey_id, committed_on=_promised_day(request)))
        more = {**dates_context(slug, journey_id), "promise": seen}
        return _draw(request, journey_id, "dates", errors=errors, typed=request.POST, more=more)
    verbs: dict[str, tuple[Callable[[], Any], str]] = {
        "pause": (lambda: pause_journey(journey_id, reason=reason), _("Paused. Nobody is reminded until you resume.")),
        "resume": (lambda: resume_journey(journey_id), _("Running again. Open days have moved by the time that was lost.")),
        "cancel": (lambda: cancel_journey(journey_id, reason=reason), _("Cancelled.")),
        "go_live": (lambda: go_live(journey_id), _("Live. Congratulations!")),
        "commit": (lambda: commit_live(journey_id, committed_on=_promised_day(request), reason=reason), _("Promised.")),
        "owner": (lambda: change_owner(journey_id, _posted(request, "member_id")), _("Handed over.")),
        "apply": (lambda: apply_proposal(_posted(request, "proposal")), _("The plan has been changed.")),
        "dismiss": (lambda: dismiss_proposal(_posted(request, "proposal")), _("The plan stays as it is.")),
    }
    if _posted(request, "verb") not in verbs:
        raise Http404
    action, said = verbs[_posted(request, "verb")]
    _none, errors = attempt_undoable(request, journey_id, _undo_path(slug, journey_id), action, said)
    if _posted(request, "verb") == "commit":
        if errors is not None:
            return _draw(request, journey_id, "dates", errors=errors, typed=request.POST, more=dates_context(slug, journey_id))
        return redirect("workspace:journey_tab", slug=slug, journey_id=journey_id, tab="dates")
    if errors is not None:
        return _draw(request, journey_id, "people" if _posted(request, "verb") == "owner" else "plan", errors=errors, typed=request.POST)
    if _posted(request, "verb") == "owner":
        say_overbooked(request, _posted(request, "member_id"), journey_id)
    return redirect("workspace:journey", slug=slug, journey_id=journey_id)


def _undo_path(slug: str, journey_id: str) -> str:
    return reverse("workspace:journey_undo", kwargs={"slug": slug, "journey_id": journey_id})


@workspace("journeys:view")
@require_POST
def undo_act(request: HttpRequest, slug: str, journey_id: str) -> HttpResponse:
    """Takes one's own last act back, or says why that cannot be any more."""
    position = whole_number(_posted(request, "position")[:18], -1)
    _none, errors = attempt(request, lambda: undo(journey_id, position), _("Undone. Everything is as it was before."))
    say_errors(request, errors)
    back = _posted(request, "back")
    if url_has_allowed_host_and_scheme(back, allowed_hosts=None):
        return redirect(back)
    return redirect("workspace:journey", slug=slug, journey_id=journey_id)


@workspace("messages:write")
@require_POST
def message(request: HttpRequest, slug: str, journey_id: str) -> HttpResponse:
    """Writes to the customer, or an internal note."""
    head, _document = journey_head(journey_id)
    visibility = "internal" if request.POST.get("internal") or request.POST.get("for") == "team" else "shared"
    body = _posted(request, "body")
    _none, errors = attempt(request, lambda: post_message(journey_id, head.account_id, body=body, visibility=visibility))
    if errors:
        return _draw(request, journey_id, "messages", errors=errors, typed=request.POST)
    return redirect("workspace:journey_tab", slug=slug, journey_id=journey_id, tab="messages")


@workspace("files:upload")
@require_POST
def upload(request: HttpRequest, slug: str, journey_id: str) -> HttpResponse:
    """Keeps files with the journey."""
    head, _document = journey_head(journey_id)
    visibility = "internal" if request.POST.get("internal") else "shared"
    for sent in request.FILES.getlist("files")[:20]:
        _none, errors = attempt(
            request,
            lambda sent=sent: keep_file(  # type: ignore[misc]  # the loop's value is bound by the default
                sent, sent.name or "file", account_id=head.account_id, journey_id=journey_id, visibility=visibility
            ),
        )
        say_errors(request, errors)
    return redirect("workspace:journey_tab", slug=slug, journey_id=journey_id, tab="files")


@workspace("files:view")
def download(request: HttpRequest, slug: str, file_id: str) -> FileResponse:
    """Sends a file; who opened it is written down."""
    kept = file_by_id(file_id)
    stream = open_file(kept)
    note_opened(kept)
    response = FileResponse(stream, content_type=kept.media_type)
    response.headers["Content-Disposition"] = storage.content_disposition(kept.name)
    response.headers["Content-Security-Policy"] = "sandbox; default-src 'none'"
    return response


@workspace("journeys:edit")
@require_POST
def facts(request: HttpRequest, slug: str, journey_id: str) -> HttpResponse:
    """Records changed facts; a plan change is proposed, never made."""
    wanted, errors = attempt(request, lambda: changed_facts(facts_of(journey_id), request.POST))
    if wanted:
        _none, errors = attempt(request, lambda: record_facts(journey_id, wanted), _("Saved. Look at what the plan would change."))
    if errors:
        return _draw(request, journey_id, "facts", errors=errors, typed=request.POST)
    return redirect("workspace:journey_tab", slug=slug, journey_id=journey_id, tab="facts")


@workspace("journeys:view")
def step(request: HttpRequest, slug: str, journey_id: str, key: str) -> HttpResponse:
    """One step: do it, or do something about it."""
    return _step_page(request, slug, journey_id, key)


def _step_page(
    request: HttpRequest, slug: str, journey_id: str, key: str, *, move: MovePreview | None = None, promise: CommitPreview | None = None,
    refused: Errors | None = None,
) -> HttpResponse:  # fmt: skip
    errors: Errors | None = refused
    handle = replace(handle_for(journey_id, key), visit=visit_of(request))
    kind = registry.get(handle.kind)
    screen = getattr(kind, "screen", None)
    is_done_here = request.method == "POST" and move is None and promise is None and refused is None
    if is_done_here and screen is not None:
        submitted, errors = attempt(request, lambda: screen.submit(handle, request.POST, request.FILES))
        if errors is None:
            errors = submitted.errors or None
            if submitted.part and errors is None:
                again = handle_for(journey_id, key)
                return page(
                    request,
                    screen.template,
                    {**screen.at(again, QueryDict(urlencode({"page": _posted(request, "page"), "fill": 1}))), "errors": {}},
                )
            if submitted.message:
                messages.success(request, submitted.message, extra_tags="good")
            if submitted.done:
                said = _("Done: %(title)s") % {"title": handle.title}
                say_undoable(request, journey_id, _undo_path(slug, journey_id), said)
                return redirect("workspace:journey", slug=slug, journey_id=journey_id)
            if submitted.saved:
                place = {"slug": slug, "journey_id": journey_id, "key": key}
                return redirect(query_after(reverse("workspace:step", kwargs=place), submitted.go_to))
    plan = journey_page(journey_id)
    view = plan.step(key)
    context: dict[str, Any] = {
        "page": plan, "head": plan.head, "step": view, "errors": errors, "screen": screen, "kind": kind,
        "answers": kind.answers_of(handle) if view is not None and view.has_ended and kind is not None else [],
        "keepsakes": screen.keepsakes(handle) if view is not None and view.has_ended and screen is not None else [],
        "files": files_of_step(handle.step_id), "history": entries_for_object(handle.step_id),
        "members": [(member.id, member.name) for member in member_list(active_only=True)],
        "contacts": [(contact.id, contact.name) for contact in contacts_of(plan.head.account_id)],
        "move": move, "promise": promise, "typed": request.POST, "why_day": explained_day(journey_id, key),
        "ladder": ladder_of(journey_id, key) if view is not None and view.is_open else (),
    }  # fmt: skip
    typed = request.POST if errors and is_done_here else None
    ended = screen if screen is not None and view is not None and view.state == "done" else None
    may_change = ended is not None and ended.amends
    is_changing = may_change and ("change" in request.GET or (typed is not None and typed.get("verb") == "change"))
    context |= {"is_changing": is_changing, "may_change": may_change}
    if screen is not None and view is not None and (view.is_open or is_changing):
        context |= screen.at(handle, request.GET, typed)
    elif ended is not None and ended.review_template:
        context["review"] = ended.review(handle, typed)
    return page(request, "workspace/step.html", context, status=422 if errors else 200)


@workspace("journeys:view")
def hand_out(request: HttpRequest, slug: str, journey_id: str, key: str, name: str) -> HttpResponse:
    """A file that a step makes, such as a calendar entry."""
    handle = handle_for(journey_id, key)
    kind = registry.get(handle.kind)
    made = kind.screen.hand_out(handle, name) if kind is not None else None
    if made is None:
        raise Http404
    return handed_out(made.name, made.media_type, made.body)


@workspace("journeys:view")
@require_POST
def step_do(request: HttpRequest, slug: str, journey_id: str, key: str) -> HttpResponse:
    """The verbs about a step, by name; each checks its own permission."""
    reason = _posted(request, "reason")
    due_on = day_from(_posted(request, "due_on"))
    person = _posted(request, "person")

    if _posted(request, "verb") == "preview_move":
        seen, errors = attempt(request, lambda: preview_move(journey_id, key, due_on=_day_or_refuse(due_on)))
        return _step_page(request, slug, journey_id, key, move=seen, refused=errors)
    if _posted(request, "verb") == "preview_commit":
        meant, errors = attempt(request, lambda: preview_commit(journey_id, key, committed_on=_promised_day(request)))
        return _step_page(request, slug, journey_id, key, promise=meant, refused=errors)
    verbs: dict[str, tuple[Callable[[], Any], str]] = {
        "skip": (lambda: skip_step(journey_id, key, reason=reason), _("Skipped.")),
        "reopen": (lambda: reopen_step(journey_id, key, reason=reason), _("Open again.")),
        "block": (lambda: block_step(journey_id, key, reason=reason), _("Marked as blocked.")),
        "unblock": (lambda: unblock_step(journey_id, key), _("Open again.")),
        "reschedule": (
            lambda: reschedule_step(journey_id, key, due_on=_day_or_refuse(due_on), reason=reason),
            _("Moved, with what follows it."),
        ),
        "commit": (lambda: commit_step(journey_id, key, committed_on=_promised_day(request), reason=reason), _("Promised.")),
        "assign": (lambda: assign_step(journey_id, key, member_id=person, contact_id=person), _("Given to them.")),
        "sign_gate": (lambda: sign_gate(journey_id, _posted(request, "gate")), _("Noted. The gate opens as soon as the rest is so.")),
        "override_gate": (lambda: override_gate(journey_id, _posted(request, "gate"), reason=reason), _("The gate is open.")),
    }
    if _posted(request, "verb") not in verbs:
        raise Http404
    action, said = verbs[_posted(request, "verb")]
    _none, errors = attempt_undoable(request, journey_id, _undo_path(slug, journey_id), action, said)
    if errors is not None:
        return _step_page(request, slug, journey_id, key, refused=errors)
    if _posted(request, "verb") == "assign":
        say_overbooked(request, person, journey_id, [key])
    return redirect("workspace:step", slug=slug, journey_id=journey_id, key=key)


@workspace("journeys:reschedule")
@require_POST
def move(request: HttpRequest, slug: str, journey_id: str) -> HttpResponse:
    """What moving a step would do, shown before it is done."""
    key = _posted(request, "step")
    due_on = day_from(_posted(request, "due_on"))
    seen, errors = attempt(request, lambda: preview_move(journey_id, key, due_on=_day_or_refuse(due_on)))
    return _step_page(request, slug, journey_id, key, move=seen, refused=errors)


def _promised_day(request: HttpRequest) -> date | None:
    """The day to promise; None, which takes a promise back, only when the field was left empty."""
    text = _posted(request, "committed_on").strip()
    day = day_from(text)
    if text and day is None:
        raise Invalid(_("Choose a day."), {"committed_on": [_("Choose a day.")]})
    return day


def _day_or_refuse(day: date | None) -> date:
    if day is None:
        raise Invalid(_("Choose a day."), {"due_on": [_("Choose a day.")]})
    return day
