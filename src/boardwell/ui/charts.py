"""Charts as plain geometry: what share of which bar is how long; drawn by templates as SVG with a table behind; pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

TONES = ("good", "warn", "bad", "info", "neutral", "action")


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of a bar. `start` and `size` are in hundredths of the longest bar; `tone` gives its colour, `label` its meaning."""

    label: str
    value: int
    tone: str
    start: float
    size: float


@dataclass(frozen=True, slots=True)
class Bar:
    """One row of a chart; `href` leads to what it counts."""

    label: str
    href: str
    total: int
    parts: tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class Column:
    """One column; `height` in hundredths of the tallest one."""

    label: str
    value: int
    height: float


def stacked(rows: Iterable[tuple[str, str, Sequence[tuple[str, int, str]]]]) -> tuple[Bar, ...]:
    """Bars of (label, href, [(label, value, tone)…]), all on one scale. Empty pieces are left out."""
    listed = [(label, href, [piece for piece in pieces if piece[1] > 0]) for label, href, pieces in rows]
    longest = max((sum(value for _label, value, _tone in pieces) for _row, _href, pieces in listed), default=0) or 1
    bars = []
    for label, href, pieces in listed:
        start, parts = 0.0, []
        for name, value, tone in pieces:
            size = 100 * value / longest
            parts.append(Part(name, value, tone, round(start, 3), round(size, 3)))
            start += size
        bars.append(Bar(label, href, sum(value for _name, value, _tone in pieces), tuple(parts)))
    return tuple(bars)


def columns(values: Iterable[tuple[str, int]]) -> tuple[Column, ...]:
    """Columns of (label, value) on one scale; a value of nought has no height."""
    listed = list(values)
    tallest = max((value for _label, value in listed), default=0) or 1
    return tuple(Column(label, value, round(100 * value / tallest, 3)) for label, value in listed)


def ring(done: int, total: int, radius: float = 42) -> tuple[float, float]:
    """(drawn, left) lengths of a ring's line for `done` of `total`; nothing is drawn when there is nothing to do."""
    around = 2 * 3.141592653589793 * radius
    share = min(1.0, max(0.0, done / total)) if total else 0.0
    return round(around * share, 2), round(around * (1 - share), 2)
