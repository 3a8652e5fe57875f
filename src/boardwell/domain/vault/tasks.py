"""Bytes that a crash left without a row are swept away."""

from datetime import timedelta

from boardwell.domain.vault.models import StoredFile
from boardwell.kernel import storage, tenancy
from boardwell.kernel.clock import now
from boardwell.kernel.recurring import every

OLD_ENOUGH = timedelta(days=1)
"""An upload is stored before its row is written: what is younger may be on its way."""


@every(timedelta(days=1), name="vault.orphans")
def sweep_orphans() -> int:
    """Removes stored bytes older than a day that no row names, whatever the organisation; returns how many. Linear in the files kept."""
    removed = 0
    for batch in storage.stored_before(now() - OLD_ENOUGH):
        with tenancy.unscoped("the store is one for every organisation"):
            known = set(StoredFile.objects.filter(storage_path__in=batch).values_list("storage_path", flat=True))
        for path in batch:
            if path not in known:
                storage.remove_stored(path)
                removed += 1
    return removed
