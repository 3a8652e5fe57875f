"""Rate limits that hold across processes and restarts: a bucket for each key in the database, filled evenly over time."""

import threading
import time
from dataclasses import dataclass

from django.db import connection
from django.utils.translation import gettext as _

from boardwell.kernel.errors import BoardwellError

_GREATER = {"sqlite": "MAX", "postgresql": "GREATEST"}
_MOST_HELD = 10_000


class TooMany(BoardwellError):  # noqa: N818 - the house's own word
    """Asked too often (429); raised by doors, never by an action. `wait_seconds` says when the next try can succeed."""

    status = 429

    def __init__(self, wait_seconds: int) -> None:
        super().__init__(_("You asked too often. Wait %(seconds)d s and try again.") % {"seconds": wait_seconds})
        self.wait_seconds = wait_seconds


@dataclass(frozen=True, slots=True)
class Limit:
    """`amount` asks at once, and again as many every `seconds`; an amount of 0 is no limit.

    A busy key takes `block` asks from the database in one statement and spends them in this process. They are taken
    before they are spent, so all processes together never grant more than the bucket held.
    """

    name: str
    amount: int
    seconds: int = 60
    block: int = 1


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether it was granted, how many asks are left, and how long to wait (0 when granted)."""

    limit: Limit
    granted: bool
    left: int
    wait_seconds: int


SEARCHES = Limit("search", 120)
UPLOADS = Limit("upload", 120)
"""For each person: far above what hands can do, far below what a program can."""

_held: dict[str, tuple[int, int]] = {}
"""Bucket → (asks taken and not yet spent, asks that the database had left then)."""
_lock = threading.Lock()


def spend(limit: Limit, who: str) -> Verdict:
    """Takes one ask out of somebody's bucket. Call it outside a transaction, which could take it back."""
    if not limit.amount:
        return Verdict(limit, True, 0, 0)
    key = f"{limit.name}:{who}"[:120]
    with _lock:
        held, left = _held.get(key, (0, 0))
        if held:
            _held[key] = (held - 1, left)
            return Verdict(limit, True, held - 1 + left, 0)
    block = max(1, min(limit.block, limit.amount))
    left, wait = _take(key, limit, block)
    if wait and block > 1:
        block = 1
        left, wait = _take(key, limit, block)
    if wait:
        return Verdict(limit, False, 0, wait)
    with _lock:
        if len(_held) >= _MOST_HELD:
            _held.clear()  # gives away asks that were taken already: strict, never generous
        held, _left = _held.get(key, (0, 0))
        _held[key] = (held + block - 1, left)
        return Verdict(limit, True, held + block - 1 + left, 0)


def require(limit: Limit, who: str) -> None:
    """Takes one ask, or raises TooMany."""
    verdict = spend(limit, who)
    if not verdict.granted:
        raise TooMany(verdict.wait_seconds)


def _take(key: str, limit: Limit, asks: int) -> tuple[int, int]:
    """(asks left, 0) or (0, seconds to wait). One conditional statement, so two processes cannot both take the last ask."""
    at = int(time.time() * 1_000_000)
    window = limit.seconds * 1_000_000
    cost = asks * window // limit.amount
    greater = _GREATER[connection.vendor]
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO kernel_ratebucket (key, full_at) VALUES (%s, %s) ON CONFLICT (key) DO UPDATE "
            f"SET full_at = {greater}(kernel_ratebucket.full_at, %s) + %s "
            f"WHERE {greater}(kernel_ratebucket.full_at, %s) + %s <= %s RETURNING full_at",
            [key, at + cost, at, cost, at, cost, at + window],
        )
        taken = cursor.fetchone()
        if taken is not None:
            return (at + window - taken[0]) * limit.amount // window, 0
        cursor.execute("SELECT full_at FROM kernel_ratebucket WHERE key = %s", [key])
        row = cursor.fetchone()
    full_at = row[0] if row else at
    return 0, max(1, -(-(full_at + cost - at - window) // 1_000_000))
