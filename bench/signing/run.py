"""Sealing and verifying a ten-page file of 1 MB at every level beside bare pyHanko, and the whole way from text to sealed agreement."""

import asyncio
import io
import logging
import os
import statistics
import sys
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent), str(HERE.parents[1])]

import pikepdf  # noqa: E402
import report  # noqa: E402
from cryptography.hazmat.primitives import serialization  # noqa: E402
from PIL import Image  # noqa: E402
from pyhanko.keys import load_private_key_from_pemder_data  # noqa: E402
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter  # noqa: E402
from pyhanko.pdf_utils.reader import PdfFileReader  # noqa: E402
from pyhanko.sign import signers  # noqa: E402
from pyhanko.sign.fields import SigFieldSpec, SigSeedSubFilter  # noqa: E402
from pyhanko.sign.validation import async_validate_pdf_signature, async_validate_pdf_timestamp  # noqa: E402
from pyhanko_certvalidator import ValidationContext  # noqa: E402
from pyhanko_certvalidator.registry import SimpleCertificateStore  # noqa: E402

from boardwell.capabilities.signing.layout import overlay  # noqa: E402
from boardwell.capabilities.signing.pdfs import laid_over  # noqa: E402
from boardwell.domain.seals.certificates import as_asn1, open_kept, read_pkcs12  # noqa: E402
from boardwell.domain.seals.pades import LEVELS, Sealer  # noqa: E402
from boardwell.domain.seals.stamping import OrderedStamper, gather  # noqa: E402
from boardwell.domain.seals.verifying import Trust, verify  # noqa: E402
from boardwell.ui.papers import FONTS, Paper, fonts_of, pdf  # noqa: E402
from tests.domain.seals.authority import TSA, Authority  # noqa: E402

logging.disable(logging.CRITICAL)
ROUNDS = int(os.environ.get("BENCH_ROUNDS", "12"))
GOALS = {"B-B": 70, "B-LT": 24}


def ten_pages() -> bytes:
    """A page of words and a picture that cannot be made smaller, ten times: 1 MB."""
    out = io.BytesIO()
    with pikepdf.new() as made:
        font = made.make_indirect(pikepdf.Dictionary(Type=pikepdf.Name.Font, Subtype=pikepdf.Name.Type1, BaseFont=pikepdf.Name.Helvetica))
        for number in range(10):
            made.add_blank_page(page_size=(595, 842))
            page = made.pages[-1].obj
            noise = Image.frombytes("RGB", (260, 130), os.urandom(260 * 130 * 3)).tobytes()
            picture = made.make_indirect(pikepdf.Stream(
                made, noise, Type=pikepdf.Name.XObject, Subtype=pikepdf.Name.Image, Width=260, Height=130, BitsPerComponent=8,
                ColorSpace=pikepdf.Name.DeviceRGB,
            ))  # fmt: skip
            page.Resources = pikepdf.Dictionary(Font=pikepdf.Dictionary(F=font), XObject=pikepdf.Dictionary(P=picture))
            lines = b"".join(b"BT /F 11 Tf 60 %d Td (Clause %d of page %d) Tj ET\n" % (780 - 14 * n, n, number) for n in range(30))
            page.Contents = made.make_indirect(pikepdf.Stream(made, lines + b"q 260 0 0 130 60 60 cm /P Do Q"))
        made.save(out, object_stream_mode=pikepdf.ObjectStreamMode.disable)
    return out.getvalue()


class Sides:
    """Ours and bare pyHanko with the same keys, the same authority in this process, and everything fetched beforehand."""

    def __init__(self) -> None:
        one = self.authority = Authority()
        identity = open_kept(read_pkcs12(one.pkcs12(), "secret", one.now))
        self.stamper = OrderedStamper([TSA], one.call)
        asyncio.run(self.stamper.async_timestamp(bytes(32), "sha256"))
        self.roots = [as_asn1(one.root), as_asn1(one.stamp_root)]
        proofs = gather([*self.stamper.last.certificates, identity.certificate, *identity.chain], one.call)
        self.ours = {level: Sealer(identity, level, self.stamper, proofs, self.roots[1:]) for level in LEVELS}
        self.crls = list(proofs.crls)
        store = SimpleCertificateStore()
        store.register_multiple(identity.chain)
        pem, shape = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
        key = load_private_key_from_pemder_data(one.seal_key.private_bytes(pem, shape, serialization.NoEncryption()), None)
        self.bare_signer = signers.SimpleSigner(signing_cert=identity.certificate, signing_key=key, cert_registry=store)

    def context(self) -> ValidationContext:
        return ValidationContext(trust_roots=self.roots, crls=self.crls, allow_fetching=False, revocation_mode="hard-fail")

    def bare(self, content: bytes, level: str) -> bytes:
        more = (
            {"embed_validation_info": True, "validation_context": self.context(), "use_pades_lta": level == "B-LTA"} if "L" in level else {}
        )
        meta = signers.PdfSignatureMetadata(
            field_name="Seal", subfilter=SigSeedSubFilter.PADES, md_algorithm="sha256", certify=True, **more
        )
        out = io.BytesIO()
        stamper = None if level == "B-B" else self.stamper
        signer = signers.PdfSigner(meta, signer=self.bare_signer, timestamper=stamper, new_field_spec=SigFieldSpec("Seal"))
        signer.sign_pdf(IncrementalPdfFileWriter(io.BytesIO(content)), output=out)
        return out.getvalue()

    def bare_verify(self, content: bytes) -> None:
        async def run() -> None:
            for one in PdfFileReader(io.BytesIO(content)).embedded_signatures:
                if str(one.sig_object.get("/Type", "")) == "/DocTimeStamp":
                    status = await async_validate_pdf_timestamp(one, self.context())
                else:
                    status = await async_validate_pdf_signature(one, self.context(), self.context())
                assert all((status.intact, status.valid, status.trusted))

        asyncio.run(run())

    def our_verify(self, content: bytes) -> None:
        trust = Trust(tuple(self.roots), crls=tuple(self.crls))
        assert verify(content, trust, self.authority.now + timedelta(minutes=1)).is_sound


def per_second(ours: Callable[[], object], other: Callable[[], object]) -> tuple[float, float]:
    """How many a second on one core, interleaved: medians of processor time, since the machine has other work."""
    took: tuple[list[float], list[float]] = ([], [])
    ours(), other()
    for _each in range(ROUNDS):
        for kept, act in zip(took, (ours, other), strict=True):
            start = time.process_time()
            act()
            kept.append(time.process_time() - start)
    return 1 / statistics.median(took[0]), 1 / statistics.median(took[1])


def agreement(sides: Sides, language: str) -> bytes:
    """An agreement from its text: laid out, values laid over, merged, sealed."""
    names = {"en": "Alice Smith", "hi": "प्रियंका शर्मा", "bn": "স্বর্ণা চক্রবর্তী", "az": "Əli Məmmədov", "ms": "Nur Aisyah", "mn": "Бат-Өлзий"}
    clause = f"This agreement is made with {names[language]} for one year. " * 5
    paper = Paper(
        language=language, sender="House", accent="#2f5bd7", title="Agreement", subtitle="", lines=[], foot="Agreement", page_of="{page} / {pages}",
        sections=[(f"Part {number}", "\n\n".join([clause] * 4)) for number in range(1, 9)], made_at=sides.authority.now,
    )  # fmt: skip
    content = pdf(paper)
    with pikepdf.open(io.BytesIO(content)) as laid:
        sizes = [[595.28, 841.89]] * len(laid.pages)
    value = {"page": 0, "x": 60, "y": 700, "w": 200, "h": 40, "kind": "typed", "text": names[language]}
    over = overlay(sizes, [value], language=language, fonts=fonts_of(language), folder=FONTS, title="Agreement", made_at=0)
    return sides.ours["B-LT"].seal(laid_over(content, over, {"manifest.json": b"{}"}))


def main() -> None:
    sides, content, rows = Sides(), ten_pages(), []
    print(f"{len(content):,} bytes, {ROUNDS} interleaved rounds, one authority in this process", flush=True)
    for level in LEVELS:
        ours, bare = per_second(lambda level=level: sides.ours[level].seal(content), lambda level=level: sides.bare(content, level))
        goal = GOALS.get(level)
        rows.append(report.row(f"seal {level}", ours, bare, "pyHanko", "docs/s/core", note=f"goal {goal}" if goal else ""))
    for level in LEVELS:
        sealed, theirs = sides.ours[level].seal(content), sides.bare(content, level)
        ours, bare = per_second(lambda sealed=sealed: sides.our_verify(sealed), lambda theirs=theirs: sides.bare_verify(theirs))
        rows.append(report.row(f"verify {level}", ours, bare, "pyHanko", "docs/s/core", note="each its own file"))
    languages = ["en", "hi", "bn", "az", "ms", "mn"]
    took = []
    for language in languages:
        agreement(sides, language)
    for number in range(3 * len(languages)):
        start = time.process_time()
        agreement(sides, languages[number % len(languages)])
        took.append(time.process_time() - start)
    rows.append(report.row("text, overlay, seal B-LT", 1 / statistics.median(took), 15, "goal", "docs/s/core", note="six languages"))
    report.publish("signing", rows)


if __name__ == "__main__":
    main()
