"""How workers learn of new work: by the bell of this process, or by a message broker when there are several machines.

A message carries nothing but the id of a row. The row stays the truth: a lost message is sent again by the sweep, a doubled one finds
its row settled or locked.
"""

import threading
from collections.abc import Callable
from typing import Protocol

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import transaction
from django.utils.module_loading import import_string

bell = threading.Event()
"""Rung by a commit that left work behind, so that an idle worker in this process does not wait for its next look."""

EVENTS = 0
"""The id that stands for "there are events to deliver"."""


class Carrier(Protocol):
    """Takes ids of rows to the workers."""

    def send(self, task_id: int) -> None:
        """Sends; must not raise when the broker is away, because the sweep sends again."""


_carriers: list[Carrier] = []


def carrier() -> Carrier | None:
    """The carrier that BOARDWELL_QUEUE asks for, else None; ImproperlyConfigured when its package is not installed."""
    if not settings.QUEUE_URL:
        return None
    if not _carriers:
        try:  # by name, because Celery is an extra that is read only where it is asked for
            _carriers.append(import_string("boardwell.kernel.tasks.overcelery.CeleryCarrier")())
        except ImportError as problem:
            raise ImproperlyConfigured("BOARDWELL_QUEUE needs Celery: install boardwell[celery]") from problem
    return _carriers[0]


def announce(task_id: int) -> None:
    """Tells the workers of a task, or of EVENTS, once the caller's transaction has committed."""
    transaction.on_commit(_telling(task_id))


def _telling(task_id: int) -> Callable[[], None]:
    found = carrier()
    if found is None:
        return bell.set
    return lambda: found.send(task_id)
