"""Keep a person's face or an organisation's logo."""

import io
from collections.abc import Callable

from django.db import transaction
from django.utils.translation import gettext as _

from boardwell.domain.audit.actions import record
from boardwell.domain.organisations.actions.change_settings import set_logo
from boardwell.domain.organisations.queries import brand_of_current
from boardwell.domain.people.access import may_change_profile
from boardwell.domain.people.events import MemberChanged
from boardwell.domain.people.models import Member
from boardwell.domain.vault.models import StoredFile
from boardwell.kernel import images, storage, tenancy
from boardwell.kernel.clock import now
from boardwell.kernel.errors import NotFound
from boardwell.kernel.events import emit


def _keep(upload: storage.Upload, *, logo: bool) -> tuple[str, str]:
    """(id, path) of a redrawn picture."""
    content = upload.read(images.MOST_BYTES + 1)
    drawn = images.logo(content) if logo else images.face(content)
    actor = tenancy.current().actor
    stored = storage.store(io.BytesIO(drawn.content), f"picture.{drawn.ending}", accept=("png", "jpg"))
    try:
        kept = StoredFile(
            organisation_id=tenancy.current().organisation_id, name=stored.name, media_type=stored.media_type, size_bytes=stored.size_bytes,
            sha256=stored.sha256, storage_path=stored.path, visibility="picture", uploaded_by_kind=actor.kind, uploaded_by_id=actor.id,
            uploaded_by_name=actor.name,
        )  # fmt: skip
        # Faces and logos belong to no account, so the house itself keeps a contact's.
        with tenancy.acting_for(tenancy.current().organisation_id):
            kept.save(force_insert=True)
        record("file.kept", object_kind="file", object_id=kept.id, label=kept.name, after={"sha256": kept.sha256, "visibility": "picture"})
    except BaseException:
        storage.remove_stored(stored.path)
        raise
    return kept.id, stored.path


def drop_picture(file_id: str) -> None:
    """Takes a picture away that nobody carries any more, bytes and all; twice changes nothing."""
    with transaction.atomic():
        with tenancy.acting_for(tenancy.current().organisation_id):
            kept = StoredFile.objects.filter(pk=file_id, visibility="picture", removed_at=None).first() if file_id else None
            if kept is None:
                return
            kept.removed_at = now()
            kept.save(update_fields=["removed_at", "changed_at"])
        record("file.removed", object_kind="file", object_id=kept.id, label=kept.name)
        path = kept.storage_path
        transaction.on_commit(lambda: storage.remove_stored(path))


def replace_picture(old: str, upload: storage.Upload | None, carry: Callable[[str], None], *, logo: bool = False) -> None:
    """Keeps a new picture (or none), lets `carry` hang it up, and drops the old one: all of it or nothing."""
    path = ""
    try:
        with transaction.atomic():
            new = ""
            if upload is not None:
                new, path = _keep(upload, logo=logo)
            carry(new)
            drop_picture(old)
    except BaseException:
        if path:
            storage.remove_stored(path)
        raise


def change_member_picture(member_id: str, upload: storage.Upload | None) -> None:
    """Gives a member a face, or takes it away: members their own, people:manage everybody's. Raises NotFound, NotAllowed, Invalid."""
    if not may_change_profile(tenancy.current().actor, member_id):
        tenancy.require("people:manage")
    with transaction.atomic():
        member = Member.objects.select_for_update().filter(pk=member_id).first()
        if member is None:
            raise NotFound(_("There is no such member on your team."))

        def carry(new: str) -> None:
            before, member.photo_file_id = member.photo_file_id, new
            if new == before:
                return
            member.save(update_fields=["photo_file_id", "changed_at"])
            record(
                "member.changed", object_kind="member", object_id=member.id, label=member.name, before={"photo_file_id": before},
                after={"photo_file_id": new},
            )  # fmt: skip
            emit(MemberChanged(member_id=member.id))

        replace_picture(member.photo_file_id, upload, carry)


def change_logo(upload: storage.Upload | None) -> None:
    """Sets the organisation's logo, or takes it away. Raises NotAllowed, Invalid."""
    tenancy.require("settings:manage")
    replace_picture(brand_of_current().logo_file_id, upload, set_logo, logo=True)
