"""What imported past cases teach: how long the steps that their activities stand for took, by our own working days."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from django.db.models import Max

from boardwell.domain.journeys.documents import parties_from
from boardwell.domain.journeys.models import LogImport, PastCase
from boardwell.domain.journeys.rehearsal import planned_days
from boardwell.domain.journeys.schedule import CircleError
from boardwell.domain.journeys.schedulecourse import SIDES, calendars_of
from boardwell.domain.organisations.queries import working_calendar
from boardwell.domain.playbooks.document import Document, DocumentError, parse

if TYPE_CHECKING:  # numpy is loaded where something is forecast, not in every process
    from boardwell.domain.journeys.forecasts.durations import Lasted

MOST_CASES = 2_000
"""Of one log, the latest."""


def past_stamp() -> str:
    """Another text whenever imported cases have come or gone. One query."""
    found = LogImport.objects.filter(state__in=["done", "removed"]).aggregate(latest=Max("changed_at"))["latest"]
    return found.isoformat() if found is not None else ""


def lasted_elsewhere(seen_on: date) -> tuple[list[Lasted], int]:
    """Steps of imported cases as they were known at the end of a day, and how many of the cases had ended. Two queries for each log.

    A case has no plan of its own: its activities lean on what the playbook of now gives the steps they stand for. Cases of a log
    in which nothing stands for a step teach nothing and do not count.
    """
    from boardwell.domain.journeys.forecasts.durations import Lasted

    found: list[Lasted] = []
    cases = 0
    for run in LogImport.objects.filter(state="done").select_related("playbook", "playbook__latest_version").order_by("id"):
        document = _document(run)
        if document is None:
            continue
        times = parties_from(working_calendar(), "UTC")
        calendars = dict(zip(SIDES, calendars_of(times), strict=True))
        try:
            planned = planned_days(document, times, run.created_at.date())
        except CircleError:
            planned = {}
        steps = {activity: document.step(key) for activity, key in run.steps.items()}
        rows = PastCase.objects.filter(run=run, began_on__lte=seen_on).order_by("-ended_on", "id")
        for case, ended_on, done in rows.values_list("id", "ended_on", "done")[:MOST_CASES]:
            before = len(found)
            for activity, opened, over in done:
                step, opened_on, done_on = steps.get(activity), date.fromisoformat(opened), date.fromisoformat(over)
                if step is None or opened_on > seen_on:
                    continue
                is_ended = done_on <= seen_on
                last = done_on if is_ended else seen_on
                lasted = calendars[step.side].between(opened_on.toordinal(), last.toordinal() + 1)
                found.append(
                    Lasted(
                        f"{run.playbook_id}/{step.key}", step.side, planned.get(step.key, 1), max(1, lasted), is_ended, f"{run.id}/{case}"
                    )
                )
            cases += len(found) > before and ended_on <= seen_on
    return found, cases


def _document(run: LogImport) -> Document | None:
    if run.playbook is None:
        return None
    version = run.playbook.latest_version
    try:
        return parse(version.source if version is not None else run.playbook.draft)
    except DocumentError:
        return None
