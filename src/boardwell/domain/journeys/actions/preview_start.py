"""What starting would give, before anything is started: the dated plan for these answers, and what would still be asked."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from boardwell.domain.journeys.casting import with_parties
from boardwell.domain.journeys.documents import document_of_version, parties_from
from boardwell.domain.journeys.plan import plan_for
from boardwell.domain.organisations.queries import current_organisation, working_calendar
from boardwell.domain.playbooks.document import Document
from boardwell.domain.playbooks.queries import latest_published
from boardwell.kernel import tenancy
from boardwell.kernel.clock import today
from boardwell.kernel.texts import in_language


@dataclass(frozen=True, slots=True)
class Question:
    """A fact on which something in the plan depends. `choices` are (value, words)."""

    key: str
    title: str
    type: str
    choices: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class PreviewStep:
    """One step: in the plan with its day, or left out because its condition does not hold for what is known."""

    title: str
    side: str
    role: str
    due_on: date | None
    is_in: bool
    waits_for_fact: str
    """The title of the fact from which its day is counted, when that is not known yet."""


@dataclass(frozen=True, slots=True)
class StartPreview:
    """The plan by stage, when it would go live, how many steps it has, and which facts decide what is in it."""

    stages: tuple[tuple[str, tuple[PreviewStep, ...]], ...]
    kickoff_on: date
    live_on: date | None
    steps: int
    left_out: int
    questions: tuple[Question, ...]


def preview_start(
    *,
    playbook_key: str,
    kickoff_on: date | None = None,
    facts: Mapping[str, Any] | None = None,
    time_zone: str = "",
    country: str = "",
) -> StartPreview:
    """The plan that `start_journey` would write for these facts; writes nothing. Raises NotAllowed, NotFound, Invalid.

    `country` is the customer's (ISO 3166-1 alpha-2): their steps are counted in their working days.
    """
    tenancy.require("journeys:start")
    document = document_of_version(latest_published(playbook_key).id)
    zone = time_zone or current_organisation().time_zone
    known = {key: value for key, value in (facts or {}).items() if key in document.facts}
    first_day = kickoff_on or today(zone)
    planned = {
        step.key: step for step in plan_for(document, known, first_day, parties_from(with_parties(working_calendar(), country), zone))
    }
    stages = []
    for stage in document.stages:
        steps = []
        for source in stage.steps:
            role = document.roles.get(source.owner)
            origin = source.due.origin if source.due else ""
            fact = document.facts.get(origin.partition(":")[2]) if origin.startswith("fact:") else None
            found = planned.get(source.key)
            missing = in_language(fact.title) if fact is not None and found is not None and found.due_on is None else ""
            steps.append(
                PreviewStep(
                    in_language(source.title), source.side, in_language(role.title) if role else source.owner,
                    found.due_on if found else None, found is not None, missing,
                )
            )  # fmt: skip
        stages.append((in_language(stage.title), tuple(steps)))
    marked = [step.due_on for step in planned.values() if step.source.marks == "go_live" and step.due_on]
    last = max((step.due_on for step in planned.values() if step.due_on), default=None)
    everything = sum(len(stage.steps) for stage in document.stages)
    return StartPreview(
        tuple(stages), first_day, marked[0] if marked else last, len(planned), everything - len(planned), tuple(_questions(document))
    )


def _questions(document: Document) -> list[Question]:
    deciding: set[str] = set()
    for step in document.every_step():
        if step.when is not None:
            deciding |= step.when.facts
        if step.due is not None and step.due.origin.startswith("fact:"):
            deciding.add(step.due.origin.partition(":")[2])
    return [
        Question(
            key, in_language(kind.title) or key, kind.type, tuple((value, in_language(words)) for value, words in kind.choices.items())
        )
        for key, kind in document.facts.items()
        if key in deciding
    ]
