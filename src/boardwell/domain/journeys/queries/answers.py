"""What was answered in steps that have ended: of one onboarding, or step by step over every run of a playbook."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from boardwell.domain.journeys.documents import document_of_version
from boardwell.domain.journeys.kinds import registry
from boardwell.domain.journeys.models import Step
from boardwell.domain.journeys.queries.pages import journey_head
from boardwell.kernel import tenancy
from boardwell.kernel.texts import in_language


@dataclass(frozen=True, slots=True)
class Answered:
    """The answers of one ended step. `cells` are (key, question, answer) of everything that its kind can ask, answered or not."""

    journey_id: str
    journey_title: str
    account_id: str
    account_name: str
    step: str
    title: str
    ended_at: datetime | None
    ended_by_name: str
    answers: Mapping[str, Any]
    cells: tuple[tuple[str, str, str | int | float], ...]


_BATCH = 200


def answers_of_journey(journey_id: str) -> list[Answered]:
    """The answers of every ended step of a journey whose kind asks questions, in the order of the plan. For the team. Raises NotFound."""
    tenancy.require("journeys:view")
    journey_head(journey_id)
    return [found for row in _rows().filter(journey_id=journey_id).order_by("position") if (found := _answered(row)) is not None]


def answers_of_step(playbook_key: str, step_key: str) -> Iterator[list[Answered]]:
    """The answers to one step over every run of a playbook, oldest first, in batches. For the team; reads as it is walked."""
    tenancy.require("journeys:view")
    rows = _rows().filter(journey__version__playbook__key=playbook_key, key=step_key)
    after = ""
    while batch := list(rows.filter(id__gt=after).order_by("id")[:_BATCH]):
        yield [found for row in batch if (found := _answered(row)) is not None]
        after = batch[-1].id


def _rows() -> Any:
    asking = [kind.word for kind in registry.all() if kind.asks]
    return Step.objects.filter(kind__in=asking, state="done").select_related("journey", "journey__account")


def _answered(row: Step) -> Answered | None:
    kind = registry.get(row.kind)
    answers = (row.outcome or {}).get("answers")
    if kind is None or not isinstance(answers, dict):
        return None
    document = document_of_version(row.journey.version_id)
    plan = document.step(row.key.partition("~")[0])
    settings = row.settings if row.settings is not None else plan.settings if plan is not None else {}
    title = (row.texts or {}).get("title") or (plan.title if plan is not None else row.key)
    return Answered(
        row.journey_id, row.journey.title, row.account_id, row.journey.account.name, row.key, in_language(title),
        row.ended_at, row.ended_by_name, answers, tuple(kind.answer_cells(settings, document.facts, answers)),
    )  # fmt: skip
