"""Ranges of days as plain geometry, all on one scale: from when to when, the middle, what was planned and promised; pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Protocol

WIDTH = 200.0
_MARGIN = 4.0


class Spread(Protocol):
    """What is drawn: a range with its middle."""

    @property
    def p10(self) -> date:
        """Nine in ten come later."""

    @property
    def p50(self) -> date:
        """The middle."""

    @property
    def p90(self) -> date:
        """Nine in ten come by then."""


@dataclass(frozen=True, slots=True)
class Drawn[Of: Spread]:
    """One row: where its bar begins, how wide it is, where its middle stands, in a picture WIDTH wide."""

    of: Of
    x: float
    width: float
    middle: float


@dataclass(frozen=True, slots=True)
class Picture[Of: Spread]:
    """The rows, and where the planned and the promised day stand (None: there is none)."""

    rows: tuple[Drawn[Of], ...]
    planned: float | None
    promised: float | None


def lay_out[Of: Spread](ranges: Sequence[Of], planned_on: date | None, promised_on: date | None) -> Picture[Of]:
    """Puts ranges and days on one scale. A range of a single day is still seen."""
    days = [day for one in ranges for day in (one.p10, one.p90)] + [day for day in (planned_on, promised_on) if day is not None]
    if not ranges:
        return Picture((), None, None)
    first, last = min(days).toordinal(), max(days).toordinal()
    unit = (WIDTH - 2 * _MARGIN) / max(1, last - first)

    def at(day: date) -> float:
        return round(_MARGIN + (day.toordinal() - first) * unit, 2)

    rows = tuple(Drawn(one, at(one.p10), max(3.0, round(at(one.p90) - at(one.p10), 2)), at(one.p50)) for one in ranges)
    return Picture(rows, at(planned_on) if planned_on else None, at(promised_on) if promised_on else None)
