"""Asks ClamAV about a file, over the socket of its daemon (clamd(8), INSTREAM)."""

import logging
import socket
from collections.abc import Iterator
from contextlib import closing
from enum import StrEnum
from typing import IO
from urllib.parse import urlsplit

from django.conf import settings

log = logging.getLogger("boardwell.scanning")
_CHUNK = 256 * 1024
_SECONDS = 30


class Verdict(StrEnum):
    """What came of a scan."""

    OFF = ""
    """No scanner is configured."""
    CLEAN = "clean"
    FOUND = "found"
    HELD = "held"
    """The scanner gave no answer."""


def scan(stream: IO[bytes]) -> Verdict:
    """What the scanner says of the rest of the stream. Never raises: a scanner that is down, slow or strange is HELD."""
    if not settings.CLAMD:
        return Verdict.OFF
    try:
        with closing(_connected()) as connection:
            connection.sendall(b"zINSTREAM\0")
            for chunk in _chunks(stream):
                connection.sendall(len(chunk).to_bytes(4) + chunk)
            connection.sendall(bytes(4))
            answer = b"".join(iter(lambda: connection.recv(4096), b"")).rstrip(b"\0\n").decode(errors="replace")
    except OSError as problem:
        log.warning("the virus scanner does not answer: %s", problem)
        return Verdict.HELD
    if answer.endswith(": OK"):
        return Verdict.CLEAN
    if answer.endswith(" FOUND"):
        log.warning("the virus scanner found %s", answer.removeprefix("stream: "))
        return Verdict.FOUND
    log.warning("the virus scanner answered: %s", answer[:200])
    return Verdict.HELD


def _connected() -> socket.socket:
    address = urlsplit(settings.CLAMD)
    if address.scheme == "unix":
        connection = socket.socket(socket.AF_UNIX)
        connection.settimeout(_SECONDS)
        try:
            connection.connect(address.path)
        except OSError:
            connection.close()
            raise
        return connection
    return socket.create_connection((address.hostname or "localhost", address.port or 3310), _SECONDS)


def _chunks(stream: IO[bytes]) -> Iterator[bytes]:
    return iter(lambda: stream.read(_CHUNK), b"")
