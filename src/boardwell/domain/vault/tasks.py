"""Bytes that a crash left without a row are swept away; files that the scanner gave no answer for are asked about again."""

from datetime import timedelta

from boardwell.domain.vault.actions.keep_file import scan_again
from boardwell.domain.vault.models import StoredFile
from boardwell.kernel import storage, tenancy
from boardwell.kernel.clock import now
from boardwell.kernel.recurring import AGAIN, Again, every
from boardwell.kernel.scanning import Verdict

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


@every(timedelta(minutes=5), name="vault.held")
def scan_held() -> Again | None:
    """Asks again about the file that has waited longest for the virus scanner, and then about the next, until it stays silent."""
    with tenancy.unscoped("files of every organisation wait for one scanner"):
        waiting = StoredFile.objects.filter(scan=Verdict.HELD, removed_at=None).order_by("created_at", "id")
        oldest = waiting.values_list("organisation_id", "id").first()
    if oldest is None:
        return None
    with tenancy.acting_for(oldest[0]):
        return AGAIN if scan_again(oldest[1]) in {Verdict.CLEAN, Verdict.FOUND} else None
