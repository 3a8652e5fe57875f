"""Tables of the audit log: the entries, the head of each organisation's tree, and signed checkpoints."""

from django.db import models

from boardwell.kernel.rows import TenantRow


class AuditEntry(TenantRow):
    """One leaf of the organisation's Merkle tree (RFC 6962): `body` is hashed exactly as stored.

    The other columns repeat parts of the body for search; `boardwell verify` checks that they agree.
    """

    account_boundary = "account_id"
    append_only = True

    id = models.BigAutoField(primary_key=True)
    organisation = models.ForeignKey("organisations.Organisation", on_delete=models.PROTECT, related_name="+", db_index=False)
    position = models.PositiveBigIntegerField()
    at = models.DateTimeField()
    actor_kind = models.CharField(max_length=10)
    actor_id = models.CharField(max_length=32)
    verb = models.CharField(max_length=60)
    object_kind = models.CharField(max_length=30)
    object_id = models.CharField(max_length=32)
    account_id = models.CharField(max_length=32, default="")
    journey_id = models.CharField(max_length=32, default="")
    body = models.TextField()
    leaf_hash = models.BinaryField(max_length=32)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["organisation", "position"], name="audit_position_once")]
        indexes = [
            models.Index(fields=["object_id", "position"], name="audit_of_object"),
            models.Index(fields=["journey_id", "position"], name="audit_of_journey", condition=~models.Q(journey_id="")),
        ]


class AuditHead(TenantRow):
    """How large the organisation's tree is, and the roots of its complete subtrees (32 bytes each, largest first)."""

    size = models.PositiveBigIntegerField(default=0)
    frontier = models.BinaryField(default=b"")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["organisation"], name="one_audit_head")]


class AuditCheckpoint(TenantRow):
    """A signed note (C2SP checkpoint: origin, size, root) that pins the tree at a size."""

    id = models.BigAutoField(primary_key=True)
    size = models.PositiveBigIntegerField()
    root_hash = models.BinaryField(max_length=32)
    note = models.TextField()
    made_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["organisation", "size"], name="checkpoint_size_once")]
