"""Tables of people: the person who signs in, the member of an organisation, API keys and saved views."""

from typing import Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models

from boardwell.kernel.rows import PrefixedIdField, Stamped, TenantRow


class PersonManager(BaseUserManager["Person"]):
    """Makes persons; e-mail addresses are kept in lower case."""

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> "Person":
        """A person who may sign in; without a password only codes, passkeys and identity providers work."""
        person = Person(email=email.strip().lower(), **fields)
        if password:
            person.set_password(password)
        else:
            person.set_unusable_password()
        person.save(using=self._db)
        return person

    def get_by_natural_key(self, username: str | None) -> "Person":
        return self.get(email=(username or "").strip().lower())


class Person(AbstractBaseUser):
    """One human being who signs in, across organisations and accounts; not a tenant row."""

    id = PrefixedIdField(prefix="per")
    email = models.EmailField(max_length=320, unique=True)
    name = models.CharField(max_length=160, default="")
    language = models.CharField(max_length=5, default="")
    time_zone = models.CharField(max_length=60, default="")
    theme = models.CharField(max_length=6, default="auto")
    is_active = models.BooleanField(default=True)
    email_verified_at = models.DateTimeField(null=True)
    joined_at = models.DateTimeField(auto_now_add=True)
    devices = models.JSONField(default=list)
    """Browsers and systems that signed the person in, by their names, the newest last: what is new is told to them."""

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []
    objects = PersonManager()

    def get_full_name(self) -> str:
        return self.name or self.email

    def __str__(self) -> str:
        return self.get_full_name()


class Member(TenantRow, Stamped):
    """A person on the team. `role`: owner, admin, manager, specialist, compliance, trainer, viewer.

    `week_minutes` is how much of an ordinary week they can give to onboardings; `time_off` are absences as `people.absences` keeps them.
    """

    id = PrefixedIdField(prefix="mem")
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    name = models.CharField(max_length=160)
    job_title = models.CharField(max_length=120, default="")
    role = models.CharField(max_length=20, default="specialist")
    team_roles = models.JSONField(default=list)
    photo_file_id = models.CharField(max_length=32, default="")
    phone = models.CharField(max_length=40, default="")
    active = models.BooleanField(default=True)
    digest_weekday = models.PositiveSmallIntegerField(null=True, default=0)
    digest_hour = models.PositiveSmallIntegerField(default=8)
    digest_scope = models.CharField(max_length=4, default="mine")
    """When the weekly digest comes: Monday is 0, null never; the hour is by the person's own clock. `digest_scope`: mine or all."""
    week_minutes = models.PositiveSmallIntegerField(default=2400)
    time_off = models.JSONField(default=list)
    first_views = models.JSONField(default=dict)
    """By page: the saved view that opens first."""

    class Meta:
        constraints = [models.UniqueConstraint(fields=["organisation", "person"], name="member_once_per_organisation")]


class ApiKey(TenantRow, Stamped):
    """A program's key: only the hash of its 256-bit secret is kept. `scopes` are permissions of the catalogue."""

    id = PrefixedIdField(prefix="key")
    name = models.CharField(max_length=80)
    secret_hash = models.CharField(max_length=64, unique=True)
    hint = models.CharField(max_length=12)
    scopes = models.JSONField(default=list)
    created_by = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="+")
    expires_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)
    last_used_at = models.DateTimeField(null=True)


class IdentityProvider(TenantRow, Stamped):
    """A service that signs an organisation's people in (OpenID Connect). `side`: members, contacts or both.

    `issuer` and `client_id` never change, since links are by (provider, subject); the secret is sealed and never shown again.
    """

    id = PrefixedIdField(prefix="idp")
    kind = models.CharField(max_length=10, default="oidc")
    name = models.CharField(max_length=80)
    issuer = models.CharField(max_length=300)
    client_id = models.CharField(max_length=200)
    secret_sealed = models.TextField()
    side = models.CharField(max_length=10, default="members")
    allowed_domains = models.JSONField(default=list)
    asks_second_factor = models.BooleanField(default=False)
    active = models.BooleanField(default=True)
    configuration = models.JSONField(default=dict)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["organisation", "issuer", "client_id"], name="provider_once")]


class SavedView(TenantRow, Stamped):
    """A named filter of a list page; shared ones are seen by the whole team."""

    id = PrefixedIdField(prefix="view")
    member = models.ForeignKey(Member, on_delete=models.CASCADE, related_name="+")
    page = models.CharField(max_length=30)
    name = models.CharField(max_length=80)
    query = models.CharField(max_length=1000)
    shared = models.BooleanField(default=False)
