"""The signature inside a seal (CMS, RFC 5652, as PAdES asks), built from parts that are encoded once and kept."""

import asyncio
import hashlib
from collections.abc import Sequence
from typing import Any

from asn1crypto import algos, cms, core
from pyhanko.sign import general, signers
from pyhanko.sign.timestamps import TimeStamper
from pyhanko_certvalidator.registry import SimpleCertificateStore

from boardwell.domain.seals.certificates import Identity

DIGEST = "sha256"
_SEQUENCE, _SET, _OCTETS = b"\x30", b"\x31", b"\x04"


def der(tag: bytes, *parts: bytes) -> bytes:
    """One DER value: tag, length, contents."""
    body = b"".join(parts)
    size = len(body)
    if size < 0x80:
        return tag + bytes((size,)) + body
    length = size.to_bytes((size.bit_length() + 7) // 8)
    return tag + bytes((0x80 | len(length),)) + length + body


def _attribute(kind: str, values: object) -> bytes:
    found: bytes = cms.CMSAttribute({"type": kind, "values": [values]}).dump()
    return found


class LoadedSigner(signers.Signer):  # type: ignore[misc]  # pyHanko is typed, asn1crypto below it is not
    """Signs with a key that stays loaded. pyHanko's own reads the key and encodes every certificate anew for each document."""

    def __init__(self, identity: Identity) -> None:
        others = SimpleCertificateStore()
        others.register_multiple(identity.chain)
        super().__init__(signing_cert=identity.certificate, cert_registry=others)
        self._sign = identity.sign
        method = algos.SignedDigestAlgorithm({"algorithm": identity.algorithm})
        digest = algos.DigestAlgorithm({"algorithm": DIGEST})
        protection = cms.CMSAlgorithmProtection({"digest_algorithm": digest, "signature_algorithm": method})
        self._fixed = [
            _attribute("content_type", "data"),
            _attribute("signing_certificate_v2", general.as_signing_certificate_v2(identity.certificate)),
            _attribute("cms_algorithm_protection", protection),
        ]
        self._digest_oid = cms.CMSAttributeType("message_digest").dump()
        issuer = der(_SEQUENCE, identity.certificate.issuer.dump(), core.Integer(identity.certificate.serial_number).dump())
        version = core.Integer(1).dump()
        self._signer_head = version + issuer + digest.dump()
        self._method = method.dump()
        data = der(_SEQUENCE, cms.ContentType("data").dump())
        certificates = der(b"\xa0", *(one.dump() for one in (identity.certificate, *identity.chain)))
        self._head = version + der(_SET, digest.dump()) + data + certificates
        self._kind = cms.ContentType("signed_data").dump()

    async def async_sign(
        self, data_digest: bytes, digest_algorithm: str, dry_run: bool = False, use_pades: bool = False, timestamper: TimeStamper | None = None,
        signed_attr_settings: Any = None, is_pdf_sig: bool = True, encap_content_info: Any = None,
    ) -> cms.ContentInfo:  # fmt: skip
        """The container for a document's digest, with a timestamp over the signature when somebody stamps."""
        if digest_algorithm != DIGEST or encap_content_info is not None:
            raise ValueError("a seal is a detached SHA-256 signature")
        told = der(_SEQUENCE, self._digest_oid, der(_SET, der(_OCTETS, data_digest)))
        attributes = b"".join(sorted((*self._fixed, told)))
        value = self._sign(der(_SET, attributes))
        unsigned = await self._stamped(value, timestamper)
        signer = der(_SEQUENCE, self._signer_head, der(b"\xa0", attributes), self._method, der(_OCTETS, value), unsigned)
        whole = der(_SEQUENCE, self._kind, der(b"\xa0", der(_SEQUENCE, self._head, der(_SET, signer))))
        found: cms.ContentInfo = cms.ContentInfo.load(whole)
        return found

    async def _stamped(self, value: bytes, timestamper: TimeStamper | None) -> bytes:
        if timestamper is None:
            return b""
        token = await timestamper.async_timestamp(hashlib.sha256(value).digest(), DIGEST)
        kind = cms.CMSAttributeType("signature_time_stamp_token").dump()
        return der(b"\xa1", der(_SEQUENCE, kind, der(_SET, token.dump())))


def detached(identity: Identity, content_digest: bytes) -> bytes:
    """A detached signature over something else than a PDF, such as a manifest, in DER (`openssl cms -verify -binary -inform DER`)."""
    container = asyncio.run(LoadedSigner(identity).async_sign(content_digest, DIGEST))
    found: bytes = container.dump()
    return found


def certificates_in(container: cms.ContentInfo) -> Sequence[Any]:
    """The certificates that a container carries."""
    return [one.chosen for one in container["content"]["certificates"]]
