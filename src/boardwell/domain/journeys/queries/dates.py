"""A journey's dates: as a plan over time for the team, and each one with its reasons in the reader's words."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from boardwell.domain.audit.queries import entries_for_object
from boardwell.domain.journeys.documents import parties_from
from boardwell.domain.journeys.duedates import as_day, holiday_names
from boardwell.domain.journeys.models import Journey, Step
from boardwell.domain.journeys.queries.pages import journey_head
from boardwell.domain.journeys.redating import course_of
from boardwell.domain.journeys.schedule import START, Dates
from boardwell.domain.journeys.schedulecourse import Course
from boardwell.domain.journeys.schedulewhy import Reason, why
from boardwell.domain.playbooks.document import Document
from boardwell.kernel import tenancy
from boardwell.kernel.clock import today
from boardwell.kernel.errors import NotFound
from boardwell.kernel.texts import in_language


@dataclass(frozen=True, slots=True)
class DatedStep:
    """A step over time. `on` is when it was done, else its forecast; `slack` working days, None when it has ended."""

    key: str
    title: str
    stage_key: str
    side: str
    state: str
    is_milestone: bool
    is_internal: bool
    starts_on: date
    on: date
    planned_on: date
    committed_on: date | None
    baseline_on: date | None
    baseline_starts_on: date | None
    late_on: date | None
    slack: int | None
    is_critical: bool
    is_late: bool
    waits_for: tuple[str, ...]

    @property
    def has_ended(self) -> bool:
        """Done or skipped."""
        return self.state in {"done", "skipped"}


@dataclass(frozen=True, slots=True)
class DatedPlan:
    """Every step that has a day, by stage, in order; the days on which our team does not work; when it goes live."""

    stages: tuple[tuple[str, tuple[DatedStep, ...]], ...]
    today: date
    live_on: date | None
    planned_live_on: date | None
    committed_live_on: date | None
    baseline_live_on: date | None
    days_off: tuple[date, ...]
    undated: int


def dated_plan(journey_id: str) -> DatedPlan:
    """The plan over time, for the team only. Five queries, whatever the length. Raises NotFound."""
    if not tenancy.current().actor.is_insider:
        raise NotFound(_("There is no such onboarding."))
    _head, document = journey_head(journey_id)
    journey = Journey.objects.get(pk=journey_id)
    rows = list(Step.objects.filter(journey_id=journey_id).select_related("member").exclude(state="cancelled").order_by("position"))
    course = course_of(journey, rows)
    now_on = today(journey.time_zone)
    dates = course.forecast(now_on if journey.state in {"active", "live"} else None)
    by_stage: dict[str, list[DatedStep]] = {}
    for row in rows:
        if row.planned_on is not None:
            by_stage.setdefault(row.stage_key, []).append(_dated(row, row.planned_on, document, course, dates, now_on))
    found = [step for steps in by_stage.values() for step in steps]
    live_on = next((step.on for step in found for row in rows if row.key == step.key and row.marks == "go_live"), None)
    first = min((min(step.starts_on, step.baseline_on or step.on) for step in found), default=now_on)
    last = max((max(step.on, step.baseline_on or step.on) for step in found), default=now_on)
    every = [first + timedelta(days=number) for number in range(min((last - first).days + 15, 1_500))]
    working = parties_from(journey.calendar, journey.time_zone).ours
    return DatedPlan(
        tuple((in_language(stage.title), tuple(by_stage[stage.key])) for stage in document.stages if stage.key in by_stage),
        now_on, live_on, journey.planned_live_on, journey.committed_live_on, journey.baseline_live_on,
        tuple(day for day in every if not working.is_worked(day)), len(rows) - len(found),
    )  # fmt: skip


def _dated(row: Step, planned_on: date, document: Document, course: Course, dates: Mapping[str, Dates], now_on: date) -> DatedStep:
    one, has_ended = dates[row.key], row.done_on is not None
    on = row.done_on or course.forecast_day(row.key, dates)
    began = row.opened_at.date() if has_ended and row.opened_at is not None else date.fromordinal(one.starts_on)
    return DatedStep(
        key=row.key, title=_title(row, document), stage_key=row.stage_key, side=row.side, state=row.state,
        is_milestone=row.kind == "milestone", is_internal=row.visibility == "internal", starts_on=min(began, on), on=on,
        planned_on=planned_on, committed_on=row.committed_on, baseline_on=row.baseline_on,
        baseline_starts_on=row.baseline_on - timedelta(days=max(0, course.as_planned[row.key] - course.begins_as_planned[row.key])) if row.baseline_on else None,
        late_on=None if has_ended else max(date.fromordinal(one.late_on), on) if not one.is_critical else on,
        slack=one.slack, is_critical=one.is_critical and not has_ended, is_late=not has_ended and planned_on < now_on,
        waits_for=tuple(link.before for link in course.activity(row.key).links),
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Explained:
    """A step's day in words. `moved` are (sentence, reason that was given); the five dates stand beside each other."""

    on: date
    done_on: date | None
    planned_on: date | None
    committed_on: date | None
    baseline_on: date | None
    basis: tuple[str, ...]
    moved: tuple[tuple[str, str], ...]
    back: tuple[str, ...]
    away: str = ""
    """For the team: that whoever does it is away on its planned day."""

    @property
    def is_moved(self) -> bool:
        """Whether the day is not the planned one, or the planned one not the first."""
        return self.planned_on is not None and (self.on != self.planned_on or self.planned_on != (self.baseline_on or self.planned_on))


def explained_day(journey_id: str, key: str) -> Explained | None:
    """Why a step's day is what it is; None for a step without a day. Seven queries at most. Raises NotFound.

    A customer reads no name of an internal step, of nobody on the team, and no reason that the team wrote for itself.
    """
    _head, document = journey_head(journey_id)
    journey = Journey.objects.get(pk=journey_id)
    rows = list(Step.objects.filter(journey_id=journey_id).select_related("member").exclude(state="cancelled").order_by("position"))
    by_key = {row.key: row for row in rows}
    row = by_key.get(key)
    insider = tenancy.current().actor.is_insider
    if row is None or (row.visibility == "internal" and not insider):
        raise NotFound(_("There is no such step."))
    if row.planned_on is None:
        return None
    course = course_of(journey, rows)
    now_on = today(journey.time_zone)
    dates = course.forecast(now_on if journey.state in {"active", "live"} else None)
    found = why(course, document.step(key), dates, key, now_on)
    words = _Words(document, by_key, journey, insider)
    basis = [*words.of_all(found.basis), *_idle(course, dates, key, row, journey, insider=insider)]
    moved = [(sentence, "") for sentence in words.of_all(found.moved)]
    back = list(words.of_all(found.back))
    if insider:
        earlier = _moves(row, document, by_key)
        moved = [*earlier, *moved]
        if row.baseline_on is not None and row.planned_on != row.baseline_on:
            origin = next((line.after.get("moved_by") for line in entries_for_object(row.id) if line.after.get("moved_by")), "")
            if origin in by_key and (first := by_key[str(origin)].baseline_on) is not None:
                said = _("To have the first day again, move “%(step)s” back to %(day)s.")
                back.append(said % {"step": _title(by_key[str(origin)], document), "day": _day(first)})
    return Explained(
        found.on, row.done_on, row.planned_on, row.committed_on, row.baseline_on, tuple(dict.fromkeys(basis)), tuple(moved), tuple(back),
        _away_then(row, course) if insider else "",
    )  # fmt: skip


def _away_then(row: Step, course: Course) -> str:
    """A sentence when a step falls due while whoever does it is away."""
    if row.done_on is not None or row.planned_on is None or row.member is None:
        return ""
    absence = next((one for one in course.steps[row.key].off if one.holds(row.planned_on)), None)
    if absence is None:
        return ""
    told = {"name": row.member.name, "first": _day(absence.first_on), "last": _day(absence.last_on)}
    return _("%(name)s is away from %(first)s to %(last)s, when this is due. Give it to somebody else, or move it.") % told


def _moves(row: Step, document: Document, by_key: Mapping[str, Step]) -> list[tuple[str, str]]:
    """What the log says of this day, oldest first."""
    found = []
    for line in reversed(entries_for_object(row.id)):
        if "planned_on" not in line.after:
            continue
        told = {
            "who": line.actor_name, "when": _day(line.at.date()), "before": _day(as_day(line.before.get("planned_on") or "")),
            "after": _day(as_day(line.after.get("planned_on") or "")),
        }  # fmt: skip
        origin = str(line.after.get("moved_by", ""))
        if origin in by_key:
            said = _("%(when)s: from %(before)s to %(after)s, with “%(step)s”, by %(who)s.")
            told["step"] = _title(by_key[origin], document)
        elif line.after.get("calendar"):
            said = _("%(when)s: from %(before)s to %(after)s, because the working days changed.")
        else:
            said = _("%(when)s: from %(before)s to %(after)s, by %(who)s.")
        found.append((said % told, line.why))
    return found


def _idle(course: Course, dates: Mapping[str, Dates], key: str, row: Step, journey: Journey, *, insider: bool) -> list[str]:
    """The public holidays and days off that lie in a step: its side's, and those of whoever does it, by name for the team only."""
    if row.done_on is not None:
        return []
    time = parties_from(journey.calendar, journey.time_zone).of(row.side)
    names: list[str] = []
    away: list[str] = []
    first, last = dates[key].starts_on, dates[key].on
    if dates[key].cause >= 0:
        other = dates[course.activity(key).links[dates[key].cause].before]
        first = min(first, other.on + 1)
    elif dates[key].cause == START:
        first = min(first, course.begins)
    for ordinal in range(first, min(last + 1, first + 400)):
        day = date.fromordinal(ordinal)
        if day.weekday() in time.weekdays and not time.is_worked(day):
            name = holiday_names(time.country, time.subdivision, day.year).get(day, "")
            names.append(f"{_day(day)} ({name})" if name else _day(day))
        elif time.is_worked(day) and any(one.holds(day) for one in course.steps[key].off):
            (away if insider else names).append(_day(day))
    said = [_("No work on %(days)s.") % {"days": _listed(names)}] if names else []
    if away and row.member is not None:
        said.append(_("%(name)s is away on %(days)s.") % {"name": row.member.name, "days": _listed(away)})
    return said


def _listed(days: list[str]) -> str:
    return ", ".join(days[:6]) + (" …" if len(days) > 6 else "")


class _Words:
    """Turns reasons into sentences; outside readers get those that name nothing internal."""

    def __init__(self, document: Document, steps: Mapping[str, Step], journey: Journey, insider: bool) -> None:
        self._document, self._steps, self._journey, self._insider = document, steps, journey, insider

    def of_all(self, reasons: tuple[Reason, ...]) -> list[str]:
        found = []
        for reason in reasons:
            if not self._insider and reason.code in {"slack", "critical", "takes", "from_fact"}:
                continue
            if reason.step and not self._may_name(reason.step):
                found.append(_("Our team does something else first."))
            elif (sentence := self._sentence(reason)) is not None:
                found.append(sentence)
        return found

    def _may_name(self, key: str) -> bool:
        return self._insider or (key in self._steps and self._steps[key].visibility == "shared")

    def _sentence(self, reason: Reason) -> str | None:
        """The words of one reason; None where they would say nothing."""
        told: dict[str, Any] = {"n": reason.days, "day": _day(reason.on) if reason.on else ""}
        if reason.step in self._steps:
            told["step"] = _title(self._steps[reason.step], self._document)
        if reason.code == "from_fact":
            fact = self._document.facts.get(reason.fact)
            return _("The playbook counts its day from “%(fact)s”.") % {"fact": in_language(fact.title) if fact else reason.fact}
        if reason.code == "from_kickoff":
            return _("The playbook counts its day from kick-off, %(day)s.") % {"day": _day(self._journey.kickoff_on)}
        if reason.code == "regain":
            told["steps"] = ", ".join(_title(self._steps[key], self._document) for key in reason.steps if self._may_name(key))
            if not told["steps"]:
                return None
        plain = {
            "done": _("Done on %(day)s."),
            "with_end": _("It ends no earlier than “%(step)s”, %(day)s."),
            "fixed": _("Its day is fixed: it stays, whatever comes before it."),
            "not_before": _("It does not begin before %(day)s."),
            "overdue": _("Planned for %(day)s and still open, so it cannot be done before today."),
            "critical": _("A day lost here is a day lost at the end."),
        }
        if reason.code == "after" and reason.days <= 0:
            return _("It follows “%(step)s”, %(day)s.") % told
        return (plain[reason.code] if reason.code in plain else _counted(reason.code, reason.days)) % told


def _counted(code: str, n: int) -> str:
    """The sentences that count working days."""
    if code == "after":
        return ngettext("%(n)d working day after “%(step)s” is done, %(day)s.", "%(n)d working days after “%(step)s” is done, %(day)s.", n)
    if code == "after_begin":
        return ngettext("%(n)d working day after “%(step)s” begins, %(day)s.", "%(n)d working days after “%(step)s” begins, %(day)s.", n)
    if code == "takes":
        return ngettext("It takes %(n)d working day.", "It takes %(n)d working days.", n)
    if code == "late":
        return ngettext(
            "“%(step)s” was done %(n)d working day later than planned.", "“%(step)s” was done %(n)d working days later than planned.", n
        )
    if code == "early":
        return ngettext(
            "“%(step)s” was done %(n)d working day earlier than planned.", "“%(step)s” was done %(n)d working days earlier than planned.", n
        )
    if code == "open_late":
        return ngettext("“%(step)s” is %(n)d working day late and still open.", "“%(step)s” is %(n)d working days late and still open.", n)
    if code == "regain":
        return ngettext(
            "To keep %(day)s, %(n)d working day has to be regained in: %(steps)s.",
            "To keep %(day)s, %(n)d working days have to be regained in: %(steps)s.",
            n,
        )
    return ngettext(
        "It can be %(n)d working day later before it holds anything up.",
        "It can be %(n)d working days later before it holds anything up.",
        n,
    )


def _day(day: date | None) -> str:
    return date_format(day, "DATE_FORMAT") if day is not None else "–"


def _title(row: Step, document: Document) -> str:
    if row.texts:
        return in_language(row.texts.get("title", {}))
    plan = document.step(row.key.partition("~")[0])
    return in_language(plan.title) if plan else row.key
