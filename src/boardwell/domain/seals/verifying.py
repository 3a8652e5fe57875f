"""Is a sealed file what was sealed? Every signature and timestamp, what follows the last one, and what a container may not hold."""

import asyncio
import io
import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from asn1crypto import crl, ocsp, x509
from pyhanko.pdf_utils.misc import PdfError
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.general import SignedDataCerts
from pyhanko.sign.validation import async_validate_pdf_signature, async_validate_pdf_timestamp
from pyhanko.sign.validation.dss import DocumentSecurityStore
from pyhanko.sign.validation.errors import SignatureValidationError, ValidationInfoReadingError
from pyhanko.sign.validation.generic_cms import extract_tst_data_iter
from pyhanko.sign.validation.pdf_embedded import EmbeddedPdfSignature
from pyhanko.sign.validation.status import SignatureCoverageLevel
from pyhanko_certvalidator import ValidationContext

from boardwell.domain.seals.certificates import read_certificates

WHOLE, REVISION = SignatureCoverageLevel.ENTIRE_FILE, SignatureCoverageLevel.ENTIRE_REVISION
_END = re.compile(rb"%%EOF[\r\n]{0,2}\Z")
_CHANGED_LITTLE = frozenset({"NONE", "LTA_UPDATES"})


@dataclass(frozen=True, slots=True)
class Signature:
    """One signature or timestamp as it was found."""

    field: str
    is_timestamp: bool
    signer: str
    at: datetime | None
    is_trusted: bool
    covers_whole_file: bool


@dataclass(slots=True)
class Verdict:
    """`word`: sound, refused, unsigned, or unreadable, which says nothing about the signature. `problems` are codes, the first one decides."""

    word: str
    signatures: list[Signature] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)

    @property
    def is_sound(self) -> bool:
        """Whether everything was checked and nothing is wrong."""
        return self.word == "sound"


@dataclass(frozen=True, slots=True)
class Trust:
    """What a verifier believes in: the roots of seals and of timestamps, and revocation lists that lie at hand."""

    roots: tuple[x509.Certificate, ...]
    others: tuple[x509.Certificate, ...] = ()
    crls: tuple[Any, ...] = ()


def verify(content: bytes, trust: Trust, at: datetime) -> Verdict:
    """The verdict as of an instant. Reads untrusted bytes: call it in a confined process. Never raises for what is wrong with the file."""
    try:
        reader = PdfFileReader(io.BytesIO(content), strict=True)
        embedded = list(reader.embedded_signatures)
    except (PdfError, ValueError, TypeError, KeyError, IndexError, AttributeError, RecursionError, SignatureValidationError):
        return Verdict("unreadable", problems=["unreadable"])
    if not embedded:
        return Verdict("unsigned", problems=["unsigned"])
    verdict = Verdict("refused")
    try:
        asyncio.run(_check_all(content, reader, embedded, trust, at, verdict))
    except (PdfError, ValueError, TypeError, KeyError, IndexError, AttributeError, RecursionError, SignatureValidationError):
        verdict.problems.append("broken")
    if not verdict.problems:
        verdict.word = "sound"
    return verdict


async def _check_all(
    content: bytes, reader: PdfFileReader, embedded: list[EmbeddedPdfSignature], trust: Trust, at: datetime, verdict: Verdict
) -> None:
    say = verdict.problems.append
    if not content.startswith(b"%PDF-") or not _END.search(content[-64:]):
        say("surrounded")
    crls, ocsps, certificates = _proofs_in(reader)
    trust = replace(trust, crls=_each_once([*trust.crls, *crls]))
    crls = []
    moment, retroactive = at, False
    for number, one in enumerate(reversed(embedded)):
        context = ValidationContext(
            trust_roots=list(trust.roots), other_certs=[*trust.others, *certificates], crls=[*trust.crls, *crls], ocsps=ocsps,
            allow_fetching=False, revocation_mode="soft-fail", moment=moment, best_signature_time=moment, retroactive_revinfo=retroactive,
        )  # fmt: skip
        _check_container(content, one, say)
        is_last = number == 0
        if str(one.sig_object.get("/Type", "/Sig")) == "/DocTimeStamp":
            stamped_at = await _check_stamp(one, context, verdict, is_last=is_last)
            # What lies below is judged as of when it was last stamped.
            moment, retroactive = (stamped_at, True) if stamped_at is not None else (moment, retroactive)
        else:
            await _check_signature(one, context, trust, (crls, ocsps, certificates), verdict, is_last=is_last)
    verdict.signatures.reverse()
    _check_end(reader, embedded[-1], say)


def _each_once(crls: Sequence[Any]) -> tuple[Any, ...]:
    """Each list is checked against its signature wherever it is used: one that lies here and in the file costs twice for nothing."""
    return tuple({one if isinstance(one, bytes) else one.dump(): one for one in crls}.values())


def _proofs_in(reader: PdfFileReader) -> tuple[list[Any], list[Any], list[x509.Certificate]]:
    try:
        store = DocumentSecurityStore.read_dss(reader)
    except ValidationInfoReadingError:
        return [], [], []
    crls = [crl.CertificateList.load(one.get_object().data) for one in store.crls]
    ocsps = [ocsp.OCSPResponse.load(one.get_object().data) for one in store.ocsps]
    return crls, ocsps, list(store.load_certs())


async def _check_stamp(one: EmbeddedPdfSignature, context: ValidationContext, verdict: Verdict, *, is_last: bool) -> datetime | None:
    status = await async_validate_pdf_timestamp(one, context)
    is_good = bool(status.intact and status.valid and status.trusted)
    seen = Signature(one.field_name, True, _name_of(one), status.timestamp, bool(status.trusted), status.coverage == WHOLE)
    verdict.signatures.append(seen)
    if not is_good:
        verdict.problems.append("timestamp" if not status.trusted and status.intact and status.valid else "changed")
        return None
    if status.coverage not in {WHOLE, REVISION}:
        verdict.problems.append("coverage")
    if is_last and not _is_little(one):
        verdict.problems.append("added")
    found: datetime = status.timestamp
    return found


async def _check_signature(
    one: EmbeddedPdfSignature, context: ValidationContext, trust: Trust, proofs: tuple[list[Any], list[Any], list[x509.Certificate]],
    verdict: Verdict, *, is_last: bool,
) -> None:  # fmt: skip
    crls, ocsps, certificates = proofs
    token = next(extract_tst_data_iter(one.signer_info, signed=False), None)
    stamped_at = token["encap_content_info"]["content"].parsed["gen_time"].native if token is not None else None
    signer_context = context
    if stamped_at is not None and stamped_at <= context.moment:
        signer_context = ValidationContext(
            trust_roots=list(trust.roots), other_certs=[*trust.others, *certificates], crls=[*trust.crls, *crls], ocsps=ocsps,
            allow_fetching=False, revocation_mode="soft-fail", moment=stamped_at, best_signature_time=stamped_at, retroactive_revinfo=True,
        )  # fmt: skip
    status = await async_validate_pdf_signature(one, signer_context, context)
    claimed = one.self_reported_timestamp
    is_trusted = bool(status.trusted)
    seen = Signature(one.field_name, False, _name_of(one), stamped_at or claimed, is_trusted, status.coverage == WHOLE)
    verdict.signatures.append(seen)
    say = verdict.problems.append
    if not (status.intact and status.valid):
        say("changed")
    elif status.revoked:
        say("revoked")
    elif not is_trusted:
        say("untrusted")
    stamp = status.timestamp_validity
    if stamp is not None and not (stamp.intact and stamp.valid and stamp.trusted):
        say("timestamp")
    if status.coverage not in {WHOLE, REVISION}:
        say("coverage")
    if not status.docmdp_ok or (is_last and not _is_little(one)):
        say("added")


def _is_little(one: EmbeddedPdfSignature) -> bool:
    """Whether nothing but proofs was added after it."""
    level = getattr(one.diff_result, "modification_level", None)
    return one.coverage == WHOLE or (level is not None and level.name in _CHANGED_LITTLE)


def _name_of(one: EmbeddedPdfSignature) -> str:
    certificates: SignedDataCerts = one.signer_cert
    return str(certificates.subject.native.get("common_name", "")) if certificates is not None else ""


def _check_container(content: bytes, one: EmbeddedPdfSignature, say: Any) -> None:
    """The hole in the ranges holds the container and nothing else, and the container one detached signature and nothing else."""
    ranges = [int(each) for each in one.byte_range]
    if len(ranges) != 4 or ranges[0] != 0 or min(ranges) < 0 or ranges[1] >= ranges[2]:
        say("coverage")
        return
    hole = content[ranges[1] : ranges[2]]
    if hole[:1] != b"<" or hole[-1:] != b">" or not re.fullmatch(rb"[0-9A-Fa-f\s]*", hole[1:-1]):
        say("coverage")
        return
    written = bytes.fromhex(hole[1:-1].decode())
    signed = one.signed_data
    size = _size_of(written)
    if written[size:].strip(b"\x00"):
        say("container")
    if len(signed["signer_infos"]) != 1:
        say("container")
    is_stamp = str(one.sig_object.get("/Type", "/Sig")) == "/DocTimeStamp"
    inner = signed["encap_content_info"]["content"]
    if not is_stamp and inner.native is not None:
        say("container")


def _size_of(der: bytes) -> int:
    """How long the DER value at the beginning is, with its tag and length."""
    first = der[1]
    if first < 0x80:
        return 2 + first
    count = first & 0x7F
    return 2 + count + int.from_bytes(der[2 : 2 + count])


def _check_end(reader: PdfFileReader, last: EmbeddedPdfSignature, say: Any) -> None:
    """What follows the last one may be proofs; a title or a description that nobody sealed may not."""
    if last.coverage == WHOLE:
        return
    then = reader.get_historical_resolver(last.signed_revision)
    for names in (("/Info",), ("/Root", "/Metadata"), ("/Root", "/OpenAction"), ("/Root", "/AA"), ("/Root", "/OCProperties")):
        if _told(reader.trailer, names) != _told(then.trailer_view, names):
            say("added")
            return


def _told(trailer: Any, names: Sequence[str]) -> Any:
    found = trailer
    for name in names:
        try:
            found = found[name]
        except KeyError:
            return None
    return getattr(found, "data", None) or repr(found)


def verify_plain(content: bytes, roots: str, others: str, crls: list[bytes], at: str) -> dict[str, Any]:
    """`verify` with plain values on both sides, for a confined process: certificates in PEM, lists in DER, instants in ISO 8601."""
    trust = Trust(tuple(read_certificates(roots)), tuple(read_certificates(others)) if others else (), tuple(crls))
    verdict = verify(content, trust, datetime.fromisoformat(at))
    signatures = [
        {
            "field": f"{one.field}", "is_timestamp": one.is_timestamp, "signer": one.signer, "at": one.at.isoformat() if one.at else "",
            "is_trusted": one.is_trusted, "covers_whole_file": one.covers_whole_file,
        }
        for one in verdict.signatures
    ]  # fmt: skip
    return {"word": verdict.word, "problems": verdict.problems, "signatures": signatures}
