"""Keep, hide and remove files."""

from collections.abc import Iterable

from django.db import transaction
from django.utils.translation import gettext as _

from boardwell.domain.audit.actions import record
from boardwell.domain.vault.events import FileKept
from boardwell.domain.vault.models import StoredFile
from boardwell.kernel import storage, tenancy
from boardwell.kernel.clock import now
from boardwell.kernel.errors import Invalid, NotAllowed, NotFound
from boardwell.kernel.events import emit
from boardwell.kernel.scanning import Verdict, scan


def keep_file(
    stream: storage.Upload, name: str, *, account_id: str = "", journey_id: str = "", step_id: str = "", visibility: str = "shared",
    accept: Iterable[str] = storage.DEFAULT_ACCEPT, max_bytes: int | None = None,
) -> str:  # fmt: skip
    """Stores an upload and returns the file's id. Outsiders' files are always shared. Raises NotAllowed, NotFound, Invalid."""
    actor = tenancy.require("files:upload")
    if actor.account_ids is not None and account_id not in actor.account_ids:
        raise NotFound(_("There is nothing here."))
    if visibility not in {"internal", "shared"}:
        raise ValueError("pictures are kept by keep_picture")
    if visibility == "internal" and not actor.is_insider:
        raise NotAllowed(_("You cannot keep internal files."))
    stored = storage.store(stream, name, accept=accept, max_bytes=max_bytes)
    try:
        verdict = _scanned(stored)
        with transaction.atomic():
            kept = StoredFile(
                organisation_id=tenancy.current().organisation_id, account_id=account_id, journey_id=journey_id, step_id=step_id,
                name=stored.name, media_type=stored.media_type, size_bytes=stored.size_bytes, sha256=stored.sha256,
                storage_path=stored.path, scan=verdict, visibility=visibility, uploaded_by_kind=actor.kind, uploaded_by_id=actor.id,
                uploaded_by_name=actor.name,
            )  # fmt: skip
            kept.save(force_insert=True)
            record(
                "file.kept", object_kind="file", object_id=kept.id, account_id=account_id, journey_id=journey_id, label=kept.name,
                after={"sha256": kept.sha256, "size_bytes": kept.size_bytes, "visibility": visibility},
            )  # fmt: skip
            emit(
                FileKept(
                    file_id=kept.id, journey_id=journey_id, account_id=account_id, step_id=step_id, visibility=visibility,
                    by_kind=actor.kind,
                )
            )  # fmt: skip
    except BaseException:
        storage.remove_stored(stored.path)
        raise
    return kept.id


def _scanned(stored: storage.Stored) -> Verdict:
    with storage.open_stored(stored.path) as content:
        verdict = scan(content)
    if verdict is Verdict.FOUND:
        raise Invalid(_("The virus scanner found something in “%(name)s”. It was not kept. Send a clean one.") % {"name": stored.name})
    return verdict


def scan_again(file_id: str) -> Verdict:
    """Asks the scanner about a file that it gave no answer for; what it finds something in stays shut for good. Idempotent."""
    kept = StoredFile.objects.get(pk=file_id)
    with storage.open_stored(kept.storage_path) as content:
        verdict = scan(content)
    if verdict in {Verdict.CLEAN, Verdict.FOUND}:
        with transaction.atomic():
            if StoredFile.objects.filter(pk=file_id, scan=Verdict.HELD).update(scan=verdict) and verdict is Verdict.FOUND:
                record(
                    "file.quarantined", object_kind="file", object_id=kept.id, account_id=kept.account_id, journey_id=kept.journey_id,
                    label=kept.name,
                )  # fmt: skip
    return verdict


def remove_file(file_id: str) -> None:
    """Takes a file away; its line in the log stays. Outsiders remove what they sent themselves."""
    actor = tenancy.require("files:upload")
    with transaction.atomic():
        kept = StoredFile.objects.filter(pk=file_id, removed_at=None).first()
        if kept is None or (not actor.is_insider and kept.uploaded_by_id != actor.id):
            raise NotFound(_("There is no such file of yours."))
        kept.removed_at = now()
        kept.save()
        record(
            "file.removed", object_kind="file", object_id=kept.id, account_id=kept.account_id, journey_id=kept.journey_id,
            label=kept.name,
        )  # fmt: skip


def note_opened(kept: StoredFile) -> None:
    """Writes down who opened a customer's file."""
    with transaction.atomic():
        record(
            "file.opened", object_kind="file", object_id=kept.id, account_id=kept.account_id, journey_id=kept.journey_id,
            label=kept.name,
        )  # fmt: skip
