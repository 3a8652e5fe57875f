"""Sends a list as CSV while it is read: memory stays flat, and no cell is one that a spreadsheet would run."""

import csv
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from typing import Any

from django.http import StreamingHttpResponse
from django.utils import timezone, translation

from boardwell.kernel import tenancy
from boardwell.kernel.storage import content_disposition

_INERT = ("=", "+", "-", "@", "\t", "\r")


def inert(value: Any) -> Any:
    """The cell as it may stand in a file that a spreadsheet opens: what it would take for a formula gets an apostrophe.

    Instants become local time without seconds, which every spreadsheet reads; numbers stay numbers.
    """
    if value is None:
        return ""
    if isinstance(value, datetime):
        return timezone.localtime(value).strftime("%Y-%m-%d %H:%M")
    if isinstance(value, bool | int | float):
        return value
    text = str(value)
    return f"'{text}" if text.startswith(_INERT) else text


class _Echo:
    """A file that gives back what is written to it."""

    def write(self, text: str) -> str:
        """The text itself."""
        return text


def streamed(name: str, media_type: str, pieces: Callable[[], Iterator[str]]) -> StreamingHttpResponse:
    """A streamed file: as `csv_response`, for texts that come in pieces of their own."""
    context = tenancy.current()

    def all_of_them() -> Iterator[str]:
        waiting: Iterator[str] | None = None
        while True:
            with tenancy.acting_for(context.organisation_id, context.actor):
                waiting = pieces() if waiting is None else waiting
                piece = next(waiting, None)
            if piece is None:
                return
            yield piece

    response = StreamingHttpResponse(all_of_them(), content_type=f"{media_type}; charset=utf-8")
    response.headers["Content-Disposition"] = content_disposition(name)
    return response


def csv_response(name: str, header: Iterable[str], batches: Callable[[], Iterable[Iterable[Iterable[Any]]]]) -> StreamingHttpResponse:
    """A streamed answer: the header, then every row of every batch.

    The rows are read after the view has returned, so who acts, the language and the zone are taken along and put in place
    again around each batch.
    """
    context = tenancy.current()
    language, zone = translation.get_language(), timezone.get_current_timezone()
    writer = csv.writer(_Echo())
    first = [inert(cell) for cell in header]

    def lines() -> Iterator[str]:
        yield "\ufeff" + writer.writerow(first)  # the mark tells spreadsheets that this is UTF-8
        waiting: Iterator[Iterable[Iterable[Any]]] | None = None
        while True:
            with tenancy.acting_for(context.organisation_id, context.actor), translation.override(language), timezone.override(zone):
                waiting = iter(batches()) if waiting is None else waiting
                batch = next(waiting, None)
                text = "" if batch is None else "".join(writer.writerow([inert(cell) for cell in row]) for row in batch)
            if batch is None:
                return
            yield text

    response = StreamingHttpResponse(lines(), content_type="text/csv; charset=utf-8")
    response.headers["Content-Disposition"] = content_disposition(name)
    return response
