"""Typed, sortable, prefixed ids such as jrn_01jd3…: 48 bits of milliseconds and 80 random bits, in Crockford base 32."""

import secrets
import time

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
LENGTH = 26
MAX_LENGTH = 32
"""Prefix of at most five letters, an underscore and 26 characters."""


def new_id(prefix: str) -> str:
    """A fresh id; ids made in a later millisecond sort after earlier ones."""
    number = (time.time_ns() // 1_000_000) << 80 | secrets.randbits(80)
    characters = [_ALPHABET[(number >> shift) & 31] for shift in range(125, -1, -5)]
    return f"{prefix}_{''.join(characters)}"


def is_id(text: str, prefix: str) -> bool:
    """Whether `text` has the shape of an id with this prefix; says nothing about existence."""
    head, _, tail = text.partition("_")
    return head == prefix and len(tail) == LENGTH and all(character in _ALPHABET for character in tail)
