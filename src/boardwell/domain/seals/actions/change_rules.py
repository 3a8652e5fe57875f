"""Say how strongly documents are sealed, and which authorities stamp the time."""

import asyncio
import hashlib
import secrets
from collections.abc import Sequence

from asn1crypto import x509
from django.db import transaction
from django.utils.translation import gettext as _

from boardwell.domain.audit.actions import record
from boardwell.domain.seals.certificates import as_pem
from boardwell.domain.seals.models import SealRules
from boardwell.domain.seals.outside import call
from boardwell.domain.seals.pades import LEVELS
from boardwell.domain.seals.stamping import NoTimestamp, OrderedStamper
from boardwell.kernel import tenancy
from boardwell.kernel.checks import Faults

MOST_AUTHORITIES = 5


def change_rules(*, level: str, stamp_urls: Sequence[str]) -> None:
    """Every authority is asked once, and the root of what it answers with is trusted from now on. Raises NotAllowed, Invalid with `level`, `urls`."""
    tenancy.require("settings:manage")
    faults = Faults()
    faults.one_of("level", level, LEVELS, _("Choose one of the levels."))
    urls = list(dict.fromkeys(url.strip() for url in stamp_urls if url.strip()))
    if level != "B-B" and not urls:
        faults.add("urls", _("Enter the address of a timestamp authority, or choose B-B."))
    if len(urls) > MOST_AUTHORITIES or any(len(url) > 500 for url in urls):
        faults.add("urls", _("Enter at most five addresses, one a line."))
    faults.stop()
    roots: dict[bytes, x509.Certificate] = {}
    for url in urls:
        try:
            top = _top_of(url)
            roots[top.sha256] = top
        except NoTimestamp as problem:
            faults.add("urls", _("%(url)s gives no timestamp: %(why)s") % {"url": url, "why": problem.reasons[0][1]})
    faults.stop()
    with transaction.atomic():
        row = SealRules.objects.select_for_update().first() or SealRules()
        before = {"level": row.level, "authorities": row.stamp_urls}
        row.level, row.stamp_urls, row.stamp_roots = level, urls, as_pem(list(roots.values())) if roots else ""
        row.revision += 1
        row.save()
        record(
            "seal.changed", object_kind="seal", object_id=row.id, label=level, before=before, after={"level": level, "authorities": urls}
        )


def _top_of(url: str) -> x509.Certificate:
    """The certificate that ends the chain of an authority's answer."""
    stamper = OrderedStamper([url], call)
    asyncio.run(stamper.async_timestamp(hashlib.sha256(secrets.token_bytes(16)).digest(), "sha256"))
    found, known = stamper.last.signer, stamper.last.certificates
    if found is None:
        raise NoTimestamp([(url, "")])
    while (issuer := next((one for one in known if one.subject == found.issuer and one is not found), None)) is not None:
        found = issuer
        if found.self_issued:
            break
    return found
