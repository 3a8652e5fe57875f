"""Tables of notifications: what somebody shall be told with the next digest."""

from django.db import models

from boardwell.kernel.clock import now
from boardwell.kernel.rows import TenantRow


class Nudge(TenantRow):
    """One line of the next digest. `recipient_id` is a contact (con_…) or member (mem_…). `phase`: opened, before, on, after."""

    id = models.BigAutoField(primary_key=True)
    recipient_id = models.CharField(max_length=32)
    journey_id = models.CharField(max_length=32)
    step_id = models.CharField(max_length=32)
    phase = models.CharField(max_length=10)
    days = models.SmallIntegerField(default=0)
    event_id = models.BigIntegerField()
    made_at = models.DateTimeField(default=now)
    settled_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["event_id", "recipient_id"], name="nudge_once_per_event")]
        indexes = [models.Index(fields=["organisation", "recipient_id"], name="nudge_waiting", condition=models.Q(settled_at__isnull=True))]


class WeeklyDigest(TenantRow):
    """That a member has had the digest of a week (ISO, by their own clock). `seen`: the go-lives it told, by journey, for the next one."""

    recipient_id = models.CharField(max_length=32)
    week = models.CharField(max_length=8)
    sent_at = models.DateTimeField(default=now)
    seen = models.JSONField(default=dict)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["organisation", "recipient_id", "week"], name="digest_once_a_week")]


class DigestDay(TenantRow):
    """The local day on which somebody last got a digest, so that there is one a day at most."""

    recipient_id = models.CharField(max_length=32)
    day = models.DateField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["organisation", "recipient_id", "day"], name="digest_once_a_day")]


class Notice(TenantRow):
    """What one event has to tell one member. `kind` is the event's name, `values` its body."""

    id = models.BigAutoField(primary_key=True)
    recipient_id = models.CharField(max_length=32)
    kind = models.CharField(max_length=40)
    values = models.JSONField()
    event_id = models.BigIntegerField()
    made_at = models.DateTimeField(default=now)
    settled_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["event_id", "recipient_id"], name="notice_once_per_event")]
        indexes = [models.Index(fields=["id"], name="notice_waiting", condition=models.Q(settled_at__isnull=True))]
