"""The installation's Ed25519 key, which signs checkpoints of the audit log; kept in VAR/keys, made on first use."""

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from boardwell.kernel.keys import kept_key


def _key() -> Ed25519PrivateKey:
    return Ed25519PrivateKey.from_private_bytes(kept_key("audit-ed25519"))


def sign(message: bytes) -> bytes:
    """The 64-byte signature of a message."""
    return _key().sign(message)


def public_key() -> bytes:
    """The 32 bytes that anybody verifies with."""
    return _key().public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
