"""Who may write next, and who waits for which flush."""

import threading
import time
from collections import deque
from typing import NamedTuple

RUSH = 100
"""Turns within a second: more than people make, and more than background work makes by itself."""


class _Waiting(NamedTuple):
    turn: threading.Lock
    shares: bool


class Turnstile:
    """A lock that is handed to whoever has waited longest; whoever gives it up may be another thread than the holder."""

    def __init__(self) -> None:
        self._mutex = threading.Lock()
        self._held = False
        self._waiting: deque[_Waiting] = deque()
        self._second, self._turns, self._turns_before = 0, 0, 0

    def enter(self, timeout: float, *, shares: bool = False) -> bool:
        """Waits for the turn; False when it did not come within `timeout` seconds. `shares`: whether `pass_on` may hand it over."""
        with self._mutex:
            self._count()
            if not self._held:
                self._held = True
                return True
            mine = _Waiting(threading.Lock(), shares)
            mine.turn.acquire()
            self._waiting.append(mine)
        if mine.turn.acquire(timeout=timeout):
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
                self._waiting.popleft().turn.release()
            else:
                self._held = False

    def pass_on(self) -> bool:
        """Hands the turn to the next if they share; else keeps it and returns False."""
        with self._mutex:
            if not (self._waiting and self._waiting[0].shares):
                return False
            self._waiting.popleft().turn.release()
            return True

    @property
    def is_wanted(self) -> bool:
        """Whether somebody is waiting; for work that can stop half-way and go on later."""
        return bool(self._waiting)

    @property
    def in_rush(self) -> bool:
        """Whether more than `RUSH` turns were taken in this second or the one before it."""
        with self._mutex:
            self._count(0)
            return max(self._turns, self._turns_before) > RUSH

    def _count(self, turns: int = 1) -> None:
        second = int(time.monotonic())
        if second != self._second:
            self._turns_before = self._turns if second == self._second + 1 else 0
            self._second, self._turns = second, 0
        self._turns += turns


class Flush:
    """What several writers wait for: the commit of the transaction in which all their changes stand."""

    def __init__(self) -> None:
        self._waiting: list[threading.Lock] = []
        self._problem: BaseException | None = None

    def __len__(self) -> int:
        return len(self._waiting)

    def join(self) -> threading.Lock:
        """Registers a waiter; only while holding the turn."""
        mine = threading.Lock()
        mine.acquire()
        self._waiting.append(mine)
        return mine

    def withdraw(self, mine: threading.Lock) -> None:
        """Takes a waiter out again; only while holding the turn."""
        self._waiting.remove(mine)

    def wait(self, mine: threading.Lock) -> BaseException | None:
        """Waits for the end; returns why nothing of it is kept, None when everything is."""
        mine.acquire()
        return self._problem

    def end(self, problem: BaseException | None = None) -> None:
        """Lets everybody go on."""
        self._problem = problem
        for waiting in self._waiting:
            waiting.release()
