"""Keeps uploads: bounded, sniffed, hashed, written atomically under a path that no user chose."""

import hashlib
import os
import secrets
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import batched
from pathlib import Path
from typing import IO, Protocol
from urllib.parse import quote

import puremagic
from django.conf import settings
from django.utils.translation import gettext as _

from boardwell.kernel.errors import Invalid, NotFound

_CHUNK = 256 * 1024

KNOWN_TYPES: dict[str, tuple[str, tuple[bytes, ...]]] = {
    "pdf": ("application/pdf", (b"%PDF-",)),
    "png": ("image/png", (b"\x89PNG\r\n\x1a\n",)),
    "jpg": ("image/jpeg", (b"\xff\xd8\xff",)),
    "docx": ("application/vnd.openxmlformats-officedocument.wordprocessingml.document", (b"PK\x03\x04",)),
    "xlsx": ("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", (b"PK\x03\x04",)),
    "pptx": ("application/vnd.openxmlformats-officedocument.presentationml.presentation", (b"PK\x03\x04",)),
    "zip": ("application/zip", (b"PK\x03\x04", b"PK\x05\x06")),
    "csv": ("text/csv", ()),
    "txt": ("text/plain", ()),
}
"""Extension → media type and the first bytes it must have; text has none, but may hold no NUL."""

_SAME = {"jpeg": "jpg"}
DEFAULT_ACCEPT = ("pdf", "png", "jpg", "docx", "xlsx", "pptx", "csv", "txt")


class Upload(Protocol):
    """What Django's uploaded files and open files have in common."""

    def read(self, size: int = ..., /) -> bytes:
        """Up to `size` bytes."""


@dataclass(frozen=True, slots=True)
class Stored:
    """A kept file; `path` is relative to the store."""

    path: str
    name: str
    media_type: str
    size_bytes: int
    sha256: str


def safe_name(name: str) -> str:
    """The last part of a file's name, without control, direction or path characters, at most 200 characters."""
    base = name.replace("\\", "/").rpartition("/")[2]
    kept = "".join(c for c in base if unicodedata.category(c) not in {"Cc", "Cf", "Cs", "Co"} and c not in '<>:"|?*')
    kept = " ".join(kept.split()).strip(". ")
    stem, dot, ending = kept.rpartition(".")
    return (f"{stem[:180]}.{ending[:15]}" if dot else kept[:200]) or "file"


def store(stream: Upload, name: str, *, accept: Iterable[str] = DEFAULT_ACCEPT, max_bytes: int | None = None) -> Stored:
    """Keeps the upload, or raises Invalid saying what is wrong and what to send instead; then nothing is kept."""
    clean = safe_name(name)
    ending = clean.rpartition(".")[2].lower()
    ending = _SAME.get(ending, ending)
    allowed = [kind for kind in accept if kind in KNOWN_TYPES]
    if ending not in allowed:
        raise Invalid(_("“%(name)s” cannot be used here. Send one of: %(kinds)s.") % {"name": clean, "kinds": ", ".join(allowed)})
    most = max_bytes or settings.UPLOAD_MAX_BYTES
    root = _root()
    path = f"{secrets.token_hex(1)}/{secrets.token_hex(20)}"
    target = root / path
    target.parent.mkdir(parents=True, exist_ok=True)
    partial = target.with_suffix(".part")
    digest, size, first = hashlib.sha256(), 0, b""
    try:
        with partial.open("wb") as out:
            while chunk := stream.read(_CHUNK):
                size += len(chunk)
                if size > most:
                    raise Invalid(_("“%(name)s” is larger than %(most)d MB.") % {"name": clean, "most": most // 1_048_576})
                if not first:
                    first = bytes(chunk[:4096])
                digest.update(chunk)
                out.write(chunk)
            out.flush()
            os.fsync(out.fileno())
        _check_content(first, ending, clean, size)
        partial.replace(target)
    except BaseException:
        partial.unlink(missing_ok=True)
        raise
    return Stored(path, clean, KNOWN_TYPES[ending][0], size, digest.hexdigest())


def _check_content(first: bytes, ending: str, name: str, size: int) -> None:
    if size == 0:
        raise Invalid(_("“%(name)s” is empty. Choose the file again.") % {"name": name})
    starts = KNOWN_TYPES[ending][1]
    fits = any(first.startswith(start) for start in starts) if starts else b"\x00" not in first
    if not fits:
        raise Invalid(
            _("“%(name)s” is not a %(kind)s file inside. It looks like %(found)s. Save it again in the right format.")
            % {"name": name, "kind": ending.upper(), "found": _looks_like(first)}
        )


def _looks_like(first: bytes) -> str:
    try:
        return str(puremagic.from_string(first)).lstrip(".").upper() or _("something else")
    except (puremagic.PureError, ValueError):
        return _("something else")


def open_stored(path: str) -> IO[bytes]:
    """The kept bytes. NotFound when they are gone."""
    try:
        return (_root() / path).open("rb")
    except OSError as problem:
        raise NotFound(_("This file is not kept any more.")) from problem


def remove_stored(path: str) -> None:
    """Deletes the bytes; deleting twice changes nothing."""
    (_root() / path).unlink(missing_ok=True)


def stored_before(moment: datetime, size: int = 500) -> Iterator[list[str]]:
    """Paths of what was last written before that moment, also of uploads that broke off, in batches."""
    old = (file for file in _root().glob("??/*") if file.is_file() and file.stat().st_mtime < moment.timestamp())
    for batch in batched(old, size, strict=False):
        yield [f"{file.parent.name}/{file.name}" for file in batch]


def content_disposition(name: str, *, inline: bool = False) -> str:
    """A header value with the name in both forms (RFC 6266, RFC 8187)."""
    plain = "".join(c if c.isascii() and c.isprintable() and c not in '"\\' else "_" for c in name)
    return f"{'inline' if inline else 'attachment'}; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"


def _root() -> Path:
    return Path(settings.FILES_ROOT)
