"""Seals small secrets that must be read again: AES-256-GCM under the installation's key, bound to the place they stand in."""

import base64
import secrets

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from boardwell.kernel.keys import kept_key

_MARK = "s1."
"""Which way of sealing it is; a new one gets a new mark, and what is sealed stays readable."""
_NONCE_BYTES = 12


class Broken(RuntimeError):  # noqa: N818 - the house's own word
    """The seal does not fit: changed, from another installation, or moved here from another place."""


def seal(text: str, place: str) -> str:
    """The sealed form of a text; `place` (such as a row's id) must be given again to read it, so that rows cannot be swapped."""
    nonce = secrets.token_bytes(_NONCE_BYTES)
    closed = AESGCM(kept_key("sealing")).encrypt(nonce, text.encode(), place.encode())
    return _MARK + base64.urlsafe_b64encode(nonce + closed).decode()


def unseal(sealed: str, place: str) -> str:
    """The text, or Broken."""
    if not sealed.startswith(_MARK):
        raise Broken("this was not sealed here")
    try:
        raw = base64.urlsafe_b64decode(sealed.removeprefix(_MARK))
        return AESGCM(kept_key("sealing")).decrypt(raw[:_NONCE_BYTES], raw[_NONCE_BYTES:], place.encode()).decode()
    except (InvalidTag, ValueError) as problem:
        raise Broken("the seal does not fit") from problem
