"""How a form shows itself, page by page, and what happens to what is sent."""

from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

from django.db import transaction
from django.http import QueryDict
from django.utils.translation import gettext as _

from boardwell.capabilities.forms import drawing, filing, review
from boardwell.capabilities.forms.definition import read_form
from boardwell.capabilities.forms.drafts import in_the_way, troubled, with_answers
from boardwell.capabilities.forms.logic import kept
from boardwell.capabilities.forms.pages import CHECK, START, Page, first_open, neighbours
from boardwell.capabilities.forms.posting import Lists, laid_over, raw_answers, sent_keys, with_row, without_row
from boardwell.capabilities.forms.sheet import Sheet, sheet_of
from boardwell.capabilities.forms.words import errors_of, in_words
from boardwell.kit.handle import StepHandle
from boardwell.kit.people import actor_now, contacts_by_name, names_by_role
from boardwell.kit.rows import now
from boardwell.kit.screens import Files, HandedOut, Screen, Submitted
from boardwell.kit.words import Conflict, NotAllowed, in_language

_NOTED_AGAIN = timedelta(minutes=15)
"""While one person goes on typing, the log gets one line in this time, not one for each save."""


class _RefusedError(Exception):
    """Rolls back what was kept in passing, and carries what is wrong."""

    def __init__(self, errors: Mapping[str, list[str]]) -> None:
        super().__init__()
        self.errors = errors


class FormScreen(Screen):
    """Questions by the GOV.UK pattern; what was typed is kept at any time, and read as a whole each time."""

    template = "forms/form.html"
    multipart = True
    amends = True
    review_template = "forms/review.html"

    preview_template = "forms/preview.html"

    def preview(self, settings: Mapping[str, Any], facts: Mapping[str, Any]) -> dict[str, Any]:
        return {"parts": drawing.preview(read_form(settings, facts))}

    def context(self, handle: StepHandle, typed: QueryDict | None = None) -> dict[str, Any]:
        return self.at(handle, QueryDict(), typed)

    def at(self, handle: StepHandle, query: QueryDict, typed: QueryDict | None = None) -> dict[str, Any]:
        is_change = handle.state == "done"
        sheet = sheet_of(handle, one_page=is_change)
        wanted = (typed if typed is not None else query).get("page", "")
        back = (typed if typed is not None else query).get("back", "")
        if typed is not None:
            sheet = _as_typed(sheet, typed, wanted)
        if sheet.is_sent and not (sheet.is_ours and "fill" in query) and typed is None:
            return {"mode": "sent", "sent_by": sheet.draft.sent_by, **review.context(sheet, handle)}
        page = _page(sheet, wanted)
        context = {"mode": "change" if is_change else "page", **_around(sheet, page), "back": back, "is_ours": sheet.is_ours}
        if page is None:
            return context | {"mode": "check", "summary": drawing.summary(sheet, drawing.page_by_key(sheet.pages)), "page_key": CHECK}
        before, after = neighbours(sheet.pages, page.key)
        return context | {
            "page_key": page.key, "parts": drawing.drawn_page(sheet, page, blank_rows=1 if is_change else 0), "before": before,
            "goes_on": len(sheet.pages) > 1 or sheet.form.pages != "all", "after": after, "one_question": sheet.form.pages == "one-question",
        }  # fmt: skip

    def submit(self, handle: StepHandle, typed: QueryDict, files: Files) -> Submitted:
        verb, _colon, about = typed.get("verb", "complete").partition(":")
        if verb in {"send_back", "accept"}:
            return review.submit(handle, typed, verb)
        if handle.state == "done":
            return _change(handle, typed, verb)
        sheet = sheet_of(handle)
        if sheet.is_sent and not sheet.is_ours:
            raise Conflict(_("This has been sent. Write to us when something has to be changed."))
        if verb == "hand":
            return _hand_over(handle, about, typed.get(f"person:{about}", ""))
        page_key = typed.get("page", "")
        if verb != "autosave":
            handle, refused = filing.keep(sheet, files, _wanted(sheet, page_key))
            if refused:
                return Submitted(errors=refused)
            sheet = sheet_of(handle)
        if verb == "remove-file":
            filing.remove(sheet, about)
        save = _Save(sheet, typed, page_key, verb, about)
        if verb == "complete":
            return _complete(handle, save)
        if verb == "next":
            errors = save.errors_of_page()
            if errors:
                return Submitted(errors=errors)
        try:
            with transaction.atomic():
                raw = save.run(handle, noted=_is_to_be_noted(sheet))
        except _RefusedError as refused:
            return Submitted(errors=refused.errors, part=False)
        if verb == "autosave":
            return Submitted(saved=True, part=True)
        return _after_saving(sheet.with_raw(raw), typed, verb, about, page_key)

    def hand_out(self, handle: StepHandle, name: str) -> HandedOut | None:
        return review.hand_out(handle, name)

    def review(self, handle: StepHandle, typed: QueryDict | None = None) -> dict[str, Any]:
        sheet = sheet_of(handle)
        return review.context(sheet, handle, typed) if (handle.outcome or {}).get("answers") is not None else {}


class _Save:
    """What a page sent, ready to be laid over what is kept under the journey's lock."""

    def __init__(self, sheet: Sheet, typed: QueryDict, page_key: str, verb: str, about: str) -> None:
        self.sheet, self.verb, self.about = sheet, verb, about
        self.lists: Lists = dict(typed.lists())
        self.keys = sent_keys(sheet.form, self.lists, _wanted(sheet, page_key))
        self.new = raw_answers(sheet.form, self.lists, self.keys)
        self.page_key = page_key

    def errors_of_page(self) -> dict[str, list[str]]:
        """What is wrong on the page as typed."""
        sheet = self.sheet.with_raw(self._laid(self.sheet.raw)[0])
        return errors_of(sheet.form, sheet.reading, set(_wanted(sheet, self.page_key)))

    def _laid(self, old: Mapping[str, Any]) -> tuple[dict[str, Any], list[str]]:
        raw, disputed = laid_over(old, self.new, self.lists)
        key, _dot, number = self.about.partition(".")
        if key in self.sheet.mine and key in self.sheet.form.section_of:
            question = self.sheet.form.questions.get(key)
            questions = question.columns if question else self.sheet.form.section_of[key].questions
            if self.verb == "add-row":
                raw = with_row(raw, key, questions)
            elif self.verb == "remove-row" and number.isdecimal():
                raw = without_row(raw, key, int(number[:4]))
            elif self.verb == "remove-file":
                raw[key] = [one for one in raw.get(key) or [] if one != number]
        return raw, disputed

    def run(self, handle: StepHandle, *, noted: bool) -> Mapping[str, Any]:
        """Keeps it and returns the raw answers of now; what is hidden by them is dropped. Raises _RefusedError when somebody was faster."""
        said: dict[str, list[str]] = {}
        found: dict[str, Any] = {}

        def change(progress: Mapping[str, Any]) -> Mapping[str, Any]:
            sheet = sheet_of(_with_progress(handle, progress))
            raw, disputed = self._laid(sheet.raw)
            for key in disputed:
                said[f"f_{key}"] = [_dispute(sheet, key)]
            after = sheet.with_raw(raw)
            raw = kept(sheet.form, raw, after.reading)
            self._keep_blank(raw)
            found.update(raw)
            return with_answers(sheet.draft, raw, name=actor_now().name, at=now().isoformat(timespec="seconds")).as_json()

        handle.change_progress(change, noted=noted)
        if said:
            raise _RefusedError(said)
        return found

    def _keep_blank(self, raw: dict[str, Any]) -> None:
        """The row that was just asked for stays, blank as it is."""
        if self.verb == "add-row" and self.about in raw:
            question = self.sheet.form.questions.get(self.about)
            raw.update(with_row(raw, self.about, question.columns if question else self.sheet.form.section_of[self.about].questions))


def _with_progress(handle: StepHandle, progress: Mapping[str, Any]) -> StepHandle:
    return handle.with_progress(progress)


def _dispute(sheet: Sheet, key: str) -> str:
    question = sheet.form.questions.get(key)
    name = sheet.draft.by.get(key) or _("Somebody")
    value = sheet.reading.values.get(key)
    words = in_words(question, value) if question is not None else ""
    if words:
        return _("%(name)s has answered this meanwhile: %(words)s. Send again to replace it.") % {"name": name, "words": words}
    return _("%(name)s has answered this meanwhile. Send again to replace it.") % {"name": name}


def _wanted(sheet: Sheet, page_key: str) -> list[str]:
    """The answers that the page with this key takes from whoever sends it, those too that only what is typed there asks for."""
    form = sheet.form
    if form.pages == "all":
        return [key for key in form.section_of if key in sheet.mine]
    if form.pages == "sections":
        return [key for key, section in form.section_of.items() if (section.key or START) == page_key and key in sheet.mine]
    return [page_key] if page_key in form.section_of and page_key in sheet.mine else []


def _as_typed(sheet: Sheet, typed: QueryDict, page_key: str) -> Sheet:
    """The form with what was just typed and refused, so that nothing typed is lost."""
    lists = dict(typed.lists())
    keys = sent_keys(sheet.form, lists, _wanted(sheet, page_key))
    return sheet.with_raw({**sheet.raw, **raw_answers(sheet.form, lists, keys)})


def _page(sheet: Sheet, wanted: str) -> Page | None:
    """The page that is asked for; without one where to go on; None for the page to check everything."""
    if sheet.form.pages == "all":
        return sheet.pages[0] if sheet.pages else None
    if wanted == CHECK:
        return None
    found = next((page for page in sheet.pages if page.key == wanted), None)
    if found is not None:
        return found
    answered = set(sheet.draft.raw)
    key = first_open(sheet.pages, sheet.reading, answered) if answered else (sheet.pages[0].key if sheet.pages else CHECK)
    return next((page for page in sheet.pages if page.key == key), None)


def _around(sheet: Sheet, page: Page | None) -> dict[str, Any]:
    """What stands around every page: remarks, who has done what, when it was saved."""
    page_of = drawing.page_by_key(sheet.pages)
    people = contacts_by_name(sheet.handle.account_id) if any(section.key for section in sheet.form.sections) else []
    roles = names_by_role(sheet.handle.journey_id) if any(section.role for section in sheet.form.sections) else {}
    parts = drawing.parts_of(sheet, page_of, roles, dict(people))
    remarks = [
        {"name": f"f_{key}", "page": page_of.get(key, ""), "label": in_language(_label(sheet, key)), "words": words}
        for key, words in sheet.draft.remarks.items() if key in sheet.reading.shown
    ]  # fmt: skip
    return {
        "form_parts": parts if len(parts) > 1 else [], "people": people, "remarks": remarks, "came_back": drawing.sent_back_words(len(remarks)) if remarks else "",
        "how_far": drawing.how_far(sheet.pages, page.key) if page is not None else "", "saved": drawing.saved_words(sheet), "reviewed": sheet.form.review,
        "part_of": in_language(page.parts[0].section.title) if page is not None and page.parts else "",
    }  # fmt: skip


def _label(sheet: Sheet, key: str) -> Any:
    question = sheet.form.questions.get(key)
    return question.label if question else sheet.form.section_of[key].title


def _is_to_be_noted(sheet: Sheet) -> bool:
    """Whether this save gets a line in the log: the first, one by somebody else, and one every quarter of an hour."""
    draft = sheet.draft
    return sheet.handle.state == "ready" or draft.saved_by != actor_now().name or draft.saved_at < (now() - _NOTED_AGAIN).isoformat()


def _after_saving(sheet: Sheet, typed: QueryDict, verb: str, about: str, page_key: str) -> Submitted:
    if verb == "next":
        back = typed.get("back", "")
        _before, after = neighbours(sheet.pages, page_key)
        if back:
            after = first_open(sheet.pages, sheet.reading, set(sheet.raw)) if troubled(sheet.reading) else CHECK
        return Submitted(saved=True, go_to=urlencode({"page": after}))
    if verb in {"add-row", "remove-row", "remove-file"}:
        return Submitted(saved=True, go_to=urlencode({"page": page_key}) + f"#at-f_{about.partition('.')[0]}")
    return Submitted(saved=True, message=_("Saved. You can go on later."), go_to=urlencode({"page": page_key}) if page_key else "")


def _complete(handle: StepHandle, save: _Save) -> Submitted:
    """Everything is read again under the lock; then it is sent, or goes to those who do the rest."""
    try:
        with transaction.atomic():
            raw = save.run(handle, noted=False)
            return _send(handle, raw)
    except _RefusedError as refused:
        return Submitted(errors=refused.errors)


def _send(handle: StepHandle, raw: Mapping[str, Any]) -> Submitted:
    sheet = sheet_of(handle).with_raw(raw)
    own, others = in_the_way(sheet.form, sheet.reading, sheet.mine)
    errors = errors_of(sheet.form, sheet.reading, sheet.mine | (set() if own or others else set(sheet.form.section_of)))
    if errors:
        raise _RefusedError(errors)
    if sheet.is_ours or not (others or sheet.form.review):
        if sheet.draft.remarks or sheet.draft.sent_by:
            handle.change_progress(lambda progress: {**progress, "sent_by": "", "remarks": {}}, noted=False)
        handle.complete(sheet.outcome())
        return Submitted(done=True)
    rest = others or set()
    titles = list(dict.fromkeys(in_language(sheet.form.section_of[key].title) for key in sheet.form.section_of if key in rest))
    text = _("Sent. The rest is for us to fill in: %(titles)s") % {"titles": ", ".join(titles)} if rest else _("Sent for us to look at.")
    handle.change_progress(lambda progress: {**progress, "sent_by": actor_now().name, "remarks": {}}, noted=False)
    handle.ask(text[:500])
    return Submitted(saved=True, message=_("Thank you, we have it. You hear from us when we have looked at it."))


def _change(handle: StepHandle, typed: QueryDict, verb: str) -> Submitted:
    """Other answers for a step that is done: read as when it was sent; what follows for the plan is proposed."""
    if verb not in {"change", "complete"}:
        raise Conflict(_("This step is not open any more. Reload the page to see what happened."))
    kept_sheet = sheet_of(handle, one_page=True)
    lists: Lists = dict(typed.lists())
    keys = sent_keys(kept_sheet.form, lists, _wanted(kept_sheet, ""))
    if verb == "complete" or not keys:
        raise Conflict(_("This step is not open any more. Reload the page to see what happened."))
    raw = {**kept_sheet.raw, **raw_answers(kept_sheet.form, lists, keys)}
    sheet = kept_sheet.with_raw(raw)
    errors = errors_of(sheet.form, sheet.reading, sheet.mine)
    if errors:
        return Submitted(errors=errors)
    raw = kept(sheet.form, raw, sheet.reading)
    draft = with_answers(kept_sheet.draft, raw, name=actor_now().name, at=now().isoformat(timespec="seconds"))
    moves_plan = handle.change_answers(sheet.outcome(), draft.as_json())
    said = _("Changed. We look at what that means for your plan.") if moves_plan else _("Changed.")
    return Submitted(saved=True, message=said)


def _hand_over(handle: StepHandle, section: str, person: str) -> Submitted:
    """Says who of the customer's people is to fill in a section; everybody else still can."""
    sheet = sheet_of(handle)
    names = dict(contacts_by_name(handle.account_id))
    known = {one.key for one in sheet.form.sections if one.key}
    if section not in known or (person and person not in names):
        raise NotAllowed(_("This person does not take part here."))
    handle.change_progress(lambda progress: {**progress, "people": _people(progress, section, person)})
    return Submitted(saved=True, message=_("Handed over.") if person else _("Nobody in particular is meant now."))


def _people(progress: Mapping[str, Any], section: str, person: str) -> dict[str, str]:
    before: Iterable[tuple[str, str]] = (progress.get("people") or {}).items()
    return {**{key: who for key, who in before if key != section}, **({section: person} if person else {})}
