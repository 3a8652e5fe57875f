"""Keys and certificates of a seal: an organisation's own, made here, or its PKCS#12 file."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from asn1crypto import crl as asn1_crl
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.serialization import pkcs12
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID, ObjectIdentifier

DOCUMENT_SIGNING = ObjectIdentifier("1.3.6.1.5.5.7.3.36")
"""id-kp-documentSigning (RFC 9336)."""
ROOT_YEARS = 30
SEAL_YEARS = 10
SHORTEST_RSA_BITS = 2048
_YEAR = timedelta(days=365)
type SealKey = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey
type RawSign = Callable[[bytes], bytes]


class Unusable(ValueError):  # noqa: N818 - the house's own word
    """What was given cannot seal documents. `code` says why, for words: unreadable, password, key, usage, over, pair."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, slots=True)
class Identity:
    """Who seals: the certificate, what leads from it to a root (the root last), and how it signs. `algorithm` is the CMS signature's name."""

    certificate: asn1_x509.Certificate
    chain: tuple[asn1_x509.Certificate, ...]
    sign: RawSign
    algorithm: str
    crls: tuple[asn1_crl.CertificateList, ...] = ()

    @property
    def root(self) -> asn1_x509.Certificate:
        """What a verifier has to trust."""
        return self.chain[-1] if self.chain else self.certificate

    @property
    def ends_at(self) -> datetime:
        """When the sealing certificate ends."""
        ends: datetime = self.certificate.not_valid_after
        return ends


@dataclass(frozen=True, slots=True)
class Kept:
    """An identity as text, to be kept: the key in PKCS#8 PEM (a secret), certificates in PEM, the seal's first, and our own root's revocation list."""

    key: str
    certificates: str
    crl: bytes = b""


def make_own(name: str, country: str, at: datetime) -> Kept:
    """A new root and the seal that it certifies, both P-256. The root signs one empty revocation list as long as it lives and its key is forgotten.

    The seal carries emailProtection, without which common readers do not call it trusted, and documentSigning.
    """
    begin = at.astimezone(UTC).replace(microsecond=0) - timedelta(days=1)
    root_key, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    root_name, seal_name = _name(f"{name} – root", name, country), _name(f"{name} – seal", name, country)
    root = (
        _builder(root_name, root_name, root_key, begin, ROOT_YEARS)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(is_root=True), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(root_key.public_key()), critical=False)
        .sign(root_key, hashes.SHA256())
    )
    seal = (
        _builder(seal_name, root_name, key, begin, SEAL_YEARS)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(is_root=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.EMAIL_PROTECTION, DOCUMENT_SIGNING]), critical=False)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(root_key.public_key()), critical=False)
        .sign(root_key, hashes.SHA256())
    )
    revoked = (
        x509.CertificateRevocationListBuilder()
        .issuer_name(root_name)
        .last_update(begin)
        .next_update(begin + ROOT_YEARS * _YEAR)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(root_key.public_key()), critical=False)
        .add_extension(x509.CRLNumber(1), critical=False)
        .sign(root_key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    return Kept(
        _key_text(key), (seal.public_bytes(pem) + root.public_bytes(pem)).decode(), revoked.public_bytes(serialization.Encoding.DER)
    )


def _key_text(key: SealKey) -> str:
    shape, lock = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    return key.private_bytes(serialization.Encoding.PEM, shape, lock).decode()


def _builder(subject: x509.Name, issuer: x509.Name, key: SealKey, begin: datetime, years: int) -> x509.CertificateBuilder:
    certifier = x509.CertificateBuilder().subject_name(subject).issuer_name(issuer).public_key(key.public_key())
    return certifier.serial_number(x509.random_serial_number()).not_valid_before(begin).not_valid_after(begin + years * _YEAR)


def _name(common: str, organisation: str, country: str) -> x509.Name:
    parts = [x509.NameAttribute(NameOID.COUNTRY_NAME, country)] if len(country) == 2 else []
    # X.520 ends both at 64 characters.
    parts += [
        x509.NameAttribute(NameOID.ORGANIZATION_NAME, organisation[:64]),
        x509.NameAttribute(NameOID.COMMON_NAME, common if len(common) <= 64 else f"{common[:50]}…{common[-8:]}"),
    ]
    return x509.Name(parts)


def _usage(*, is_root: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not is_root, content_commitment=not is_root, key_cert_sign=is_root, crl_sign=is_root, key_encipherment=False,
        data_encipherment=False, key_agreement=False, encipher_only=False, decipher_only=False,
    )  # fmt: skip


def read_pkcs12(content: bytes, password: str, at: datetime) -> Kept:
    """The identity in a PKCS#12 file, with as much of its chain as lies in it. Raises Unusable."""
    try:
        key, certificate, others = pkcs12.load_key_and_certificates(content, password.encode() if password else None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as problem:
        raise Unusable("password" if "password" in str(problem).lower() or "mac" in str(problem).lower() else "unreadable") from problem
    if key is None or certificate is None:
        raise Unusable("pair")
    ordered = _ordered(certificate, others)
    pem = serialization.Encoding.PEM
    if not isinstance(key, ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey):
        raise Unusable("key")
    kept = Kept(_key_text(key), b"".join(one.public_bytes(pem) for one in ordered).decode())
    check(open_kept(kept), at)
    return kept


def _ordered(certificate: x509.Certificate, others: Sequence[x509.Certificate]) -> list[x509.Certificate]:
    """The certificate and its issuers, one after the other, as far as they are there."""
    found, waiting = [certificate], list(others)
    while found[-1].issuer != found[-1].subject:
        issuer = next((one for one in waiting if one.subject == found[-1].issuer), None)
        if issuer is None:
            break
        waiting.remove(issuer)
        found.append(issuer)
    return found


def open_kept(kept: Kept) -> Identity:
    """The identity with its key loaded, which is worth keeping: reading a key costs more than a signature. Raises Unusable."""
    try:
        key = serialization.load_pem_private_key(kept.key.encode(), None)
        certificates = x509.load_pem_x509_certificates(kept.certificates.encode())
    except (ValueError, TypeError, UnsupportedAlgorithm) as problem:
        raise Unusable("unreadable") from problem
    if not isinstance(key, ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey):
        raise Unusable("key")
    if key.public_key() != certificates[0].public_key():
        raise Unusable("pair")
    loaded = [as_asn1(one) for one in certificates]
    crls = (asn1_crl.CertificateList.load(kept.crl),) if kept.crl else ()
    sign, algorithm = raw_sign(key)
    return Identity(loaded[0], tuple(loaded[1:]), sign, algorithm, crls)


def raw_sign(key: SealKey) -> tuple[RawSign, str]:
    """How a key signs, and the name of the algorithm in CMS. Raises Unusable for a weak or strange key."""
    if isinstance(key, ec.EllipticCurvePrivateKey):
        if not isinstance(key.curve, ec.SECP256R1 | ec.SECP384R1 | ec.SECP521R1):
            raise Unusable("key")
        elliptic, method = key, ec.ECDSA(hashes.SHA256())
        return (lambda message: elliptic.sign(message, method)), "sha256_ecdsa"
    if key.key_size < SHORTEST_RSA_BITS:
        raise Unusable("key")
    modular = key
    return (lambda message: modular.sign(message, padding.PKCS1v15(), hashes.SHA256())), "sha256_rsa"


def as_asn1(certificate: x509.Certificate) -> asn1_x509.Certificate:
    """The same certificate for pyHanko."""
    found: asn1_x509.Certificate = asn1_x509.Certificate.load(certificate.public_bytes(serialization.Encoding.DER))
    return found


def as_pem(certificates: Sequence[asn1_x509.Certificate]) -> str:
    """Certificates as PEM text."""
    parsed = [x509.load_der_x509_certificate(one.dump()) for one in certificates]
    return b"".join(one.public_bytes(serialization.Encoding.PEM) for one in parsed).decode()


def read_certificates(pem: str) -> list[asn1_x509.Certificate]:
    """The certificates in a PEM text. Raises Unusable."""
    try:
        return [as_asn1(one) for one in x509.load_pem_x509_certificates(pem.encode())]
    except ValueError as problem:
        raise Unusable("unreadable") from problem


def fingerprint(certificate: asn1_x509.Certificate) -> str:
    """SHA-256 of a certificate as people compare it: AB:CD:…"""
    digest: bytes = certificate.sha256
    return digest.hex(":").upper()


def check(identity: Identity, at: datetime) -> None:
    """Raises Unusable unless the certificate may sign documents now."""
    certificate = identity.certificate
    if not certificate.not_valid_before <= at <= certificate.not_valid_after:
        raise Unusable("over")
    usage = certificate.key_usage_value
    if certificate.ca or (usage is not None and not usage.native & {"digital_signature", "non_repudiation"}):
        raise Unusable("usage")
