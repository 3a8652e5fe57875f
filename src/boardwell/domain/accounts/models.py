"""Tables of accounts: the customer being onboarded, and the persons there."""

from django.db import models

from boardwell.domain.people.models import Member, Person
from boardwell.kernel.rows import PrefixedIdField, Stamped, TenantRow


class Account(TenantRow, Stamped):
    """A customer, vendor or partner: a company or a person. `source` and `external_id` make imports repeatable.

    `days_off` are days on which the customer or a third party does not work, as `accounts.daysoff` keeps them.
    """

    account_boundary = "id"

    id = PrefixedIdField(prefix="acc")
    name = models.CharField(max_length=200)
    party = models.CharField(max_length=10, default="customer")
    is_person = models.BooleanField(default=False)
    source = models.CharField(max_length=40, default="")
    external_id = models.CharField(max_length=120, default="")
    industry = models.CharField(max_length=120, default="")
    country = models.CharField(max_length=2, default="")
    city = models.CharField(max_length=120, default="")
    time_zone = models.CharField(max_length=60, default="")
    language = models.CharField(max_length=5, default="en")
    website = models.CharField(max_length=200, default="")
    email_domains = models.JSONField(default=list)
    owner = models.ForeignKey(Member, on_delete=models.PROTECT, null=True, related_name="+")
    notes = models.TextField(default="")
    fields = models.JSONField(default=dict)
    days_off = models.JSONField(default=list)
    archived_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["organisation", "source", "external_id"],
                name="account_once_per_external_id",
                condition=~models.Q(external_id=""),
            ),
        ]
        indexes = [models.Index(fields=["organisation", "name"], name="account_by_name")]


class Contact(TenantRow, Stamped):
    """A person at an account. `role`: admin (may invite and hand over) or participant. `active` false once removed."""

    account_boundary = "account_id"

    id = PrefixedIdField(prefix="con")
    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="contacts")
    person = models.ForeignKey(Person, on_delete=models.PROTECT, null=True, related_name="+")
    name = models.CharField(max_length=160)
    email = models.EmailField(max_length=320)
    job_title = models.CharField(max_length=120, default="")
    phone = models.CharField(max_length=40, default="")
    language = models.CharField(max_length=5, default="")
    role = models.CharField(max_length=12, default="participant")
    side = models.CharField(max_length=12, default="customer")
    active = models.BooleanField(default=True)
    invited_at = models.DateTimeField(null=True)
    joined_at = models.DateTimeField(null=True)
    last_seen_at = models.DateTimeField(null=True)
    reminders_off = models.BooleanField(default=False)
    photo_file_id = models.CharField(max_length=32, default="")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["account", "email"], name="contact_once_per_account")]
        indexes = [models.Index(fields=["person"], name="contact_of_person")]


class Invitation(TenantRow, Stamped):
    """A letter of invitation. Only the hash of its 256-bit token is kept; opening it consumes nothing."""

    account_boundary = "account_id"

    id = PrefixedIdField(prefix="inv")
    account_id = models.CharField(max_length=32)
    contact = models.ForeignKey(Contact, on_delete=models.CASCADE, related_name="+")
    token_hash = models.CharField(max_length=64, unique=True)
    expires_at = models.DateTimeField()
    accepted_at = models.DateTimeField(null=True)
    withdrawn_at = models.DateTimeField(null=True)
