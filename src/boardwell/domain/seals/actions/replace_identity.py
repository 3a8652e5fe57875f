"""Make the organisation's own seal, or replace it by a certificate that somebody trusts already."""

import base64

from django.db import transaction
from django.utils.translation import gettext as _

from boardwell.domain.audit.actions import record
from boardwell.domain.organisations.queries import current_organisation
from boardwell.domain.seals import certificates
from boardwell.domain.seals.models import SealIdentity
from boardwell.kernel import tenancy
from boardwell.kernel.clock import now
from boardwell.kernel.errors import Invalid
from boardwell.kernel.sealed import seal

MOST_BYTES = 100_000


def ensure_identity() -> None:
    """Makes the organisation's own identity unless there is one; at set-up, and before the first seal of an older house."""
    if not SealIdentity.objects.filter(is_current=True).exists():
        _make_own("seal.made")


def make_own_identity() -> None:
    """A new key, certificate and root of the organisation's own; what was sealed before stays provable by the former root. Raises NotAllowed."""
    tenancy.require("settings:manage")
    _make_own("seal.replaced")


def _make_own(verb: str) -> None:
    house = current_organisation()
    _keep(certificates.make_own(house.name, house.country, now()), "own", verb)


def replace_identity(content: bytes, password: str) -> None:
    """Seals with the certificate of a PKCS#12 file from now on. Raises NotAllowed, Invalid with `file` or `password`."""
    tenancy.require("settings:manage")
    if not content or len(content) > MOST_BYTES:
        raise _refused("file", _("Choose a PKCS#12 file (.p12 or .pfx) of at most 100 kB."))
    try:
        kept = certificates.read_pkcs12(content, password, now())
    except certificates.Unusable as problem:
        field, words = _words(problem.code)
        raise _refused(field, words) from problem
    _keep(kept, "file", "seal.replaced")


def _refused(field: str, words: str) -> Invalid:
    return Invalid(words, {field: [words]})


def _words(code: str) -> tuple[str, str]:
    match code:
        case "password":
            return "password", _("The password does not open this file.")
        case "over":
            return "file", _("The certificate in this file is not valid now. Ask your certifier for a new one.")
        case "usage":
            return "file", _("The certificate in this file may not sign documents. Ask for one for document signing or seals.")
        case "key":
            return "file", _("The key in this file is too weak or of another kind. Use RSA with 2048 bits or more, or P-256.")
        case "pair":
            return "file", _("The file has to hold a certificate and its own private key.")
        case _:
            return "file", _("This is not a PKCS#12 file (.p12 or .pfx).")


def _keep(kept: certificates.Kept, source: str, verb: str) -> None:
    opened = certificates.open_kept(kept)
    fingerprint = certificates.fingerprint(opened.certificate)
    with transaction.atomic():
        former = SealIdentity.objects.select_for_update().filter(is_current=True).first()
        if former is not None:
            # Nothing is sealed with it again, so its key need not lie here.
            former.is_current, former.key_sealed = False, ""
            former.save()
        row = SealIdentity(
            source=source, certificates=kept.certificates, crl=base64.b64encode(kept.crl).decode(), fingerprint=fingerprint,
            ends_at=opened.ends_at,
        )  # fmt: skip
        row.key_sealed = seal(kept.key, row.id)
        row.save(force_insert=True)
        record(
            verb, object_kind="seal", object_id=row.id, label=str(opened.certificate.subject.human_friendly)[:200],
            before={"fingerprint": former.fingerprint} if former else None, after={"fingerprint": fingerprint, "source": source},
        )  # fmt: skip
