"""Typed, sortable, prefixed ids such as jrn_01jd3…: 48 bits of milliseconds and 80 random bits, in Crockford base 32."""

import secrets
import time

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
_PAIRS = [high + low for high in _ALPHABET for low in _ALPHABET]
"""Every two characters by their ten bits: one look-up where there would be two."""
_PAIR_SHIFTS = tuple(range(120, -1, -10))
_COUNTED_BITS = 30
LENGTH = 26
MAX_LENGTH = 32
"""Prefix of at most five letters, an underscore and 26 characters."""


def _text(number: int) -> str:
    return "".join([_PAIRS[(number >> shift) & 1023] for shift in _PAIR_SHIFTS])


def _milliseconds() -> int:
    return time.time_ns() // 1_000_000


def new_id(prefix: str) -> str:
    """A fresh id; ids made in a later millisecond sort after earlier ones."""
    return f"{prefix}_{_text(_milliseconds() << 80 | secrets.randbits(80))}"


def new_ids(prefix: str, count: int) -> list[str]:
    """Fresh ids that sort in the order of the list, as for the rows of one plan: neighbours in the index, cheap to insert.

    They share their instant and 50 random bits and count up from 29 more, as monotonic ULIDs do: who sees one can guess
    the others, so an id is never a secret.
    """
    if count > 1 << (_COUNTED_BITS - 1):
        raise ValueError("too many ids at once")
    first = secrets.randbits(_COUNTED_BITS - 1)
    shared = _text(_milliseconds() << 80 | secrets.randbits(50) << _COUNTED_BITS)[:20]
    head = f"{prefix}_{shared}"
    return [f"{head}{_PAIRS[number >> 20]}{_PAIRS[number >> 10 & 1023]}{_PAIRS[number & 1023]}" for number in range(first, first + count)]


def is_id(text: str, prefix: str) -> bool:
    """Whether `text` has the shape of an id with this prefix; says nothing about existence."""
    head, _, tail = text.partition("_")
    return head == prefix and len(tail) == LENGTH and all(character in _ALPHABET for character in tail)
