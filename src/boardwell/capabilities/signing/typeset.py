"""Documents whose text stands in the playbook: laid out in the customer's language, with the facts in place and room to sign at the end."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from boardwell.capabilities.signing.layout import missing
from boardwell.capabilities.signing.pdfs import examine
from boardwell.capabilities.signing.placing import Placed, filled, marks_in
from boardwell.kit.handle import StepHandle
from boardwell.kit.letters import our_name
from boardwell.kit.papers import BLANK, FONTS, Paper, our_accent, pdf, places_of_blanks
from boardwell.kit.rows import now
from boardwell.kit.words import Invalid, in_language, line


@dataclass(frozen=True, slots=True)
class Typeset:
    """A document that was laid out here. `twin` is its Markdown, the same words for a screen reader."""

    title: str
    content: bytes
    twin: str
    fields: tuple[Placed, ...]
    examined: dict[str, Any]


def typeset_document(handle: StepHandle, wanted: Mapping[str, Any], language: str) -> Typeset:
    """Lays a document of the playbook out. Raises Invalid: a fact that nobody knows yet, or a letter that no font has."""
    text = _with_facts(handle, in_language(wanted["text"], language))
    title = line(in_language(wanted["title"], language), 200)
    signers = handle.settings.get("signers") or [{"key": "customer", "side": "customer"}]
    blanks = [in_language(one.get("title"), language) or _("Signed by") for one in signers]
    unknown = missing(text + title + "".join(blanks), FONTS)
    if unknown:
        raise Invalid(_("No font has these characters: %(letters)s") % {"letters": unknown})
    at = now()
    paper = Paper(
        language=language, sender=our_name(), accent=our_accent(), title=title, subtitle="", lines=[date_format(at, "DATE_FORMAT")],
        sections=[("", text)], foot=title, page_of="{page} / {pages}", made_at=at, blanks=blanks,
        blank_words=(_("Signature"), _("Name"), _("Date")),
    )  # fmt: skip
    content = pdf(paper)
    fields = tuple(
        Placed(one["key"], kind, place.page, place.x + left, place.y + top, width, height, required=True)
        for one, place in zip(signers, places_of_blanks(paper), strict=True)
        for kind, (left, top, width, height) in BLANK.items()
    )
    return Typeset(title, content, text, fields, {**examine_own(content)})


def examine_own(content: bytes) -> dict[str, Any]:
    """Our own pages need no confinement; they are shown exactly as they were laid out."""
    found = examine(content)
    found["pdf"] = content
    return found


def _with_facts(handle: StepHandle, text: str) -> str:
    facts = handle.facts
    named = marks_in(text)
    # What only the team may know does not go into a customer's document, whoever wrote the text.
    shared = {key for key, kind in handle.fact_types.items() if kind.visibility == "shared"}
    unknown = [key for key in named if key not in shared or facts.get(key) in (None, "", [])]
    if unknown:
        raise Invalid(_("These facts are not known yet: %(facts)s") % {"facts": ", ".join(unknown)})
    return filled(text, {key: _in_words(facts[key]) for key in named})


def _in_words(value: Any) -> str:
    if isinstance(value, bool):
        return _("Yes") if value else _("No")
    if isinstance(value, date | datetime):
        return date_format(value, "DATE_FORMAT")
    if isinstance(value, list | tuple):
        return ", ".join(map(_in_words, value))
    return str(value)
