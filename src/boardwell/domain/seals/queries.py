"""Reads how the organisation seals, for its settings."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from asn1crypto import x509

from boardwell.domain.seals.certificates import fingerprint, read_certificates
from boardwell.domain.seals.models import SealIdentity, SealRules
from boardwell.kernel import tenancy
from boardwell.kernel.clock import now

SOON = timedelta(days=60)


@dataclass(frozen=True, slots=True)
class Certificate:
    """A certificate as people compare it."""

    name: str
    fingerprint: str
    ends_at: datetime


@dataclass(frozen=True, slots=True)
class Sealing:
    """Who seals and how strongly. `root` ends the seal's chain: its fingerprint is what others have to know."""

    source: str
    seal: Certificate | None
    root: Certificate | None
    ends_soon: bool
    level: str
    stamp_urls: tuple[str, ...]
    stamp_roots: tuple[Certificate, ...]


def sealing_of_current() -> Sealing:
    """For whoever may see the settings."""
    tenancy.require("settings:view")
    row = SealIdentity.objects.filter(is_current=True).first()
    rules = SealRules.objects.first() or SealRules()
    chain = read_certificates(row.certificates) if row else []
    told = [_told(one) for one in (read_certificates(rules.stamp_roots) if rules.stamp_roots else [])]
    return Sealing(
        row.source if row else "", _told(chain[0]) if chain else None, _told(chain[-1]) if chain else None,
        bool(row and row.ends_at - SOON < now()), rules.level, tuple(rules.stamp_urls), tuple(told),
    )  # fmt: skip


def _told(one: x509.Certificate) -> Certificate:
    return Certificate(str(one.subject.native.get("common_name", "")), fingerprint(one), one.not_valid_after)
