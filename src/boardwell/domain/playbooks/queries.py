"""Reads playbooks and their versions."""

from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _

from boardwell.domain.playbooks.models import Playbook, PlaybookVersion
from boardwell.kernel import tenancy
from boardwell.kernel.errors import Invalid, NotFound
from boardwell.kernel.folding import holds_all
from boardwell.kernel.hits import MOST_HITS, Hit
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


def latest_published(key: str) -> PlaybookVersion:
    """The version that new journeys get. NotFound without the playbook; Invalid when nothing was published or it is retired."""
    book = Playbook.objects.select_related("latest_version").filter(key=key).first()
    if book is None:
        raise NotFound(_("There is no such playbook."))
    if book.latest_version is None:
        raise Invalid(_("This playbook has not been published yet."), {"playbook": [_("Publish the playbook first.")]})
    if book.retired_at is not None:
        raise Invalid(_("This playbook is retired."), {"playbook": [_("Choose another playbook, or restore this one.")]})
    return book.latest_version


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
