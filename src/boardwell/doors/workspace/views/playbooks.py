"""Playbooks: list, page, editor with lint as you type, versions, difference, import and export."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from boardwell.domain.journeys.kinds import kind_rules
from boardwell.domain.playbooks.actions.write_playbook import (
    create_playbook,
    duplicate_playbook,
    import_playbook,
    publish_draft,
    save_draft,
    set_retired,
)
from boardwell.domain.playbooks.difference import difference
from boardwell.domain.playbooks.document import DocumentError, parse
from boardwell.domain.playbooks.problems import Problem, lint
from boardwell.domain.playbooks.problemwords import words_of
from boardwell.domain.playbooks.queries import playbook_by_key, playbook_list, version_by_number, versions_of
from boardwell.domain.playbooks.starter import starter
from boardwell.doors.workspace.attempts import attempt, say_errors, whole_number
from boardwell.doors.workspace.entry import workspace
from boardwell.kernel.storage import content_disposition
from boardwell.ui.page import page


def said(problems: list[Problem]) -> list[tuple[Problem, str]]:
    """Each problem with its words."""
    return [(problem, words_of(problem)) for problem in problems]


@workspace("playbooks:view")
def playbooks(request: HttpRequest, slug: str) -> HttpResponse:
    """Every playbook."""
    return page(request, "workspace/playbooks.html", {"rows": playbook_list(with_retired=True)})


@workspace("playbooks:edit")
@require_POST
def new(request: HttpRequest, slug: str) -> HttpResponse:
    """Makes an empty playbook, or takes in a file byte for byte."""
    sent = request.FILES.get("file")
    if sent is not None:
        try:
            source = sent.read(1_000_001).decode("utf-8")
        except UnicodeDecodeError:
            say_errors(request, {"": [_("This file is not UTF-8 text. Save it as UTF-8 and send it again.")]})
            return redirect("workspace:playbooks", slug=slug)
        _id, errors = attempt(request, lambda: import_playbook(source, kind_rules(), publish=False), _("Imported as a draft."))
    else:
        key = request.POST.get("key", "").strip()
        _id, errors = attempt(request, lambda: create_playbook(key, starter(key)))
        if errors is None:
            return redirect("workspace:playbook_edit", slug=slug, key=key)
    say_errors(request, errors)
    return redirect("workspace:playbooks", slug=slug)


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
    return page(request, "workspace/playbook.html", {"book": book, "document": document, "versions": versions})


@workspace("playbooks:edit")
def edit(request: HttpRequest, slug: str, key: str) -> HttpResponse:
    """The editor: the document itself, with every fault beside it."""
    book = playbook_by_key(key)
    source, revision, errors = book.draft, book.draft_revision, None
    if request.method == "POST":
        source = request.POST.get("source", "").replace("\r\n", "\n").replace("\x00", "")
        revision = whole_number(request.POST.get("revision", ""))
        saved, errors = attempt(request, lambda: save_draft(key, source, revision=revision))
        if errors is None and request.POST.get("verb") == "publish":
            revision = saved
            note = request.POST.get("note", "")
            _number, errors = attempt(request, lambda: publish_draft(key, kind_rules(), note=note), _("Published."))
            if errors is None:
                return redirect("workspace:playbook", slug=slug, key=key)
        elif errors is None:
            return redirect("workspace:playbook_edit", slug=slug, key=key)
    problems = said(lint(source, kinds=kind_rules()))
    context = {"book": book, "source": source, "revision": revision, "problems": problems, "errors": errors}
    return page(request, "workspace/playbook_edit.html", context, status=422 if errors else 200)


@workspace("playbooks:edit")
@require_POST
def check(request: HttpRequest, slug: str) -> HttpResponse:
    """The lint of a text, for the editor while somebody types."""
    problems = said(lint(request.POST.get("source", "").replace("\r\n", "\n"), kinds=kind_rules()))
    return render(request, "workspace/problems.html", {"problems": problems})


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
