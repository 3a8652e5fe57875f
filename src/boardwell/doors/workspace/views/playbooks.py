"""Playbooks: list, ways to begin, page, versions, difference, export."""

from hashlib import sha256
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from boardwell.domain.journeys.kinds import registry
from boardwell.domain.playbooks.actions.write_playbook import (
    create_playbook,
    duplicate_playbook,
    set_retired,
)
from boardwell.domain.playbooks.difference import difference
from boardwell.domain.playbooks.document import DocumentError, document_for, parse
from boardwell.domain.playbooks.edits import key_of, keyed
from boardwell.domain.playbooks.queries import playbook_by_key, playbook_list, version_by_number, versions_of
from boardwell.domain.playbooks.shipped import shipped
from boardwell.domain.playbooks.starter import starter
from boardwell.domain.playbooks.yamlfile import load
from boardwell.doors.workspace.attempts import Errors, attempt, say_errors, whole_number
from boardwell.doors.workspace.entry import workspace
from boardwell.doors.workspace.playbookpages import flow_context
from boardwell.kernel import tenancy
from boardwell.kernel.storage import content_disposition
from boardwell.kernel.texts import in_language
from boardwell.ui.page import page


@workspace("playbooks:view")
def playbooks(request: HttpRequest, slug: str) -> HttpResponse:
    """Every playbook; where there is none yet, the ready ones, each a click away."""
    rows = playbook_list(with_retired=True)
    offered = _ready(set()) if not rows and tenancy.current().actor.may("playbooks:edit") else []
    return page(request, "workspace/playbooks.html", {"rows": rows, "shipped": offered})


@workspace("playbooks:edit")
def new(request: HttpRequest, slug: str) -> HttpResponse:
    """Four ways to begin: a shipped playbook (or all of them at once), one of one's own, a file, or nothing."""
    own = playbook_list(with_retired=True)
    context: dict[str, Any] = {"own": [(row.key, row.title) for row in own], "errors": None, "typed": request.POST}
    if request.method == "POST":
        key, errors = _begun(request, request.POST.get("from", "nothing"))
        if errors is None:
            return redirect("workspace:playbook_edit", slug=slug, key=key) if key else redirect("workspace:playbooks", slug=slug)
        context["errors"] = errors
    context["shipped"] = _ready({row.key for row in own})
    return page(request, "workspace/playbook_new.html", context, status=422 if context["errors"] else 200)


def _ready(taken: set[str]) -> list[dict[str, Any]]:
    """The shipped playbooks as the pages offer them."""
    return [
        {"name": name, "title": document.title, "summary": document.summary, "steps": len(list(document.every_step())), "taken": document.key in taken,
         "languages": document.languages}
        for name, source in shipped().items()
        for document in [document_for(sha256(source.encode()).hexdigest(), source)]
    ]  # fmt: skip


def _begun(request: HttpRequest, way: str) -> tuple[str, Errors | None]:
    """The key of the new playbook, or what stands in the way, under the name of the field that it concerns."""
    key = request.POST.get(f"{way}_key", "").strip()
    if way == "file":
        sent = request.FILES.get("file")
        if sent is None:
            return "", {"file": [_("Choose a file first.")]}
        try:
            source = sent.read(1_000_001).decode("utf-8")
        except UnicodeDecodeError as problem:
            return "", {"file": [_("This file is not UTF-8 text (byte %(n)d). Save it as UTF-8 and send it again.") % {"n": problem.start}]}
        key = key or key_of(source)
        _id, errors = attempt(request, lambda: create_playbook(key, keyed(source, key)), _("Imported as a draft."))
        return key, _named(errors, "file_key")
    if way == "shipped":
        source = shipped().get(request.POST.get("name", ""), "")
        if not source:
            return "", {"name": [_("Choose a playbook first.")]}
        key = key or key_of(source)
        _id, errors = attempt(request, lambda: create_playbook(key, keyed(source, key)))
        return key, _named(errors, "shipped_key")
    if way == "all":
        taken = {row.key for row in playbook_list(with_retired=True)}
        for source in shipped().values():
            if key_of(source) not in taken:
                _id, errors = attempt(request, lambda source=source: create_playbook(key_of(source), source))  # type: ignore[misc]
                if errors is not None:
                    return "", _named(errors, "name")
        return "", None
    if way == "own":
        _id, errors = attempt(request, lambda: duplicate_playbook(request.POST.get("name", ""), key), _("Duplicated."))
        return key, _named(errors, "own_key")
    _id, errors = attempt(request, lambda: create_playbook(key, starter(key)))
    return key, _named(errors, "nothing_key")


def _named(errors: Errors | None, name: str) -> Errors | None:
    return None if errors is None else {name: [line for lines in errors.values() for line in lines]}


@workspace("playbooks:view")
def playbook(request: HttpRequest, slug: str, key: str) -> HttpResponse:
    """The plan as people read it, and its versions."""
    book = playbook_by_key(key)
    shown = request.GET.get("version", "")
    versions = versions_of(book.id)
    source = book.draft
    if versions:
        number = whole_number(shown, versions[0].number)
        source = next((version.source for version in versions if version.number == number), versions[0].source)
    try:
        document = parse(source)
    except DocumentError:
        document = None
    context: dict[str, Any] = {
        "book": book, "document": document, "versions": versions, "shown": number if versions else 0,
        "kinds": {kind.word: kind for kind in registry.all()},
    }  # fmt: skip
    if document is not None:
        context |= flow_context(load(source).plain)
        asking = {kind.word for kind in registry.all() if kind.asks}
        context["asking"] = [(step.key, in_language(step.title)) for step in document.every_step() if step.kind in asking]
    return page(request, "workspace/playbook.html", context)


@workspace("playbooks:view")
def export(request: HttpRequest, slug: str, key: str) -> HttpResponse:
    """The published document, or the draft, byte for byte."""
    book = playbook_by_key(key)
    number = whole_number(request.GET.get("version", ""))
    source = version_by_number(book.id, number).source if number else book.draft
    response = HttpResponse(source.encode(), content_type="application/yaml; charset=utf-8")
    response.headers["Content-Disposition"] = content_disposition(f"{key}.yaml")
    return response


@workspace("playbooks:view")
def compare(request: HttpRequest, slug: str, key: str) -> HttpResponse:
    """What changed in meaning between two versions, or a version and the draft."""
    book = playbook_by_key(key)
    versions = versions_of(book.id)
    context: dict[str, Any] = {"book": book, "versions": versions, "changes": None}
    numbers = [whole_number(request.GET.get(name, "")) for name in ("a", "b")]
    if not any(numbers) and versions:
        numbers = [versions[0].number, 0]
    try:
        documents = [parse(version_by_number(book.id, number).source if number else book.draft) for number in numbers]
        context["changes"] = difference(documents[0], documents[1])
    except DocumentError:
        context["broken"] = True
    context["a"], context["b"] = numbers
    return page(request, "workspace/playbook_compare.html", context)


@workspace("playbooks:edit")
@require_POST
def do(request: HttpRequest, slug: str, key: str) -> HttpResponse:
    """Retires, restores or duplicates a playbook."""
    verb = request.POST.get("verb", "")
    if verb == "duplicate":
        new_key = request.POST.get("new_key", "").strip()
        _id, errors = attempt(request, lambda: duplicate_playbook(key, new_key), _("Duplicated."))
        if errors is None:
            return redirect("workspace:playbook_edit", slug=slug, key=new_key)
    else:
        _none, errors = attempt(request, lambda: set_retired(key, retired=verb == "retire"), _("Saved."))
    say_errors(request, errors)
    return redirect("workspace:playbook", slug=slug, key=key)
