"""What every event log comes to: rows as they stand in a file, cases with their activities, and what was wrong with a row; pure."""

from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import NamedTuple, Protocol

MOST_EVENTS = 1_000_000
"""Events of one file."""


class Bytes(Protocol):
    """What can be read piece by piece."""

    def read(self, size: int = -1, /) -> bytes:
        """Up to `size` bytes; all that is left when negative."""


class LogError(ValueError):
    """The file is no event log that can be used; `code` names why: empty, no_headers, broken, doctype, too_large, kind."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class Raw(NamedTuple):
    """One event as it stands in the file. `line` where; `transition` of the lifecycle, "" when the log names none."""

    line: int
    case: str
    activity: str
    at: str
    began_at: str = ""
    transition: str = ""
    instance: str = ""


class Fault(NamedTuple):
    """An event that was left out. `code`: case, activity, time, order."""

    line: int
    code: str
    value: str


class Done(NamedTuple):
    """One activity of a case that was done; `began_at` None where the log does not say when it began."""

    activity: str
    began_at: datetime | None
    at: datetime


class Trace(NamedTuple):
    """One case: what was done, in order of time."""

    key: str
    done: tuple[Done, ...]


type Clock = Callable[[str], datetime | None]
_FORMATS = (
    "%Y/%m/%d %H:%M:%S", "%Y/%m/%d %H:%M", "%d.%m.%Y %H:%M:%S", "%d.%m.%Y %H:%M", "%d-%m-%Y %H:%M:%S", "%d-%m-%Y %H:%M",
    "%d/%m/%Y %H:%M:%S", "%d/%m/%Y %H:%M", "%m/%d/%Y %H:%M:%S", "%m/%d/%Y %H:%M", "%m/%d/%Y %I:%M:%S %p", "%Y-%m-%d %H:%M:%S,%f",
    "%d.%m.%Y", "%d/%m/%Y", "%m/%d/%Y",
)  # fmt: skip
_SAMPLED = 2_000


def clock_of(texts: Iterable[str]) -> Clock:
    """How this log writes its instants: ISO 8601 when most are that, else the first usual format that reads most of them.

    Day first comes before month first, so a log whose months never pass for days must be ISO. Without a zone: UTC.
    """
    sample = [text for text, _n in zip((text for text in texts if text), range(_SAMPLED), strict=False)]
    clocks: list[Clock] = [_iso, *(_of(form) for form in _FORMATS)]
    read = [sum(clock(text) is not None for text in sample) for clock in clocks]
    return clocks[read.index(max(read))]


def _iso(text: str) -> datetime | None:
    try:
        return _utc(datetime.fromisoformat(text.strip()))
    except (ValueError, OverflowError):
        return None


def _of(form: str) -> Clock:
    def clock(text: str) -> datetime | None:
        try:
            return _utc(datetime.strptime(text.strip(), form))  # noqa: DTZ007 - without a zone it is UTC
        except (ValueError, OverflowError):
            return None

    return clock


def _utc(moment: datetime) -> datetime:
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
