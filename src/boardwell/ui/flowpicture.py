"""Where the boxes and lines of a plan's picture stand: a column for each stage, steps below each other, a line for each need; pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

BOX_WIDTH, BOX_HEIGHT, GAP, CHANNEL, TOP, EDGE = 184, 40, 12, 56, 34, 12
_LETTERS = 21


@dataclass(frozen=True, slots=True)
class Box:
    """One step: `tone` is its side, `dashed` that it comes only under a condition, `locked` that customers do not see it."""

    key: str
    title: str
    tone: str = "ours"
    dashed: bool = False
    locked: bool = False
    milestone: bool = False
    href: str = ""
    needs: tuple[str, ...] = ()
    x: int = 0
    y: int = 0

    @property
    def short(self) -> str:
        """The title as it fits into the box."""
        return self.title if len(self.title) <= _LETTERS else self.title[: _LETTERS - 1].rstrip() + "…"


@dataclass(frozen=True, slots=True)
class Column:
    """One stage."""

    title: str
    x: int

    @property
    def short(self) -> str:
        """The title as it fits above the column."""
        return self.title if len(self.title) <= _LETTERS + 2 else self.title[: _LETTERS + 1].rstrip() + "…"


@dataclass(frozen=True, slots=True)
class Picture:
    """Width and height in pixels, columns, boxes, and lines as SVG paths. `back` lines run against the reading direction."""

    width: int
    height: int
    columns: list[Column]
    boxes: list[Box]
    lines: list[str] = field(default_factory=list)
    back: list[str] = field(default_factory=list)


def lay_out(stages: Sequence[tuple[str, Iterable[Box]]]) -> Picture:
    """The picture of stages with their boxes; needs that name no box are left out."""
    columns, boxes = [], []
    tallest = 0
    for number, (title, inside) in enumerate(stages):
        x = EDGE + number * (BOX_WIDTH + CHANNEL)
        columns.append(Column(title, x))
        placed = [
            Box(
                one.key,
                one.title,
                one.tone,
                one.dashed,
                one.locked,
                one.milestone,
                one.href,
                one.needs,
                x,
                TOP + index * (BOX_HEIGHT + GAP),
            )
            for index, one in enumerate(inside)
        ]
        tallest = max(tallest, len(placed))
        boxes += placed
    width = 2 * EDGE + max(1, len(columns)) * (BOX_WIDTH + CHANNEL) - (CHANNEL if columns else 0)
    picture = Picture(width, TOP + max(1, tallest) * (BOX_HEIGHT + GAP) + EDGE, columns, boxes)
    by_key = {box.key: box for box in boxes}
    for box in boxes:
        for need in box.needs:
            if need in by_key and need != box.key:
                (picture.lines if _forward(by_key[need], box) else picture.back).append(_line(by_key[need], box))
    return picture


def _forward(start: Box, end: Box) -> bool:
    return (start.x, start.y) < (end.x, end.y)


def _line(start: Box, end: Box) -> str:
    """From the right edge of what is needed to the left edge of what needs it; within a column along its left side."""
    y1, y2 = start.y + BOX_HEIGHT // 2, end.y + BOX_HEIGHT // 2
    if start.x == end.x:
        if end.y - start.y == BOX_HEIGHT + GAP:
            middle = start.x + BOX_WIDTH // 2
            return f"M{middle} {start.y + BOX_HEIGHT}V{end.y}"
        bend = start.x - min(10 + abs(y2 - y1) // 24, CHANNEL - 16)
        return f"M{start.x} {y1}C{bend} {y1} {bend} {y2} {end.x} {y2}"
    x1, x2 = (start.x + BOX_WIDTH, end.x) if start.x < end.x else (start.x, end.x + BOX_WIDTH)
    half = (x1 + x2) // 2
    return f"M{x1} {y1}C{half} {y1} {half} {y2} {x2} {y2}"
