"""Files encrypted at rest, each under a key of its own, in chunks that can be read from anywhere and not be cut, swapped or moved.

The construction is STREAM (Hoang, Reyhanitabar, Rogaway, Vizár 2015), as the age file format uses it: the nonce of a chunk is its
number and whether it is the last, so a chunk that is missing, repeated or out of place does not open. The file's key stands at its
head, sealed under the installation's key and bound to the path, so one file cannot be laid in another's place.
"""

import io
import secrets
from collections.abc import Iterable, Iterator
from typing import IO

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from boardwell.kernel.keys import KEY_BYTES, kept_key

CHUNK = 64 * 1024
"""Bytes of content in every chunk but the last."""
_MARK = b"bwf1"
_NONCE, _TAG = 12, 16
_HEAD = len(_MARK) + _NONCE + KEY_BYTES + _TAG


class Damaged(OSError):  # noqa: N818 - the house's own word
    """The bytes are not those that were kept here: changed, cut, or of another place or installation."""


def sealed(content: Iterable[bytes], path: str) -> Iterator[bytes]:
    """The bytes to keep at `path`, as the content comes in; memory is one chunk whatever the size."""
    key, nonce = AESGCM.generate_key(KEY_BYTES * 8), secrets.token_bytes(_NONCE)
    yield _MARK + nonce + AESGCM(kept_key("files")).encrypt(nonce, key, path.encode())
    cipher, waiting, number = AESGCM(key), bytearray(), 0
    for part in content:
        waiting += part
        while len(waiting) > CHUNK:  # one byte more than a chunk: what is left is never empty
            yield cipher.encrypt(_nonce(number, last=False), bytes(waiting[:CHUNK]), None)
            del waiting[:CHUNK]
            number += 1
    yield cipher.encrypt(_nonce(number, last=True), bytes(waiting), None)


def opened(stream: IO[bytes], path: str) -> IO[bytes]:
    """The content as a stream that can be read and searched in; takes the kept stream over. Raises Damaged, also while reading."""
    return io.BufferedReader(_Opened(stream, path), CHUNK)


def _nonce(number: int, *, last: bool) -> bytes:
    return number.to_bytes(_NONCE - 1) + bytes([last])


class _Opened(io.RawIOBase):
    def __init__(self, stream: IO[bytes], path: str) -> None:
        self._stream, self._place = stream, 0
        head = stream.read(_HEAD)
        body = stream.seek(0, io.SEEK_END) - _HEAD
        try:
            nonce, closed = head[len(_MARK) : len(_MARK) + _NONCE], head[len(_MARK) + _NONCE :]
            self._cipher = AESGCM(AESGCM(kept_key("files")).decrypt(nonce, closed, path.encode()))
        except (InvalidTag, ValueError) as problem:
            raise Damaged(f"{path} was not sealed here") from problem
        self._last = max(0, -(-body // (CHUNK + _TAG)) - 1)
        self._size = body - (self._last + 1) * _TAG
        if not head.startswith(_MARK) or self._size < 0:
            raise Damaged(f"{path} is cut short")
        self._number, self._content = -1, b""
        if not self._size:
            self._chunk(0)  # nothing to read later, so what stands there is looked at now

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        start = {io.SEEK_SET: 0, io.SEEK_CUR: self._place, io.SEEK_END: self._size}[whence]
        if start + offset < 0:
            raise ValueError("before the beginning")
        self._place = start + offset
        return self._place

    def tell(self) -> int:
        return self._place

    def readinto(self, into: memoryview) -> int:  # type: ignore[override]
        number, within = divmod(self._place, CHUNK)
        if self._place >= self._size:
            return 0
        part = self._chunk(number)[within : within + len(into)]
        into[: len(part)] = part
        self._place += len(part)
        return len(part)

    def _chunk(self, number: int) -> bytes:
        if number != self._number:
            self._stream.seek(_HEAD + number * (CHUNK + _TAG))
            closed = self._stream.read(CHUNK + _TAG)
            try:
                self._content = self._cipher.decrypt(_nonce(number, last=number == self._last), closed, None)
            except (InvalidTag, ValueError) as problem:
                raise Damaged(f"chunk {number} is not what was kept") from problem
            self._number = number
        return self._content

    def close(self) -> None:
        self._stream.close()
        super().close()
