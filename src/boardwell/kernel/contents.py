"""Looks into a kept upload before anybody may have it: what an archive holds, how many pixels a picture has, whether it is two files in one."""

import io
import struct
import warnings
import zipfile
from typing import IO

from django.utils.translation import gettext as _
from PIL import Image

from boardwell.kernel.errors import Invalid

MOST_ENTRIES = 5_000
MOST_UNPACKED = 1_000_000_000
"""Bytes that an archive may say it unpacks to."""
MOST_RATIO = 200
"""Times its size that an archive may unpack to, once it is large: office documents stay under 40."""
SMALL_UNPACKED = 20_000_000
MOST_PIXELS = 100_000_000
_OFFICE = {"docx": "word/", "xlsx": "xl/", "pptx": "ppt/"}
_END = b"PK\x05\x06"
_END_BYTES = 22


def check(stream: IO[bytes], ending: str, name: str) -> None:
    """Raises Invalid with what is wrong and what to send instead; reads lists and headers, unpacks nothing."""
    if ending in {"zip", *_OFFICE}:
        _archive(stream, ending, name)
        return
    if _is_archive_too(stream):
        raise Invalid(_("“%(name)s” is two kinds of file in one. Save it again in its own program and send that.") % {"name": name})
    if ending in {"png", "jpg"}:
        _picture(stream, name)


def _archive(stream: IO[bytes], ending: str, name: str) -> None:
    try:
        with zipfile.ZipFile(stream) as archive:
            entries = archive.infolist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError, struct.error, OSError) as problem:
        raise Invalid(_("“%(name)s” is damaged. Open it in its own program, save it again and send that.") % {"name": name}) from problem
    unpacked = sum(entry.file_size for entry in entries)
    packed = sum(entry.compress_size for entry in entries)
    if (
        len(entries) > MOST_ENTRIES or unpacked > MOST_UNPACKED or (unpacked > SMALL_UNPACKED and unpacked > MOST_RATIO * max(1, packed))
    ):  # fmt: skip
        raise Invalid(_("“%(name)s” unpacks to far more than it should. Send what is in it in smaller pieces.") % {"name": name})
    if any(entry.flag_bits & 1 for entry in entries):
        raise Invalid(_("“%(name)s” is locked with a password. Send it without one.") % {"name": name})
    names = [entry.filename.replace("\\", "/") for entry in entries]
    if any(one.startswith("/") or ":" in one.split("/")[0] or ".." in one.split("/") for one in names):
        raise Invalid(_("“%(name)s” wants to write outside its folder. Pack the files again and send that.") % {"name": name})
    if ending not in _OFFICE:
        return
    if "[Content_Types].xml" not in names or not any(one.startswith(_OFFICE[ending]) for one in names):
        raise Invalid(
            _("“%(name)s” is not a %(kind)s file inside. Save it again in the right format.") % {"name": name, "kind": ending.upper()}
        )
    if any(one.rpartition("/")[2].lower() == "vbaproject.bin" for one in names):
        raise Invalid(_("“%(name)s” contains macros. Save it without them and send that.") % {"name": name})


def _is_archive_too(stream: IO[bytes]) -> bool:
    """Whether the file ends as a ZIP archive does, whatever it begins as (APPNOTE.TXT 4.3.16)."""
    size = stream.seek(0, io.SEEK_END)
    start = stream.seek(max(0, size - _END_BYTES - 0xFFFF))
    tail = stream.read()
    at = tail.rfind(_END)
    while at >= 0:
        if at + _END_BYTES <= len(tail) and start + at + _END_BYTES + int.from_bytes(tail[at + 20 : at + 22], "little") == size:
            return True
        at = tail.rfind(_END, 0, at)
    return False


def _picture(stream: IO[bytes], name: str) -> None:
    stream.seek(0)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            with Image.open(stream, formats=("PNG", "JPEG")) as picture:
                width, height = picture.size
    except Image.DecompressionBombError:
        width = height = MOST_PIXELS
    except (OSError, ValueError, SyntaxError, struct.error) as problem:
        raise Invalid(_("“%(name)s” is damaged. Open it in its own program, save it again and send that.") % {"name": name}) from problem
    if width * height > MOST_PIXELS:
        raise Invalid(
            _("“%(name)s” has more than %(most)d million pixels. Make the picture smaller and send that.")
            % {"name": name, "most": MOST_PIXELS // 1_000_000}
        )
