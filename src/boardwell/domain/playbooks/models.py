"""Tables of playbooks: the plan, its immutable versions and the draft in work."""

from django.db import models

from boardwell.domain.people.models import Member
from boardwell.kernel.clock import now
from boardwell.kernel.rows import PrefixedIdField, Stamped, TenantRow


class Playbook(TenantRow, Stamped):
    """A reusable plan, known by its key. The draft is text being written; versions never change."""

    id = PrefixedIdField(prefix="plb")
    key = models.SlugField(max_length=60)
    title = models.JSONField(default=dict)
    draft = models.TextField(default="")
    draft_revision = models.PositiveIntegerField(default=1)
    draft_changed_by = models.ForeignKey(Member, on_delete=models.PROTECT, null=True, related_name="+")
    latest_version = models.ForeignKey("PlaybookVersion", on_delete=models.PROTECT, null=True, related_name="+")
    retired_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["organisation", "key"], name="playbook_key_once")]


class PlaybookVersion(TenantRow):
    """A published document, byte for byte, with its SHA-256."""

    id = PrefixedIdField(prefix="plv")
    playbook = models.ForeignKey(Playbook, on_delete=models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField()
    source = models.TextField()
    sha256 = models.CharField(max_length=64)
    note = models.CharField(max_length=300, default="")
    published_at = models.DateTimeField(default=now)
    published_by = models.ForeignKey(Member, on_delete=models.PROTECT, null=True, related_name="+")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["playbook", "number"], name="version_number_once")]


class DraftRevision(TenantRow):
    """One state of a draft: what undo goes back to, and how two who edit at once learn what the other did.

    Only the latest few of a playbook are kept; published versions are the lasting record.
    """

    id = PrefixedIdField(prefix="pld")
    playbook = models.ForeignKey(Playbook, on_delete=models.PROTECT, related_name="revisions")
    number = models.PositiveIntegerField()
    source = models.TextField()
    verb = models.CharField(max_length=40, default="")
    subject = models.CharField(max_length=120, default="")
    made_at = models.DateTimeField(default=now)
    made_by = models.ForeignKey(Member, on_delete=models.PROTECT, null=True, related_name="+")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["playbook", "number"], name="draft_revision_once")]
