"""What an upload holds is looked at before anybody may have it."""

import io
import zipfile
import zlib

import pytest
from PIL import Image

from boardwell.kernel import contents
from boardwell.kernel.errors import Invalid

WORD = {"[Content_Types].xml": b"<Types/>", "word/document.xml": b"<document/>"}


def packed(entries: dict[str, bytes], *, stored: bool = False) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED if stored else zipfile.ZIP_DEFLATED) as archive:
        for name, content in entries.items():
            archive.writestr(name, content)
    return out.getvalue()


def picture(width: int, height: int, kind: str = "PNG") -> bytes:
    out = io.BytesIO()
    Image.new("1" if kind == "PNG" else "L", (width, height)).save(out, kind)
    return out.getvalue()


def locked() -> bytes:
    archive = bytearray(packed({"a.txt": b"x"}, stored=True))
    for mark, place in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        archive[archive.index(mark) + place] |= 1
    return bytes(archive)


def vast(width: int, height: int) -> bytes:
    """A picture whose head says a size that its body does not have."""
    head = width.to_bytes(4) + height.to_bytes(4) + bytes([1, 0, 0, 0, 0])
    return picture(1, 1)[:8] + (13).to_bytes(4) + b"IHDR" + head + zlib.crc32(b"IHDR" + head).to_bytes(4) + picture(1, 1)[33:]


@pytest.mark.parametrize(
    ("content", "ending"),
    [
        (packed(WORD), "docx"),
        (packed({**WORD, "xl/workbook.xml": b""}), "xlsx"),
        (packed({"a/b.txt": b"x", "c.csv": b""}), "zip"),
        (packed({}), "zip"),
        (b"%PDF-1.7\n" + packed({"a": b"b"}) + b"\nendstream\n%%EOF\n", "pdf"),
        (picture(300, 200), "png"),
        (picture(300, 200, "JPEG"), "jpg"),
        (b"PK\x05\x06 stands here", "txt"),
    ],
)
def test_honest_files_pass(content: bytes, ending: str) -> None:
    contents.check(io.BytesIO(content), ending, f"one.{ending}")


@pytest.mark.parametrize(
    ("content", "ending", "said"),
    [
        (packed({"word/document.xml": b""}), "docx", "not a DOCX file inside"),
        (packed({"[Content_Types].xml": b"", "xl/workbook.xml": b""}), "docx", "not a DOCX file inside"),
        (packed({**WORD, "word/vbaProject.bin": b"x"}), "docx", "contains macros"),
        (packed({"../../etc/cron.d/x": b""}), "zip", "outside its folder"),
        (packed({"/etc/passwd": b""}), "zip", "outside its folder"),
        (packed({"C:\\boot.ini": b""}), "zip", "outside its folder"),
        (packed({"a\\..\\..\\b": b""}), "zip", "outside its folder"),
        (packed({"zeros": bytes(30_000_000)}), "zip", "unpacks to far more"),
        (packed({f"{n}": b"" for n in range(contents.MOST_ENTRIES + 1)}), "zip", "unpacks to far more"),
        (locked(), "zip", "locked with a password"),
        (b"PK\x03\x04" + bytes(200), "xlsx", "is damaged"),
        (packed(WORD)[:-10], "docx", "is damaged"),
        (b"%PDF-1.7\n" + packed({"a": b"b"}), "pdf", "two kinds of file in one"),
        (b"%PDF-1.7\n" + packed({"a": b"b"})[:-2] + (6).to_bytes(2, "little") + b"%%EOF\n", "pdf", "two kinds of file in one"),
        (picture(9, 9) + packed({"a": b"b"}), "png", "two kinds of file in one"),
        (picture(9, 9)[:20], "png", "is damaged"),
        (b"\xff\xd8\xff" + bytes(50), "jpg", "is damaged"),
        (vast(20_000, 6_000), "png", "more than 100 million pixels"),
        (vast(60_000, 60_000), "png", "more than 100 million pixels"),
    ],
)
def test_what_is_not_what_it_says_is_refused_with_a_way_out(content: bytes, ending: str, said: str) -> None:
    with pytest.raises(Invalid, match=said):
        contents.check(io.BytesIO(content), ending, f"one.{ending}")
