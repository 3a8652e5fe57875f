"""The database backend: before a thread asks SQLite for the write lock, it waits for its turn among the threads of this process.

SQLite's own waiting is sleep and try again, at most every 100 ms and in no order: background work that commits and begins anew at once
would keep pages out for seconds. Other processes still meet at SQLite's lock.
"""

import threading
import time
from collections import deque
from typing import Any

from django.db import OperationalError
from django.db.backends.sqlite3 import base

DEFAULT_TIMEOUT_SECONDS = 5.0


class Turnstile:
    """A lock that is handed to whoever has waited longest; whoever gives it up may be another thread than the holder."""

    def __init__(self) -> None:
        self._mutex = threading.Lock()
        self._held = False
        self._waiting: deque[threading.Lock] = deque()

    def enter(self, timeout: float) -> bool:
        """Waits for the turn; False when it did not come within `timeout` seconds."""
        with self._mutex:
            if not self._held:
                self._held = True
                return True
            mine = threading.Lock()
            mine.acquire()
            self._waiting.append(mine)
        if mine.acquire(timeout=timeout):
            return True
        with self._mutex:
            if mine in self._waiting:
                self._waiting.remove(mine)
                return False
        return True  # it was handed over in the very moment of giving up

    def leave(self) -> None:
        """Hands the turn to the next."""
        with self._mutex:
            if self._waiting:
                self._waiting.popleft().release()
            else:
                self._held = False

    @property
    def is_wanted(self) -> bool:
        """Whether somebody is waiting; for work that can stop half-way and go on later."""
        return bool(self._waiting)


_turnstiles: dict[str, Turnstile] = {}
_making = threading.Lock()


def turnstile_of(name: str) -> Turnstile:
    """The turnstile of a database file."""
    with _making:
        return _turnstiles.setdefault(name, Turnstile())


class DatabaseWrapper(base.DatabaseWrapper):
    """Django's SQLite, with the turn held from BEGIN to COMMIT or ROLLBACK."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._turn: Turnstile | None = None

    @property
    def others_wait(self) -> bool:
        """Whether another thread of this process waits until this transaction ends."""
        return self._turn is not None and self._turn.is_wanted

    def _start_transaction_under_autocommit(self) -> None:
        turnstile = turnstile_of(str(self.settings_dict["NAME"]))
        timeout = float(self.settings_dict["OPTIONS"].get("timeout", DEFAULT_TIMEOUT_SECONDS))
        began = time.monotonic()
        if not turnstile.enter(timeout):
            raise OperationalError(f"database is locked: no turn to write within {time.monotonic() - began:.0f} seconds")
        self._turn = turnstile
        try:
            super()._start_transaction_under_autocommit()  # type: ignore[misc]  # Django's own, unknown to the stubs
        except BaseException:
            self._leave()
            raise

    def _leave(self) -> None:
        if self._turn is not None:
            turn, self._turn = self._turn, None
            turn.leave()

    def _commit(self) -> None:
        super()._commit()  # type: ignore[misc]  # when it fails the transaction is still open: Django rolls back
        self._leave()

    def _rollback(self) -> None:
        try:
            super()._rollback()  # type: ignore[misc]
        finally:
            self._leave()

    def _close(self) -> None:
        try:
            super()._close()  # type: ignore[misc]
        finally:
            self._leave()
