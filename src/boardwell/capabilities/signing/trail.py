"""What happened to an envelope, chained: each entry carries the hash of the one before, so that none can be changed or left out unseen."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any

START = "0" * 64


def canonical(value: Any) -> str:
    """JSON with sorted keys, no spaces, UTF-8: the text that is hashed."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def sha256(content: bytes | str) -> str:
    """In hexadecimal."""
    return hashlib.sha256(content.encode() if isinstance(content, str) else content).hexdigest()


def head_of(trail: Sequence[Mapping[str, Any]]) -> str:
    """The hash of the last entry."""
    return sha256(canonical(trail[-1])) if trail else START


def with_entry(trail: Sequence[Mapping[str, Any]], at: str, what: str, who: str, more: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The trail with one entry more."""
    return [*trail, {"n": len(trail), "at": at, "what": what, "who": who, **more, "prev": head_of(trail)}]


def is_whole(trail: Sequence[Mapping[str, Any]]) -> bool:
    """Whether every entry follows from the one before."""
    before = START
    for number, entry in enumerate(trail):
        if entry.get("n") != number or entry.get("prev") != before:
            return False
        before = sha256(canonical(entry))
    return True
