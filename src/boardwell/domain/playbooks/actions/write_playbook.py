"""Write, publish, retire and duplicate playbooks."""

import hashlib
import re
from collections.abc import Mapping

from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from boardwell.domain.audit.actions import record
from boardwell.domain.playbooks.actions.write_draft import acting_member, check_text, keep_draft, locked_book, remember_draft, title_in
from boardwell.domain.playbooks.document import Document, parse
from boardwell.domain.playbooks.edits import keyed
from boardwell.domain.playbooks.events import PlaybookPublished
from boardwell.domain.playbooks.faults import BOOK_KEY_PATTERN
from boardwell.domain.playbooks.models import Playbook, PlaybookVersion
from boardwell.domain.playbooks.problems import KindRules, lint
from boardwell.domain.playbooks.problemwords import words_of
from boardwell.kernel import tenancy
from boardwell.kernel.clock import now
from boardwell.kernel.errors import Conflict, Invalid
from boardwell.kernel.events import emit
from boardwell.kernel.words import line

_KEY = re.compile(BOOK_KEY_PATTERN)


def import_playbook(source: str, kinds: Mapping[str, KindRules], *, publish: bool = True, note: str = "") -> str:
    """Takes a document as it is, byte for byte, creating the playbook if needed; returns the playbook's id.

    The same bytes as the latest version change nothing. Raises Invalid with every fault when it has errors.
    """
    tenancy.require("playbooks:publish" if publish else "playbooks:edit")
    document = _sound(source, kinds)
    with transaction.atomic():
        book = Playbook.objects.select_for_update().filter(key=document.key).first()
        if book is None:
            book = _make(document.key, document, source)
        else:
            book.title = dict(document.title)
            keep_draft(book, source, "imported")
        if publish:
            _publish(book, document, source, note)
        return book.id


def create_playbook(key: str, source: str) -> str:
    """Makes an unpublished playbook with a draft and returns its id. Raises Invalid (key), Conflict (key taken)."""
    tenancy.require("playbooks:edit")
    _check_key(key)
    check_text(source)
    with transaction.atomic():
        if Playbook.objects.filter(key=key).exists():
            raise Conflict(_("There is a playbook with this key already."))
        return _make(key, None, source).id


def publish_draft(key: str, kinds: Mapping[str, KindRules], *, note: str = "") -> int:
    """Makes the draft the next version and returns its number; running journeys keep theirs. Raises Invalid with the faults."""
    tenancy.require("playbooks:publish")
    with transaction.atomic():
        book = locked_book(key)
        document = _sound(book.draft, kinds)
        if document.key != key:
            message = _("The document's key is “%(other)s”; it has to stay “%(key)s”.") % {"other": document.key, "key": key}
            raise Invalid(message, {"key": [message]})
        return _publish(book, document, book.draft, note)


def set_retired(key: str, *, retired: bool) -> None:
    """Takes a playbook out of use for new journeys, or brings it back."""
    tenancy.require("playbooks:publish")
    with transaction.atomic():
        book = locked_book(key)
        book.retired_at = now() if retired else None
        book.save()
        record("playbook.retired" if retired else "playbook.restored", object_kind="playbook", object_id=book.id, label=key)


def duplicate_playbook(key: str, new_key: str) -> str:
    """Copies the draft under another key, unpublished; returns the new playbook's id."""
    tenancy.require("playbooks:edit")
    _check_key(new_key)
    with transaction.atomic():
        return create_playbook(new_key, keyed(locked_book(key).draft, new_key))


def _check_key(key: str) -> None:
    if not _KEY.fullmatch(key):
        message = _("Use small letters, digits and hyphens, beginning with a letter.")
        raise Invalid(message, {"key": [message]})


def _make(key: str, document: Document | None, source: str) -> Playbook:
    book = Playbook(
        organisation_id=tenancy.current().organisation_id,
        key=key,
        draft=source,
        title=dict(document.title) if document else title_in(source) or {"en": key},
    )
    book.draft_changed_by_id = acting_member()
    book.save(force_insert=True)
    remember_draft(book, "created")
    record("playbook.created", object_kind="playbook", object_id=book.id, label=key)
    return book


def _sound(source: str, kinds: Mapping[str, KindRules]) -> Document:
    errors = [problem for problem in lint(source, kinds=kinds) if problem.severity == "error"]
    if errors:
        places = [f"{problem.line}:{problem.column} {words_of(problem)}" for problem in errors]
        raise Invalid(_("The playbook has faults. Put them right first."), {"document": places})
    return parse(source)


def _publish(book: Playbook, document: Document, source: str, note: str) -> int:
    sha256 = hashlib.sha256(source.encode()).hexdigest()
    if book.latest_version is not None and book.latest_version.sha256 == sha256:
        return book.latest_version.number
    number = (PlaybookVersion.objects.filter(playbook=book).aggregate(most=Max("number"))["most"] or 0) + 1
    actor = tenancy.current().actor
    version = PlaybookVersion(
        organisation_id=book.organisation_id, playbook=book, number=number, source=source, sha256=sha256, note=line(note, 300),
        published_by_id=actor.id if actor.kind == "member" else None,
    )  # fmt: skip
    version.save(force_insert=True)
    book.latest_version, book.title = version, dict(document.title)
    book.save()
    record(
        "playbook.published", object_kind="playbook", object_id=book.id, label=book.key,
        after={"number": number, "sha256": sha256}, why=line(note, 300),
    )  # fmt: skip
    emit(PlaybookPublished(playbook_id=book.id, version_id=version.id, number=number))
    return number
