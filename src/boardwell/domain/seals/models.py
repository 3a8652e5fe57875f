"""Tables of seals: the identities that an organisation seals or sealed with, and how strongly it seals now."""

from django.db import models

from boardwell.kernel.rows import PrefixedIdField, Stamped, TenantRow


class SealIdentity(TenantRow, Stamped):
    """Who seals. `source`: own (made here) or file (PKCS#12). The key is sealed at rest; a former identity keeps none.

    `certificates` is PEM, the seal's own first; `crl` the own root's list of revoked certificates in DER, base64.
    """

    id = PrefixedIdField(prefix="sid")
    source = models.CharField(max_length=10)
    certificates = models.TextField()
    crl = models.TextField(default="")
    key_sealed = models.TextField(default="")
    fingerprint = models.CharField(max_length=100)
    ends_at = models.DateTimeField()
    is_current = models.BooleanField(default=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["organisation"], name="seal_one_current", condition=models.Q(is_current=True)),
        ]


class SealRules(TenantRow, Stamped):
    """How strongly documents are sealed: the level, the timestamp authorities in the order of asking, and the roots that end their chains."""

    id = PrefixedIdField(prefix="srl")
    level = models.CharField(max_length=6, default="B-B")
    stamp_urls = models.JSONField(default=list)
    stamp_roots = models.TextField(default="")
    revision = models.PositiveIntegerField(default=1)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["organisation"], name="seal_rules_once")]
