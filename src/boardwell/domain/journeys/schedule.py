"""The schedule: from steps, what they wait for and everybody's calendars to dates, slack and the cause of each date; pure.

Days are ordinals (`date.toordinal`), durations and slack are working days of whoever does the step. Inside, an instant is the
midnight at which a day begins, so a step on one day begins at d and ends at d + 1. Deterministic; linear in steps and links.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from boardwell.domain.journeys.calendars import FARTHEST, Calendar

FROM_FINISH = frozenset({"fs", "ff"})
"""Links that count from the other step's finish."""
TO_START = frozenset({"fs", "ss"})
"""Links that hold up the start; the others hold up the finish."""

START, NOT_BEFORE, DUE, FIXED, ACTUAL, TODAY = -1, -2, -3, -4, -5, -6
"""What decided a date when no link did; a number from 0 on is the place of the link in `Activity.links`."""
CAUSES = {START: "start", NOT_BEFORE: "not_before", DUE: "due", FIXED: "fixed", ACTUAL: "actual", TODAY: "today"}


class CircleError(ValueError):
    """Steps wait for each other; `keys` are those in a circle, or between two."""

    def __init__(self, keys: tuple[str, ...]) -> None:
        super().__init__(", ".join(keys))
        self.keys = keys


@dataclass(frozen=True, slots=True)
class Link:
    """What a step waits for. `type`: fs, ss, ff or sf (theirs first, then this one's); `lag` days, negative for an overlap.

    A working lag is counted in the plan's first calendar: it is nobody's work, so it follows the house that runs the plan.
    """

    before: str
    type: str = "fs"
    lag: int = 0
    unit: str = "working"


@dataclass(frozen=True, slots=True, kw_only=True)
class Activity:
    """A step as the schedule sees it. `duration` in working days, 0 for a milestone; `calendar` is a place in the plan's calendars.

    `not_before`: does not begin earlier. `due_on`: does not end earlier, so what lies before it is slack. `fixed_on`: ends on
    this day whatever it waits for. `deadline_on`: should end by then; decides slack, not dates. `started_on`, `finished_on`: what
    really happened.
    """

    key: str
    duration: int = 0
    calendar: int = 0
    links: tuple[Link, ...] = ()
    not_before: int | None = None
    due_on: int | None = None
    fixed_on: int | None = None
    deadline_on: int | None = None
    started_on: int | None = None
    finished_on: int | None = None


class Span(NamedTuple):
    """When a step begins and ends (instants), and the cause: a place in its links, or one of the negative constants."""

    start: int
    finish: int
    cause: int


@dataclass(frozen=True, slots=True)
class Dates:
    """A step's dates. `on` is the day by which it is done; `late_on` the latest such day that holds nothing up.

    `slack` working days; 0 or less is critical. What has finished has neither: its slack is None.
    """

    starts_on: int
    on: int
    late_starts_on: int
    late_on: int
    slack: int | None
    cause: int

    @property
    def is_critical(self) -> bool:
        """Whether a day lost here is a day lost at the end, or at a deadline."""
        return self.slack is not None and self.slack <= 0


class _Edge(NamedTuple):
    """A link with its steps as places; `place` is its own in `Activity.links`."""

    other: int
    from_finish: bool
    to_start: bool
    lag: int
    is_calendar: bool
    place: int


@dataclass(frozen=True, slots=True)
class Network:
    """A plan made ready: compile once with `network_of`, run `forward` as often as wanted."""

    activities: tuple[Activity, ...]
    calendars: tuple[Calendar, ...]
    order: tuple[int, ...]
    into: tuple[tuple[_Edge, ...], ...]
    out_of: tuple[tuple[_Edge, ...], ...] = field(repr=False)

    def with_other(self, activities: Sequence[Activity], calendars: Sequence[Calendar] | None = None) -> "Network":
        """The same links among the same steps with other values, or on other calendars: nothing has to be put in order again."""
        return Network(tuple(activities), self.calendars if calendars is None else tuple(calendars), self.order, self.into, self.out_of)

    def forward(self, start_on: int, *, today: int | None = None, durations: Sequence[int] | None = None) -> list[Span]:
        """The earliest dates, in the order of the activities. Nothing unfinished ends before `today`.

        `durations` replace those of the activities, for forecasts that try thousands.
        """
        spans: list[Span] = [_NOWHERE] * len(self.activities)
        lag_time = self.calendars[0]
        for place in self.order:
            activity = self.activities[place]
            begins, begins_by, ends, ends_by = start_on, START, 0, START
            for edge in self.into[place]:
                other = spans[edge.other]
                at = other.finish if edge.from_finish else other.start
                if edge.lag:
                    at = _lagged(lag_time, at, edge.lag, edge.is_calendar)
                if edge.to_start:
                    # A link that holds on the very first day says more than “the plan begins”, so it wins a tie with it.
                    if at > begins or (at == begins and begins_by == START):
                        begins, begins_by = at, edge.place
                elif at > ends:
                    ends, ends_by = at, edge.place
            if activity.not_before is not None and activity.not_before > begins:
                begins, begins_by = activity.not_before, NOT_BEFORE
            if activity.due_on is not None and activity.due_on + 1 > ends:
                ends, ends_by = activity.due_on + 1, DUE
            duration = activity.duration if durations is None else durations[place]
            calendar = self.calendars[activity.calendar]
            if activity.finished_on is not None:
                spans[place] = _finished(activity, activity.finished_on + 1, duration, calendar, begins)
                continue
            if activity.fixed_on is not None:
                span = Span(calendar.back(activity.fixed_on + 1, duration), activity.fixed_on + 1, FIXED)
            else:
                span = _earliest(activity, duration, calendar, Span(begins, ends, begins_by), ends_by)
            if today is not None and span.finish <= today:
                late = calendar.end_from(today + 1) if duration else today + 1
                span = Span(span.start if duration else late, late, TODAY)
            spans[place] = span
        return spans

    def schedule(self, start_on: int, *, today: int | None = None) -> dict[str, Dates]:
        """The whole answer by key: earliest and latest dates, slack, cause."""
        spans = self.forward(start_on, today=today)
        late = self._backward(spans)
        found = {}
        for activity, span, (late_start, late_finish) in zip(self.activities, spans, late, strict=True):
            calendar = self.calendars[activity.calendar]
            slack = None if activity.finished_on is not None else calendar.between(span.finish, late_finish)
            on = self.day_of(activity, span)
            shift = span.finish - on
            found[activity.key] = Dates(
                min(span.start, on), on, min(late_start, late_finish - shift), late_finish - shift, slack, span.cause
            )
        return found

    def day_of(self, activity: Activity, span: Span) -> int:
        """The day by which a step is done: a milestone that follows work is done with it, one that begins something on that morning."""
        if span.start < span.finish or span.cause in {DUE, FIXED, ACTUAL, TODAY}:
            return span.finish - 1
        if span.cause >= 0 and activity.links[span.cause].type in FROM_FINISH:
            return span.finish - 1
        return span.finish

    def _backward(self, spans: list[Span]) -> list[tuple[int, int]]:
        """The latest (start, finish) that holds up neither the end of the plan nor a deadline nor what is fixed."""
        the_end = max((span.finish for span in spans), default=0)
        late: list[tuple[int, int]] = [(0, 0)] * len(spans)
        lag_time = self.calendars[0]
        for place in reversed(self.order):
            activity, span = self.activities[place], spans[place]
            if activity.finished_on is not None:
                late[place] = (span.start, span.finish)
                continue
            calendar = self.calendars[activity.calendar]
            start, finish = FARTHEST, the_end
            if activity.fixed_on is not None:
                finish = span.finish
            elif activity.deadline_on is not None:
                finish = min(finish, activity.deadline_on + 1)
            for edge in self.out_of[place]:
                if self.activities[edge.other].finished_on is not None:
                    continue
                other_start, other_finish = late[edge.other]
                at = other_start if edge.to_start else other_finish
                if edge.lag:
                    at = _unlagged(lag_time, at, edge.lag, edge.is_calendar)
                if edge.from_finish:
                    finish = min(finish, at)
                else:
                    start = min(start, at)
            late[place] = _latest(calendar, start, finish, calendar.between(span.start, span.finish))
        return late


_NOWHERE = Span(0, 0, START)


def lagged(calendar: Calendar, instant: int, link: Link) -> int:
    """The instant of which a link speaks, when what it counts from lies at `instant`."""
    return _lagged(calendar, instant, link.lag, link.unit == "calendar") if link.lag else instant


def _lagged(calendar: Calendar, instant: int, lag: int, is_calendar: bool) -> int:
    if is_calendar:
        return instant + lag
    return calendar.after(instant, lag) if lag > 0 else calendar.back(instant, -lag)


def _unlagged(calendar: Calendar, instant: int, lag: int, is_calendar: bool) -> int:
    """The latest instant that, with the lag, is not after `instant`."""
    if is_calendar:
        return instant - lag
    return calendar.back(instant, lag) if lag > 0 else calendar.past(instant, -lag)


def _earliest(activity: Activity, duration: int, calendar: Calendar, bound: Span, ends_by: int) -> Span:
    """The first stretch of `duration` worked days that begins and ends no earlier than the bound (whose cause is that of its start)."""
    begins, ends, cause = bound
    if activity.started_on is not None:
        begins, cause = activity.started_on, ACTUAL
    if not duration:
        return Span(ends, ends, ends_by) if ends > begins else Span(begins, begins, cause)
    start = calendar.begin(begins) if activity.started_on is None else begins
    finish = calendar.after(start, duration)
    if ends <= finish:
        return Span(start, finish, cause)
    finish = calendar.end_from(ends)
    return Span(start if activity.started_on is not None else calendar.back(finish, duration), finish, ends_by)


def _finished(activity: Activity, finish: int, duration: int, calendar: Calendar, begins: int) -> Span:
    """The stretch of a step that has ended; where its beginning was not noted, it began as soon as it could."""
    if activity.started_on is not None:
        return Span(min(activity.started_on, finish), finish, ACTUAL)
    return Span(min(calendar.begin(begins), finish) if duration else finish, finish, ACTUAL)


def _latest(calendar: Calendar, start: int, finish: int, duration: int) -> tuple[int, int]:
    """The last stretch of worked days that begins by `start` and ends by `finish`."""
    if not duration:
        at = min(start, finish)
        return at, at
    finish = calendar.end_by(finish)
    begins = calendar.back(finish, duration)
    if begins <= start:
        return begins, finish
    begins = calendar.begin_by(start)
    return begins, calendar.after(begins, duration)


def network_of(activities: Iterable[Activity], calendars: Sequence[Calendar]) -> Network:
    """Makes a plan ready. Links to steps that are not there count for nothing. Raises CircleError."""
    steps = tuple(activities)
    at = {activity.key: place for place, activity in enumerate(steps)}
    into: list[tuple[_Edge, ...]] = []
    out_of: list[list[_Edge]] = [[] for _step in steps]
    open_ends = [0] * len(steps)
    for place, activity in enumerate(steps):
        edges = []
        for number, link in enumerate(activity.links):
            other = at.get(link.before)
            if other is None:
                continue
            facing = (link.type in FROM_FINISH, link.type in TO_START, link.lag, link.unit == "calendar", number)
            edges.append(_Edge(other, *facing))
            out_of[other].append(_Edge(place, *facing))
        into.append(tuple(edges))
        open_ends[place] = len(edges)
    order = [place for place, waiting in enumerate(open_ends) if not waiting]
    for place in order:  # grows while it is walked
        for edge in out_of[place]:
            open_ends[edge.other] -= 1
            if not open_ends[edge.other]:
                order.append(edge.other)
    if len(order) < len(steps):
        raise CircleError(_circle(steps, {place for place, waiting in enumerate(open_ends) if waiting}, out_of))
    return Network(steps, tuple(calendars), tuple(order), tuple(into), tuple(map(tuple, out_of)))


def _circle(steps: Sequence[Activity], left: set[int], out_of: Sequence[Sequence[_Edge]]) -> tuple[str, ...]:
    """The steps that could not be put in order, without those that only come after."""
    while ends := {place for place in left if not any(edge.other in left for edge in out_of[place])}:
        left -= ends
    return tuple(steps[place].key for place in sorted(left))
