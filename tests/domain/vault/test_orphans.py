"""What a crash left in the store goes; what a row names, and what may be on its way, stays."""

import os
import time
from io import BytesIO
from pathlib import Path

import pytest

from boardwell.domain.vault.actions.keep_file import keep_file, remove_file
from boardwell.domain.vault.models import StoredFile
from boardwell.domain.vault.tasks import sweep_orphans
from boardwell.kernel import storage

pytestmark = pytest.mark.django_db


def test_bytes_without_a_row_are_removed_after_a_day_and_nothing_else(house, settings) -> None:
    root = Path(settings.FILES_ROOT)
    with house.as_owner():
        kept = StoredFile.objects.get(pk=keep_file(BytesIO(b"words"), "kept.txt", account_id=house.account_id))
        hidden = StoredFile.objects.get(pk=keep_file(BytesIO(b"words"), "hidden.txt", account_id=house.account_id))
        remove_file(hidden.id)
    orphan, young = storage.store(BytesIO(b"words"), "orphan.txt").path, storage.store(BytesIO(b"words"), "young.txt").path
    broken = root / "ab" / "broken.part"
    broken.parent.mkdir(exist_ok=True)
    broken.write_bytes(b"wor")
    two_days_ago = time.time() - 172_800
    for path in (root / kept.storage_path, root / hidden.storage_path, root / orphan, broken):
        os.utime(path, (two_days_ago, two_days_ago))
    assert sweep_orphans() == 2
    left = {str(file.relative_to(root)) for file in root.glob("??/*")}
    assert left == {kept.storage_path, hidden.storage_path, young}
    assert sweep_orphans() == 0
