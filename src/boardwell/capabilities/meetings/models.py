"""Tables of meetings: each member's hours, the meetings, and the quarter hours that they take."""

from django.db import models

from boardwell.kit.rows import PrefixedIdField, Stamped, TenantRow


class MemberHours(TenantRow, Stamped):
    """When a member can be booked, by their own clock. Without a row: the house's working days from nine to five.

    `week` maps weekdays (Monday is "0") to pairs of "HH:MM"; `days_off` are pairs of ISO dates, the last one included.
    `busy` are the taken times read from the calendar at `feed_sealed`, as pairs of ISO instants; `feed_problem` says why there are none.
    """

    id = PrefixedIdField(prefix="hrs")
    member = models.OneToOneField("people.Member", on_delete=models.CASCADE, related_name="+")
    time_zone = models.CharField(max_length=60)
    week = models.JSONField(default=dict)
    days_off = models.JSONField(default=list)
    before_minutes = models.PositiveSmallIntegerField(default=0)
    after_minutes = models.PositiveSmallIntegerField(default=0)
    feed_sealed = models.TextField(default="")
    feed_problem = models.CharField(max_length=300, default="")
    busy = models.JSONField(default=list)
    read_at = models.DateTimeField(null=True)


class Meeting(TenantRow, Stamped):
    """A meeting of a step. `state`: booked, held, missed, cancelled. `sequence` counts its calendar messages (RFC 5545, 3.8.7.4).

    `contact_id` is the customer's person it was booked for, empty for the account's administrators.
    """

    account_boundary = "account_id"

    id = PrefixedIdField(prefix="mtg")
    account_id = models.CharField(max_length=32)
    step = models.ForeignKey("journeys.Step", on_delete=models.CASCADE, related_name="+")
    journey_id = models.CharField(max_length=32)
    step_key = models.CharField(max_length=60)
    state = models.CharField(max_length=10, default="booked")
    start_at = models.DateTimeField()
    end_at = models.DateTimeField()
    time_zone = models.CharField(max_length=60)
    host_ids = models.JSONField(default=list)
    contact_id = models.CharField(max_length=32, default="")
    sequence = models.PositiveIntegerField(default=0)
    minutes = models.TextField(default="")
    reason = models.CharField(max_length=300, default="")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["step"], name="one_booked_meeting_per_step", condition=models.Q(state="booked"))]


class TakenQuarter(TenantRow):
    """A quarter hour of a member that a meeting takes: the constraint is why two people never get one slot."""

    id = models.BigAutoField(primary_key=True)
    meeting = models.ForeignKey(Meeting, on_delete=models.CASCADE, related_name="+")
    member = models.ForeignKey("people.Member", on_delete=models.CASCADE, related_name="+", db_index=False)
    cell = models.PositiveIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["member", "cell"], name="quarter_taken_once")]
