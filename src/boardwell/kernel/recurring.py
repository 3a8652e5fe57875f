"""Jobs that run again and again: sleeps until the next is due, catches a missed period up once, one runner at a time."""

import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from boardwell.kernel.clock import now
from boardwell.kernel.models import RecurringWork

log = logging.getLogger("boardwell.recurring")

type Job = Callable[[], Any]


class Again:
    """What a job returns that has more to do than one transaction should hold: it runs again at once."""


AGAIN = Again()
_jobs: dict[str, tuple[timedelta, Job]] = {}
_next_look: list[datetime] = []
_unfinished: set[str] = set()


def every(period: timedelta, *, name: str) -> Callable[[Job], Job]:
    """Registers a job; it runs in a transaction of its own and must be safe to repeat."""

    def register(job: Job) -> Job:
        _jobs[name] = (period, job)
        return job

    return register


def run_due() -> bool:
    """Runs every job that is due; True when one ran. Cheap when nothing is: it remembers when to look next."""
    at = now()
    if _next_look and at < _next_look[0]:
        return False
    ran = False
    known = {row.name: row for row in RecurringWork.objects.filter(name__in=_jobs)}
    soonest = at + timedelta(seconds=30)
    for name, (period, job) in _jobs.items():
        row = known.get(name)
        if row is None:
            row, _made = RecurringWork.objects.get_or_create(name=name, defaults={"next_run_at": at})
        if row.next_run_at <= at:
            ran = _run(name, period, job, row.next_run_at) or ran
            soonest = min(soonest, _look_again(name, at + period))
        else:
            soonest = min(soonest, row.next_run_at)
    _next_look[:] = [soonest]
    return ran


def _look_again(name: str, later: datetime) -> datetime:
    """At once for a job that has more to do, else `later`."""
    if name in _unfinished:
        _unfinished.discard(name)
        return now()
    return later


def _run(name: str, period: timedelta, job: Job, expected: datetime) -> bool:
    at = now()
    # The conditional update makes this process the only runner of this period.
    won = RecurringWork.objects.filter(name=name, next_run_at=expected).update(next_run_at=at + period, last_run_at=at)
    if not won:
        return False
    try:
        with transaction.atomic():
            if job() is AGAIN:
                RecurringWork.objects.filter(name=name).update(next_run_at=at)
                _unfinished.add(name)
    except Exception:
        log.exception("a recurring job failed; it runs again next time", extra={"job": name})
    return True


def forget_next_look() -> None:
    """Makes the next `run_due` look at once; for tests and after the clock was moved."""
    _next_look.clear()
