"""Opens any event log: which kind it is, what can be chosen in it, its rows; pure."""

import gzip
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import IO

from boardwell.domain.journeys.csvfile import CsvProblem, rows_of, text_of
from boardwell.domain.journeys.eventlogs import ocel, xes
from boardwell.domain.journeys.eventlogs.shapes import Bytes, Fault, LogError, Raw, Trace
from boardwell.domain.journeys.eventlogs.tracing import traces_of

COLUMNS = ("case", "activity", "at", "began_at", "transition")
"""What a column of a CSV file can be; the first three are needed."""
NEEDED = COLUMNS[:3]
SAMPLE_ROWS = 5
MOST_BYTES = 1 << 30
"""Of a file once it is unpacked."""
_GUESSES: dict[str, tuple[str, ...]] = {
    "case": ("case", "caseid", "case id", "case:concept:name", "case_id", "trace", "customer", "id"),
    "activity": ("activity", "activityid", "activity id", "concept:name", "event", "step", "task"),
    "at": ("completetimestamp", "complete timestamp", "time:timestamp", "completed", "end", "end time", "timestamp", "date", "time"),
    "began_at": ("start_timestamp", "start timestamp", "start", "start time", "started"),
    "transition": ("lifecycle:transition", "lifecycle", "transition"),
}


@dataclass(frozen=True, slots=True)
class Survey:
    """What can be chosen. CSV: `headers`, the first rows and a guess; OCEL: how many `objects` there are of each type."""

    kind: str
    headers: tuple[str, ...] = ()
    sample: tuple[tuple[str, ...], ...] = ()
    guess: Mapping[str, str] | None = None
    objects: Mapping[str, int] | None = None


def kind_of(head: bytes) -> str:
    """csv, xes, ocel_json or ocel_xml by the first bytes (already unpacked)."""
    text = head.lstrip(b"\xef\xbb\xbf \t\r\n")
    if text[:1] in {b"{", b"["}:
        return "ocel_json"
    if text[:1] == b"<":
        return "xes" if b"xes" in head.lower() or b"<trace" in head or b"<extension" in head else "ocel_xml"
    return "csv"


def unpacked(stream: IO[bytes]) -> Bytes:
    """The stream itself, or what it holds when it is packed with gzip."""
    head = stream.read(2)
    stream.seek(0)
    return _Bounded(gzip.GzipFile(fileobj=stream)) if head == b"\x1f\x8b" else stream


class _Bounded:
    """A packed stream that ends in LogError where it unpacks to more than any log has."""

    def __init__(self, inner: Bytes) -> None:
        self._inner, self._read = inner, 0

    def read(self, size: int = -1, /) -> bytes:
        try:
            piece = self._inner.read(min(size, MOST_BYTES) if size >= 0 else MOST_BYTES + 1)
        except (OSError, EOFError):
            raise LogError("broken") from None
        self._read += len(piece)
        if self._read > MOST_BYTES:
            raise LogError("too_large")
        return piece


def survey(stream: IO[bytes]) -> Survey:
    """Looks at a log before it is imported. Reads XES and OCEL whole, so that a broken file is refused at once. Raises LogError."""
    content = unpacked(stream)
    head = content.read(4096)
    kind = kind_of(head)
    rest = _Rejoined(head, content)
    if kind == "csv":
        headers, rows = _rows(rest)
        sample = tuple(tuple(value[:80] for value in values) for _line, values in islice(rows, SAMPLE_ROWS))
        return Survey(kind, tuple(headers), sample, guess=guessed(headers))
    if kind == "xes":
        if not any(True for _row in xes.read_xes(rest)):
            raise LogError("empty")
        return Survey(kind)
    found = ocel.object_types_of(rest, kind)
    if not found:
        raise LogError("empty")
    return Survey(kind, objects=found)


class _Rejoined:
    """A stream of which the beginning was looked at."""

    def __init__(self, head: bytes, rest: Bytes) -> None:
        self._head, self._rest = head, rest

    def read(self, size: int = -1, /) -> bytes:
        head, self._head = self._head, b""
        if size < 0:
            return head + self._rest.read()
        if len(head) > size:
            self._head = head[size:]
            return head[:size]
        return head or self._rest.read(size)


def guessed(headers: list[str]) -> dict[str, str]:
    """Field → header for the headers that say plainly what they are; each once. Unknown ones: the first three columns in order."""
    lowered = {header.casefold(): header for header in reversed(headers)}
    found: dict[str, str] = {}
    for field, names in _GUESSES.items():
        match = next((lowered[name] for name in names if name in lowered and lowered[name] not in found.values()), None)
        if match is not None:
            found[field] = match
    if not any(field in found for field in NEEDED):
        found |= dict(zip(NEEDED, headers, strict=False))
    return found


def rows_in(stream: IO[bytes], mapping: Mapping[str, str]) -> Iterator[Raw]:
    """The rows of a log. `mapping`: CSV columns by field; for OCEL the type of objects that are cases, under `object`. Raises LogError."""
    content = unpacked(stream)
    head = content.read(4096)
    kind, rest = kind_of(head), _Rejoined(head, content)
    if kind == "csv":
        return _csv_rows(rest, mapping)
    if kind == "xes":
        return xes.read_xes(rest)
    return ocel.read_ocel(rest, kind, mapping.get("object", ""))


def _csv_rows(stream: Bytes, mapping: Mapping[str, str]) -> Iterator[Raw]:
    headers, rows = _rows(stream)
    places = {field: headers.index(header) for field, header in mapping.items() if header in headers}
    if any(field not in places for field in NEEDED):
        raise LogError("no_headers")

    def value(values: list[str], field: str) -> str:
        place = places.get(field, -1)
        return values[place] if 0 <= place < len(values) else ""

    try:
        for line, values in rows:
            yield Raw(line, *(value(values, field) for field in COLUMNS))
    except CsvProblem as problem:
        raise LogError(problem.code) from None


def _rows(stream: Bytes) -> tuple[list[str], Iterator[tuple[int, list[str]]]]:
    try:
        return rows_of(text_of(stream.read()))
    except CsvProblem as problem:
        raise LogError(problem.code) from None


def read_log(path: Path, mapping: Mapping[str, str] | None = None) -> tuple[list[Trace], list[Fault]]:
    """Any log on the disk, with what its columns say plainly; for OCEL the type of objects that is in most events. Raises LogError."""
    with path.open("rb") as stream:
        seen = survey(stream)
        chosen = dict(mapping or seen.guess or {})
        if seen.objects and "object" not in chosen:
            chosen["object"] = next(iter(seen.objects))
        stream.seek(0)
        return traces_of(rows_in(stream, chosen))
