"""Tables of the kernel: the outbox of events, background tasks, recurring work, idempotency keys and outgoing mail."""

from django.db import models

from boardwell.kernel.clock import now
from boardwell.kernel.rows import PrefixedIdField, TenantRow


class OutboxEvent(models.Model):
    """Something that happened, written in the transaction that made it happen; listeners hear of it afterwards.

    `cause` names what set it off where that was no person, empty else.
    """

    id = models.BigAutoField(primary_key=True)
    organisation_id = models.CharField(max_length=32)
    name = models.CharField(max_length=80)
    body = models.JSONField()
    happened_at = models.DateTimeField(default=now)
    dispatched_at = models.DateTimeField(null=True)
    cause = models.CharField(max_length=60, default="", db_default="")

    class Meta:
        indexes = [
            models.Index(fields=["id"], name="outbox_waiting", condition=models.Q(dispatched_at__isnull=True)),
        ]


class BackgroundTask(models.Model):
    """One unit of background work with its lease. States: waiting, running, done, failed."""

    id = models.BigAutoField(primary_key=True)
    organisation_id = models.CharField(max_length=32, default="")
    queue = models.CharField(max_length=40, default="default")
    function = models.CharField(max_length=200)
    arguments = models.JSONField(default=dict)
    key = models.CharField(max_length=200, null=True, unique=True)
    priority = models.SmallIntegerField(default=0)
    state = models.CharField(max_length=10, default="waiting")
    run_after = models.DateTimeField(default=now)
    leased_until = models.DateTimeField(null=True)
    leased_by = models.CharField(max_length=80, default="")
    attempts = models.SmallIntegerField(default=0)
    last_error = models.TextField(default="")
    result = models.JSONField(null=True)
    created_at = models.DateTimeField(default=now)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["priority", "run_after", "id"], name="task_waiting", condition=models.Q(state="waiting")),
            models.Index(fields=["leased_until"], name="task_leased", condition=models.Q(state="running")),
        ]


class RecurringWork(models.Model):
    """When each recurring job last ran, so that a missed hour is caught up once, not fired in a volley."""

    name = models.CharField(max_length=80, primary_key=True)
    next_run_at = models.DateTimeField()
    last_run_at = models.DateTimeField(null=True)


class IdempotentReply(TenantRow):
    """What was answered to a request with an Idempotency-Key, kept seven days (draft-ietf-httpapi-idempotency-key-header)."""

    key = models.CharField(max_length=255)
    route = models.CharField(max_length=120)
    fingerprint = models.CharField(max_length=64)
    status = models.SmallIntegerField(null=True)
    body = models.JSONField(null=True)
    created_at = models.DateTimeField(default=now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["organisation", "route", "key"], name="one_reply_per_key"),
        ]


class SearchWord(TenantRow):
    """One folded word of something that is searched by its words; see `kernel.wordindex`. Bytes, so that both databases order them alike."""

    id = models.BigAutoField(primary_key=True)
    organisation = models.ForeignKey("organisations.Organisation", on_delete=models.PROTECT, related_name="+", db_index=False)
    kind = models.CharField(max_length=12)
    word = models.BinaryField()
    object_id = models.CharField(max_length=32)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["organisation", "kind", "word", "object_id"], name="word_once_per_object")]
        indexes = [models.Index(fields=["organisation", "object_id", "word"], name="word_of_object")]


class RateBucket(models.Model):
    """How empty somebody's bucket is: the instant, in microseconds since 1970, at which it is full again; see `kernel.rates`."""

    key = models.CharField(max_length=120, primary_key=True)
    full_at = models.BigIntegerField()


class Mail(models.Model):
    """An outgoing mail as it will arrive; organisation_id is empty for mail of the installation itself.

    `calendar` is an iCalendar message (RFC 6047) that goes with it.
    """

    id = PrefixedIdField(prefix="mail")
    organisation_id = models.CharField(max_length=32, default="", db_index=True)
    purpose = models.CharField(max_length=40, default="")
    key = models.CharField(max_length=200, null=True, unique=True)
    sender = models.CharField(max_length=320)
    recipient = models.CharField(max_length=320, db_index=True)
    reply_to = models.CharField(max_length=320, default="")
    subject = models.CharField(max_length=300)
    text = models.TextField()
    html = models.TextField(default="")
    headers = models.JSONField(default=dict)
    calendar = models.TextField(default="")
    language = models.CharField(max_length=5, default="en")
    journey_id = models.CharField(max_length=32, default="")
    state = models.CharField(max_length=10, default="waiting")
    attempts = models.SmallIntegerField(default=0)
    last_error = models.TextField(default="")
    created_at = models.DateTimeField(default=now)
    sent_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["organisation_id", "-created_at"], name="mail_newest")]
