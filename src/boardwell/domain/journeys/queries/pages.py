"""Reads one journey with its plan in a constant number of queries, whatever its length."""

from collections import defaultdict
from typing import Any

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from boardwell.domain.journeys.documents import document_of_version, shown_title
from boardwell.domain.journeys.duedates import as_day
from boardwell.domain.journeys.models import Fact, Step
from boardwell.domain.journeys.plan import next_ones
from boardwell.domain.journeys.queries import statements
from boardwell.domain.journeys.queries.gates import GateView, gates_before
from boardwell.domain.journeys.queries.shapes import (
    FactOnce,
    FactView,
    JourneyHead,
    JourneyPage,
    PortalHome,
    ProposalView,
    StageTally,
    StageView,
    StepView,
)
from boardwell.domain.playbooks.document import Document, FactType, StepPlan
from boardwell.kernel import tenancy
from boardwell.kernel.clock import now
from boardwell.kernel.errors import NotFound
from boardwell.kernel.texts import in_language


def journey_head(journey_id: str) -> tuple[JourneyHead, Document]:
    """The journey and its playbook; NotFound when absent or not the reader's."""
    actor = tenancy.current().actor
    row = statements.head_row(journey_id) if actor.may("journeys:view") or actor.may("portal:view") else None
    if row is None:
        raise NotFound(_("There is no such onboarding."))
    document = document_of_version(row.pop("version_id"))
    row["title"] = shown_title(row["title"], row["account_name"], document)
    return JourneyHead(playbook_title=in_language(document.title), **row), document


def journey_page(journey_id: str) -> JourneyPage:
    """The journey with its stages and steps, and for insiders the open proposals. Three queries at most, and four more where the playbook has gates."""
    head, document = journey_head(journey_id)
    rows = statements.step_rows(journey_id)
    waiting: dict[str, list[str]] = defaultdict(list)
    titles: dict[str, str] = {}
    for row in rows:
        if row["unlocks"] and row["state"] not in {"done", "skipped", "cancelled"}:
            titles[row["key"]] = _title(row, document)
            for key in row["unlocks"].split():
                waiting[key].append(row["key"])
    gates = gates_before(head.id, document, rows)
    by_stage: dict[str, list[StepView]] = defaultdict(list)
    for row in rows:
        because = tuple(titles[key] for key in next_ones(row["key"], waiting))
        by_stage[row["stage_key"]].append(_view(row, document, because, gates.get(row["key"], ())))
    stages = tuple(
        StageView(stage.key, in_language(stage.title), tuple(by_stage[stage.key])) for stage in document.stages if by_stage.get(stage.key)
    )
    proposals = tuple(_proposals(head.id, document)) if tenancy.current().actor.is_insider else ()
    return JourneyPage(head, stages, proposals)


def _title(row: dict[str, Any], document: Document) -> str:
    if row["texts"]:
        return in_language(row["texts"].get("title", {}))
    plan = document.step(row["key"].partition("~")[0])
    return in_language(plan.title) if plan else row["key"]


def _own(row: dict[str, Any], plan: StepPlan | None, name: str) -> str:
    """A text of the step: the row's own when it has one, else the playbook's."""
    if row["texts"] and name in row["texts"]:
        return in_language(row["texts"][name])
    return in_language(getattr(plan, name)) if plan else ""


def _view(row: dict[str, Any], document: Document, because: tuple[str, ...] = (), gates: tuple[GateView, ...] = ()) -> StepView:
    plan = document.step(row["key"].partition("~")[0])
    late = row["due_at"] is not None and row["due_at"] < now() and row["state"] in {"ready", "active", "waiting", "blocked"}
    return StepView(
        id=row["id"], key=row["key"], title=_title(row, document), help=_own(row, plan, "help"),
        expect=_own(row, plan, "expect"), stage_key=row["stage_key"], kind=row["kind"], side=row["side"],
        role=row["role"], visibility=row["visibility"], required=row["required"], minutes=plan.minutes if plan else None,
        state=row["state"], doer_id=row["member_id"] or row["contact_id"] or "",
        doer_name=row["member_name"] or row["contact_name"] or "", planned_on=row["planned_on"], committed_on=row["committed_on"],
        forecast_on=row["forecast_on"], baseline_on=row["baseline_on"], done_on=row["done_on"], is_late=late,
        opened_at=row["opened_at"], ended_at=row["ended_at"], ended_by_name=row["ended_by_name"], reason=row["reason"],
        marks=row["marks"], outcome=row["outcome"], locked_because=because, gates=gates,
    )  # fmt: skip


def _proposals(journey_id: str, document: Document) -> list[ProposalView]:
    def titles(keys: list[str]) -> tuple[str, ...]:
        return tuple(in_language(step.title) for step in document.every_step() if step.key in keys)

    return [
        ProposalView(
            proposal_id,
            tuple(
                (in_language(fact.title), _in_words(fact, change.get("before")), _in_words(fact, change.get("after")))
                for key, change in because.items()
                if (fact := document.facts.get(key)) is not None
            ),
            titles(additions), titles(removals), made_at,
        )
        for proposal_id, because, additions, removals, made_at in statements.proposal_rows(journey_id)
    ]  # fmt: skip


def _in_words(fact: FactType, value: Any) -> str:
    """A fact's value as a person reads it; a dash while it is not known."""
    if value is None or value == "":
        return "–"
    if isinstance(value, bool):
        return _("Yes") if value else _("No")
    if fact.type == "date" and (day := as_day(value)) is not None:
        return date_format(day, "DATE_FORMAT")
    values = value if isinstance(value, list) else [value]
    return ", ".join(in_language(fact.choices[str(one)]) if str(one) in fact.choices else str(one) for one in values) or "–"


def portal_home(journey_id: str) -> PortalHome:
    """The customer's first page. The next action is the open step of their side that is due first, their own before others'.

    Reads the open steps and counts the others: three statements, however long the plan.
    """
    head, document = journey_head(journey_id)
    actor = tenancy.current().actor
    far = head.kickoff_on.replace(year=9999)
    open_steps = [_view(row, document) for row in statements.step_rows(journey_id, open_only=True)]
    mine = sorted(
        (step for step in open_steps if step.side != "ours" and step.state != "waiting"),
        key=lambda step: (step.doer_id not in {"", actor.id}, step.planned_on or far),
    )
    theirs = [step for step in open_steps if step.side == "ours" or step.state == "waiting"]
    tallies = {row[0]: row[1:] for row in statements.tally_rows(journey_id)}
    stages = tuple(
        StageTally(stage.key, in_language(stage.title), *tallies[stage.key][:2]) for stage in document.stages if stage.key in tallies
    )
    done, total = (sum(tally[place] for tally in tallies.values()) for place in (2, 3))
    return PortalHome(head, stages, mine[0] if mine else None, tuple(mine), tuple(theirs), done, total)


def facts_of(journey_id: str) -> list[FactView]:
    """Every fact that the playbook knows: its value, who said so in which step, and for the team what it was before. Four queries."""
    head, document = journey_head(journey_id)
    insider = tenancy.current().actor.is_insider
    known: dict[str, Fact] = {}
    former: dict[str, list[Fact]] = defaultdict(list)
    for row in Fact.objects.filter(journey_id=head.id).order_by("-recorded_at", "-id"):
        if row.superseded_at is None:
            known[row.key] = row
        else:
            former[row.key].append(row)
    steps = dict(Step.objects.filter(journey_id=head.id).values_list("id", "key"))
    titles = {step_id: _plan_title(document, key) for step_id, key in steps.items()}
    found = []
    for key, kind in document.facts.items():
        if kind.visibility == "internal" and not insider:
            continue
        fact = known.get(key)
        choices = {value: in_language(words) for value, words in kind.choices.items()}
        history = tuple(
            FactOnce(
                fact_words(once.value, choices), once.recorded_by_name, once.recorded_at, once.superseded_at or once.recorded_at,
                titles.get(once.step_id, ""),
            )
            for once in former.get(key, [])
        )  # fmt: skip
        found.append(
            FactView(
                key, in_language(kind.title) or key, kind.type, fact.value if fact else None,
                fact_words(fact.value if fact else None, choices), kind.visibility, fact.recorded_by_name if fact else "",
                fact.recorded_at if fact else None, choices, steps.get(fact.step_id, "") if fact else "",
                titles.get(fact.step_id, "") if fact else "", history if insider else (),
            )
        )  # fmt: skip
    return found


def _plan_title(document: Document, key: str) -> str:
    plan = document.step(key.partition("~")[0])
    return in_language(plan.title) if plan else key


def fact_words(value: Any, choices: dict[str, str]) -> str:
    """A fact's value as a person reads it."""
    if value is None or value == "" or value == []:
        return ""
    if isinstance(value, bool):
        return _("Yes") if value else _("No")
    if isinstance(value, list):
        return ", ".join(choices.get(str(one), str(one)) for one in value)
    return choices.get(str(value), str(value))
