"""Tables of the vault: one row per stored file."""

from django.db import models

from boardwell.kernel.rows import PrefixedIdField, Stamped, TenantRow


class StoredFile(TenantRow, Stamped):
    """A file and what is known about it. `visibility`: internal (team only), shared (customer too), picture (a face or a logo) or part.

    A part belongs to something else, such as the pages that somebody signs, and is in no list.
    """

    account_boundary = "account_id"

    id = PrefixedIdField(prefix="fil")
    account_id = models.CharField(max_length=32, default="", db_index=True)
    journey_id = models.CharField(max_length=32, default="", db_index=True)
    step_id = models.CharField(max_length=32, default="")
    name = models.CharField(max_length=255)
    media_type = models.CharField(max_length=120)
    size_bytes = models.PositiveBigIntegerField()
    sha256 = models.CharField(max_length=64)
    storage_path = models.CharField(max_length=200)
    scan = models.CharField(max_length=6, default="")
    """What the virus scanner said: clean, held (no answer yet), found, or nothing where there is no scanner."""
    visibility = models.CharField(max_length=10, default="shared")
    uploaded_by_kind = models.CharField(max_length=10)
    uploaded_by_id = models.CharField(max_length=32)
    uploaded_by_name = models.CharField(max_length=160, default="")
    removed_at = models.DateTimeField(null=True)
