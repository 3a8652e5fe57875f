"""Seals PDF files as PAdES asks (ETSI EN 319 142-1), levels B-B to B-LTA, with everything that can be made once made once."""

import asyncio
import io
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from asn1crypto import x509
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.misc import PdfError
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign import signers
from pyhanko.sign.fields import MDPPerm, SigFieldSpec, SigSeedSubFilter
from pyhanko.sign.general import SigningError
from pyhanko.sign.validation import dss
from pyhanko_certvalidator import CertificateValidator, ValidationContext
from pyhanko_certvalidator.errors import PathError
from pyhanko_certvalidator.errors import ValidationError as PathNotValid

from boardwell.domain.seals.certificates import Identity
from boardwell.domain.seals.cms import DIGEST, LoadedSigner
from boardwell.domain.seals.stamping import OrderedStamper, Proofs

LEVELS = ("B-B", "B-T", "B-LT", "B-LTA")
_ROOM = 1_024
"""Bytes for what varies in a container: attributes and the signature. Certificates come on top."""
_TOKEN_ROOM, _TOKEN_MARGIN = 12_288, 512
"""Bytes for a timestamp token where none was seen yet (the largest known have 7 kB), and beyond the last one. Readers read it all: less is faster."""


class Unsealable(ValueError):  # noqa: N818 - the house's own word
    """The file is no PDF that can be sealed."""


class NotProvable(RuntimeError):  # noqa: N818 - the house's own word
    """A level with long-term proofs is asked for, and they do not suffice."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Seal:
    """What stands in a seal. `field` names it in the file; `certifies`: nothing but proofs may follow it."""

    field: str = "Seal"
    name: str = ""
    reason: str = ""
    location: str = ""
    certifies: bool = True


class Sealer:
    """One organisation's seal at one level, loaded. Safe to use from one thread at a time."""

    def __init__(
        self, identity: Identity, level: str, stamper: OrderedStamper | None = None, proofs: Proofs | None = None,
        roots: Sequence[x509.Certificate] = (),
    ) -> None:  # fmt: skip
        """`proofs` are of the stamping authority's chain and of the seal's own; `roots` those that end either. Raises NotProvable."""
        if level not in LEVELS or (level != "B-B" and stamper is None):
            raise ValueError(level)
        self.identity, self.level = identity, level
        self._stamper = stamper if level != "B-B" else None
        self._signer = LoadedSigner(identity)
        self._proofs = proofs or Proofs()
        carried = sum(len(one.dump()) for one in (identity.certificate, *identity.chain))
        seen = stamper.last.size_bytes if stamper is not None else 0
        self._token_room = seen + _TOKEN_MARGIN if seen else _TOKEN_ROOM
        self._reserved = 2 * (_ROOM + carried + (self._token_room if level != "B-B" else 0))
        if self.is_long_term:
            self._roots = [identity.root, *roots]
            self._check_provable()

    @property
    def is_long_term(self) -> bool:
        """Whether the file carries what proves it after its certificates have ended."""
        return self.level in {"B-LT", "B-LTA"}

    def _check_provable(self) -> None:
        stamper = self._stamper.last.signer if self._stamper is not None else None
        if stamper is None:
            raise NotProvable("nobody has stamped yet")
        for certificate, usage, extended in ((self.identity.certificate, set(), None), (stamper, set(), {"time_stamping"})):
            context = ValidationContext(
                trust_roots=self._roots, other_certs=[*self.identity.chain, *self._proofs.certificates],
                crls=[*self.identity.crls, *self._proofs.crls], ocsps=list(self._proofs.ocsps), allow_fetching=False, revocation_mode="hard-fail",
            )  # fmt: skip
            try:
                asyncio.run(CertificateValidator(certificate, validation_context=context).async_validate_usage(usage, extended))
            except (PathError, PathNotValid) as problem:
                raise NotProvable(f"{certificate.subject.human_friendly}: {problem}") from problem

    def seal(self, content: bytes, order: Seal | None = None) -> bytes:
        """The sealed file: the same bytes and a new revision. Raises Unsealable, NoTimestamp; NotProvable when the authority's chain is new."""
        wanted = order or Seal()
        out = io.BytesIO()
        try:
            writer = IncrementalPdfFileWriter(io.BytesIO(content))
            if self.is_long_term:
                self._put_proofs(writer)
            signers.PdfSigner(self._meta(wanted), signer=self._signer, timestamper=self._stamper, new_field_spec=SigFieldSpec(wanted.field)).sign_pdf(
                writer, output=out, bytes_reserved=self._reserved
            )  # fmt: skip
        except (PdfError, RecursionError) as problem:
            raise Unsealable(str(problem)[:300]) from problem
        except SigningError as problem:  # a token that is longer than the one before
            raise NotProvable(str(problem)[:300]) from problem
        self._same_authority()
        return self._with_archive_stamp(out.getvalue()) if self.level == "B-LTA" else out.getvalue()

    def _meta(self, wanted: Seal) -> signers.PdfSignatureMetadata:
        return signers.PdfSignatureMetadata(
            field_name=wanted.field, subfilter=SigSeedSubFilter.PADES, md_algorithm=DIGEST, name=wanted.name or None,
            reason=wanted.reason or None, location=wanted.location or None, certify=wanted.certifies, docmdp_permissions=MDPPerm.NO_CHANGES,
        )  # fmt: skip

    def _put_proofs(self, writer: IncrementalPdfFileWriter) -> None:
        """Proofs go into the revision that is sealed, so that the seal covers the whole file."""
        own, others = self.identity, self._proofs
        certificates = {one.sha256: one for one in (own.certificate, *own.chain, *others.certificates)}
        dss.DocumentSecurityStore.supply_dss_in_writer(
            writer, None, certs=list(certificates.values()), crls=[*own.crls, *others.crls], ocsps=list(others.ocsps)
        )

    def _with_archive_stamp(self, content: bytes) -> bytes:
        out = io.BytesIO()
        stamp = signers.PdfTimeStamper(self._stamper)
        stamp.timestamp_pdf(IncrementalPdfFileWriter(io.BytesIO(content)), DIGEST, output=out, bytes_reserved=2 * self._token_room)
        self._same_authority()
        return out.getvalue()

    def renew(self, content: bytes) -> bytes:
        """The file with today's proofs and one more archive timestamp over all of it. Raises Unsealable, NoTimestamp, NotProvable."""
        first = io.BytesIO()
        try:
            writer = IncrementalPdfFileWriter(io.BytesIO(content))
            self._put_proofs(writer)
            stamp = signers.PdfTimeStamper(self._stamper)
            stamp.timestamp_pdf(writer, DIGEST, output=first, bytes_reserved=2 * self._token_room)
        except (PdfError, RecursionError) as problem:
            raise Unsealable(str(problem)[:300]) from problem
        self._same_authority()
        return first.getvalue()

    def _same_authority(self) -> None:
        if not self.is_long_term or self._stamper is None or self._stamper.last.signer is None:
            return
        if self._stamper.last.signer.sha256 not in {one.sha256 for one in self._proofs.certificates}:
            raise NotProvable("another authority answered, whose proofs are not here yet")


def last_proof_ends(content: bytes) -> datetime | None:
    """When the certificate behind the file's last timestamp ends, before which it has to be renewed; None without a timestamp."""
    reader = PdfFileReader(io.BytesIO(content))
    stamps = reader.embedded_timestamp_signatures
    if not stamps:
        return None
    ends: datetime = stamps[-1].signer_cert.not_valid_after
    return ends
