"""Tables of automations: the rule, its versions that never change, each firing, and the switch for all of them."""

from django.db import models

from boardwell.domain.people.models import Member
from boardwell.kernel.clock import now
from boardwell.kernel.rows import PrefixedIdField, Stamped, TenantRow


class Automation(TenantRow, Stamped):
    """A rule. `state`: off, on, or stopped, by itself after errors (`stopped_words` says which); `event` is what it hears now.

    `failures` counts errors in a row. A removed rule keeps its firings.
    """

    id = PrefixedIdField(prefix="aut")
    name = models.CharField(max_length=120)
    state = models.CharField(max_length=10, default="off")
    event = models.CharField(max_length=80)
    current = models.PositiveIntegerField(default=1)
    failures = models.PositiveSmallIntegerField(default=0)
    stopped_words = models.CharField(max_length=300, default="")
    removed_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["organisation", "event"], name="automation_hears", condition=models.Q(state="on"))]


class AutomationVersion(TenantRow):
    """What a rule says, as it was saved once. `rule` is as `rules.kept` writes it; it acts with the permissions of `made_by`."""

    append_only = True

    id = PrefixedIdField(prefix="auv")
    automation = models.ForeignKey(Automation, on_delete=models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField()
    rule = models.JSONField()
    made_by = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="+")
    made_at = models.DateTimeField(default=now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["automation", "number"], name="automation_version_once")]


class Firing(TenantRow):
    """One event that a rule heard. `state`: done, unmatched, failed (nothing of it was done), cut (a guard stopped it).

    `why` says what did not match, or which guard cut; `deeds` is what was done, in order; `depth` how many automations stand
    between it and a person, `caused_by` the firing before it.
    """

    account_boundary = "account_id"

    id = PrefixedIdField(prefix="fir")
    automation = models.ForeignKey(Automation, on_delete=models.PROTECT, related_name="firings", db_index=False)
    version = models.ForeignKey(AutomationVersion, on_delete=models.PROTECT, related_name="+", db_index=False)
    event_id = models.BigIntegerField()
    account_id = models.CharField(max_length=32, default="")
    journey_id = models.CharField(max_length=32, default="")
    step_key = models.CharField(max_length=60, default="")
    state = models.CharField(max_length=10)
    why = models.JSONField(default=dict)
    deeds = models.JSONField(default=list)
    error = models.CharField(max_length=500, default="")
    depth = models.PositiveSmallIntegerField(default=0)
    caused_by = models.CharField(max_length=32, default="")
    fired_at = models.DateTimeField(default=now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["automation", "event_id"], name="fires_once_per_event")]
        indexes = [
            models.Index(fields=["automation", "-id"], name="firing_newest"),
            models.Index(fields=["journey_id", "fired_at"], name="firing_of_journey", condition=models.Q(state="done")),
        ]


class MasterSwitch(TenantRow):
    """All automations of an organisation stand still since `off_since`."""

    id = PrefixedIdField(prefix="swi")
    off_since = models.DateTimeField(default=now)
    off_by_name = models.CharField(max_length=160)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["organisation"], name="one_switch_per_organisation")]
