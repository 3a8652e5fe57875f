"""When a meeting can be: working hours, days off, notice, buffers and what is taken, on a grid of quarter hours; pure.

A cell is a quarter of an hour, counted from 1970 in UTC. Whether a cell is worked is asked of the host's own clock, cell by cell,
so that a night in which the clocks change needs no rule: the hour that is missing is in no cell, the one that comes twice is in eight.
Every zone's offset has been a whole number of quarter hours since 1972, save a few that are history.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

CELL_MINUTES = 15
_CELL = timedelta(minutes=CELL_MINUTES)
_ORIGIN = datetime(1970, 1, 1, tzinfo=UTC)

type Hours = Mapping[int, Sequence[tuple[time, time]]]
"""By weekday (Monday is 0): from when until when, each on a quarter hour; `time.min` as an end is midnight."""


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of time, from `start` up to `end`; aware instants."""

    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Host:
    """One of us: their hours by their own clock, the days on which they work none, and what is taken already.

    Between two meetings lies at least the longer of the two buffers, of which one runs before and the other after.
    `load` is how many meetings they hold around now: who has the fewest is asked first.
    """

    id: str
    zone: str
    hours: Hours
    closed: Collection[date] = frozenset()
    taken: Sequence[Span] = ()
    before_minutes: int = 0
    after_minutes: int = 0
    load: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What kind of time is wanted. `together`: all hosts at once; else any one of them. `every_minutes`: how often a slot begins."""

    minutes: int
    notice_hours: int = 24
    horizon_days: int = 30
    together: bool = True
    every_minutes: int = 30


@dataclass(frozen=True, slots=True)
class Slot:
    """A time that can be had, and who would come."""

    start: datetime
    end: datetime
    host_ids: tuple[str, ...] = field(default=())


def cells_of(start: datetime, end: datetime) -> range:
    """Every cell that a stretch of time touches."""
    first = (start - _ORIGIN) // _CELL
    last = -((_ORIGIN - end) // _CELL)
    return range(first, max(last, first))


def begin_of(cell: int) -> datetime:
    """The instant at which a cell begins."""
    return _ORIGIN + cell * _CELL


def spans_of(cells: Iterable[int]) -> tuple[Span, ...]:
    """Cells as the fewest stretches of time."""
    found: list[list[int]] = []
    for cell in sorted(set(cells)):
        if found and found[-1][1] == cell:
            found[-1][1] = cell + 1
        else:
            found.append([cell, cell + 1])
    return tuple(Span(begin_of(first), begin_of(last)) for first, last in found)


def slots(hosts: Sequence[Host], wish: Wish, at: datetime) -> list[Slot]:
    """Every slot from now until the horizon, in order. With `together` all hosts are in each; else the fairest free one is.

    Slots begin on every full `every_minutes` of the first host's clock. No hosts, no slots.
    """
    if not hosts:
        return []
    earliest = at + timedelta(hours=wish.notice_hours)
    first, last = -((_ORIGIN - earliest) // _CELL), (at + timedelta(days=wish.horizon_days) - _ORIGIN) // _CELL
    length = -(-wish.minutes // CELL_MINUTES)
    free = [_free_cells(host, range(first, last + length)) for host in hosts]
    order = sorted(range(len(hosts)), key=lambda n: (hosts[n].load, hosts[n].id))
    found = []
    for cell in range(first, last):
        who = [n for n in order if all(each in free[n] for each in range(cell, cell + length))]
        if not who or (wish.together and len(who) < len(hosts)):
            continue
        clock = begin_of(cell).astimezone(ZoneInfo(hosts[0].zone))
        if (clock.hour * 60 + clock.minute) % wish.every_minutes:
            continue
        begin = begin_of(cell)
        ids = tuple(host.id for host in hosts) if wish.together else (hosts[who[0]].id,)
        found.append(Slot(begin, begin + timedelta(minutes=wish.minutes), ids))
    return found


def slot_at(hosts: Sequence[Host], wish: Wish, at: datetime, start: datetime) -> Slot | None:
    """The slot that begins at an instant, when there is one."""
    return next((slot for slot in slots(hosts, wish, at) if slot.start == start), None)


def _free_cells(host: Host, cells: range) -> set[int]:
    zone = ZoneInfo(host.zone)
    gap = timedelta(minutes=max(host.before_minutes, host.after_minutes))
    blocked: set[int] = set()
    for span in host.taken:
        touched = cells_of(span.start - gap, span.end + gap)
        blocked.update(range(max(touched.start, cells.start), min(touched.stop, cells.stop)))
    hours = {day: [_minutes_of(each) for each in listed] for day, listed in host.hours.items()}
    free = set()
    for cell in cells:
        if cell in blocked:
            continue
        clock = begin_of(cell).astimezone(zone)
        minute = clock.hour * 60 + clock.minute
        if any(opens <= minute < closes for opens, closes in hours.get(clock.weekday(), ())) and clock.date() not in host.closed:
            free.add(cell)
    return free


def _minutes_of(hours: tuple[time, time]) -> tuple[int, int]:
    opens, closes = (each.hour * 60 + each.minute for each in hours)
    return opens, closes or 24 * 60
