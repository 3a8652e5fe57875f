"""Tables of papers: each version of what was written, and when the next report is due."""

from django.db import models

from boardwell.domain.journeys.models import Journey
from boardwell.kernel.rows import PrefixedIdField, Stamped, TenantRow


class Paper(TenantRow, Stamped):
    """One version. `kind`: status_report, expectation_sheet. `state`: draft, sent, accepted. What was sent never changes.

    `sections` maps a section's key to Markdown in `language`; `sha256` is of what was sent.
    """

    account_boundary = "account_id"

    id = PrefixedIdField(prefix="ppr")
    account_id = models.CharField(max_length=32)
    journey = models.ForeignKey(Journey, on_delete=models.CASCADE, related_name="+")
    kind = models.CharField(max_length=20)
    number = models.PositiveIntegerField()
    state = models.CharField(max_length=10, default="draft")
    language = models.CharField(max_length=8)
    since_on = models.DateField()
    until_on = models.DateField()
    sections = models.JSONField(default=dict)
    revision = models.PositiveIntegerField(default=1)
    sha256 = models.CharField(max_length=64, default="")
    sent_at = models.DateTimeField(null=True)
    sent_by_name = models.CharField(max_length=160, default="")
    accepted_at = models.DateTimeField(null=True)
    accepted_by_id = models.CharField(max_length=32, default="")
    accepted_name = models.CharField(max_length=160, default="")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["journey", "kind", "number"], name="paper_numbered_once"),
            models.UniqueConstraint(fields=["journey", "kind"], name="paper_one_draft", condition=models.Q(state="draft")),
        ]


class ReportSchedule(TenantRow):
    """When the next status report is due. `every`: week, fortnight, month. `by_itself`: sent without anybody looking first."""

    account_boundary = "account_id"

    id = PrefixedIdField(prefix="rsc")
    account_id = models.CharField(max_length=32)
    journey = models.OneToOneField(Journey, on_delete=models.CASCADE, related_name="+")
    every = models.CharField(max_length=10)
    next_on = models.DateField()
    by_itself = models.BooleanField(default=False)

    class Meta:
        indexes = [models.Index(fields=["next_on"], name="report_next_on")]
