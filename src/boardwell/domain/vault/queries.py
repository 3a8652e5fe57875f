"""Reads files, narrowed to the reader."""

from dataclasses import dataclass
from typing import IO

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from boardwell.domain.vault.models import StoredFile
from boardwell.kernel import storage, tenancy
from boardwell.kernel.errors import Conflict, NotFound, Unavailable
from boardwell.kernel.folding import Folded, holding
from boardwell.kernel.hits import MOST_HITS, Hit
from boardwell.kernel.scanning import Verdict
from boardwell.kernel.sealedstream import Damaged


def _visible() -> QuerySet[StoredFile]:
    rows = StoredFile.objects.filter(removed_at=None).exclude(visibility="part")
    return rows if tenancy.current().actor.is_insider else rows.filter(visibility="shared")


def files_of_journey(journey_id: str) -> list[StoredFile]:
    """The journey's files, newest first."""
    return list(_visible().filter(journey_id=journey_id).order_by("-created_at", "-id"))


def files_of_step(step_id: str) -> list[StoredFile]:
    """What was attached to a step, oldest first."""
    return list(_visible().filter(step_id=step_id).order_by("created_at", "id"))


def file_by_id(file_id: str) -> StoredFile:
    """A file that the reader may see, else NotFound."""
    tenancy.require("files:view")
    kept = _visible().filter(pk=file_id).first()
    if kept is None:
        raise NotFound(_("There is no such file."))
    return kept


def open_file(kept: StoredFile) -> IO[bytes]:
    """The content of a file. Raises Conflict while the virus scanner has not answered, and where it found something; NotFound, Unavailable."""
    if kept.scan == Verdict.HELD:
        raise Conflict(_("The virus scanner has not answered about this file yet. Try again in a few minutes."))
    if kept.scan == Verdict.FOUND:
        raise Conflict(_("The virus scanner found something in this file, so nobody can open it. Ask for a clean one."))
    return storage.open_stored(kept.storage_path)


@dataclass(frozen=True, slots=True)
class Picture:
    """A kept picture, opened."""

    stream: IO[bytes]
    media_type: str
    size_bytes: int


def open_picture(file_id: str) -> Picture:
    """A face or a logo of the current organisation; never another kind of file. The caller has asked who may see it. Raises NotFound."""
    with tenancy.acting_for(tenancy.current().organisation_id):
        kept = StoredFile.objects.filter(pk=file_id, visibility="picture", removed_at=None).first() if file_id else None
    if kept is None:
        raise NotFound(_("There is no such file."))
    return Picture(storage.open_stored(kept.storage_path), kept.media_type, kept.size_bytes)


def bytes_of_part(file_id: str) -> bytes:
    """A part, or any file of the reader's own accounts, whole. The caller has asked who may see it. Raises NotFound, Unavailable."""
    kept = StoredFile.objects.filter(pk=file_id, removed_at=None).first() if file_id else None
    if kept is None:
        raise NotFound(_("There is no such file."))
    try:
        with storage.open_stored(kept.storage_path) as stream:
            return stream.read()
    except Damaged as problem:
        raise Unavailable(_("This file cannot be read now. Tell whoever runs Boardwell for you; the log says why.")) from problem


def sealed_here(sha256: str) -> StoredFile | None:
    """The newest file with these bytes that the house itself made for both sides, such as a sealed document."""
    tenancy.require("files:view")
    return _visible().filter(sha256=sha256, uploaded_by_kind="system").order_by("-created_at").first()


def find_files(words: list[str], *, most: int = MOST_HITS) -> list[Hit]:
    """Files of onboardings whose name holds all the folded words, newest first. One query, linear in the files."""
    if not tenancy.current().actor.may("files:view"):
        return []
    rows = holding(_visible().exclude(journey_id=""), Folded("name"), words).order_by("-id")
    return [
        Hit("file", row[0], row[1], detail=row[2], journey_id=row[3], is_internal=row[4] == "internal")
        for row in rows.values_list("id", "name", "uploaded_by_name", "journey_id", "visibility")[:most]
    ]
