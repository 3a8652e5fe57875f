"""Why a step's day is what it is: what it is derived from, what moved it, what would bring it back – as codes with parameters; pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from boardwell.domain.journeys.schedule import CAUSES, FROM_FINISH, Dates
from boardwell.domain.journeys.schedulecourse import Course
from boardwell.domain.playbooks.document import StepPlan


@dataclass(frozen=True, slots=True)
class Reason:
    """One reason. `step` is the key of the step that it speaks of, `days` are working days, `steps` further keys, `fact` a fact's key.

    Codes – derived from: done, after, after_begin, with_end, from_kickoff, from_fact, fixed, not_before, overdue, begins, takes, idle.
    Moved by: late, early, open_late. Way back: regain, slack, critical.
    """

    code: str
    step: str = ""
    days: int = 0
    on: date | None = None
    steps: tuple[str, ...] = ()
    fact: str = ""


@dataclass(frozen=True, slots=True)
class Why:
    """A step's day as things stand and its reasons: what it comes from, what moved it off the plan, what would bring it back."""

    on: date
    basis: tuple[Reason, ...]
    moved: tuple[Reason, ...]
    back: tuple[Reason, ...]


def why(course: Course, source: StepPlan | None, dates: Mapping[str, Dates], key: str, today: date) -> Why:
    """The reasons of a step's day; `dates` are those of `course.forecast`."""
    one, step = dates[key], course.steps[key]
    if step.done_on is not None:
        return Why(step.done_on, (Reason("done", on=step.done_on),), _own_deviation(course, key), ())
    on = course.forecast_day(key, dates)
    chain, root = _chain(course, dates, key)
    moved = tuple(reason for reason in (_deviation(course, dates, root),) if reason is not None)
    return Why(on, tuple(_basis(course, source, dates, key)), moved, tuple(_back(course, one, on, chain, today)))


def _basis(course: Course, source: StepPlan | None, dates: Mapping[str, Dates], key: str) -> list[Reason]:
    one, activity = dates[key], course.activity(key)
    found: list[Reason] = []
    if one.cause >= 0:
        link = activity.links[one.cause]
        other = dates[link.before]
        ends = link.type in FROM_FINISH
        at = other.on if ends else other.starts_on
        days = course.calendar(key).between(at + 1 if ends else at, one.on + 1)
        code = "after" if ends else "after_begin"
        if link.type == "ff" and course.counts_from(key) != link.before:
            code = "with_end"
        found.append(Reason(code, link.before, days, date.fromordinal(at)))
    else:
        cause = CAUSES[one.cause]
        if cause == "today":
            found.append(Reason("overdue", days=0, on=course.steps[key].planned_on))
        elif cause == "not_before" and activity.not_before is not None:
            found.append(Reason("not_before", on=date.fromordinal(activity.not_before)))
        elif cause == "fixed":
            found.append(Reason("fixed"))
    if source is not None and source.due is not None and not source.due.origin.startswith("step:"):
        kind, _sep, name = source.due.origin.partition(":")
        found.append(Reason("from_fact", fact=name) if kind == "fact" else Reason("from_kickoff"))
    if source is not None and source.duration:
        found.append(Reason("takes", days=source.duration))
    return found


def _chain(course: Course, dates: Mapping[str, Dates], key: str) -> tuple[list[str], str]:
    """The open steps from the one that started it all to this one, and that first one, which may have ended."""
    chain, at = [key], key
    while dates[at].cause >= 0:
        at = course.activity(at).links[dates[at].cause].before
        if course.steps[at].done_on is not None:
            break
        chain.append(at)
    return list(reversed(chain)), at


def _deviation(course: Course, dates: Mapping[str, Dates], key: str) -> Reason | None:
    step = course.steps[key]
    if step.done_on is not None:
        return next(iter(_own_deviation(course, key)), None)
    if CAUSES.get(dates[key].cause) == "today" and step.planned_on is not None:
        late = course.calendar(key).between(step.planned_on.toordinal() + 1, dates[key].on + 1)
        return Reason("open_late", key, late, step.planned_on) if late > 0 else None
    return None


def _own_deviation(course: Course, key: str) -> tuple[Reason, ...]:
    step = course.steps[key]
    if step.done_on is None or step.planned_on is None:
        return ()
    late = course.calendar(key).between(step.planned_on.toordinal() + 1, step.done_on.toordinal() + 1)
    return (Reason("late" if late > 0 else "early", key, abs(late), step.done_on),) if late else ()


def _back(course: Course, one: Dates, on: date, chain: list[str], today: date) -> list[Reason]:
    found = []
    key = chain[-1]
    planned_on = course.steps[key].planned_on
    if planned_on is not None and on > planned_on >= today:
        days = course.calendar(key).between(planned_on.toordinal() + 1, one.on + 1)
        found.append(Reason("regain", days=days, on=planned_on, steps=tuple(chain)))
    if one.slack is not None and one.slack > 0:
        found.append(Reason("slack", days=one.slack))
    elif one.is_critical:
        found.append(Reason("critical"))
    return found
