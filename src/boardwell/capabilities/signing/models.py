"""Tables of signing: envelopes, their documents, who signs, and the fields on the pages."""

from django.db import models

from boardwell.kit.rows import PrefixedIdField, Stamped, TenantRow


class Envelope(TenantRow, Stamped):
    """What is sent to be signed together, once for a step. `state`: draft, sent, sealing, completed, declined, expired, voided.

    `rules` are those of the step when it was sent: order, identity, level of care. `trail` is the chained list of what happened, oldest
    first; each entry carries the SHA-256 of the one before. `problem` says why a finished envelope is not sealed yet.
    """

    account_boundary = "account_id"

    id = PrefixedIdField(prefix="env")
    account_id = models.CharField(max_length=32)
    step = models.ForeignKey("journeys.Step", on_delete=models.CASCADE, related_name="+")
    journey_id = models.CharField(max_length=32)
    step_key = models.CharField(max_length=60)
    title = models.CharField(max_length=200)
    language = models.CharField(max_length=8)
    state = models.CharField(max_length=10, default="draft")
    rules = models.JSONField(default=dict)
    trail = models.JSONField(default=list)
    reason = models.CharField(max_length=500, default="")
    sent_at = models.DateTimeField(null=True)
    expires_at = models.DateTimeField(null=True)
    remind_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    seal_tries = models.PositiveIntegerField(default=0)
    seal_at = models.DateTimeField(null=True)
    problem = models.CharField(max_length=500, default="")
    manifest = models.TextField(default="")
    manifest_signature = models.TextField(default="")
    certificate_id = models.CharField(max_length=32, default="")
    renew_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["step"], name="one_open_envelope_per_step", condition=models.Q(state__in=["draft", "sent", "sealing", "completed"])
            ),
        ]
        indexes = [
            models.Index(fields=["expires_at"], name="envelope_expires", condition=models.Q(state="sent")),
            models.Index(fields=["seal_at"], name="envelope_seals", condition=models.Q(state="sealing")),
        ]


class EnvelopeDocument(TenantRow):
    """One document. `file_id` is what came in, byte for byte; `shown_id` the pages that are shown and signed; `sealed_id` what came of them.

    `pages` holds for each page its size in points, the SHA-256 of its picture and its text; `pictures_id` are the pictures.
    """

    account_boundary = "account_id"

    id = PrefixedIdField(prefix="edc")
    account_id = models.CharField(max_length=32)
    envelope = models.ForeignKey(Envelope, on_delete=models.CASCADE, related_name="documents")
    number = models.PositiveSmallIntegerField()
    title = models.CharField(max_length=200)
    file_id = models.CharField(max_length=32, default="")
    file_sha256 = models.CharField(max_length=64, default="")
    shown_id = models.CharField(max_length=32)
    shown_sha256 = models.CharField(max_length=64)
    pictures_id = models.CharField(max_length=32)
    twin = models.TextField(default="")
    pages = models.JSONField(default=list)
    sealed_id = models.CharField(max_length=32, default="")
    sealed_sha256 = models.CharField(max_length=64, default="")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["envelope", "number"], name="document_numbered_once")]


class EnvelopeSigner(TenantRow):
    """Who signs: one of ours or one of theirs. `state`: waiting, asked, signed, declined. Nobody signs before `turn` is theirs.

    `consent`, `proof` and `act` keep what was agreed to, how it was proved who signs, and what was signed with.
    """

    account_boundary = "account_id"

    id = PrefixedIdField(prefix="esg")
    account_id = models.CharField(max_length=32)
    envelope = models.ForeignKey(Envelope, on_delete=models.CASCADE, related_name="signers")
    turn = models.PositiveSmallIntegerField()
    key = models.CharField(max_length=60)
    title = models.CharField(max_length=200)
    side = models.CharField(max_length=10)
    person_id = models.CharField(max_length=32, default="")
    name = models.CharField(max_length=160, default="")
    email = models.CharField(max_length=320, default="")
    language = models.CharField(max_length=8, default="en")
    in_person = models.BooleanField(default=False)
    state = models.CharField(max_length=10, default="waiting")
    asked_at = models.DateTimeField(null=True)
    opened_at = models.DateTimeField(null=True)
    signed_at = models.DateTimeField(null=True)
    check_code = models.CharField(max_length=12, default="")
    code_hash = models.CharField(max_length=64, default="")
    code_sent_at = models.DateTimeField(null=True)
    code_tries = models.PositiveSmallIntegerField(default=0)
    consent = models.JSONField(default=dict)
    proof = models.JSONField(default=dict)
    act = models.JSONField(default=dict)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["envelope", "key"], name="signer_named_once")]


class EnvelopeField(TenantRow):
    """A place on a page for one signer to fill. `kind`: signature, initials, name, date, text, tick. Points from the upper left corner."""

    account_boundary = "account_id"

    id = PrefixedIdField(prefix="efd")
    account_id = models.CharField(max_length=32)
    document = models.ForeignKey(EnvelopeDocument, on_delete=models.CASCADE, related_name="fields")
    signer = models.ForeignKey(EnvelopeSigner, on_delete=models.CASCADE, related_name="fields")
    number = models.PositiveSmallIntegerField()
    kind = models.CharField(max_length=10)
    label = models.CharField(max_length=200, default="")
    page = models.PositiveSmallIntegerField()
    x = models.FloatField()
    y = models.FloatField()
    w = models.FloatField()
    h = models.FloatField()
    required = models.BooleanField(default=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["document", "number"], name="field_numbered_once")]
