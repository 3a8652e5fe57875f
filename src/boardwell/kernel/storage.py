"""Keeps uploads: bounded, sniffed, hashed, sealed and written whole under a path that no user chose."""

import hashlib
import logging
import secrets
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import batched
from typing import IO, Protocol
from urllib.parse import quote

import puremagic
from django.conf import settings
from django.utils.translation import gettext as _

from boardwell.kernel import contents, sealedstream, stores
from boardwell.kernel.errors import Invalid, NotFound, Unavailable

_CHUNK = 256 * 1024
log = logging.getLogger("boardwell.storage")

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
    "xes": ("application/xml", ()),
    "xml": ("application/xml", ()),
    "json": ("application/json", ()),
    "gz": ("application/gzip", (b"\x1f\x8b",)),
}
"""Extension → media type and the first bytes it must have; text has none, but may hold no NUL."""

_SAME = {"jpeg": "jpg", "xmlocel": "xml", "jsonocel": "json"}
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
    path = f"{secrets.token_hex(1)}/{secrets.token_hex(20)}"
    digest, size, first = hashlib.sha256(), 0, b""

    def content() -> Iterator[bytes]:
        nonlocal size, first
        while chunk := stream.read(_CHUNK):
            size += len(chunk)
            if size > most:
                raise Invalid(_("“%(name)s” is larger than %(most)d MB.") % {"name": clean, "most": most // 1_048_576})
            first = first or bytes(chunk[:4096])
            digest.update(chunk)
            yield chunk
        _check_content(first, ending, clean, size)

    stores.store().write(path, sealedstream.sealed(content(), path))
    try:
        with open_stored(path) as kept:
            contents.check(kept, ending, clean)
    except BaseException:
        remove_stored(path)
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
    """The kept bytes, to read and to search in. NotFound when they are gone, Unavailable when they cannot be read.

    Whoever reads on meets sealedstream.Damaged where bytes were changed, and not a byte after it.
    """
    try:
        return sealedstream.opened(stores.store().open(path), path)
    except FileNotFoundError as problem:
        raise NotFound(_("This file is not kept any more.")) from problem
    except OSError as problem:
        log.exception("a kept file cannot be opened")
        raise Unavailable(_("This file cannot be read now. Tell whoever runs Boardwell for you; the log says why.")) from problem


def remove_stored(path: str) -> None:
    """Deletes the bytes; deleting twice changes nothing."""
    stores.store().remove(path)


def stored_before(moment: datetime, size: int = 500) -> Iterator[list[str]]:
    """Paths of what was last written before that moment, also of uploads that broke off, in batches."""
    for batch in batched(stores.store().written_before(moment), size, strict=False):
        yield list(batch)


def content_disposition(name: str, *, inline: bool = False) -> str:
    """A header value with the name in both forms (RFC 6266, RFC 8187)."""
    plain = "".join(c if c.isascii() and c.isprintable() and c not in '"\\' else "_" for c in name)
    return f"{'inline' if inline else 'attachment'}; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"
