"""Tables of conversations: messages on a journey or a step, and who has read how far."""

from django.db import models

from boardwell.kernel.clock import now
from boardwell.kernel.rows import PrefixedIdField, TenantRow


class Message(TenantRow):
    """Words about a journey. `visibility`: internal (team notes) or shared. Markdown, cleaned when shown."""

    account_boundary = "account_id"

    id = PrefixedIdField(prefix="msg")
    account_id = models.CharField(max_length=32)
    journey_id = models.CharField(max_length=32, db_index=True)
    step_id = models.CharField(max_length=32, default="")
    visibility = models.CharField(max_length=10, default="shared")
    author_kind = models.CharField(max_length=10)
    author_id = models.CharField(max_length=32)
    author_name = models.CharField(max_length=160)
    body = models.TextField()
    created_at = models.DateTimeField(default=now)
    edited_at = models.DateTimeField(null=True)
    removed_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["organisation", "-created_at"], name="message_newest")]


class ReadMark(TenantRow):
    """How far somebody has read a journey's messages."""

    id = PrefixedIdField(prefix="red")
    journey_id = models.CharField(max_length=32)
    reader_id = models.CharField(max_length=32)
    read_at = models.DateTimeField(default=now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["journey_id", "reader_id"], name="read_mark_once")]
