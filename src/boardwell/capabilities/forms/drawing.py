"""What the templates of a form need: questions as fields, rows, summaries, and who has done what."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from boardwell.capabilities.forms.definition import ADDRESS_PARTS, Form, Question, Section
from boardwell.capabilities.forms.drafts import may_fill, names_of
from boardwell.capabilities.forms.logic import holds
from boardwell.capabilities.forms.pages import CHECK, Page, Part, progress_of
from boardwell.capabilities.forms.posting import mark
from boardwell.capabilities.forms.sheet import Sheet, known_unchanged
from boardwell.capabilities.forms.words import address_words, countries, in_words, row_in_words
from boardwell.kit.words import in_language, to_html

type Errors = Mapping[str, Sequence[str]]

_FEW = 8
"""Choices up to this number are shown as buttons, more as a list to choose from."""
_WIDE = ("long_text", "list", "address", "file", "choices", "rating", "yes_no")


def drawn_page(sheet: Sheet, page: Page, *, blank_rows: int = 0) -> list[dict[str, Any]]:
    """The parts of a page that whoever looks may fill in; of the others only whose they are."""
    return [_drawn_part(sheet, part, len(page.parts) > 1 or bool(part.section.key), blank_rows) for part in page.parts]


def _drawn_part(sheet: Sheet, part: Part, titled: bool, blank_rows: int) -> dict[str, Any]:
    section = part.section
    alone = sheet.form.pages == "one-question" and not section.repeats  # the line above the question names its section
    is_first = part.questions[:1] == section.questions[:1]
    drawn: dict[str, Any] = {
        "key": section.key, "title": in_language(section.title) if titled and not alone else "", "help": to_html(in_language(section.help)) if section.help and (not alone or is_first) else "",
        "is_mine": may_fill(section, is_ours=sheet.is_ours), "repeats": section.repeats,
    }  # fmt: skip
    if not drawn["is_mine"]:
        return drawn
    if section.repeats:
        key = section.key
        drawn |= {
            "mark": mark(sheet.kept.get(key)), "remark": sheet.draft.remarks.get(key, ""), "name": f"f_{key}",
            "rows": _rows(sheet, key, section.questions, section.item, max(section.least, 1), blank_rows), "can_add": _count(sheet.raw.get(key)) < section.most,
            "add": _add_words(section.item),
        }  # fmt: skip
    else:
        drawn["fields"] = [_drawn_question(sheet, question, blank_rows) for question in part.questions]
    return drawn


def _add_words(item: Mapping[str, str]) -> str:
    return _("Add another: %(what)s") % {"what": in_language(item)} if item else _("Add another row")


def _count(raw: Any) -> int:
    return len(raw) if isinstance(raw, list) else 0


def _rows(
    sheet: Sheet, key: str, questions: Sequence[Question], item: Mapping[str, str], least: int, blank_rows: int
) -> list[dict[str, Any]]:  # fmt: skip
    raw = sheet.raw.get(key)
    listed = [row if isinstance(row, Mapping) else {} for row in raw] if isinstance(raw, list) else []
    shown = [*listed, *[{}] * max(least - len(listed), blank_rows)]
    found = []
    for number, row in enumerate(shown):
        path = f"{key}.{number}"
        is_blank = number >= len(listed)
        fields = []
        for question in questions:
            is_shown = holds(question.when, sheet.reading.known) if is_blank else f"{path}.{question.key}" in sheet.reading.shown
            if is_shown:
                field = _field(question, f"f_{path}.{question.key}", row.get(question.key)) | {"key": question.key}
                fields.append(field | ({"words": _row_words(sheet, key, number, question)} if question.type == "calculated" else {}))
        name = in_language(item) or _("Row")
        found.append({"name": path, "legend": f"{name} {number + 1}", "fields": fields, "can_remove": not is_blank, "number": number})
    return found


def _row_words(sheet: Sheet, key: str, number: int, question: Question) -> str:
    """What is calculated in a row: rows without any answer are not among the values."""
    counted = sheet.reading.rows.get(key, [])
    if number not in counted:
        return ""
    return in_words(question, sheet.reading.values[key][counted.index(number)].get(question.key))


def _drawn_question(sheet: Sheet, question: Question, blank_rows: int) -> dict[str, Any]:
    raw = sheet.raw.get(question.key)
    field = _field(question, f"f_{question.key}", raw)
    field |= {"mark": mark(sheet.kept.get(question.key)), "key": question.key, "remark": sheet.draft.remarks.get(question.key, "")}
    if question.type == "calculated":
        field["words"] = in_words(question, sheet.reading.values.get(question.key))
    elif question.type == "table":
        field |= {
            "rows": _rows(sheet, question.key, question.columns, {}, max(question.least_rows, 1), blank_rows), "can_add": _count(raw) < question.most_rows,
            "add": _("Add another row"),
        }  # fmt: skip
    elif question.type == "file":
        field |= _file_parts(sheet, question, raw)
    known = known_unchanged(question, sheet)
    if known is not None and not field["remark"]:
        value = sheet.reading.values.get(question.key)
        field["known"] = in_words(question, value if value is not None else known.value)
        field["known_from"] = _("%(name)s told us, %(day)s") % {
            "name": known.name,
            "day": date_format(timezone.localtime(known.at), "DATE_FORMAT"),
        }
    return field


def _field(question: Question, name: str, raw: Any) -> dict[str, Any]:
    """A question as the template draws it, with what was typed."""
    kind = question.type
    field: dict[str, Any] = {
        "name": name, "type": kind, "label": in_language(question.label), "hint": in_language(question.hint), "required": question.required,
        "value": raw if raw is not None else "", "choices": _choices(question), "is_wide": kind in _WIDE,
        "widget": _widget(question),
    }  # fmt: skip
    if kind == "money":
        parts = raw if isinstance(raw, Mapping) else {"amount": raw or ""}
        field |= {
            "amount": parts.get("amount", ""),
            "currency": parts.get("currency") or (question.currencies or ("",))[0],
            "currencies": question.currencies,
        }
    elif kind == "address":
        parts = raw if isinstance(raw, Mapping) else {}
        words = address_words()
        field["parts"] = [
            {"part": part, "name": f"{name}.{part}", "label": words[part], "value": parts.get(part, "")} for part in ADDRESS_PARTS
        ]
        field["countries"] = countries()
    elif kind == "rating":
        field["choices"] = [(str(n), str(n)) for n in range(1, int(question.most or 5) + 1)]
    elif kind == "heading":
        field["help"] = to_html(field["hint"]) if field["hint"] else ""
    return field


def _choices(question: Question) -> Sequence[tuple[str, str]]:
    if question.type == "country":
        return countries()
    if question.type == "yes_no":
        return [("yes", _("Yes")), ("no", _("No"))]
    return [(value, in_language(words)) for value, words in question.choices.items()]


def _widget(question: Question) -> str:
    """How a question is drawn: radios, checks, select, area, address, money, file, rows, output, heading or input."""
    kind = question.type
    if kind in ("yes_no", "rating") or (kind == "choice" and len(question.choices) < _FEW):
        return "radios"
    if kind in ("choice", "country"):
        return "select"
    plain = {
        "choices": "checks", "long_text": "area", "list": "area", "address": "address", "money": "money", "file": "file", "table": "rows",
        "calculated": "output", "heading": "heading",
    }  # fmt: skip
    return plain.get(kind, "input")


def _file_parts(sheet: Sheet, question: Question, raw: Any) -> dict[str, Any]:
    kept = {file.id: file for file in sheet.handle.files()}
    sent = [kept[one] for one in raw if one in kept] if isinstance(raw, list) else []
    return {
        "sent": sent, "accept": ",".join("." + one for one in question.accept), "kinds": ", ".join(one.upper() for one in question.accept),
        "most_mb": question.max_mb, "can_add": len(sent) < question.most_rows, "several": question.most_rows > 1,
    }  # fmt: skip


# --- the page to check everything ---------------------------------------------------------------------------------


def summary(sheet: Sheet, page_of: Mapping[str, str], *, links: bool = True) -> list[dict[str, Any]]:
    """What was answered, section by section; `page_of` says on which page each answer is given."""
    files = {file.id: file.name for file in sheet.handle.files()}
    found = []
    for section in sheet.form.sections:
        if not may_fill(section, is_ours=sheet.is_ours):
            continue
        rows = [row for question in _asked(section) if (row := _line(sheet, section, question, files)) is not None]
        if section.repeats and section.key in sheet.reading.shown:
            rows = _repeat_lines(sheet, section)
        for row in rows:
            row["page"] = page_of.get(row["key"], "") if links else ""
        if rows:
            found.append({"title": in_language(section.title), "rows": rows, "names": ", ".join(names_of(sheet.draft, section))})
    return found


def _asked(section: Section) -> list[Question]:
    return [] if section.repeats else [question for question in section.questions if question.type != "heading"]


def _line(sheet: Sheet, section: Section, question: Question, files: Mapping[str, str]) -> dict[str, Any] | None:
    key = question.key
    if key not in sheet.reading.shown:
        return None
    value = sheet.reading.values.get(key)
    words = in_words(question, value, files)
    if value is None and isinstance(raw := sheet.raw.get(key), str):
        words = raw  # what cannot be taken is shown as typed
    return {
        "key": key, "name": f"f_{key}", "label": in_language(question.label), "words": words, "is_asked": question.is_asked,
        "by": sheet.draft.by.get(key, ""), "remark": sheet.draft.remarks.get(key, ""),
    }  # fmt: skip


def _repeat_lines(sheet: Sheet, section: Section) -> list[dict[str, Any]]:
    values = sheet.reading.values.get(section.key) or []
    words = "\n".join(row_in_words(section.questions, row) for row in values)
    return [{
        "key": section.key, "name": f"f_{section.key}", "label": in_language(section.title), "words": words, "is_asked": True,
        "by": sheet.draft.by.get(section.key, ""), "remark": sheet.draft.remarks.get(section.key, ""),
    }]  # fmt: skip


# --- who has done what --------------------------------------------------------------------------------------------


def parts_of(sheet: Sheet, page_of: Mapping[str, str], roles: Mapping[str, str], people: Mapping[str, str]) -> list[dict[str, Any]]:
    """Each section with how far it is, who worked on it and whom it is meant for."""
    found = []
    for progress in progress_of(sheet.form, sheet.reading):
        section = progress.section
        if not section.key:
            continue
        first = next((key for key in ([section.key] if section.repeats else [one.key for one in section.questions]) if key in page_of), "")
        meant = people.get(sheet.draft.people.get(section.key, ""), "") or roles.get(section.role, "")
        names = names_of(sheet.draft, section)
        found.append({
            "key": section.key, "title": in_language(section.title), "is_whole": progress.is_whole and (progress.answered > 0 or not progress.asked),
            "is_begun": bool(names) or progress.answered > 0, "names": ", ".join(names), "meant": meant, "person": sheet.draft.people.get(section.key, ""),
            "page": page_of.get(first, ""), "is_mine": may_fill(section, is_ours=sheet.is_ours),
        })  # fmt: skip
    return found


def page_by_key(pages: Sequence[Page]) -> dict[str, str]:
    """On which page each answer is given."""
    return {key: page.key for page in pages for key in page.keys}


def how_far(pages: Sequence[Page], key: str) -> str:
    """Where among the pages somebody is, in words; empty when there is only one."""
    keys = [page.key for page in pages]
    if len(keys) < 2 or key == CHECK or key not in keys:
        return ""
    return _("%(at)s of %(all)s") % {"at": keys.index(key) + 1, "all": len(keys)}


def saved_words(sheet: Sheet) -> str:
    """When it was last saved, by whom; empty when it never was."""
    try:
        at = datetime.fromisoformat(sheet.draft.saved_at)
    except ValueError:
        return ""
    return _("Saved at %(time)s by %(name)s") % {"time": date_format(timezone.localtime(at), "TIME_FORMAT"), "name": sheet.draft.saved_by}


def sent_back_words(count: int) -> str:
    """What the notice says over a form that came back."""
    return ngettext(
        "We sent this back: please look at %(n)s answer again.", "We sent this back: please look at %(n)s answers again.", count
    ) % {"n": count}


# --- for whoever edits the form -----------------------------------------------------------------------------------


def preview(form: Form) -> list[dict[str, Any]]:
    """Every section and question of a form, those too that are only asked under a condition, which is said."""
    return [
        {
            "title": in_language(section.title), "help": to_html(in_language(section.help)) if section.help else "", "repeats": section.repeats,
            "when": section.when.text if section.when else "", "item": in_language(section.item) or _("Row"), "side": section.side,
            "fields": [_previewed(question) for question in section.questions],
        }
        for section in form.sections
    ]  # fmt: skip


def _previewed(question: Question) -> dict[str, Any]:
    field = _field(question, f"preview_{question.key}", None)
    field |= {"when": question.when.text if question.when else "", "formula": question.value.text if question.value else ""}
    if question.type == "file":
        field |= {"accept": "", "kinds": ", ".join(one.upper() for one in question.accept), "most_mb": question.max_mb, "can_add": True}
    if question.type == "table":
        field["columns"] = [_field(one, f"preview_{question.key}.0.{one.key}", None) for one in question.columns]
    return field
