"""From rows to cases: instants read, beginnings matched with ends, what cannot be used named row by row; pure."""

from collections import defaultdict, deque
from collections.abc import Iterable
from datetime import datetime

from boardwell.domain.journeys.eventlogs.shapes import MOST_EVENTS, Done, Fault, LogError, Raw, Trace, clock_of

_BEGINS, _ENDS = frozenset({"start"}), frozenset({"complete", "ate_abort", "autoskip", "manualskip"})
_LONGEST = 120


def traces_of(rows: Iterable[Raw]) -> tuple[list[Trace], list[Fault]]:
    """Cases in order of their first event, and the rows that were left out in the order of the file.

    Where a log names transitions of the lifecycle, what was completed or skipped counts and its start is matched with it (by instance, else
    first in, first out); other transitions are steps on the way and say nothing. Raises LogError (too_large).
    """
    listed: list[Raw] = []
    for row in rows:
        if len(listed) >= MOST_EVENTS:
            raise LogError("too_large")
        listed.append(row)
    ends = {row.transition.lower() for row in listed}
    has_ends = bool(ends & _ENDS)
    clock = clock_of(row.at for row in listed)
    faults: list[Fault] = []
    by_case: dict[str, list[tuple[datetime, int, Raw, datetime | None]]] = defaultdict(list)
    for row in listed:
        at, began = clock(row.at), clock(row.began_at) if row.began_at else None
        case = row.case.strip()
        if not case:
            faults.append(Fault(row.line, "case", ""))
        elif not row.activity.strip():
            faults.append(Fault(row.line, "activity", ""))
        elif at is None or (row.began_at and began is None):
            faults.append(Fault(row.line, "time", row.at if at is None else row.began_at))
        elif began is not None and began > at:
            faults.append(Fault(row.line, "order", f"{row.began_at} > {row.at}"))
        else:
            by_case[case].append((at, row.line, row, began))
    traces = [trace for key, events in by_case.items() if (trace := _trace(key, events, has_ends)).done]
    return sorted(traces, key=lambda trace: (trace.done[0].at, trace.key)), faults


def _trace(key: str, events: list[tuple[datetime, int, Raw, datetime | None]], has_ends: bool) -> Trace:
    begun: dict[tuple[str, str], deque[datetime]] = defaultdict(deque)
    done: list[Done] = []
    for at, _line, row, began in sorted(events, key=lambda event: (event[0], event[1])):
        activity, transition = row.activity.strip()[:_LONGEST], row.transition.lower()
        if has_ends and transition in _BEGINS:
            begun[activity, row.instance].append(at)
        elif not has_ends or transition in _ENDS:
            waiting = begun.get((activity, row.instance))
            done.append(Done(activity, began or (waiting.popleft() if waiting else None), at))
    return Trace(key[:_LONGEST], tuple(done))
