"""A journey as the schedule sees it: what its planned days say about durations, what has happened, and what follows; pure.

A step without a duration of its own takes as long as the plan leaves it: the working days between what it waits for and its
planned day. So it moves by as many working days as what it waits for, and a plan in which nothing has happened gives itself.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from boardwell.domain.journeys.calendars import Calendar, calendar_of, calendar_without
from boardwell.domain.journeys.duedates import Parties, due_dates
from boardwell.domain.journeys.schedule import Activity, CircleError, Dates, Link, Network, Span, lagged, network_of
from boardwell.domain.organisations.absences import Absence
from boardwell.domain.playbooks.document import Document, StepPlan

SIDES = ("ours", "customer", "third")


@dataclass(frozen=True, slots=True)
class Known:
    """A step of a journey that is not cancelled: its planned day, the day on which it ended, and the day on which it was last moved.

    `off` are the days on which whoever does it is away: they move no planned day, but nothing is done on them.
    """

    key: str
    side: str
    planned_on: date | None
    done_on: date | None = None
    moved_on: date | None = None
    off: tuple[Absence, ...] = ()


def calendars_of(times: Parties) -> tuple[Calendar, ...]:
    """A calendar for each side, ours first."""
    return tuple(calendar_of(times.of(side)) for side in SIDES)


class Course:
    """A journey's plan made ready; answers what is forecast and what a move would do. A few milliseconds for 200 steps."""

    def __init__(
        self, document: Document, links: Mapping[str, tuple[Link, ...]], steps: Sequence[Known], *,
        kickoff_on: date, times: Parties, facts: Mapping[str, Any],
    ) -> None:  # fmt: skip
        self.steps = {step.key: step for step in steps}
        self.begins = min([kickoff_on, *(step.planned_on for step in steps if step.planned_on is not None)]).toordinal()
        self.calendars = calendars_of(times)
        self._sources = {step.key: document.step(step.key) for step in steps}
        held = {
            field: due_dates(document.every_step(), kickoff_on, facts, times, field)
            for field in ("not_before", "deadline")
            if any(source is not None and getattr(source, field) is not None for source in self._sources.values())
        }
        plain = [
            _activity(step, self._sources[step.key], links.get(step.key, ()), {name: days.get(step.key) for name, days in held.items()})
            for step in steps
        ]
        try:
            bare = network_of(plain, self.calendars)
        except CircleError as circle:  # the linter refuses them; a plan that has one still has days
            plain = [replace(one, links=()) if one.key in circle.keys else one for one in plain]
            bare = network_of(plain, self.calendars)
        spans = self._left_by_plan(bare)
        finish = {one.key: span.finish for one, span in zip(plain, spans, strict=True)}
        self.plan = [self._as_left(one, span, finish) for one, span in zip(plain, spans, strict=True)]
        self._loose: frozenset[str] = frozenset()
        has_distances = any(len(one.links) > len(was.links) for one, was in zip(self.plan, plain, strict=True))
        try:
            planned = network_of(self.plan, self.calendars) if has_distances else bare.with_other(self.plan)
        except CircleError as circle:
            self._loose = frozenset(circle.keys)
            # A day may count back from a step that waits for this one; there the waiting holds, and only a move keeps the distance.
            self.plan = [
                self._as_left(one, span, finish, keeps_distance=one.key not in self._loose) for one, span in zip(plain, spans, strict=True)
            ]
            planned = network_of(self.plan, self.calendars)
        self._planned = planned
        both = self._both(planned)
        self.as_planned = {activity.key: planned.day_of(activity, span) for activity, span in both}
        self.begins_as_planned = {activity.key: span.start for activity, span in both}

        self._places = {one.key: place for place, one in enumerate(self.plan)}
        self._own = {step.key: calendar_without(times.of(step.side), step.off) for step in steps if step.off and step.done_on is None}

    def activity(self, key: str) -> Activity:
        """A step as the schedule sees it when nothing has happened yet."""
        return self.plan[self._places[key]]

    def calendar(self, key: str) -> Calendar:
        """The calendar of whoever does a step: their side's, without the days on which they are away."""
        own = self._own.get(key)
        return own if own is not None else self.calendars[self.activity(key).calendar]

    def counts_from(self, key: str) -> str:
        """The step from whose day a step's is counted; empty when it is counted from something else."""
        return self._counts_from(self._sources[key]) or ""

    def forecast_day(self, key: str, dates: Mapping[str, Dates]) -> date:
        """A step's day by `forecast`; what nothing has moved keeps exactly its planned one."""
        planned_on = self.steps[key].planned_on
        same = planned_on is not None and dates[key].on == self.as_planned[key]
        return planned_on if planned_on is not None and same else date.fromordinal(dates[key].on)

    def _both(self, network: Network, today: int | None = None) -> list[tuple[Activity, Span]]:
        return list(zip(network.activities, network.forward(self.begins, today=today), strict=True))

    def _left_by_plan(self, bare: Network) -> list[Span]:
        """Each step's span when it ends on its planned day and begins as soon as it can."""
        ended = []
        for activity in bare.activities:
            day = self.steps[activity.key].planned_on
            ended.append(activity if day is None else replace(activity, duration=1, finished_on=day.toordinal()))
        return bare.with_other(ended).forward(self.begins)

    def _as_left(self, activity: Activity, span: Span, finish: Mapping[str, int], *, keeps_distance: bool = True) -> Activity:
        """The step with the time that its duration or the plan gives it."""
        source, day = self._sources[activity.key], _ordinal(self.steps[activity.key].planned_on)
        origin = self._counts_from(source)
        if day is None:
            return activity
        if source is not None and source.fixed:
            return replace(activity, duration=source.duration or 0, fixed_on=day)
        if source is not None and source.duration is not None:
            # With a rule, or a day that somebody chose, the rest is slack; without, it is done as early as it can be.
            holds = source.due is not None or self.steps[activity.key].moved_on is not None
            return replace(activity, due_on=day if holds else None)
        if origin is not None and keeps_distance:
            return replace(activity, duration=0, links=(*activity.links, self._distance(origin, finish[origin], span.finish)))
        return replace(
            activity, duration=self.calendars[activity.calendar].between(max(span.start, self._known_start(activity)), span.finish)
        )

    def _known_start(self, activity: Activity) -> int:
        """When a step can begin by what had ended when it was moved: whoever moved it knew, and meant the new day."""
        moved_on = self.steps[activity.key].moved_on
        ends = [0]
        for link in activity.links:
            other = self.steps.get(link.before)
            if moved_on is not None and link.type == "fs" and other is not None and other.done_on is not None and other.done_on <= moved_on:
                ends.append(lagged(self.calendars[0], other.done_on.toordinal() + 1, link))
        finish = (self.steps[activity.key].planned_on or date.min).toordinal() + 1
        return min(self.calendars[activity.calendar].begin(max(ends)), finish) if max(ends) else 0

    def _counts_from(self, source: StepPlan | None) -> str | None:
        """The step from whose day this one's counts, when it is there and has one."""
        if source is None or source.due is None or not source.due.origin.startswith("step:"):
            return None
        origin = self.steps.get(source.due.origin.partition(":")[2])
        return origin.key if origin is not None and origin.planned_on is not None else None

    def _distance(self, origin: str, theirs: int, mine: int) -> Link:
        """The link that keeps a day at its distance from the one that it is counted from."""
        house = self.calendars[0]
        days = house.between(theirs, mine)
        reached = house.after(theirs, days) if days >= 0 else house.back(theirs, -days)
        return Link(origin, "ff", days) if reached == mine else Link(origin, "ff", mine - theirs, "calendar")

    def network(self, moved: Mapping[str, date] | None = None) -> Network:
        """The network of now: what has ended ended when it did. With `moved`, that of the plan instead, some steps on a new day."""
        activities = []
        calendars = self.calendars
        own: dict[str, int] = {}
        if moved is None and self._own:
            own = {key: len(calendars) + number for number, key in enumerate(self._own)}
            calendars = (*calendars, *self._own.values())
        for activity in self.plan:
            done_on, to = self.steps[activity.key].done_on, (moved or {}).get(activity.key)
            if moved is None and done_on is not None:
                activities.append(replace(activity, finished_on=done_on.toordinal()))
            elif to is not None:
                activities.append(replace(activity, fixed_on=to.toordinal()))
            elif activity.key in own:
                activities.append(replace(activity, calendar=own[activity.key]))
            else:
                activities.append(activity)
        return self._planned.with_other(activities, calendars)

    def forecast(self, today: date | None = None) -> dict[str, Dates]:
        """When everything will be done as things stand, with slack and causes. `today`: what is open does not end before it."""
        return self.network().schedule(self.begins, today=_ordinal(today))

    def forecast_days(self, today: date | None = None) -> dict[str, date]:
        """The day of each step that has a planned one; what nothing has moved keeps exactly that."""
        found = {}
        network = self.network()
        for activity, span in self._both(network, _ordinal(today)):
            planned_on = self.steps[activity.key].planned_on
            if planned_on is not None:
                on = network.day_of(activity, span)
                found[activity.key] = planned_on if on == self.as_planned[activity.key] else date.fromordinal(on)
        return found

    def moves(self, changed: Mapping[str, date]) -> dict[str, date]:
        """The new planned days when some steps are moved by hand: theirs, and those of every open step that follows them."""
        network = self.network(changed)
        found = dict(changed)
        for activity, span in self._both(network):
            step, on = self.steps[activity.key], network.day_of(activity, span)
            if activity.key not in changed and step.planned_on is not None and step.done_on is None and on != self.as_planned[activity.key]:
                found[activity.key] = date.fromordinal(on)
        self._follow_back(changed, found)
        return found

    def days_on(self, times: Parties) -> dict[str, date]:
        """The planned days of open steps that are others when people work on other days, each at its distance of working days."""
        network, found = self._planned.with_other(self.plan, calendars_of(times)), {}
        for activity, span in self._both(network):
            step, on = self.steps[activity.key], network.day_of(activity, span)
            if step.planned_on is not None and step.done_on is None and on != self.as_planned[activity.key]:
                found[activity.key] = date.fromordinal(on)
        return found

    def _follow_back(self, changed: Mapping[str, date], found: dict[str, date]) -> None:
        """Steps whose day counts back from a moved one, which waits for them, keep their distance to it."""
        house = self.calendars[0]
        for key in self._loose - found.keys():
            step, origin = self.steps[key], self._counts_from(self._sources[key])
            if origin is None or origin not in changed or step.planned_on is None or step.done_on is not None:
                continue
            was = self.steps[origin].planned_on
            if was is not None:
                shift = house.between(was.toordinal() + 1, changed[origin].toordinal() + 1)
                end = step.planned_on.toordinal() + 1
                moved = house.after(end, shift) if shift >= 0 else house.end_by(house.back(end, -shift))
                if moved != end:
                    found[key] = date.fromordinal(moved - 1)


def first_days(
    document: Document,
    links: Mapping[str, tuple[Link, ...]],
    due: Mapping[str, date | None],
    kickoff_on: date,
    facts: Mapping[str, Any],
    times: Parties,
) -> dict[str, date | None]:
    """The planned days of the steps that have a duration, when a journey begins."""
    steps = [step for step in document.every_step() if step.key in links]
    calendars = calendars_of(times)
    not_before = due_dates(document.every_step(), kickoff_on, facts, times, "not_before")
    activities = []
    for step in steps:
        day = _ordinal(due.get(step.key))
        activity = Activity(
            key=step.key, duration=1, calendar=SIDES.index(step.side), links=links[step.key], not_before=_ordinal(not_before.get(step.key))
        )  # fmt: skip
        if step.fixed and day is not None:
            activity = replace(activity, duration=step.duration or 0, fixed_on=day)
        elif step.duration is not None:
            activity = replace(activity, duration=step.duration, due_on=day)
        else:
            activity = replace(activity, finished_on=day, duration=1 if day is not None else 0)
        activities.append(activity)
    try:
        found = network_of(activities, calendars).schedule(kickoff_on.toordinal())
    except CircleError:
        return {}
    return {step.key: date.fromordinal(found[step.key].on) for step in steps if step.duration is not None}


def _activity(step: Known, source: StepPlan | None, links: Iterable[Link], held: Mapping[str, date | None]) -> Activity:
    return Activity(
        key=step.key,
        duration=source.duration or 0 if source is not None else 0,
        calendar=SIDES.index(step.side) if step.side in SIDES else 0,
        links=tuple(links),
        not_before=_ordinal(held.get("not_before")),
        deadline_on=_ordinal(held.get("deadline")),
    )


def _ordinal(day: date | None) -> int | None:
    return day.toordinal() if day is not None else None
