"""Moves steps to other days, with everything that hangs on the day: due instant, reminders, lateness."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date
from typing import Any, NamedTuple

from boardwell.domain.audit.actions import Entry
from boardwell.domain.journeys.documents import document_of_version, parties_from
from boardwell.domain.journeys.duedates import Parties, due_dates
from boardwell.domain.journeys.models import OPEN_STATES, Journey, Step
from boardwell.domain.journeys.plan import contracted_links
from boardwell.domain.journeys.reminders import due_instant, moments, passed_and_next
from boardwell.domain.journeys.schedulecourse import Course, Known
from boardwell.domain.organisations.absences import Absence, absences_of
from boardwell.domain.playbooks.document import Document, Reminders
from boardwell.kernel.clock import now
from boardwell.kernel.sql import as_json, fetch_all, slots, wall


def reminders_of(step: Step, document: Document) -> Reminders:
    """The step's reminder rule; a step that was added by hand has the plain one."""
    source = document.step(step.key)
    return source.remind if source is not None else Reminders()


def set_planned_day(step: Step, day: date | None, time_zone: str, document: Document) -> None:
    """Changes the step in memory; the caller saves. A day in the future takes lateness away."""
    step.planned_on = step.forecast_on = day
    if day is None:
        step.due_at = step.nudge_at = step.next_due_at = step.late_at = None
        return
    remind = reminders_of(step, document)
    all_moments = moments(day, time_zone, before=remind.before, on=remind.on, after=remind.after)
    step.due_at = due_instant(day, time_zone)
    step.nudge_at = all_moments[0].at if all_moments else None
    if step.state in OPEN_STATES:
        step.next_due_at = passed_and_next(all_moments, None, now())[1]
    if step.due_at >= now():
        step.late_at = None


def date_from_facts(journey_id: str, document: Document, changed: Collection[str], facts: Mapping[str, Any], entries: list[Entry]) -> None:
    """Gives the steps whose day counts from a changed fact, and those that count from them, the day of their rule.

    Ended steps keep theirs. Appends an audit entry for each move; runs in the caller's transaction.
    """
    dated = [step.key for step in document.every_step() if step.due is not None and step.due.origin in {f"fact:{key}" for key in changed}]
    for key in dated:
        dated.extend(step.key for step in document.steps_dated_from(key) if step.key not in dated)
    steps = list(Step.objects.filter(journey_id=journey_id, key__in=dated, state__in=(*OPEN_STATES, "locked"))) if dated else []
    if not steps:
        return
    journey = Journey.objects.get(pk=journey_id)
    days = due_dates(document.every_step(), journey.kickoff_on, facts, parties_from(journey.calendar, journey.time_zone))
    moved = [step for step in steps if days[step.key] != step.planned_on]
    for step in moved:
        before, after = step.planned_on, days[step.key]
        set_planned_day(step, after, journey.time_zone, document)
        entries.append(
            Entry(
                "step.dated", object_kind="step", object_id=step.id, account_id=step.account_id, journey_id=journey_id,
                label=step.key, before={"planned_on": before.isoformat() if before else None},
                after={"planned_on": after.isoformat() if after else None},
            )
        )  # fmt: skip
        if step.marks == "go_live":
            Journey.objects.filter(pk=journey_id).update(planned_live_on=after, forecast_live_on=after)
    Step.objects.bulk_update(moved, ["planned_on", "forecast_on", "due_at", "nudge_at", "next_due_at", "late_at"])


class Around(NamedTuple):
    """What courses need beside the steps: facts by journey, and by member when they are away."""

    facts: Mapping[str, Mapping[str, Any]]
    off: Mapping[str, tuple[Absence, ...]]


_FACTS = "SELECT f.journey_id, f.key, f.value FROM journeys_fact f WHERE f.superseded_at IS NULL AND f.journey_id IN ({ids}) AND {wall}"
_AWAY = "SELECT m.id, m.time_off FROM people_member m WHERE m.id IN ({ids}) AND {wall}"


def around(journey_ids: Sequence[str], member_ids: Collection[str | None]) -> Around:
    """Two queries for any number of journeys, none for none."""
    if not journey_ids:
        return Around({}, {})
    condition, values = wall("f", "account_id")
    facts: dict[str, dict[str, Any]] = {}
    for journey_id, key, value in fetch_all(_FACTS.format(ids=slots(len(journey_ids)), wall=condition), [*journey_ids, *values]):
        facts.setdefault(journey_id, {})[key] = as_json(value)
    members = sorted({member_id for member_id in member_ids if member_id})
    if not members:
        return Around(facts, {})
    condition, values = wall("m")
    rows = fetch_all(_AWAY.format(ids=slots(len(members)), wall=condition), [*members, *values])
    return Around(facts, {member_id: found for member_id, time_off in rows if (found := absences_of(time_off))})


def course_of(journey: Journey, steps: Iterable[Step]) -> Course:
    """The journey's course; `steps` are all of its rows, with their planned days as they are in memory. Two queries."""
    rows = [step for step in steps if step.state != "cancelled"]
    return course_in(
        around([journey.id], {step.member_id for step in rows}), journey, rows, parties_from(journey.calendar, journey.time_zone)
    )


def course_in(found: Around, journey: Journey, steps: Iterable[Step], times: Parties) -> Course:
    """The course of steps on the working days of `times`; asks nothing."""
    known = [
        Known(step.key, step.side, step.planned_on, step.done_on, step.moved_on, found.off.get(step.member_id or "", ())) for step in steps
    ]
    return course_from(found.facts.get(journey.id, {}), journey.version_id, journey.kickoff_on, times, known)


def course_from(facts: Mapping[str, Any], version_id: str, kickoff_on: date, times: Parties, known: list[Known]) -> Course:
    """The course of steps of which only what it needs was read; asks nothing when the version is in memory."""
    document = document_of_version(version_id)
    links = contracted_links(document, frozenset(step.key for step in known if step.key in document.steps_by_key))
    return Course(document, links, known, kickoff_on=kickoff_on, times=times, facts=facts)
