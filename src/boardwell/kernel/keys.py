"""The installation's own secret keys: 32 random bytes each, in VAR/keys, made on first use and readable by the owner only."""

import os
import secrets
from contextlib import suppress
from functools import lru_cache
from pathlib import Path

from django.conf import settings

KEY_BYTES = 32


def kept_key(name: str) -> bytes:
    """The key of this name; of two processes that need a new one at once, the first wins."""
    return _read(settings.VAR / "keys" / name)


@lru_cache(maxsize=8)
def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        _make(path)
    return path.read_bytes()


def _make(path: Path) -> None:
    """Writes a new key beside its place and links it there whole."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    scratch = path.with_name(f"{path.name}.{secrets.token_hex(8)}")
    try:
        with os.fdopen(os.open(scratch, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as out:
            out.write(secrets.token_bytes(KEY_BYTES))
            out.flush()
            os.fsync(out.fileno())
        with suppress(FileExistsError):
            os.link(scratch, path)
    finally:
        scratch.unlink(missing_ok=True)
