"""Keep what is part of something else, such as the pages that somebody signs: it is in no list, and whoever keeps it says who may see it."""

from io import BytesIO

from boardwell.domain.vault.models import StoredFile
from boardwell.kernel import storage, tenancy


def keep_part(content: bytes, name: str, *, account_id: str) -> str:
    """Stores the bytes and returns the file's id; inside the transaction of what it belongs to, whose log entry names its hash.

    The caller has checked the permission. What a rolled back transaction leaves behind is swept.
    """
    stored = storage.store(BytesIO(content), name, accept=("pdf", "png", "zip", "txt"))
    actor = tenancy.current().actor
    kept = StoredFile(
        organisation_id=tenancy.current().organisation_id, account_id=account_id, name=stored.name, media_type=stored.media_type,
        size_bytes=stored.size_bytes, sha256=stored.sha256, storage_path=stored.path, visibility="part", uploaded_by_kind=actor.kind,
        uploaded_by_id=actor.id, uploaded_by_name=actor.name,
    )  # fmt: skip
    kept.save(force_insert=True)
    return kept.id
