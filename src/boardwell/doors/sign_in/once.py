"""Things that happen once, or a few times at most, however many requests ask for them at the same moment."""

import hashlib

from django.core.cache import cache


def claim(seconds: int, *parts: str) -> bool:
    """True for the first caller who names these parts within the time; the database decides between two at once."""
    digest = hashlib.sha256("\0".join(parts).encode()).hexdigest()
    return bool(cache.add(f"once:{digest}", 1, seconds))


def claim_one_of(most: int, seconds: int, *parts: str) -> bool:
    """True for the first `most` callers."""
    return any(claim(seconds, *parts, str(number)) for number in range(most))
