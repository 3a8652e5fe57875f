"""Reads playbooks and their versions."""

from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _

from boardwell.domain.playbooks.difference import Change, difference
from boardwell.domain.playbooks.document import DocumentError, parse
from boardwell.domain.playbooks.models import DraftRevision, Playbook, PlaybookVersion
from boardwell.kernel import tenancy
from boardwell.kernel.errors import Invalid, NotFound
from boardwell.kernel.folding import holds_all
from boardwell.kernel.hits import MOST_HITS, Hit
from boardwell.kernel.sql import fetch_one
from boardwell.kernel.texts import Texts, in_language


@dataclass(frozen=True, slots=True)
class PlaybookRow:
    """A playbook in a list."""

    id: str
    key: str
    title: Texts
    number: int | None
    published_at: datetime | None
    has_draft: bool
    retired: bool


def playbook_list(*, with_retired: bool = False) -> list[PlaybookRow]:
    """Every playbook by key, retired ones last."""
    tenancy.require("playbooks:view")
    rows = Playbook.objects.select_related("latest_version").order_by("retired_at", "key")
    if not with_retired:
        rows = rows.filter(retired_at=None)
    return [
        PlaybookRow(
            book.id, book.key, book.title, book.latest_version.number if book.latest_version else None,
            book.latest_version.published_at if book.latest_version else None, bool(book.draft), book.retired_at is not None,
        )
        for book in rows
    ]  # fmt: skip


def playbook_by_key(key: str) -> Playbook:
    """A playbook of the current organisation, else NotFound."""
    tenancy.require("playbooks:view")
    book = Playbook.objects.select_related("latest_version").filter(key=key).first()
    if book is None:
        raise NotFound(_("There is no such playbook."))
    return book


def versions_of(playbook_id: str) -> list[PlaybookVersion]:
    """The published versions, newest first."""
    tenancy.require("playbooks:view")
    return list(PlaybookVersion.objects.filter(playbook_id=playbook_id).select_related("published_by").order_by("-number"))


def version_by_number(playbook_id: str, number: int) -> PlaybookVersion:
    """One version, else NotFound."""
    tenancy.require("playbooks:view")
    found = PlaybookVersion.objects.filter(playbook_id=playbook_id, number=number).first()
    if found is None:
        raise NotFound(_("There is no such version."))
    return found


_LATEST = "SELECT latest_version_id, retired_at IS NOT NULL FROM playbooks_playbook WHERE organisation_id = %s AND key = %s"


def latest_version_id(key: str) -> str:
    """The version that new journeys get. NotFound without the playbook; Invalid when nothing was published or it is retired."""
    row = fetch_one(_LATEST, [tenancy.current().organisation_id, key])
    if row is None:
        raise NotFound(_("There is no such playbook."))
    version_id, retired = row
    if version_id is None:
        raise Invalid(_("This playbook has not been published yet."), {"playbook": [_("Publish the playbook first.")]})
    if retired:
        raise Invalid(_("This playbook is retired."), {"playbook": [_("Choose another playbook, or restore this one.")]})
    return str(version_id)


def latest_published(key: str) -> PlaybookVersion:
    """The whole version that `latest_version_id` names."""
    return PlaybookVersion.objects.get(pk=latest_version_id(key))


def find_playbooks(words: list[str], *, most: int = MOST_HITS) -> list[Hit]:
    """Playbooks whose key or title, in whatever language, holds all the folded words. One query."""
    if not tenancy.current().actor.may("playbooks:view"):
        return []
    found = [
        book
        for book in playbook_list(with_retired=True)
        if holds_all(f"{book.key} {' '.join(book.title.values()) if isinstance(book.title, dict) else book.title}", words)
    ]
    return [Hit("playbook", book.id, in_language(book.title), detail=book.key, key=book.key) for book in found[:most]]


@dataclass(frozen=True, slots=True)
class PlaybookPage:
    """A playbook with its draft and what is published, for the editor. `number` is None and `published` empty before the first time."""

    id: str
    key: str
    title: Texts
    draft: str
    revision: int
    changed_at: datetime
    changed_by: str
    number: int | None
    published: str


def playbook_page(key: str) -> PlaybookPage:
    """A playbook of the current organisation for the editor, else NotFound."""
    tenancy.require("playbooks:edit")
    book = Playbook.objects.select_related("latest_version", "draft_changed_by").filter(key=key).first()
    if book is None:
        raise NotFound(_("There is no such playbook."))
    version = book.latest_version
    return PlaybookPage(
        book.id, book.key, book.title, book.draft, book.draft_revision, book.changed_at,
        book.draft_changed_by.name if book.draft_changed_by else "", version.number if version else None, version.source if version else "",
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class DraftState:
    """One kept state of a draft: which part was edited how, by whom, when."""

    number: int
    verb: str
    subject: str
    made_at: datetime
    made_by: str


@dataclass(frozen=True, slots=True)
class Meanwhile:
    """What happened to a draft since a revision was read: who saved it, and what differs in meaning.

    `changes` is None when one of the two texts is no playbook, so that only the texts themselves can be compared;
    `source` is the text that was read, empty when it is kept no longer.
    """

    states: list[DraftState]
    changes: list[Change] | None
    source: str


def draft_states(playbook_id: str, *, most: int = 20) -> list[DraftState]:
    """The latest states of a draft, newest first."""
    tenancy.require("playbooks:edit")
    rows = DraftRevision.objects.filter(playbook_id=playbook_id).order_by("-number")
    names = rows.values_list("number", "verb", "subject", "made_at", "made_by__name")[:most]
    return [DraftState(number, verb, subject, at, name or "") for number, verb, subject, at, name in names]


def draft_since(playbook_id: str, draft: str, revision: int) -> Meanwhile:
    """What others did to the draft, which is now `draft`, after `revision`."""
    states = [state for state in draft_states(playbook_id, most=50) if state.number > revision]
    read = DraftRevision.objects.filter(playbook_id=playbook_id, number=revision).values_list("source", flat=True).first() or ""
    try:
        changes = difference(parse(read), parse(draft))
    except DocumentError:
        changes = None
    return Meanwhile(states, changes, read)
