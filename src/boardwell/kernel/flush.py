"""A flush to disk that several writers may share: allowed by a hot verb, done by `kernel/sqlite`; PostgreSQL does it by itself."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_shared: ContextVar[bool] = ContextVar("shared_flush", default=False)


@contextmanager
def shared_flush() -> Iterator[None]:
    """A transaction that begins inside may become durable by the same flush as those of other threads; it ends only when it is.

    Each stays whole by itself: one that is refused takes nothing of the others back. For verbs whose rows refer to nothing but what
    they read in the same transaction: foreign keys are checked at the flush, and a broken one would fail it for everybody.
    """
    token = _shared.set(True)
    try:
        yield
    finally:
        _shared.reset(token)


def is_shared() -> bool:
    """Whether a transaction that begins now may share its flush."""
    return _shared.get()
