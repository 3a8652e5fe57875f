"""Keep, change and restore the draft of a playbook; two who edit at once never overwrite each other unseen."""

from collections.abc import Callable
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from boardwell.domain.audit.actions import record
from boardwell.domain.playbooks.models import DraftRevision, Playbook
from boardwell.domain.playbooks.yamledit import EditError
from boardwell.domain.playbooks.yamlfile import YamlProblem, broken_character, load
from boardwell.kernel import tenancy
from boardwell.kernel.clock import now
from boardwell.kernel.errors import Conflict, Invalid, NotFound

MOST_CHARACTERS = 1_000_000
KEPT_REVISIONS = 50


def save_draft(key: str, source: str, *, revision: int) -> int:
    """Keeps the draft whatever its faults and returns the new revision; the same text changes nothing.

    Conflict when somebody else saved since `revision` was read: what was typed is the caller's to show again.
    """
    tenancy.require("playbooks:edit")
    with transaction.atomic():
        book = locked_book(key)
        _same_revision(book, revision)
        return keep_draft(book, source.replace("\x00", ""), "text")


def edit_draft(key: str, edit: Callable[[str], str], *, revision: int, verb: str, subject: str = "") -> int:
    """Applies a structural edit to the draft and returns the new revision; an edit that changes nothing keeps the old.

    Conflict as `save_draft`. Invalid when the draft has no such part, or is not YAML at all.
    """
    tenancy.require("playbooks:edit")
    with transaction.atomic():
        book = locked_book(key)
        _same_revision(book, revision)
        try:
            source = edit(book.draft)
        except (EditError, YamlProblem, IndexError) as problem:
            message = _("The draft has no such part, or cannot be read. Look at its text.")
            raise Invalid(message) from problem
        return keep_draft(book, source, verb, subject)


def restore_draft(key: str, number: int, *, revision: int) -> int:
    """Makes an earlier state of the draft the latest one, as a new revision. NotFound when it is kept no longer."""
    tenancy.require("playbooks:edit")
    with transaction.atomic():
        book = locked_book(key)
        _same_revision(book, revision)
        earlier = DraftRevision.objects.filter(playbook=book, number=number).first()
        if earlier is None:
            raise NotFound(_("This state of the draft is no longer kept."))
        return keep_draft(book, earlier.source, "restored", str(number))


def locked_book(key: str) -> Playbook:
    """The playbook, held until the transaction ends; else NotFound."""
    book = Playbook.objects.select_for_update().filter(key=key).first()
    if book is None:
        raise NotFound(_("There is no such playbook."))
    return book


def keep_draft(book: Playbook, source: str, verb: str, subject: str = "") -> int:
    """Writes the draft with its revision and entry; for actions that hold the playbook. Raises Invalid for what is no text."""
    check_text(source)
    if source == book.draft:
        return book.draft_revision
    book.draft, book.draft_revision, book.changed_at = source, book.draft_revision + 1, now()
    book.draft_changed_by_id = acting_member()
    if not book.latest_version_id:  # what is published keeps its title in lists until the next version
        book.title = title_in(source) or book.title
    book.save()
    remember_draft(book, verb, subject)
    record(
        "playbook.drafted", object_kind="playbook", object_id=book.id, label=book.key, before={"revision": book.draft_revision - 1},
        after={"revision": book.draft_revision, "edit": verb, "part": subject},
    )  # fmt: skip
    return book.draft_revision


def remember_draft(book: Playbook, verb: str, subject: str = "") -> None:
    """Keeps the draft's state for undo, and lets the oldest go."""
    state = DraftRevision(
        organisation_id=book.organisation_id, playbook=book, number=book.draft_revision, source=book.draft, verb=verb[:40],
        subject=subject[:120], made_by_id=book.draft_changed_by_id,
    )  # fmt: skip
    state.save(force_insert=True)
    DraftRevision.objects.filter(playbook=book, number__lte=book.draft_revision - KEPT_REVISIONS).delete()


def title_in(source: str) -> dict[str, str]:
    """The title that a document gives itself, for lists; empty when it cannot be told."""
    try:
        plain = load(source).plain
    except YamlProblem:
        return {}
    title = plain.get("title") if isinstance(plain, dict) else None
    texts = title if isinstance(title, dict) else {"en": title}
    return {str(key): words[:300] for key, words in texts.items() if isinstance(words, str) and words.strip()}


def acting_member() -> Any:
    """The id of the member who acts; None for programs and the console."""
    actor = tenancy.current().actor
    return actor.id if actor.kind == "member" else None


def check_text(source: str) -> None:
    """Invalid for a source that is too long or holds what no text holds (half of a surrogate pair)."""
    if len(source) > MOST_CHARACTERS:
        raise Invalid(_("A playbook has at most a million characters."))
    if place := broken_character(source):
        line, column = place
        message = _("Line %(line)d, column %(column)d: a character here is broken. Type it again.")
        raise Invalid(message % {"line": line, "column": column})


def _same_revision(book: Playbook, revision: int) -> None:
    if book.draft_revision != revision:
        raise Conflict(_("Somebody else changed this playbook meanwhile. Look at what they did, then save again."))
