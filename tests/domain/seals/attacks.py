"""Makes 46 attacked files from our own sealed ones, of every kind that is known from the literature and from other verifiers' test sets.

Groups: own (plain manipulation, rollback, exclusion, look-alike), shadow (hide, replace, hide-and-replace: content prepared before signing),
coverage (ranges that leave something out), wrapping (spoofing, wrapping, enveloping). Nothing foreign is committed.
"""

import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass
from io import BytesIO

import pikepdf
from asn1crypto import cms
from pikepdf import Array, Dictionary, Name, Stream
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.generic import pdf_name, pdf_string
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.writer import PageObject

from boardwell.domain.seals.pades import Seal
from tests.domain.seals.authority import Authority

ATTACKS: dict[str, Callable[["Bases"], bytes]] = {}
ONLY_THE_MANIFEST = {"own-09-rollback-to-first-signer", "own-10-another-sealed-document", "own-17-archive-timestamp-stripped"}
"""Each of these is a valid sealed file by itself: no reader of PDF files can refuse it, a signed list of hashes does."""


def attack(name: str):
    def keep(made: Callable[["Bases"], bytes]) -> Callable[["Bases"], bytes]:
        ATTACKS[name] = made
        return made

    return keep


def paper(words: str = "Fee: 1,000") -> bytes:
    """Three pages with text, a picture, a form field and what shadow attacks need: hidden content that nothing refers to yet."""
    out = BytesIO()
    with pikepdf.new() as pdf:
        font = pdf.make_indirect(Dictionary(Type=Name.Font, Subtype=Name.Type1, BaseFont=Name.Helvetica))
        hidden = pdf.make_indirect(Stream(pdf, b"BT /F 20 Tf 60 700 Td (Fee: 9,999,999) Tj ET"))
        mask = pdf.make_indirect(
            Stream(pdf, b"1 g 50 650 400 100 re f", Type=Name.XObject, Subtype=Name.Form, BBox=Array([0, 0, 595, 842]))
        )
        for number in range(3):
            text = f"BT /F 20 Tf 60 700 Td ({words}, page {number + 1}) Tj ET /Mask Do".encode()
            pdf.add_blank_page(page_size=(595, 842))
            page = pdf.pages[-1].obj
            page.Resources = Dictionary(Font=Dictionary(F=font), XObject=Dictionary(Mask=mask))
            page.Contents = pdf.make_indirect(Stream(pdf, text))
        field = pdf.make_indirect(Dictionary(
            Type=Name.Annot, Subtype=Name.Widget, FT=Name.Tx, T="price", V="1,000", DA="/F 12 Tf 0 g", Rect=Array([60, 500, 300, 530]), F=4,
            AP=Dictionary(N=pdf.make_indirect(Stream(
                pdf, b"BT /F 12 Tf 4 8 Td (1,000) Tj ET", Type=Name.XObject, Subtype=Name.Form, BBox=Array([0, 0, 240, 30]),
                Resources=Dictionary(Font=Dictionary(F=font)),
            ))),
        ))  # fmt: skip
        note = pdf.make_indirect(
            Dictionary(Type=Name.Annot, Subtype=Name.Square, Rect=Array([50, 300, 300, 400]), IC=Array([1, 1, 1]), F=4)
        )
        pdf.pages[0].obj.Annots = Array([field, note])
        pdf.Root.AcroForm = Dictionary(Fields=Array([field]), DR=Dictionary(Font=Dictionary(F=font)))
        pdf.Root.Hidden = hidden  # reachable, so that it is written, and drawn by nothing
        pdf.Root.Other = pdf.make_indirect(Dictionary(Type=Name.Pages, Kids=Array([]), Count=0))
        pdf.docinfo["/Title"] = words
        pdf.save(out, object_stream_mode=pikepdf.ObjectStreamMode.disable)
    return out.getvalue()


@dataclass
class Bases:
    """Honest files, and who made them."""

    authority: Authority
    plain: bytes
    bb: bytes
    bt: bytes
    blt: bytes
    blta: bytes
    two: bytes
    first_of_two: bytes
    loose: bytes
    other: bytes
    evil: bytes
    revoked: bytes

    def honest(self) -> dict[str, bytes]:
        return {
            "B-B": self.bb, "B-T": self.bt, "B-LT": self.blt, "B-LTA": self.blta, "two signers": self.two, "without certification": self.loose,
        }  # fmt: skip


def make_bases(authority: Authority, sealer, revoked_sealer, evil_sealer) -> Bases:
    plain = paper()
    loose = sealer("B-B").seal(plain, Seal(certifies=False))
    return Bases(
        authority=authority, plain=plain, bb=sealer("B-B").seal(plain), bt=sealer("B-T").seal(plain), blt=sealer("B-LT").seal(plain),
        blta=sealer("B-LTA").seal(plain), first_of_two=loose, two=sealer("B-T").seal(loose, Seal(field="Second", certifies=False)), loose=loose,
        other=sealer("B-LTA").seal(paper("Fee: 5,000")), evil=evil_sealer.seal(plain), revoked=revoked_sealer.seal(plain),
    )  # fmt: skip


def updated(content: bytes, change: Callable[[IncrementalPdfFileWriter], None]) -> bytes:
    """One revision more."""
    writer = IncrementalPdfFileWriter(BytesIO(content), strict=False)
    change(writer)
    out = BytesIO()
    writer.write(out)
    return out.getvalue()


def _page(writer: IncrementalPdfFileWriter, number: int = 0):
    reference, _resources = writer.find_page_for_modification(number)
    writer.mark_update(reference)
    return reference.get_object()


def _stream(writer: IncrementalPdfFileWriter, drawn: bytes):
    return writer.add_object(generic.StreamObject(stream_data=drawn))


def _annotation(writer: IncrementalPdfFileWriter, kind: str = "/FreeText") -> None:
    page = _page(writer)
    made = generic.DictionaryObject({
        pdf_name("/Type"): pdf_name("/Annot"), pdf_name("/Subtype"): pdf_name(kind), pdf_name("/Contents"): pdf_string("Fee: 999"),
        pdf_name("/Rect"): generic.ArrayObject([generic.FloatObject(each) for each in (60, 690, 400, 730)]), pdf_name("/F"): generic.NumberObject(4),
    })  # fmt: skip
    annotations = page.raw_get("/Annots") if "/Annots" in page else None
    kept = list(page["/Annots"]) if annotations is not None else []
    page["/Annots"] = generic.ArrayObject([*kept, writer.add_object(made)])


def _offset_of(content: bytes, number: int) -> int:
    return [found.start() for found in re.finditer(rb"(?m)^%d 0 obj" % number, content)][-1]


def _number_of(content: bytes, name: bytes) -> int:
    found = re.search(rb"/%s (\d+) 0 R" % name, content)
    assert found, name
    return int(found[1])


def redirected(content: bytes, number: int, offset: int) -> bytes:
    """A revision of nothing but a table of places: object `number` is to be found elsewhere in the file from now on."""
    trailers = re.findall(rb"trailer\s*<<(.*?)>>\s*startxref\s*(\d+)", content, re.DOTALL)
    body, before = trailers[-1] if trailers else (b"", b"0")
    kept = re.sub(rb"/Prev \d+", b"", body)
    start = len(content)
    table = b"xref\n%d 1\n%010d 00000 n \ntrailer\n<<%s /Prev %d>>\nstartxref\n%d\n%%%%EOF\n" % (number, offset, kept, int(before), start)
    return content + table


def ranges(content: bytes) -> tuple[list[int], re.Match[bytes]]:
    found = next(re.finditer(rb"/ByteRange\s*\[\s*(\d+)\s+(\d+)\s+(\d+)\s+(\d+)\s*\]", content))
    return [int(each) for each in found.groups()], found


def with_ranges(content: bytes, wanted: str) -> bytes:
    """The same file with other numbers in its ranges, in the same room."""
    _numbers, found = ranges(content)
    text = f"/ByteRange [{wanted}]".encode()
    return content[: found.start()] + text.ljust(len(found[0])) + content[found.end() :]


def container(content: bytes) -> tuple[cms.ContentInfo, int, int]:
    numbers, _found = ranges(content)
    start, end = numbers[1] + 1, numbers[2] - 1
    return cms.ContentInfo.load(bytes.fromhex(content[start:end].decode())), start, end


def with_container(content: bytes, der: bytes) -> bytes:
    """The same file with another container in its hole."""
    _held, start, end = container(content)
    text = der.hex().encode()
    assert len(text) <= end - start
    return content[:start] + text.ljust(end - start, b"0") + content[end:]


# --- own -------------------------------------------------------------------------------------------------------------------------------------


@attack("own-01-byte-of-the-content-flipped")
def _own_01(bases: Bases) -> bytes:
    at = bases.bt.index(b"Fee")
    return bases.bt[:at] + b"Gee" + bases.bt[at + 3 :]


@attack("own-02-signature-value-flipped")
def _own_02(bases: Bases) -> bytes:
    held, start, end = container(bases.bt)
    value = held["content"]["signer_infos"][0]["signature"].native.hex().upper().encode()
    at = bases.bt.index(value, start, end) + 20
    digit = b"0" if bases.bt[at : at + 1] != b"0" else b"1"
    return bases.bt[:at] + digit + bases.bt[at + 1 :]


@attack("own-03-bytes-after-the-end")
def _own_03(bases: Bases) -> bytes:
    return bases.bt + b"\n% hello\n"


@attack("own-04-annotation-added")
def _own_04(bases: Bases) -> bytes:
    return updated(bases.loose, _annotation)


@attack("own-05-page-content-replaced")
def _own_05(bases: Bases) -> bytes:
    def change(writer: IncrementalPdfFileWriter) -> None:
        _page(writer)["/Contents"] = _stream(writer, b"1 0 0 rg 50 50 300 300 re f")

    return updated(bases.bt, change)


@attack("own-06-page-added")
def _own_06(bases: Bases) -> bytes:
    return updated(bases.bt, lambda writer: writer.insert_page(PageObject(contents=_stream(writer, b"q Q"), media_box=(0, 0, 595, 842))))


@attack("own-07-only-the-title-changed")
def _own_07(bases: Bases) -> bytes:
    title = generic.DictionaryObject({pdf_name("/Title"): pdf_string("Another title")})
    return updated(bases.bt, lambda writer: writer.set_info(title))


@attack("own-08-annotation-after-certification")
def _own_08(bases: Bases) -> bytes:
    return updated(bases.bb, _annotation)


@attack("own-09-rollback-to-first-signer")
def _own_09(bases: Bases) -> bytes:
    return bases.two[: len(bases.first_of_two)]


@attack("own-10-another-sealed-document")
def _own_10(bases: Bases) -> bytes:
    return bases.other


@attack("own-11-no-byte-range")
def _own_11(bases: Bases) -> bytes:
    return bases.bt.replace(b"/ByteRange", b"/XyteRange", 1)


@attack("own-12-empty-container")
def _own_12(bases: Bases) -> bytes:
    _held, start, end = container(bases.bt)
    return bases.bt[:start] + b"0" * (end - start) + bases.bt[end:]


@attack("own-13-sealed-by-a-look-alike")
def _own_13(bases: Bases) -> bytes:
    return bases.evil


@attack("own-14-sealed-with-a-revoked-certificate")
def _own_14(bases: Bases) -> bytes:
    return bases.revoked


@attack("own-15-layers-added")
def _own_15(bases: Bases) -> bytes:
    def change(writer: IncrementalPdfFileWriter) -> None:
        writer.root["/OCProperties"] = generic.DictionaryObject({
            pdf_name("/OCGs"): generic.ArrayObject(), pdf_name("/D"): generic.DictionaryObject()
        })  # fmt: skip
        writer.update_root()

    return updated(bases.bt, change)


@attack("own-16-script-on-opening")
def _own_16(bases: Bases) -> bytes:
    def change(writer: IncrementalPdfFileWriter) -> None:
        writer.root["/OpenAction"] = generic.DictionaryObject({
            pdf_name("/S"): pdf_name("/JavaScript"), pdf_name("/JS"): pdf_string("app.alert(1)")
        })  # fmt: skip
        writer.update_root()

    return updated(bases.bt, change)


@attack("own-17-archive-timestamp-stripped")
def _own_17(bases: Bases) -> bytes:
    found = list(re.finditer(rb"%%EOF\r?\n?", bases.blta))
    return bases.blta[: found[-2].end()]


# --- shadow ----------------------------------------------------------------------------------------------------------------------------------


@attack("shadow-01-hide-mask-object-freed")
def _shadow_01(bases: Bases) -> bytes:
    number = _number_of(bases.loose, b"Mask")
    return redirected(bases.loose, number, 15)


@attack("shadow-02-hide-mask-redefined")
def _shadow_02(bases: Bases) -> bytes:
    def change(writer: IncrementalPdfFileWriter) -> None:
        mask = writer.prev.root["/Pages"]["/Kids"][0]["/Resources"]["/XObject"].raw_get("/Mask").get_object()
        mask._data, mask._encoded_data = b"q Q", None
        writer.update_container(mask)

    return updated(bases.loose, change)


@attack("shadow-03-hide-annotation-removed")
def _shadow_03(bases: Bases) -> bytes:
    def change(writer: IncrementalPdfFileWriter) -> None:
        page = _page(writer)
        page["/Annots"] = generic.ArrayObject([page["/Annots"].raw_get(0)])

    return updated(bases.loose, change)


@attack("shadow-04-replace-by-form-appearance")
def _shadow_04(bases: Bases) -> bytes:
    def change(writer: IncrementalPdfFileWriter) -> None:
        field = writer.prev.root["/AcroForm"]["/Fields"].raw_get(0).get_object()
        made = generic.StreamObject(
            {
                pdf_name("/Type"): pdf_name("/XObject"), pdf_name("/Subtype"): pdf_name("/Form"),
                pdf_name("/BBox"): generic.ArrayObject([generic.NumberObject(each) for each in (-60, -500, 595, 400)]),
            },
            stream_data=b"1 g -60 -500 600 900 re f 0 g BT /F 20 Tf 4 200 Td (Fee: 999) Tj ET",
        )  # fmt: skip
        field["/AP"] = generic.DictionaryObject({pdf_name("/N"): writer.add_object(made)})
        field["/V"] = pdf_string("999")
        writer.update_container(field)

    return updated(bases.loose, change)


@attack("shadow-05-replace-by-font")
def _shadow_05(bases: Bases) -> bytes:
    def change(writer: IncrementalPdfFileWriter) -> None:
        font = writer.prev.root["/Pages"]["/Kids"][0]["/Resources"]["/Font"].raw_get("/F").get_object()
        font["/BaseFont"] = pdf_name("/ZapfDingbats")
        writer.update_container(font)

    return updated(bases.loose, change)


@attack("shadow-06-hide-and-replace-page-tree")
def _shadow_06(bases: Bases) -> bytes:
    def change(writer: IncrementalPdfFileWriter) -> None:
        writer.root["/Pages"] = writer.root.raw_get("/Other")
        writer.update_root()

    return updated(bases.loose, change)


@attack("shadow-07-hide-and-replace-by-table-of-places")
def _shadow_07(bases: Bases) -> bytes:
    contents, hidden = _number_of(bases.loose, b"Contents"), _number_of(bases.loose, b"Hidden")
    return redirected(bases.loose, contents, _offset_of(bases.loose, hidden))


@attack("shadow-08-hide-and-replace-content-redefined")
def _shadow_08(bases: Bases) -> bytes:
    def change(writer: IncrementalPdfFileWriter) -> None:
        _page(writer)["/Contents"] = writer.root.raw_get("/Hidden")

    return updated(bases.loose, change)


# --- coverage --------------------------------------------------------------------------------------------------------------------------------


@attack("coverage-01-begins-late")
def _coverage_01(bases: Bases) -> bytes:
    numbers, _found = ranges(bases.bt)
    return with_ranges(bases.bt, f"9 {numbers[1] - 9} {numbers[2]} {numbers[3]}")


@attack("coverage-02-hole-is-larger-than-the-container")
def _coverage_02(bases: Bases) -> bytes:
    numbers, _found = ranges(bases.bt)
    return with_ranges(bases.bt, f"0 {numbers[1] - 40} {numbers[2]} {numbers[3]}")


@attack("coverage-03-ends-early")
def _coverage_03(bases: Bases) -> bytes:
    numbers, _found = ranges(bases.bt)
    return with_ranges(bases.bt, f"0 {numbers[1]} {numbers[2]} {numbers[3] - 60}")


@attack("coverage-04-two-holes")
def _coverage_04(bases: Bases) -> bytes:
    numbers, _found = ranges(bases.bt)
    return with_ranges(bases.bt, f"0 9 9 9 {numbers[2]} 9")


@attack("coverage-05-negative")
def _coverage_05(bases: Bases) -> bytes:
    numbers, _found = ranges(bases.bt)
    return with_ranges(bases.bt, f"0 {numbers[1]} {numbers[2]} -1")


# --- wrapping and spoofing -------------------------------------------------------------------------------------------------------------------


@attack("wrapping-01-annotation-with-visible-change")
def _wrapping_01(bases: Bases) -> bytes:
    def change(writer: IncrementalPdfFileWriter) -> None:
        _annotation(writer, "/Stamp")
        _page(writer, 1)["/Contents"] = _stream(writer, b"0 0 1 rg 0 0 595 842 re f")

    return updated(bases.blt, change)


@attack("wrapping-02-hide-by-crop-box")
def _wrapping_02(bases: Bases) -> bytes:
    def change(writer: IncrementalPdfFileWriter) -> None:
        _page(writer)["/CropBox"] = generic.ArrayObject([generic.NumberObject(each) for each in (0, 0, 595, 300)])

    return updated(bases.bt, change)


@attack("wrapping-03-replace-by-turning-a-page")
def _wrapping_03(bases: Bases) -> bytes:
    def change(writer: IncrementalPdfFileWriter) -> None:
        _page(writer, 2)["/Rotate"] = generic.NumberObject(180)

    return updated(bases.bt, change)


@attack("wrapping-04-edited-between-two-signatures-and-after")
def _wrapping_04(bases: Bases) -> bytes:
    return updated(updated(bases.two, _annotation), lambda writer: writer.set_info(generic.DictionaryObject()))


@attack("wrapping-05-edited-and-saved-anew")
def _wrapping_05(bases: Bases) -> bytes:
    out = BytesIO()
    with pikepdf.open(BytesIO(bases.bt)) as pdf:
        pdf.pages[0].obj.Rotate = 90
        pdf.save(out)
    return out.getvalue()


@attack("wrapping-06-container-envelops-another-document")
def _wrapping_06(bases: Bases) -> bytes:
    held, _start, _end = container(bases.bb)
    held["content"]["encap_content_info"]["content"] = cms.ContentInfo.load(held.dump()).dump()[:200]
    return with_container(bases.bb, held.dump(force=True))


@attack("wrapping-07-annotation-on-an-archived-file")
def _wrapping_07(bases: Bases) -> bytes:
    return updated(bases.blta, _annotation)


@attack("wrapping-08-reason-replaced")
def _wrapping_08(bases: Bases) -> bytes:
    def change(writer: IncrementalPdfFileWriter) -> None:
        fields = writer.root["/AcroForm"]["/Fields"]
        for field in [fields[number] for number in range(len(fields))]:
            if field.get("/FT") == "/Sig":
                value = field["/V"]
                value["/Reason"] = pdf_string("I agreed to nothing")
                writer.update_container(value)

    return updated(bases.bt, change)


@attack("wrapping-09-ranges-overlap")
def _wrapping_09(bases: Bases) -> bytes:
    numbers, _found = ranges(bases.bt)
    return with_ranges(bases.bt, f"0 {numbers[2] + 10} {numbers[2]} {numbers[3]}")


@attack("wrapping-10-two-signers-in-one-container")
def _wrapping_10(bases: Bases) -> bytes:
    held, _start, _end = container(bases.bb)
    one = held["content"]["signer_infos"][0]
    held["content"]["signer_infos"] = cms.SignerInfos([one, cms.SignerInfo.load(one.dump())])
    held["content"]["signer_infos"][1]["signature"] = bytes(70)
    return with_container(bases.bb, held.dump(force=True))


@attack("wrapping-11-pages-removed")
def _wrapping_11(bases: Bases) -> bytes:
    def change(writer: IncrementalPdfFileWriter) -> None:
        tree = writer.root["/Pages"]
        tree["/Kids"] = generic.ArrayObject([tree["/Kids"].raw_get(0)])
        tree["/Count"] = generic.NumberObject(1)
        writer.update_container(tree)

    return updated(bases.bt, change)


@attack("wrapping-12-page-added-to-an-archived-file")
def _wrapping_12(bases: Bases) -> bytes:
    return updated(bases.blta, lambda writer: writer.insert_page(PageObject(contents=_stream(writer, b"q Q"), media_box=(0, 0, 595, 842))))


@attack("wrapping-13-digest-of-the-content-replaced")
def _wrapping_13(bases: Bases) -> bytes:
    """The digest fits the forged bytes; the signature over the digest does not."""
    forged = _own_01(bases)
    held, _start, _end = container(forged)
    before, after = (hashlib.sha256(each[: ranges(each)[0][1]] + each[ranges(each)[0][2] :]).digest() for each in (bases.bt, forged))
    assert held.dump().count(before) == 1
    return with_container(forged, held.dump().replace(before, after))


@attack("wrapping-14-object-outside-of-the-ranges")
def _wrapping_14(bases: Bases) -> bytes:
    held, start, end = container(bases.bt)
    room = end - start
    text = held.dump().hex().encode()
    smuggled = b"> /Smuggled (Fee: 9) /Rest <"
    return bases.bt[:start] + (text + smuggled).ljust(room, b"0") + bases.bt[end:]


@attack("wrapping-15-container-of-another-file")
def _wrapping_15(bases: Bases) -> bytes:
    held, _start, _end = container(bases.bb)
    return with_container(bases.evil if len(bases.evil) >= len(bases.bb) else bases.bt, held.dump())


@attack("wrapping-16-second-half-moved-away")
def _wrapping_16(bases: Bases) -> bytes:
    numbers, found = ranges(bases.bt)
    smuggled = b"\n99 0 obj\n<</Type/Catalog/Pages 98 0 R>>\nendobj\n98 0 obj\n<</Type/Pages/Kids[]/Count 0>>\nendobj\n"
    moved = numbers[2] + len(smuggled)
    text = f"/ByteRange [0 {numbers[1]} {moved} {numbers[3]}]".encode()
    head = bases.bt[: numbers[2]]
    return head[: found.start()] + text.ljust(len(found[0])) + head[found.end() :] + smuggled + bases.bt[numbers[2] :]
