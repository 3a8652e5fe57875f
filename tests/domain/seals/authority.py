"""A certifier of the tests' own: root, seal, timestamp authority, revocation lists and OCSP, and a voice that answers for their addresses."""

import hashlib
from datetime import UTC, datetime, timedelta

from asn1crypto import algos, cms, core, tsp
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import pkcs12
from cryptography.x509 import ocsp
from cryptography.x509.oid import ExtendedKeyUsageOID as Use
from cryptography.x509.oid import NameOID
from pyhanko.keys import load_private_key_from_pemder_data
from pyhanko.sign import timestamps
from pyhanko.sign.general import as_signing_certificate_v2, simple_cms_attribute
from pyhanko_certvalidator.registry import SimpleCertificateStore

from boardwell.domain.seals.certificates import as_asn1

YEAR = timedelta(days=365)
TSA, CRL, TSA_CRL, OCSP = "https://tsa.example/", "https://ca.example/root.crl", "https://tsa.example/ca.crl", "https://ca.example/ocsp"


def name(common: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Test"), x509.NameAttribute(NameOID.COMMON_NAME, common)])


class _Stamper(timestamps.DummyTimeStamper):
    """pyHanko's own knows RSA only; this one signs with P-256, as authorities of today do."""

    def __init__(self, certificate, key, store) -> None:
        pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        super().__init__(certificate, load_private_key_from_pemder_data(pem, None), store)
        self._loaded = key

    def _sign_tst_info(self, content, method, at):
        told = cms.CMSAttributes([
            simple_cms_attribute("content_type", "tst_info"),
            simple_cms_attribute("signing_time", cms.Time({"utc_time": core.UTCTime(at)})),
            simple_cms_attribute("signing_certificate_v2", as_signing_certificate_v2(self.tsa_cert)),
            simple_cms_attribute("message_digest", hashlib.sha256(content).digest()),
        ])  # fmt: skip
        return self._loaded.sign(told.dump(), ec.ECDSA(hashes.SHA256())), told

    def _build_signed_data(self, content, method, signature, told):
        made = super()._build_signed_data(content, method, signature, told)
        made["signer_infos"][0]["signature_algorithm"] = algos.SignedDigestAlgorithm({"algorithm": "sha256_ecdsa"})
        return made


class Authority:
    """Everything that a seal needs outside of the house. `answers` maps an address to bytes or to what makes them from a body."""

    def __init__(
        self, *, seal_years: float = 1, stamp_years: float = 12, lists_days: float = 20 * 365, with_ocsp: bool = False, rsa: bool = False
    ) -> None:
        self.now = datetime.now(UTC).replace(microsecond=0)
        self.asked: list[str] = []
        self.down: set[str] = set()
        self.root_key, self.stamp_root_key = self._key(), self._key()
        self.root = self._make("Root", self.root_key, None, None, 25, is_root=True)
        self.stamp_root = self._make("Stamp root", self.stamp_root_key, None, None, 25, is_root=True)
        self.seal_key = self._key()
        self.seal = self._make(
            "Seal", self.seal_key, self.root, self.root_key, seal_years, uses=[Use.EMAIL_PROTECTION], lists="" if with_ocsp else CRL,
            asks=OCSP if with_ocsp else "",
        )  # fmt: skip
        self.stamp_key = self._key()
        self.stamp = self._make(
            "TSA", self.stamp_key, self.stamp_root, self.stamp_root_key, stamp_years, uses=[Use.TIME_STAMPING], lists=TSA_CRL
        )
        self.answers = {
            TSA: self._stamped, CRL: self._revoked(self.root, self.root_key, lists_days), OCSP: self._ocsp,
            TSA_CRL: self._revoked(self.stamp_root, self.stamp_root_key, lists_days),
        }  # fmt: skip
        store = SimpleCertificateStore()
        store.register(as_asn1(self.stamp_root))
        self._stamper = _Stamper(as_asn1(self.stamp), self.stamp_key, store)

    @staticmethod
    def _key() -> ec.EllipticCurvePrivateKey:
        return ec.generate_private_key(ec.SECP256R1())

    def _make(self, common, key, issuer, issuer_key, years, *, is_root=False, uses=(), lists="", asks=""):
        made = (
            x509.CertificateBuilder()
            .subject_name(name(common)).issuer_name(issuer.subject if issuer else name(common)).public_key(key.public_key())
            .serial_number(x509.random_serial_number()).not_valid_before(self.now - timedelta(days=1))
            .not_valid_after(self.now + timedelta(days=365 * years))
            .add_extension(x509.BasicConstraints(ca=is_root, path_length=None), critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key((issuer_key or key).public_key()), critical=False)
            .add_extension(
                x509.KeyUsage(not is_root, not is_root and Use.TIME_STAMPING not in uses, False, False, False, is_root, is_root, False, False),
                critical=True,
            )
        )  # fmt: skip
        if uses:
            made = made.add_extension(x509.ExtendedKeyUsage(list(uses)), critical=Use.TIME_STAMPING in uses)
        if lists:
            point = x509.DistributionPoint([x509.UniformResourceIdentifier(lists)], None, None, None)
            made = made.add_extension(x509.CRLDistributionPoints([point]), critical=False)
        if asks:
            told = x509.AccessDescription(x509.AuthorityInformationAccessOID.OCSP, x509.UniformResourceIdentifier(asks))
            made = made.add_extension(x509.AuthorityInformationAccess([told]), critical=False)
        return made.sign(issuer_key or key, hashes.SHA256())

    def _revoked(self, issuer, key, days, serials=()):
        made = (
            x509.CertificateRevocationListBuilder().issuer_name(issuer.subject).last_update(self.now - timedelta(hours=1))
            .next_update(self.now + timedelta(days=days)).add_extension(x509.CRLNumber(1), critical=False)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(key.public_key()), critical=False)
        )  # fmt: skip
        for serial in serials:
            one = x509.RevokedCertificateBuilder().serial_number(serial).revocation_date(self.now - timedelta(minutes=30)).build()
            made = made.add_revoked_certificate(one)
        return made.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.DER)

    def revoke_seal(self) -> None:
        self.answers[CRL] = self._revoked(self.root, self.root_key, 30, [self.seal.serial_number])

    def _ocsp(self, _body: bytes) -> bytes:
        made = ocsp.OCSPResponseBuilder().add_response(
            cert=self.seal, issuer=self.root, algorithm=hashes.SHA1(), cert_status=ocsp.OCSPCertStatus.GOOD,
            this_update=self.now - timedelta(minutes=5), next_update=self.now + 20 * YEAR, revocation_time=None, revocation_reason=None,
        ).responder_id(ocsp.OCSPResponderEncoding.HASH, self.root)  # fmt: skip
        return made.sign(self.root_key, hashes.SHA256()).public_bytes(serialization.Encoding.DER)

    def _stamped(self, body: bytes) -> bytes:
        return self._stamper.request_tsa_response(tsp.TimeStampReq.load(body)).dump()

    def call(self, url: str, body: bytes | None, _media_type: str) -> bytes:
        """What answers for every address; those that are down do not."""
        self.asked.append(url)
        if url in self.down or url not in self.answers:
            raise ConnectionError("does not answer")
        answer = self.answers[url]
        return answer if isinstance(answer, bytes) else answer(body or b"")

    def pkcs12(self, password: str = "secret") -> bytes:
        locked = serialization.BestAvailableEncryption(password.encode())
        return pkcs12.serialize_key_and_certificates(b"seal", self.seal_key, self.seal, [self.root], locked)
