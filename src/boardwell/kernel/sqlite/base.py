"""The database backend: before a thread asks SQLite for the write lock, it waits for its turn among the threads of this process.

SQLite's own waiting is sleep and try again, at most every 100 ms and in no order: background work that commits and begins anew at once
would keep pages out for seconds. Other processes still meet at SQLite's lock.

Threads whose verb allows it (`kernel/flush`) write with one connection, the pen, one after the other in one transaction, each in a savepoint.
Who sees nobody behind them commits for all, and only then anybody goes on: one flush and one set of pages for several.
"""

import threading
import time
from sqlite3 import DatabaseError
from typing import Any

from django.db import OperationalError
from django.db.backends.sqlite3 import base

from boardwell.kernel.flush import is_shared
from boardwell.kernel.sqlite.turns import Flush, Turnstile

DEFAULT_TIMEOUT_SECONDS = 5.0
MOMENTS, MOMENT_SECONDS = 3, 0.0003
"""How often, and for how long, who would flush for few waits when the last flush was for many."""


class Desk:
    """What the threads of this process share of one database file. Pen and flush belong to whoever has the turn."""

    def __init__(self) -> None:
        self.turnstile = Turnstile()
        self.pen: Any = None
        self.flush: Flush | None = None
        self.crowd = 0
        """How many waited for whoever made the last flush."""

    def drop_pen(self) -> None:
        """Closes the pen; the next who needs it opens another."""
        pen, self.pen = self.pen, None
        if pen is not None:
            pen.close()

    def tidy(self) -> None:
        """Drops the pen unless somebody writes, so that it never outlives the file."""
        if self.pen is not None and self.turnstile.enter(0):
            try:
                self.drop_pen()
            finally:
                self.turnstile.leave()


_desks: dict[str, Desk] = {}
_making = threading.Lock()


def desk_of(name: str) -> Desk:
    """The desk of a database file."""
    with _making:
        return _desks.setdefault(name, Desk())


class DatabaseWrapper(base.DatabaseWrapper):
    """Django's SQLite, with the turn held from BEGIN to COMMIT or ROLLBACK."""

    connection: Any

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.stays_apart = False
        """Whether this thread's own connection was set up in a way that others must not meet, and that must not be evaded by the pen."""
        self._desk: Desk | None = None
        self._own: Any = None
        self._flush: Flush | None = None
        self._is_behind_others = False

    @property
    def others_wait(self) -> bool:
        """Whether another thread of this process waits until this transaction ends."""
        return self._desk is not None and self._desk.turnstile.is_wanted

    @property
    def in_rush(self) -> bool:
        """Whether threads of this process have been writing one after the other lately."""
        return desk_of(str(self.settings_dict["NAME"])).turnstile.in_rush

    def _start_transaction_under_autocommit(self) -> None:
        desk = desk_of(str(self.settings_dict["NAME"]))
        timeout = float(self.settings_dict["OPTIONS"].get("timeout", DEFAULT_TIMEOUT_SECONDS))
        began = time.monotonic()
        shares = is_shared() and not self.stays_apart and not self.is_in_memory_db()
        if not desk.turnstile.enter(timeout, shares=shares):
            raise OperationalError(f"database is locked: no turn to write within {time.monotonic() - began:.0f} seconds")
        self._desk = desk
        try:
            if shares:
                self._begin_with_pen(desk)
            else:
                super()._start_transaction_under_autocommit()  # type: ignore[misc]  # Django's own, unknown to the stubs
        except BaseException as problem:
            self._end_flush(desk, problem)
            self._leave()
            raise

    def _begin_with_pen(self, desk: Desk) -> None:
        if desk.flush is not None and not desk.pen.in_transaction:
            # SQLite itself gave the transaction up, as it does when the disk is full: nothing of those before is left.
            self._end_flush(desk, OperationalError("the transaction was given up"))
        if desk.pen is None:
            other = self.copy()
            other.ensure_connection()
            desk.pen = other.connection
        self._own, self.connection = self.connection, desk.pen
        if desk.flush is not None:
            self._is_behind_others = True
            self.connection.execute("SAVEPOINT shared")
        else:
            try:
                with self.wrap_database_errors:
                    self.connection.execute("BEGIN IMMEDIATE")
            except BaseException:
                desk.drop_pen()
                raise
            desk.flush = Flush()
        self._flush = desk.flush

    def _commit(self) -> None:
        desk, flush = self._desk, self._flush
        if desk is None or flush is None:
            super()._commit()  # type: ignore[misc]  # when it fails the transaction is still open: Django rolls back
            self._leave()
        else:
            if self._is_behind_others:
                with self.wrap_database_errors:
                    self.connection.execute("RELEASE shared")
            self._finish(desk, flush)

    def _finish(self, desk: Desk, flush: Flush) -> None:
        """Waits for the flush if somebody comes who will see to it, else commits for everybody."""
        mine = flush.join()
        if self._passed_on(desk, flush):
            self._desk = None
            self._leave()
            if (problem := flush.wait(mine)) is not None:
                raise OperationalError(f"the flush failed: {problem}") from problem
            return
        flush.withdraw(mine)
        try:
            if not self.connection.in_transaction:
                raise OperationalError("the transaction was given up")
            super()._commit()  # type: ignore[misc]
        except BaseException as problem:
            self._end_flush(desk, problem)
            raise
        self._end_flush(desk)
        self._leave()

    def _passed_on(self, desk: Desk, flush: Flush) -> bool:
        """Hands the turn to somebody who shares; in a crowd those who are on their way get a moment to come."""
        for _moment in range(MOMENTS):
            if desk.turnstile.pass_on():
                return True
            if desk.turnstile.is_wanted or 2 * len(flush) > desk.crowd:
                return False
            time.sleep(MOMENT_SECONDS)
        return desk.turnstile.pass_on()

    def _end_flush(self, desk: Desk, problem: BaseException | None = None) -> None:
        flush, desk.flush, self._flush = desk.flush, None, None
        if flush is None:
            return
        desk.crowd = len(flush)
        try:
            if problem is not None:
                desk.pen.rollback()
        except DatabaseError:
            desk.drop_pen()
        finally:
            flush.end(problem)

    def _rollback(self) -> None:
        desk, flush = self._desk, self._flush
        try:
            if desk is None or flush is None or not self._is_behind_others:
                super()._rollback()  # type: ignore[misc]
                if desk is not None and flush is not None:
                    self._end_flush(desk)
            elif self.connection.in_transaction:
                with self.wrap_database_errors:
                    self.connection.execute("ROLLBACK TO shared")
                    self.connection.execute("RELEASE shared")
                self._finish(desk, flush)  # what was refused because of those before must not be answered before they are durable
            else:
                self._end_flush(desk, OperationalError("the transaction was given up"))
        finally:
            self._leave()

    def _leave(self) -> None:
        """Puts the pen back and hands the turn to the next."""
        if self._own is not None:
            self.connection, self._own = self._own, None
        self._flush, self._is_behind_others = None, False
        if self._desk is not None:
            desk, self._desk = self._desk, None
            desk.turnstile.leave()

    def _close(self) -> None:
        try:
            if self._flush is not None:
                self._rollback()
            super()._close()  # type: ignore[misc]
        finally:
            self._leave()
        desk_of(str(self.settings_dict["NAME"])).tidy()
