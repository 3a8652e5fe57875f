"""The installation's Ed25519 key, which signs checkpoints of the audit log; kept in VAR/keys, made on first use."""

from functools import lru_cache
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from django.conf import settings


@lru_cache(maxsize=4)
def _key(path: Path) -> Ed25519PrivateKey:
    if path.exists():
        return Ed25519PrivateKey.from_private_bytes(path.read_bytes())
    made = Ed25519PrivateKey.generate()
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    path.touch(mode=0o600)
    path.write_bytes(made.private_bytes(Encoding.Raw, PrivateFormat.Raw, NoEncryption()))
    return made


def sign(message: bytes) -> bytes:
    """The 64-byte signature of a message."""
    return _key(settings.VAR / "keys" / "audit-ed25519").sign(message)


def public_key() -> bytes:
    """The 32 bytes that anybody verifies with."""
    return _key(settings.VAR / "keys" / "audit-ed25519").public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
