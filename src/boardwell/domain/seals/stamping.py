"""Timestamps from authorities (RFC 3161), asked in their order, each answer checked before it is used; and what proves them later."""

import hmac
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from asn1crypto import algos, cms, crl, ocsp, tsp, x509
from cryptography import x509 as pyca
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp as pyca_ocsp
from pyhanko.sign.timestamps import TimeStamper
from pyhanko.sign.timestamps.common_utils import TimestampRequestError

type Call = Callable[[str, bytes | None, str], bytes]
"""Fetches: address, body (None: GET), media type of the body. Raises OSError."""
QUERY, OCSP_QUERY = "application/timestamp-query", "application/ocsp-request"


class NoTimestamp(Exception):  # noqa: N818 - the house's own word
    """No authority gave a timestamp that can be used. `reasons` says for each address why."""

    def __init__(self, reasons: Sequence[tuple[str, str]]) -> None:
        super().__init__("; ".join(f"{url}: {why}" for url, why in reasons) or "no authority is set up")
        self.reasons = tuple(reasons)


@dataclass(slots=True)
class Stamped:
    """Who answered last, with which certificates, and how long the token was."""

    url: str = ""
    signer: x509.Certificate | None = None
    certificates: tuple[x509.Certificate, ...] = ()
    size_bytes: int = 0


class OrderedStamper(TimeStamper):  # type: ignore[misc]  # pyHanko is typed, asn1crypto below it is not
    """Asks the authorities from the first on, and the next one only when one fails. Never gives a time that none has signed."""

    def __init__(self, urls: Sequence[str], call: Call) -> None:
        super().__init__()
        self.urls, self._call = tuple(urls), call
        self.last = Stamped()

    async def async_timestamp(self, message_digest: bytes, md_algorithm: str) -> cms.ContentInfo:
        reasons = []
        for url in self.urls:
            try:
                return self._ask(url, message_digest, md_algorithm)
            except (OSError, ValueError, TypeError, KeyError, TimestampRequestError, InvalidSignature) as problem:
                reasons.append((url, str(problem)[:200] or type(problem).__name__))
        raise NoTimestamp(reasons)

    def _ask(self, url: str, digest: bytes, method: str) -> cms.ContentInfo:
        nonce, query = self.request_cms(digest, method)
        answer = tsp.TimeStampResp.load(self._call(url, query.dump(), QUERY), strict=True)
        status = answer["status"]["status"].native
        if status not in {"granted", "granted_with_mods"}:
            raise ValueError(f"refused: {status}")
        token = answer["time_stamp_token"]
        signer, certificates = opened(token, digest, nonce)
        written = token.dump()
        self.last = Stamped(url, signer, certificates, len(written))
        found: cms.ContentInfo = cms.ContentInfo.load(written)
        return found


def opened(token: cms.ContentInfo, digest: bytes, nonce: int | None) -> tuple[x509.Certificate, tuple[x509.Certificate, ...]]:
    """Who signed a token, and the certificates in it. ValueError or InvalidSignature unless it stamps this digest and its signature holds."""
    signed = token["content"]
    told = signed["encap_content_info"]["content"].parsed
    if not hmac.compare_digest(told["message_imprint"]["hashed_message"].native, digest):
        raise ValueError("it stamps something else")
    if nonce is not None and told["nonce"].native != nonce:
        raise ValueError("it answers another question")
    certificates = tuple(one.chosen for one in signed["certificates"])
    one = signed["signer_infos"][0]
    signer = next((each for each in certificates if _is_of(each, one["sid"])), None)
    if signer is None:
        raise ValueError("its certificate is missing")
    attributes = {attribute["type"].native: attribute["values"][0] for attribute in one["signed_attrs"]}
    hashed = hashes.Hash(_hash(one["digest_algorithm"]["algorithm"].native))
    hashed.update(bytes(signed["encap_content_info"]["content"]))
    if not hmac.compare_digest(attributes["message_digest"].native, hashed.finalize()):
        raise ValueError("its digest is another")
    _check_signature(
        signer, one["signature_algorithm"], one["signature"].native, one["signed_attrs"].untag().dump(), one["digest_algorithm"]
    )
    return signer, certificates


def _is_of(certificate: x509.Certificate, sid: cms.SignerIdentifier) -> bool:
    chosen = sid.chosen
    if isinstance(chosen, cms.IssuerAndSerialNumber):
        return bool(chosen["issuer"] == certificate.issuer and chosen["serial_number"].native == certificate.serial_number)
    return bool(chosen.native == certificate.key_identifier)


def _hash(name: str) -> hashes.HashAlgorithm:
    known: dict[str, type[hashes.SHA256 | hashes.SHA384 | hashes.SHA512]] = {
        "sha256": hashes.SHA256,
        "sha384": hashes.SHA384,
        "sha512": hashes.SHA512,
    }
    return known[name]()


def _check_signature(
    signer: x509.Certificate, method: algos.SignedDigestAlgorithm, value: bytes, signed: bytes, digest: algos.DigestAlgorithm
) -> None:
    key = pyca.load_der_x509_certificate(signer.dump()).public_key()
    hashed = _hash(method.hash_algo if "_" in method["algorithm"].native else digest["algorithm"].native)
    if isinstance(key, rsa.RSAPublicKey):
        if method.signature_algo == "rsassa_pss":
            key.verify(value, signed, padding.PSS(padding.MGF1(hashed), padding.PSS.AUTO), hashed)
        else:
            key.verify(value, signed, padding.PKCS1v15(), hashed)
    elif isinstance(key, ec.EllipticCurvePublicKey):
        key.verify(value, signed, ec.ECDSA(hashed))
    else:
        raise ValueError("it is signed in a way that we do not know")  # noqa: TRY004 - of the token, not of a caller


@dataclass(frozen=True, slots=True)
class Proofs:
    """What makes a chain provable later: its certificates and what was said about their revocation."""

    certificates: tuple[x509.Certificate, ...] = ()
    crls: tuple[crl.CertificateList, ...] = ()
    ocsps: tuple[ocsp.OCSPResponse, ...] = ()
    problems: tuple[str, ...] = field(default=())


def gather(certificates: Sequence[x509.Certificate], call: Call) -> Proofs:
    """Fetches the revocation lists, and where there is none the OCSP answer, that each certificate names. What fails is told, not raised."""
    crls: dict[str, crl.CertificateList] = {}
    ocsps: list[ocsp.OCSPResponse] = []
    problems = []
    for one in certificates:
        if one.self_signed in {"yes", "maybe"} or one.ocsp_no_check_value is not None:
            continue
        try:
            lists = [url for point in one.crl_distribution_points for url in _urls(point)]
            issuer = next((each for each in certificates if each.subject == one.issuer), None)
            if lists:
                for url in lists[:1]:
                    if url not in crls:
                        crls[url] = crl.CertificateList.load(call(url, None, ""), strict=True)
            elif one.ocsp_urls and issuer is not None:
                ocsps.append(_ask_ocsp(one, issuer, one.ocsp_urls[0], call))
            else:
                problems.append(f"{one.subject.human_friendly}: names no list of revoked certificates")
        except (OSError, ValueError) as problem:
            problems.append(f"{one.subject.human_friendly}: {str(problem)[:200]}")
    return Proofs(tuple(certificates), tuple(crls.values()), tuple(ocsps), tuple(problems))


def _urls(point: x509.DistributionPoint) -> list[str]:
    name = point["distribution_point"]
    if name.name != "full_name":
        return []
    return [one.native for one in name.chosen if one.name == "uniform_resource_identifier" and one.native.startswith("http")]


def _ask_ocsp(one: x509.Certificate, issuer: x509.Certificate, url: str, call: Call) -> ocsp.OCSPResponse:
    built = pyca_ocsp.OCSPRequestBuilder().add_certificate(
        pyca.load_der_x509_certificate(one.dump()), pyca.load_der_x509_certificate(issuer.dump()), hashes.SHA1()  # noqa: S303 - names, not a signature
    )  # fmt: skip
    answer = ocsp.OCSPResponse.load(call(url, built.build().public_bytes(Encoding.DER), OCSP_QUERY), strict=True)
    if answer["response_status"].native != "successful":
        raise ValueError(f"OCSP: {answer['response_status'].native}")
    return answer
