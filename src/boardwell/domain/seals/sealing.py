"""The organisation's sealer, kept loaded: keys read once, authorities asked once, proofs fetched again before they go stale."""

import asyncio
import base64
import hashlib
import secrets
import threading
from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils.translation import gettext as _

from boardwell.domain.seals.certificates import Identity, Kept, Unusable, open_kept, read_certificates
from boardwell.domain.seals.models import SealIdentity, SealRules
from boardwell.domain.seals.outside import call
from boardwell.domain.seals.pades import NotProvable, Seal, Sealer
from boardwell.domain.seals.stamping import NoTimestamp, OrderedStamper, gather
from boardwell.domain.seals.verifying import Trust
from boardwell.kernel import tenancy
from boardwell.kernel.clock import now
from boardwell.kernel.errors import Unavailable
from boardwell.kernel.sealed import Broken, unseal

FRESH = timedelta(hours=6)
"""How long fetched proofs are used: certifiers publish anew within a day."""
MOST_LOADED = 50


@dataclass(slots=True)
class _Loaded:
    key: tuple[str, int]
    sealer: Sealer
    until: datetime


_loaded: OrderedDict[str, _Loaded] = OrderedDict()
_lock = threading.Lock()


def sealed(content: bytes, order: Seal) -> bytes:
    """The file under the organisation's seal, at the level that its rules say and never below. Unavailable says why not, in words."""
    try:
        with _lock:
            try:
                return _sealer().seal(content, order)
            except NotProvable:
                # An authority may have a new certificate: its proofs are fetched once more.
                _loaded.pop(tenancy.current().organisation_id, None)
                return _sealer().seal(content, order)
    except NoTimestamp as problem:
        raise Unavailable(_("No timestamp authority answers: %(why)s") % {"why": problem}) from problem
    except NotProvable as problem:
        raise Unavailable(_("The proofs that make a seal last are not complete: %(why)s") % {"why": problem}) from problem


def renewed(content: bytes) -> bytes:
    """The file with one more archive timestamp and today's proofs. Raises Unavailable."""
    try:
        with _lock:
            return _sealer().renew(content)
    except (NoTimestamp, NotProvable) as problem:
        raise Unavailable(_("The proofs that make a seal last are not complete: %(why)s") % {"why": problem}) from problem


def _sealer() -> Sealer:
    organisation_id = tenancy.current().organisation_id
    row = current_identity()
    rules = rules_now()
    key = (row.id, rules.revision)
    found = _loaded.get(organisation_id)
    if found is not None and found.key == key and now() < found.until:
        _loaded.move_to_end(organisation_id)
        return found.sealer
    sealer = _load(row, rules)
    _loaded[organisation_id] = _Loaded(key, sealer, now() + FRESH)
    while len(_loaded) > MOST_LOADED:
        _loaded.popitem(last=False)
    return sealer


def current_identity() -> SealIdentity:
    """The identity that seals now. Unavailable when there is none yet."""
    row = SealIdentity.objects.filter(is_current=True).first()
    if row is None:
        raise Unavailable(_("There is no certificate to seal with yet."))
    if row.ends_at <= now():
        raise Unavailable(_("The certificate that seals has ended. Replace it in the settings."))
    return row


def rules_now() -> SealRules:
    """How strongly to seal; B-B when nothing was said."""
    return SealRules.objects.first() or SealRules(revision=0)


def _load(row: SealIdentity, rules: SealRules) -> Sealer:
    identity = identity_of(row)
    if rules.level == "B-B":
        return Sealer(identity, "B-B")
    stamper = OrderedStamper(rules.stamp_urls, call)
    asyncio.run(stamper.async_timestamp(hashlib.sha256(secrets.token_bytes(16)).digest(), "sha256"))
    if rules.level == "B-T":
        return Sealer(identity, "B-T", stamper)
    roots = read_certificates(rules.stamp_roots) if rules.stamp_roots else []
    chain = {one.sha256: one for one in (*stamper.last.certificates, *roots)}
    own = [] if identity.crls else [identity.certificate, *identity.chain]
    proofs = gather([*chain.values(), *own], call)
    return Sealer(identity, rules.level, stamper, proofs, roots)


def identity_of(row: SealIdentity) -> Identity:
    """The identity with its key loaded. Raises Unavailable."""
    try:
        return open_kept(Kept(unseal(row.key_sealed, row.id), row.certificates, base64.b64decode(row.crl)))
    except (Broken, Unusable) as problem:
        raise Unavailable(
            _("The key that seals cannot be read on this installation. Replace the certificate in the settings.")
        ) from problem


def trust_now() -> Trust:
    """What the organisation's own verifier believes in: the roots of every identity that it ever had, and those of its authorities."""
    roots, others, crls = [], [], []
    for row in SealIdentity.objects.order_by("created_at", "id"):
        chain = read_certificates(row.certificates)
        roots.append(chain[-1])
        others += chain[:-1]
        if row.crl:
            crls.append(base64.b64decode(row.crl))
    rules = SealRules.objects.first()
    if rules is not None and rules.stamp_roots:
        roots += read_certificates(rules.stamp_roots)
    return Trust(tuple(roots), tuple(others), tuple(crls))


def forget_loaded() -> None:
    """Loads everything anew next time; for tests."""
    with _lock:
        _loaded.clear()
