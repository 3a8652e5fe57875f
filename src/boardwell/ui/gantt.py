"""Where the bars and lines of a plan over time stand: a row for each step, a column for each day; pure."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

ROW, BAR, TOP, LABEL, EDGE = 30, 14, 44, 232, 12
MOST_WIDE, LEAST, WIDEST = 690, 5, 26
"""Pixels that the days get when they fit, and the least and most that one of them gets."""
_LETTERS = 30


@dataclass(frozen=True, slots=True)
class Item:
    """One step. `on` is the last day; `words` say all of it for those who do not see it; `tone` is its side."""

    key: str
    title: str
    starts_on: date
    on: date
    words: str
    href: str = ""
    tone: str = "ours"
    is_done: bool = False
    is_late: bool = False
    is_critical: bool = False
    is_milestone: bool = False
    baseline_starts_on: date | None = None
    baseline_on: date | None = None
    waits_for: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Mark:
    """A bar or a milestone with its label; `base_x` and `base_width` are the bar that it had in the first plan."""

    item: Item
    y: int
    x: float
    width: float
    base_x: float | None
    base_width: float

    @property
    def label(self) -> str:
        """The title as it fits beside the bars."""
        title = self.item.title
        return title if len(title) <= _LETTERS else title[: _LETTERS - 1].rstrip() + "…"

    @property
    def middle(self) -> int:
        """The height of the bar's middle."""
        return self.y + ROW // 2

    @property
    def diamond(self) -> str:
        """A milestone's outline."""
        x, y = round(self.x + self.width / 2, 1), self.middle
        return f"M{x} {y - 8}L{x + 8} {y}L{x} {y + 8}L{x - 8} {y}Z"


@dataclass(frozen=True, slots=True)
class Band:
    """A stretch of days: a month above, or days on which no work is done."""

    x: float
    width: float
    first: date


@dataclass(frozen=True, slots=True)
class Heading:
    """A stage's name above its rows."""

    title: str
    y: int


@dataclass(frozen=True, slots=True)
class Gantt:
    """Everything in pixels, also `day`, the width of one. `lines` are SVG paths from what comes first to what waits; `critical` those between critical steps."""

    width: int
    height: int
    day: float
    chart_x: int
    bottom: int
    marks: list[Mark]
    headings: list[Heading]
    months: list[Band]
    weeks: list[Band]
    idle: list[Band]
    today_x: float | None
    promised_x: float | None
    lines: list[str] = field(default_factory=list)
    critical: list[str] = field(default_factory=list)


def lay_out(
    stages: Sequence[tuple[str, Iterable[Item]]], *, today: date, days_off: Collection[date] = (), promised_on: date | None = None
) -> Gantt:
    """The picture; empty stages are left out."""
    listed = [(title, list(items)) for title, items in stages]
    items = [item for _title, inside in listed for item in inside]
    first = min([min(item.starts_on, item.baseline_starts_on or item.on) for item in items], default=today)
    last = max([max(item.on, item.baseline_on or item.on) for item in items], default=today)
    if promised_on is not None and last < promised_on < last + timedelta(days=120):
        last = promised_on
    if first - timedelta(days=30) <= today <= last + timedelta(days=30):
        first, last = min(first, today), max(last, today)
    first, last = first - timedelta(days=first.weekday()), last + timedelta(days=3)
    days = (last - first).days + 1
    day = max(LEAST, min(WIDEST, MOST_WIDE / days))

    def at(one: date) -> float:
        return round(LABEL + (one - first).days * day, 1)

    marks, headings, y = [], [], TOP
    for title, inside in listed:
        if not inside:
            continue
        headings.append(Heading(title, y))
        y += ROW
        for item in inside:
            base_from = item.baseline_starts_on or item.baseline_on
            base, base_width = None, 0.0
            if base_from is not None and item.baseline_on is not None:
                base, base_width = at(max(base_from, first)), round(((item.baseline_on - max(base_from, first)).days + 1) * day, 1)
            marks.append(Mark(item, y, at(item.starts_on), round(((item.on - item.starts_on).days + 1) * day, 1), base, base_width))
            y += ROW
    gantt = Gantt(
        width=round(LABEL + days * day) + EDGE, height=y + EDGE, day=round(day, 3), chart_x=LABEL, bottom=y, marks=marks, headings=headings,
        months=_bands(first, last, day), weeks=_weeks(first, last, day),
        idle=[Band(at(one), round(day, 1), one) for one in sorted(days_off) if first <= one <= last],
        today_x=at(today) + round(day / 2, 1) if first <= today <= last else None,
        promised_x=at(promised_on) + day if promised_on is not None and first <= promised_on <= last else None,
    )  # fmt: skip
    by_key = {mark.item.key: mark for mark in marks}
    _draw_lines(gantt, by_key)
    return gantt


def _draw_lines(gantt: Gantt, by_key: Mapping[str, Mark]) -> None:
    for mark in gantt.marks:
        for key in mark.item.waits_for:
            if key in by_key and key != mark.item.key:
                both = by_key[key].item.is_critical and mark.item.is_critical
                (gantt.critical if both else gantt.lines).append(_line(by_key[key], mark))


def _line(start: Mark, end: Mark) -> str:
    """From the end of what comes first down (or up) to the beginning of what waits for it."""
    x1, x2 = round(start.x + start.width, 1), round(end.x, 1)
    side = -1 if end.y < start.y else 1
    y2 = end.middle - side * (BAR // 2 + 1)
    if x2 >= x1:
        corner = round(x2 + min(5, end.width / 2), 1)
        return f"M{x1} {start.middle}H{corner}V{y2}"
    corner = round(x1 + 5, 1)
    turn = start.middle + side * ROW // 2
    return f"M{x1} {start.middle}H{corner}V{turn}H{round(x2 - 6, 1)}V{end.middle}H{x2}"


def _bands(first: date, last: date, day: float) -> list[Band]:
    """The months, from the first day that is shown, where there is room for the name and the year."""
    found, begins = [], first
    while begins <= last:
        following = (begins.replace(day=1) + timedelta(days=32)).replace(day=1)
        until = min(following, last + timedelta(days=1))
        if (until - begins).days * day >= 108:
            found.append(Band(round(LABEL + (begins - first).days * day, 1), round((until - begins).days * day, 1), begins))
        begins = following
    return found


def _weeks(first: date, last: date, day: float) -> list[Band]:
    """The Mondays; every second or fourth where a week has little room."""
    every = 7 if day * 7 >= 34 else 14 if day * 14 >= 34 else 28
    return [
        Band(round(LABEL + number * day, 1), round(every * day, 1), first + timedelta(days=number))
        for number in range(0, (last - first).days + 1, every)
    ]
