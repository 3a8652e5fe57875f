"""The delay ledger: each working day by which go-live is late, booked to a step and to whoever held the ball; pure.

How a day finds its step. From go-live we walk back, each time to the predecessor that ended last among those that had ended by
then (of equals the one further down the plan): the chain that really decided the date. It begins at kick-off. Between two
neighbours of the chain lies a window of working days; the baseline allowed the step some of them, and what it took beyond its
allowance was lost there. What a step took less was made up, and takes back the days that were lost last before it; days won
before are used up the same way by later losses. What is left at go-live is its slip, day for day, all of one sign.

How a day finds its side. Within a window a step's allowance is used up only by days on which its own side had the ball: a clock
does not run while the onboarding is paused or the other side owes an answer. So of the days lost the paused ones come first, then
those of the other side, then the step's own, the last ones of each. A step that the baseline did not know had no allowance.

Days are counted in the house's calendar and lie after the first day of a span, up to and including its last.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from boardwell.domain.journeys.calendars import Calendar

PAUSED = "paused"
HOLDERS = ("customer", "third", "ours", PAUSED)
"""Who can hold the ball, in the order in which totals name them."""

type Spans = Sequence[tuple[date, date | None]]
"""(from, until): the days after the first, up to and including the last; None when it has not ended."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Happened:
    """One step and what became of it. `finish_on` is the day it ended, else its forecast; `after` are the steps it waited for.

    `waited`: when it lay with the other side, to answer a question or to mend what was refused.
    """

    key: str
    side: str
    position: int
    baseline_on: date | None
    finish_on: date | None
    after: tuple[str, ...] = ()
    waited: Spans = ()


@dataclass(frozen=True, slots=True)
class BookedDay:
    """One working day of slip. `on` is None for a day that the baseline had counted on and that no calendar shows."""

    step_key: str
    holder: str
    on: date | None


@dataclass(frozen=True, slots=True)
class Entry:
    """Days of one step and holder: late ones above nought, days won below. `ahead` of them have not come yet.

    `made_up` were lost here too, and won back by later steps.
    """

    step_key: str
    holder: str
    days: int
    ahead: int
    made_up: int


@dataclass(frozen=True, slots=True)
class Ledger:
    """The slip of go-live in working days (below nought when early), the entries that sum to it, and the chain from its beginning."""

    slip: int
    entries: tuple[Entry, ...]
    chain: tuple[str, ...]

    def total(self, holder: str) -> int:
        """The days that one holder had."""
        return sum(entry.days for entry in self.entries if entry.holder == holder)


def working_days(calendar: Calendar, start: date, end: date) -> int:
    """Worked days after `start` up to and including `end`; negative when `end` lies before it."""
    return calendar.between(start.toordinal() + 1, end.toordinal() + 1)


def ledger_of(
    steps: Iterable[Happened],
    *,
    calendar: Calendar,
    kickoff_on: date,
    baseline_on: date,
    live_on: date,
    today: date,
    go_live: str = "",
    paused: Spans = (),
) -> Ledger:
    """The ledger of a go-live that the baseline had on `baseline_on` and that was, or is expected, on `live_on`.

    `go_live` is the step that marks it; without one the step that ends last stands for it. Deterministic, whatever the order of
    `steps`. The entries sum exactly to the slip.
    """
    by_key = {step.key: step for step in steps}
    chain = _chain(by_key, go_live, live_on)
    lost: list[BookedDay] = []
    left: list[tuple[BookedDay, bool]] = []
    planned, really = kickoff_on, kickoff_on
    for place, step in enumerate(chain):
        is_last = place == len(chain) - 1
        ended = live_on if is_last else step.finish_on or really
        due = baseline_on if is_last else step.baseline_on or planned
        change = working_days(calendar, really, ended) - working_days(calendar, planned, due)
        if change > 0:
            days = _days_lost(step, change, calendar, really, ended, paused)
            lost += days
            _settle(left, [(day, True) for day in days])
        else:
            _settle(left, [(BookedDay(step.key, step.side, None), False)] * -change)
        planned, really = due, ended
    slip = working_days(calendar, baseline_on, live_on)
    if not chain:  # nothing is left that could have held it up: the plan itself has moved
        lost = [BookedDay("", "ours", None)] * slip
        left = [(BookedDay("", "ours", None), slip > 0)] * abs(slip)
    return Ledger(slip, _entries(lost, left, today), tuple(step.key for step in chain))


def _chain(steps: Mapping[str, Happened], go_live: str, live_on: date) -> list[Happened]:
    """The steps that decided go-live, the first one first."""
    ended = [step for step in steps.values() if step.finish_on is not None]
    last = steps.get(go_live) or max(ended, key=_lateness, default=None)
    if last is None:
        return []
    chain, by, seen = [last], live_on, {last.key}
    while True:
        before = [
            one for key in chain[-1].after if (one := steps.get(key)) is not None and key not in seen and one.finish_on is not None
            and one.finish_on <= by
        ]  # fmt: skip
        if not before:
            return chain[::-1]
        chain.append(max(before, key=_lateness))
        seen.add(chain[-1].key)
        by = chain[-1].finish_on or by


def _lateness(step: Happened) -> tuple[date, int, str]:
    return step.finish_on or date.min, step.position, step.key


def _days_lost(step: Happened, number: int, calendar: Calendar, start: date, end: date, paused: Spans) -> list[BookedDay]:
    """`number` days lost in the window after `start` up to `end`, each with its holder, in the order of the days."""
    days = [date.fromordinal(day) for day in range(start.toordinal() + 1, end.toordinal() + 1) if calendar.is_worked(day)]
    other = "customer" if step.side == "ours" else "ours"
    held: dict[str, list[date]] = {PAUSED: [], other: [], step.side: []}
    for day in days:
        held[PAUSED if _within(day, paused) else other if _within(day, step.waited) else step.side].append(day)
    found: list[BookedDay] = []
    for holder in (PAUSED, other, step.side):
        mine = held[holder]
        takes = min(number - len(found), len(mine))
        found += [BookedDay(step.key, holder, day) for day in mine[len(mine) - takes :]]
    found.sort(key=lambda booked: booked.on or date.min)
    # The baseline had this step end before the one it waited for: days without a date.
    return [BookedDay(step.key, step.side, None)] * (number - len(found)) + found


def _within(day: date, spans: Spans) -> bool:
    return any(start < day and (end is None or day <= end) for start, end in spans)


def _settle(left: list[tuple[BookedDay, bool]], days: Iterable[tuple[BookedDay, bool]]) -> None:
    """Books days lost (True) or won; what stands against them of the other sign is taken back, the newest first."""
    for day in days:
        if left and left[-1][1] != day[1]:
            left.pop()
        else:
            left.append(day)


def _entries(lost: Sequence[BookedDay], left: Sequence[tuple[BookedDay, bool]], today: date) -> tuple[Entry, ...]:
    order = list(dict.fromkeys((day.step_key, day.holder) for day in (*lost, *(day for day, _late in left))))
    found = []
    for key, holder in order:
        mine = [(day, late) for day, late in left if (day.step_key, day.holder) == (key, holder)]
        stands = sum(1 if late else -1 for _day, late in mine)
        ahead = sum(1 for day, late in mine if late and day.on is not None and day.on > today)
        gross = sum(1 for day in lost if (day.step_key, day.holder) == (key, holder))
        found.append(Entry(key, holder, stands, ahead, gross - max(stands, 0)))
    return tuple(found)
