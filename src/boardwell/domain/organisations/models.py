"""Tables of organisations: the tenant itself, its brand and its working calendars."""

from django.db import models

from boardwell.kernel.rows import PrefixedIdField, Stamped, TenantRow


class Organisation(Stamped):
    """A tenant. `slug` is the first part of its workspace paths: /acme/…"""

    id = PrefixedIdField(prefix="org")
    slug = models.SlugField(max_length=40, unique=True)
    name = models.CharField(max_length=120)
    language = models.CharField(max_length=5, default="en")
    time_zone = models.CharField(max_length=60, default="UTC")
    country = models.CharField(max_length=2, default="US")
    is_demo = models.BooleanField(default=False)
    health_rules = models.TextField(default="")
    """What differs from the shipped rules of health, as JSON: text, since the engine reads it with the lock and parses each once."""
    ladder = models.JSONField(default=dict)
    """How steps escalate that take too long, as `journeys.ladders` writes it; empty: they do not."""


class Brand(TenantRow, Stamped):
    """How the portal and the mails look. Colours are checked for contrast when they are saved."""

    id = PrefixedIdField(prefix="brd")
    display_name = models.CharField(max_length=120)
    accent = models.CharField(max_length=7, default="#2f5bd7")
    logo_file_id = models.CharField(max_length=32, default="")
    support_email = models.CharField(max_length=320, default="")
    mail_footer = models.JSONField(default=dict)
    revision = models.PositiveIntegerField(default=1)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["organisation"], name="one_brand_per_organisation")]


class WorkCalendar(TenantRow, Stamped):
    """A working week, a country's public holidays and extra days off. `weekdays`: Monday is 0.

    `revision` counts changes of its days. After one, `journeys_done` of the `journeys_total` that ran have been dated anew, which
    moved `steps_moved`; `followed_at` is when the last of them was.
    """

    id = PrefixedIdField(prefix="cal")
    name = models.CharField(max_length=80)
    country = models.CharField(max_length=2)
    subdivision = models.CharField(max_length=10, default="")
    weekdays = models.JSONField(default=list)
    days_off = models.JSONField(default=list)
    is_default = models.BooleanField(default=False)
    revision = models.PositiveIntegerField(default=1)
    journeys_total = models.PositiveIntegerField(default=0)
    journeys_done = models.PositiveIntegerField(default=0)
    steps_moved = models.PositiveIntegerField(default=0)
    followed_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["organisation", "name"], name="calendar_name_once")]


class AccessPolicy(TenantRow, Stamped):
    """Who may come in and how. `second_factor` is for members: offered, leaders (owner, admin, compliance) or everyone."""

    id = PrefixedIdField(prefix="acp")
    second_factor = models.CharField(max_length=10, default="offered")
    contacts_may_invite = models.BooleanField(default=True)
    portal_session_hours = models.PositiveSmallIntegerField(default=12)
    quiet_from_hour = models.PositiveSmallIntegerField(default=20)
    quiet_until_hour = models.PositiveSmallIntegerField(default=8)
    mails_per_day = models.PositiveSmallIntegerField(default=1)
    languages = models.JSONField(default=list)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["organisation"], name="one_policy_per_organisation")]
