"""Seals at every level, checked by us and by programs that know nothing of us, now and in 2037."""

import asyncio
import subprocess
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path
from shutil import which

import pikepdf
import pytest
from asn1crypto import tsp
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.validation import ades
from pyhanko.sign.validation.policy_decl import PdfSignatureValidationSpec, SignatureValidationSpec
from pyhanko_certvalidator.context import CertValidationPolicySpec
from pyhanko_certvalidator.policy_decl import CertRevTrustPolicy, RevocationCheckingPolicy
from pyhanko_certvalidator.registry import SimpleTrustManager

from boardwell.domain.seals.certificates import Unusable, as_asn1, as_pem, make_own, open_kept, read_pkcs12
from boardwell.domain.seals.cms import detached
from boardwell.domain.seals.pades import LEVELS, NotProvable, Seal, Sealer, Unsealable, last_proof_ends
from boardwell.domain.seals.stamping import NoTimestamp, OrderedStamper, gather
from boardwell.domain.seals.verifying import Trust, verify
from tests.domain.seals.authority import CRL, TSA, TSA_CRL, Authority

SECOND = "https://second.example/"
YEAR = timedelta(days=365)


def paper(pages: int = 2) -> bytes:
    out = BytesIO()
    with pikepdf.new() as pdf:
        for _each in range(pages):
            pdf.add_blank_page(page_size=(595, 842))
        pdf.save(out)
    return out.getvalue()


@pytest.fixture(scope="module")
def authority() -> Authority:
    return Authority()


def identity_of(authority: Authority):
    return open_kept(read_pkcs12(authority.pkcs12(), "secret", authority.now))


def sealer(authority: Authority, level: str, urls: tuple[str, ...] = (TSA,)) -> Sealer:
    identity = identity_of(authority)
    if level == "B-B":
        return Sealer(identity, level)
    stamper = OrderedStamper(urls, authority.call)
    asyncio.run(stamper.async_timestamp(bytes(32), "sha256"))
    proofs = gather([*stamper.last.certificates, identity.certificate, *identity.chain], authority.call)
    return Sealer(identity, level, stamper, proofs, [as_asn1(authority.stamp_root)])


def trust(authority: Authority) -> Trust:
    return Trust((as_asn1(authority.root), as_asn1(authority.stamp_root)))


@pytest.mark.parametrize("level", LEVELS)
def test_every_level_is_sound_and_its_last_entry_covers_the_whole_file(authority, level) -> None:
    content = sealer(authority, level).seal(paper(), Seal(name="House", reason="Signed"))
    verdict = verify(content, trust(authority), authority.now + timedelta(minutes=1))
    assert (verdict.word, verdict.problems) == ("sound", [])
    assert [one.is_timestamp for one in verdict.signatures] == ([False, True] if level == "B-LTA" else [False])
    assert verdict.signatures[-1].covers_whole_file
    assert verdict.signatures[0].signer == "Seal"


@pytest.mark.parametrize(("level", "until"), [("B-B", 0), ("B-T", 11), ("B-LT", 11), ("B-LTA", 11)])
def test_our_verifier_in_years_to_come(authority, level, until) -> None:
    """The seal's certificate ends after one year, the authority's after twelve."""
    content = sealer(authority, level).seal(paper())
    sound = [years for years in (0.5, 2, 5, 11, 13) if verify(content, trust(authority), authority.now + years * YEAR).is_sound]
    assert max(sound, default=0) == (0.5 if until == 0 else until)


@pytest.mark.parametrize(("level", "expected"), [("B-T", False), ("B-LT", True), ("B-LTA", True)])
def test_an_independent_validation_in_2037_with_nothing_but_the_file(authority, level, expected) -> None:
    content = sealer(authority, level).seal(paper())
    one = PdfFileReader(BytesIO(content)).embedded_regular_signatures[0]
    policy = CertValidationPolicySpec(
        trust_manager=SimpleTrustManager.build(trust_roots=[as_asn1(authority.root), as_asn1(authority.stamp_root)]),
        revinfo_policy=CertRevTrustPolicy(revocation_checking_policy=RevocationCheckingPolicy.from_legacy("hard-fail")),
    )
    spec = PdfSignatureValidationSpec(signature_validation_spec=SignatureValidationSpec(cert_validation_policy=policy))
    then = datetime(2037, 6, 1, tzinfo=UTC)
    try:
        word = str(asyncio.run(ades.simulate_future_ades_lta_validation(one, spec, then)).ades_subindic)
    except Exception as problem:
        word = type(problem).__name__
    assert ("OK" in word) is expected, word


def test_the_next_authority_is_asked_only_when_the_one_before_fails(authority) -> None:
    authority.answers[SECOND] = authority.answers[TSA]
    stamper = OrderedStamper((TSA, SECOND), authority.call)
    authority.asked.clear()
    asyncio.run(stamper.async_timestamp(bytes(32), "sha256"))
    authority.down = {TSA}
    asyncio.run(stamper.async_timestamp(bytes(32), "sha256"))
    authority.down = {TSA, SECOND}
    with pytest.raises(NoTimestamp) as told:
        asyncio.run(stamper.async_timestamp(bytes(32), "sha256"))
    authority.down = set()
    assert authority.asked == [TSA, TSA, SECOND, TSA, SECOND]
    assert [url for url, _why in told.value.reasons] == [TSA, SECOND]


def test_an_answer_that_stamps_something_else_or_is_signed_wrongly_is_not_used(authority) -> None:
    real = authority.answers[TSA]
    other = Authority()

    def of_something_else(_body: bytes) -> bytes:
        return real(tsp.TimeStampReq.load(_request(bytes(32))).dump())

    def broken(body: bytes) -> bytes:
        answer = bytearray(real(body))
        answer[-6] ^= 1
        return bytes(answer)

    for answer in (of_something_else, broken, lambda _body: b"no answer", lambda body: other.answers[TSA](body)[:-40]):
        authority.answers["https://bad.example/"] = answer
        with pytest.raises(NoTimestamp):
            asyncio.run(OrderedStamper(("https://bad.example/",), authority.call).async_timestamp(b"x" * 32, "sha256"))


def _request(digest: bytes) -> bytes:
    imprint = {"hash_algorithm": {"algorithm": "sha256"}, "hashed_message": digest}
    return tsp.TimeStampReq({"version": 1, "message_imprint": imprint, "nonce": 7, "cert_req": True}).dump()


def test_without_the_lists_of_revoked_certificates_there_is_no_long_term_seal() -> None:
    authority = Authority()
    authority.down = {CRL, TSA_CRL}
    with pytest.raises(NotProvable):
        sealer(authority, "B-LT")


def test_a_revoked_seal_cannot_seal_for_long_and_is_refused_by_the_verifier() -> None:
    authority = Authority()
    content = sealer(authority, "B-T").seal(paper())
    authority.revoke_seal()
    with pytest.raises(NotProvable):
        sealer(authority, "B-LT")
    knowing = Trust(trust(authority).roots, crls=(authority.answers[CRL],))
    assert verify(content, knowing, authority.now + timedelta(hours=1)).problems[0] in {"revoked", "untrusted"}


def test_where_a_certificate_names_no_list_ocsp_is_asked() -> None:
    authority = Authority(with_ocsp=True)
    content = sealer(authority, "B-LT").seal(paper())
    assert verify(content, trust(authority), authority.now + 2 * YEAR).is_sound


def test_renewing_adds_a_timestamp_over_everything_and_carries_the_proof_on() -> None:
    authority = Authority(stamp_years=3)
    first = sealer(authority, "B-LTA").seal(paper())
    assert last_proof_ends(first) == authority.stamp.not_valid_after_utc
    assert not verify(first, trust(authority), authority.now + 5 * YEAR).is_sound
    later = Authority()
    renewer = sealer(later, "B-LTA")
    second = renewer.renew(first)
    both = Trust((*trust(authority).roots, *trust(later).roots))
    assert second.startswith(first)
    verdict = verify(second, both, authority.now + 5 * YEAR)
    assert (verdict.word, verdict.problems, len(verdict.signatures)) == ("sound", [], 3)


def test_what_is_no_pdf_cannot_be_sealed(authority) -> None:
    for content in (b"", b"hello", b"%PDF-1.7\n", paper()[:300]):
        with pytest.raises(Unsealable):
            sealer(authority, "B-B").seal(content)


def test_a_house_makes_its_own_seal_and_openssl_believes_it(tmp_path: Path) -> None:
    own = open_kept(
        make_own("Steppe Software with a name that is much longer than X.520 lets it be in a certificate", "MN", datetime.now(UTC))
    )
    (tmp_path / "root.pem").write_text(as_pem([own.root]))
    (tmp_path / "seal.pem").write_text(as_pem([own.certificate]))
    seen = subprocess.run(
        ["openssl", "x509", "-in", "seal.pem", "-noout", "-text"], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert "E-mail Protection, 1.3.6.1.5.5.7.3.36" in seen.stdout
    assert "P-256" in seen.stdout
    chain = subprocess.run(
        ["openssl", "verify", "-CAfile", "root.pem", "seal.pem"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert chain.stdout == "seal.pem: OK\n"
    (tmp_path / "text").write_bytes(b"manifest")
    import hashlib

    (tmp_path / "text.p7s").write_bytes(detached(own, hashlib.sha256(b"manifest").digest()))
    command = [
        "openssl",
        "cms",
        "-verify",
        "-binary",
        "-inform",
        "DER",
        "-in",
        "text.p7s",
        "-content",
        "text",
        "-CAfile",
        "root.pem",
        "-purpose",
        "any",
        "-out",
        "/dev/null",
    ]
    assert subprocess.run(command, cwd=tmp_path, capture_output=True, check=False).returncode == 0
    (tmp_path / "text").write_bytes(b"manifesT")
    assert subprocess.run(command, cwd=tmp_path, capture_output=True, check=False).returncode != 0


def test_a_file_of_somebody_else_is_refused_with_the_reason() -> None:
    authority = Authority(seal_years=-0.001)
    for content, password, code in (
        (b"nothing", "", "unreadable"), (Authority().pkcs12(), "wrong", "password"), (authority.pkcs12(), "secret", "over"),
    ):  # fmt: skip
        with pytest.raises(Unusable) as told:
            read_pkcs12(content, password, datetime.now(UTC))
        assert told.value.code == code


@pytest.mark.skipif(which("pdfsig") is None or which("qpdf") is None, reason="pdfsig (poppler-utils) and qpdf are not installed")
@pytest.mark.parametrize("level", LEVELS)
def test_pdfsig_and_qpdf_agree(authority, level, tmp_path: Path) -> None:
    place = tmp_path / "sealed.pdf"
    place.write_bytes(sealer(authority, level).seal(paper(), Seal(name="House")))
    told = subprocess.run(["pdfsig", "-nocert", str(place)], capture_output=True, text=True, check=False).stdout
    assert told.count("Signature is Valid") == 1
    assert ("Total document signed" in told.rpartition("Signature #")[2]) is True
    assert subprocess.run(["qpdf", "--check", str(place)], capture_output=True, check=False).returncode == 0
