"""The outbox: an event is written in the transaction of its effect, and heard by listeners after commit."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

import msgspec
from django.db import connection

from boardwell.kernel import tenancy
from boardwell.kernel.clock import now
from boardwell.kernel.sql import Statement, insert_rows, insertion, instant
from boardwell.kernel.wake import EVENTS, announce


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Base of all events: a frozen dataclass of plain values, named in the past tense (`StepCompleted`)."""


_ENCODER = msgspec.json.Encoder(order="deterministic")
_COLUMNS = ("organisation_id", "name", "body", "happened_at", "dispatched_at")
_CAUSED = (*_COLUMNS, "cause")


def encode(value: Any) -> str:
    """Compact JSON of an event or of plain values; dates and instants become ISO 8601, sets are sorted."""
    return _ENCODER.encode(value).decode()


def emit(*happenings: Event) -> None:
    """Writes the events; must be called inside the transaction of the effect. One statement for all of them.

    What nobody listens to is kept as delivered already, and wakes no worker.
    """
    if happenings:
        insert_rows("kernel_outboxevent", *_rows(happenings))


def emission(*happenings: Event) -> Statement:
    """The statement by which `emit` would write a few events, at least one, for the caller to run with others of its own."""
    return insertion("kernel_outboxevent", *_rows(happenings))


def _rows(happenings: tuple[Event, ...]) -> tuple[tuple[str, ...], list[tuple[Any, ...]]]:
    if not connection.in_atomic_block:
        raise RuntimeError("emit outside a transaction: the effect and its event must commit together")
    context, at = tenancy.current(), instant(now())
    organisation_id = context.organisation_id
    rows = []
    for each in happenings:
        name = type(each).__name__
        rows.append((organisation_id, name, encode(each), at, None if name in _listeners else at))
    if any(row[-1] is None for row in rows):
        announce(EVENTS)
    if context.cause:
        return _CAUSED, [(*row, context.cause) for row in rows]
    return _COLUMNS, rows


type Listener = Callable[[Heard], None]


@dataclass(frozen=True, slots=True)
class Heard:
    """An event as a listener gets it. `id` never changes across retries: use it to be safe to repeat.

    `cause` names what set it off where that was no person, and is handed on to what listeners set off.
    """

    id: int
    organisation_id: str
    name: str
    body: dict[str, Any]
    happened_at: datetime
    cause: str = ""


_listeners: dict[str, list[tuple[str, Listener]]] = {}


type Awaits = Callable[[], Collection[str]]
_awaits: dict[str, Awaits] = {}


def listen(*events: type[Event], name: str | None = None, awaits: Awaits | None = None) -> Callable[[Listener], Listener]:
    """Registers a listener, run by the worker inside `acting_for(organisation)` and one transaction, retried on failure.

    `awaits` is for a listener that mostly has nothing to do: asked once for several events, by which names it wants to hear any now.
    """

    def register(function: Listener) -> Listener:
        label = name or f"{function.__module__}.{function.__qualname__}"
        if awaits is not None:
            _awaits[label] = awaits
        for event in events:
            _listeners.setdefault(event.__name__, []).append((label, function))
        return function

    return register


def listeners_for(event_name: str) -> list[tuple[str, Listener]]:
    """The listeners of one event, in order of registration."""
    return _listeners.get(event_name, [])


def awaited(label: str, heard: Sequence[Heard]) -> Sequence[Heard]:
    """Those of the events that the listener wants to hear just now."""
    if (awaits := _awaits.get(label)) is None:
        return heard
    names = awaits()
    return [each for each in heard if each.name in names]


def field_names(event: type[Event]) -> list[str]:
    """The body's keys; for documentation."""
    return [each.name for each in fields(event)]
