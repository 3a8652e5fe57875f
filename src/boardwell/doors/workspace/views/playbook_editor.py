"""The playbook editor: a form, the text itself and a picture, three views of one document; publishing with what changed."""

from typing import Any
from urllib.parse import quote

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from boardwell.domain.journeys.kinds import kind_rules, registry
from boardwell.domain.journeys.queries.visibility import audiences_of
from boardwell.domain.playbooks.actions.write_draft import edit_draft, restore_draft, save_draft
from boardwell.domain.playbooks.actions.write_playbook import publish_draft
from boardwell.domain.playbooks.difference import difference
from boardwell.domain.playbooks.document import DocumentError, parse
from boardwell.domain.playbooks.edits import set_step, stages_of, steps_of
from boardwell.domain.playbooks.merging import merge
from boardwell.domain.playbooks.problems import lint, lint_loaded
from boardwell.domain.playbooks.queries import PlaybookPage, draft_since, draft_states, playbook_page
from boardwell.domain.playbooks.yamlfile import Loaded, YamlProblem, load
from boardwell.doors.workspace.attempts import Errors, attempt, say_errors, whole_number
from boardwell.doors.workspace.entry import workspace
from boardwell.doors.workspace.gateform import gate_context, gate_names
from boardwell.doors.workspace.playbookforms import Place, button, edit_of, kept_both, place_in, row_edit, typed_part, typed_step, value_at
from boardwell.doors.workspace.playbookpages import (
    EDIT_WORDS,
    MOST_SHOWN,
    around,
    beside,
    flow_context,
    languages_of,
    names_of,
    outline,
    parties,
    preview_of,
    rows_context,
    said,
    step_context,
)
from boardwell.ui.page import page

_FIELDS = {
    "step": ("key", "kind", "side", "owner", "visibility", "required", "minutes", "effort", "title", "help", "expect", "needs", "when", "due", "duration", "fixed", "not_before", "deadline", "remind", "settings"),
    "stage": ("key", "title", "steps"), "playbook": ("key", "title", "summary", "party", "languages"),
}  # fmt: skip


@workspace("playbooks:edit")
def edit(request: HttpRequest, slug: str, key: str) -> HttpResponse:
    """The form editor: the outline, and the part that is open."""
    book = playbook_page(key)
    try:
        loaded = load(book.draft)
    except YamlProblem:
        return redirect("workspace:playbook_text", slug=slug, key=key)
    if request.method == "POST":
        return _save(request, slug, book, loaded)
    return _form(request, book, loaded, place_in(loaded.plain, request.GET.get("at", "")))


def _save(request: HttpRequest, slug: str, book: PlaybookPage, loaded: Loaded) -> HttpResponse:
    """Writes the open part, then does what the button says; a refusal shows the page again with everything that was typed."""
    verb = request.POST.get("verb", "save")
    revision = whole_number(request.POST.get("revision", ""))
    read = _read_at(book, revision, loaded)
    place = place_in(read.plain, request.POST.get("at", ""))
    if verb.startswith("restore:"):
        number = whole_number(verb.partition(":")[2])
        _number, errors = attempt(request, lambda: restore_draft(book.key, number, revision=revision), _("Went back to the earlier state."))
        say_errors(request, errors)
        return redirect(_address(slug, book.key, place.at))
    if verb == "import" and place.word == "step":
        return _import(request, slug, book, read, place, revision)
    write = row_edit(request.POST, place, read.plain, verb) or edit_of(place, request.POST, read.plain)
    done = button(verb, place, read.plain)
    name = "playbook.changed" if place.word == "playbook" else f"{'step' if place.word == 'new' else place.word}.changed"
    if done is None:
        saved, errors = attempt(request, lambda: edit_draft(book.key, write, revision=revision, verb=name, subject=place.at))
    else:
        both = lambda source: done.edit(write(source))  # noqa: E731 - one edit made of two
        saved, errors = attempt(request, lambda: edit_draft(book.key, both, revision=revision, verb=done.verb, subject=place.at))
    if errors is not None:
        return _refused(request, book, read, place, errors)
    at = done.next_at if done else place.at
    if verb.startswith("go:"):
        at = verb.partition(":")[2]
    elif place.word == "new":
        at = f"{place.stage}.{len(steps_of(stages_of(read.plain)[place.stage]))}"
    undo = f"&undo={revision}" if done and done.verb.endswith("removed") and saved != revision else ""
    return redirect(f"{_address(slug, book.key, at)}{undo}{'#o-' + at if done else ''}")


def _import(request: HttpRequest, slug: str, book: PlaybookPage, read: Loaded, place: Place, revision: int) -> HttpResponse:
    """Puts what a foreign description comes to in the place of the step's settings, and says what did not come along."""
    kind = registry.get(request.POST.get("settings_kind", ""))
    text, language = request.POST.get("import", ""), (languages_of(read.plain) or ["en"])[0]
    if kind is None or not kind.imports:
        return redirect(_address(slug, book.key, place.at))
    found, errors = attempt(request, lambda: kind.import_settings(text, language))
    if found is None or errors is not None:
        return _refused(request, book, read, place, {"import": [line for lines in (errors or {}).values() for line in lines]})
    settings, left = found
    fields = {**typed_step(request.POST, value_at(read.plain, place.path)), "settings": settings}
    write = lambda source: set_step(source, stage=place.stage, step=place.step, fields=fields)  # noqa: E731 - one edit
    _saved, errors = attempt(
        request,
        lambda: edit_draft(book.key, write, revision=revision, verb="step.changed", subject=place.at),
        _("Imported. Look at the questions below."),
    )
    if errors is not None:
        return _refused(request, book, read, place, errors)
    for line in left[:MOST_SHOWN]:
        messages.warning(request, line, extra_tags="warn")
    return redirect(_address(slug, book.key, place.at))


@workspace("playbooks:edit")
@require_POST
def preview(request: HttpRequest, slug: str, key: str) -> HttpResponse:
    """How the step that is open will look, while somebody types in its form."""
    book = playbook_page(key)
    try:
        loaded = load(book.draft)
    except YamlProblem:
        return HttpResponse(status=204)
    place = place_in(loaded.plain, request.POST.get("at", ""))
    if place.word not in ("step", "new"):
        return HttpResponse(status=204)
    drawn = preview_of(typed_part(place, request.POST, loaded.plain), loaded.plain)
    return render(request, "workspace/playbook_preview.html", {"preview": drawn}) if drawn else HttpResponse(status=204)


def _address(slug: str, key: str, at: str) -> str:
    return f"{reverse('workspace:playbook_edit', kwargs={'slug': slug, 'key': key})}?at={quote(at)}"


def _read_at(book: PlaybookPage, revision: int, loaded: Loaded) -> Loaded:
    """The document as it was when the form was drawn: what was typed refers to its places."""
    if revision == book.revision:
        return loaded
    try:
        return load(draft_since(book.id, book.draft, revision).source)
    except YamlProblem:
        return loaded


def _refused(request: HttpRequest, book: PlaybookPage, read: Loaded, place: Place, errors: Errors) -> HttpResponse:
    """The page again: with the draft as it is now, what was typed put in, and who changed what meanwhile."""
    typed = typed_part(place, request.POST, read.plain)
    loaded = load(book.draft)
    revision = whole_number(request.POST.get("revision", ""))
    meanwhile = draft_since(book.id, book.draft, revision) if revision != book.revision else None
    if meanwhile is not None:
        place, typed = _placed_again(place, read.plain, loaded.plain, typed)
    return _form(request, book, loaded, place, typed=typed, errors=errors, meanwhile=meanwhile)


def _placed_again(place: Place, before: Any, now: Any, typed: Any) -> tuple[Place, Any]:
    """Where the part stands now, found by its key, and what to show in it: mine where I changed it, theirs elsewhere."""
    base = value_at(before, place.path)
    key = base.get("key") if isinstance(base, dict) else None
    if place.word in ("step", "stage"):
        for number, stage in enumerate(stages_of(now)):
            if place.word == "stage" and isinstance(stage, dict) and stage.get("key") == key:
                return Place("stage", number), kept_both(base, stage, typed)
            for index, step in enumerate(steps_of(stage) if place.word == "step" else ()):
                if isinstance(step, dict) and step.get("key") == key:
                    return Place("step", number, index), kept_both(base, step, typed)
        if place.word == "step" and stages_of(now):  # somebody took it out: saving puts it in again
            return Place("new", min(place.stage, len(stages_of(now)) - 1)), typed
        return Place("playbook"), value_at(now, ())
    if place.word == "new":
        return place_in(now, place.at), typed
    return place, kept_both(base, value_at(now, place.path), typed)


def _form(
    request: HttpRequest,
    book: PlaybookPage,
    loaded: Loaded,
    place: Place,
    *,
    typed: Any = None,
    errors: Errors | None = None,
    meanwhile: Any = None,
) -> HttpResponse:
    found = lint_loaded(loaded if typed is None or place.word == "new" else loaded.with_value(place.path, typed), kinds=kind_rules())
    plain = loaded.plain
    part = _part_context(plain, place, value_at(plain, place.path) if typed is None else typed)
    shown = said(found, plain, place)
    context = {
        "book": book, "revision": book.revision, "outline": outline(plain, found), "place": place, "problems": shown[:MOST_SHOWN],
        "problem_count": len(shown), "error_count": sum(one.severity == "error" for one in found), "beside": (words := beside(shown, part["names"])), "trouble": around(words),
        "errors": errors, "meanwhile": meanwhile, "undo": whole_number(request.GET.get("undo", "")), "languages": languages_of(plain),
        "states": draft_states(book.id), "edit_words": EDIT_WORDS, "tab": "form", "typed_import": request.POST.get("import", ""), **part,
    }  # fmt: skip
    return page(request, "workspace/playbook_edit.html", context, status=_status(errors, meanwhile))


def _status(errors: Errors | None, meanwhile: Any) -> int:
    return 200 if errors is None else 422 if meanwhile is None else 409


def _part_context(plain: Any, place: Place, value: Any) -> dict[str, Any]:
    """What the open part's form needs, and the names of the fields that problems can stand beside."""
    if place.word in ("step", "new"):
        context = step_context(plain, value, place)
        return {
            **context,
            "preview": preview_of(value, plain),
            "names": [*_FIELDS["step"], *names_of(context["settings"]), *gate_names(context["gate_rows"])],
        }
    if place.word in ("roles", "facts"):
        context = rows_context(plain, place.word, value)
        return {
            **context,
            "names": [
                place.word,
                *(
                    f"{row['name']}{end}"
                    for row in context["rows"]
                    for end in ("", ".key", ".side", ".type", ".title", ".choices", ".visibility")
                ),
            ],
        }
    stages, gate = stages_of(plain), gate_context(plain, value)
    return {
        **gate, "value": value if isinstance(value, dict) else {}, "parties": parties(),
        "names": [*_FIELDS[place.word], *gate_names(gate["gate_rows"])], "stage_count": len(stages),
        "step_count": sum(len(steps_of(stage)) for stage in stages),
    }  # fmt: skip


@workspace("playbooks:edit")
@require_POST
def check_part(request: HttpRequest, slug: str, key: str) -> HttpResponse:
    """The problems of the document as if the form were saved, while somebody types in it."""
    book = playbook_page(key)
    try:
        loaded = load(book.draft)
    except YamlProblem:
        return HttpResponse(status=204)
    place = place_in(loaded.plain, request.POST.get("at", ""))
    if place.word == "new":
        return HttpResponse(status=204)
    typed = typed_part(place, request.POST, loaded.plain)
    loaded = loaded.with_value(place.path, typed)
    shown = said(lint_loaded(loaded, kinds=kind_rules()), loaded.plain, place)
    names = _part_context(loaded.plain, place, typed)["names"]
    context = {"problems": shown[:MOST_SHOWN], "problem_count": len(shown), "beside": beside(shown, names), "book": book, "place": place}
    return render(request, "workspace/playbook_problems.html", {**context, "slug": slug})


@workspace("playbooks:edit")
def text(request: HttpRequest, slug: str, key: str) -> HttpResponse:
    """The document itself, with every fault beside it."""
    book = playbook_page(key)
    source, errors, meanwhile, conflicts = book.draft, None, None, 0
    if request.method == "POST":
        source = request.POST.get("source", "").replace("\r\n", "\n").replace("\x00", "")
        if "\r\n" in book.draft:  # a browser sends every line end so; the file keeps its own
            source = source.replace("\n", "\r\n")
        revision = whole_number(request.POST.get("revision", ""))
        _saved, errors = attempt(request, lambda: save_draft(key, source, revision=revision), _("Saved."))
        if errors is None:
            return redirect("workspace:playbook_text", slug=slug, key=key)
        if revision != book.revision:
            meanwhile = draft_since(book.id, book.draft, revision)
            source, conflicts = merge(meanwhile.source, source, book.draft, me=_("You"), them=book.changed_by or _("A program"))
    problems = said(lint(source, kinds=kind_rules()), None, Place("playbook"))
    context = {
        "book": book, "source": source, "revision": book.revision, "problems": problems[:MOST_SHOWN], "problem_count": len(problems),
        "errors": errors, "meanwhile": meanwhile, "conflicts": conflicts, "edit_words": EDIT_WORDS, "tab": "text",
    }  # fmt: skip
    return page(request, "workspace/playbook_text.html", context, status=_status(errors, meanwhile))


@workspace("playbooks:edit")
@require_POST
def check(request: HttpRequest, slug: str) -> HttpResponse:
    """The problems of a text, while somebody types in it."""
    problems = said(lint(request.POST.get("source", "").replace("\r\n", "\n"), kinds=kind_rules()), None, Place("playbook"))
    return render(request, "workspace/problems.html", {"problems": problems[:MOST_SHOWN], "problem_count": len(problems)})


@workspace("playbooks:edit")
def picture(request: HttpRequest, slug: str, key: str) -> HttpResponse:
    """The draft as a picture; its boxes lead to their forms."""
    book = playbook_page(key)
    try:
        plain = load(book.draft).plain
    except YamlProblem:
        plain = None
    context = {"book": book, "tab": "picture"}
    if stages_of(plain):
        context |= flow_context(plain, edit_address=reverse("workspace:playbook_edit", kwargs={"slug": slug, "key": key}))
    return page(request, "workspace/playbook_picture.html", context)


@workspace("playbooks:publish")
def publish(request: HttpRequest, slug: str, key: str) -> HttpResponse:
    """What publishing would change, what stands in its way, and the button."""
    book = playbook_page(key)
    errors = None
    if request.method == "POST":
        note = request.POST.get("note", "")
        _number, errors = attempt(
            request, lambda: publish_draft(key, kind_rules(), note=note), _("Published. Running onboardings keep their version.")
        )
        if errors is None:
            return redirect("workspace:playbook", slug=slug, key=key)
    problems = lint(book.draft, kinds=kind_rules())
    blocking = [one for one in said(problems, None, Place("")) if one.severity == "error"]
    try:
        draft = parse(book.draft)
        changes = difference(parse(book.published), draft) if book.published else None
        steps, audiences = len(list(draft.every_step())), audiences_of(draft)
    except DocumentError:
        changes, steps, audiences = None, 0, None
    context = {
        "book": book, "blocking": blocking[:MOST_SHOWN], "blocking_count": len(blocking), "changes": changes, "errors": errors, "step_count": steps,
        "warning_count": len(problems) - len(blocking), "same": book.published == book.draft, "note": request.POST.get("note", ""),
        "audiences": audiences, "leaks": [one for one in said(problems, None, Place("")) if one.code == "internal_leak"],
    }  # fmt: skip
    return page(request, "workspace/playbook_publish.html", context, status=422 if errors else 200)
