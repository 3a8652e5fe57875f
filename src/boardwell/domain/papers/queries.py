"""Reads papers, and the material that a draft is written from."""

import difflib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.utils import translation
from django.utils.translation import gettext as _

from boardwell.domain.accounts.models import Account
from boardwell.domain.journeys.access import refuse_strangers
from boardwell.domain.journeys.documents import document_of_version, working_time_from
from boardwell.domain.journeys.models import OPEN_STATES, Journey, Step
from boardwell.domain.journeys.queries.pages import journey_head
from boardwell.domain.organisations.queries import brand_of_current
from boardwell.domain.papers.composing import Line, Material
from boardwell.domain.papers.kinds import KINDS, SECTIONS
from boardwell.domain.papers.models import Paper, ReportSchedule
from boardwell.kernel import tenancy
from boardwell.kernel.errors import NotFound
from boardwell.kernel.sql import fetch_one, wall
from boardwell.kernel.texts import in_language


@dataclass(frozen=True, slots=True)
class SectionView:
    """A section: its key, its heading in the paper's language, its Markdown."""

    key: str
    heading: str
    text: str

    @property
    def rows(self) -> int:
        """Lines that a box to edit it should show."""
        return min(20, max(3, sum(1 + len(line) // 90 for line in self.text.splitlines()) + 1))


@dataclass(frozen=True, slots=True)
class PaperView:
    """One version as a reader sees it."""

    id: str
    journey_id: str
    kind: str
    title: str
    number: int
    state: str
    language: str
    since_on: date
    until_on: date
    revision: int
    sha256: str
    sent_at: datetime | None
    sent_by_name: str
    accepted_at: datetime | None
    accepted_name: str
    sections: tuple[SectionView, ...] = ()

    @property
    def awaits_acceptance(self) -> bool:
        """Whether the customer is asked to accept it."""
        return self.kind == "expectation_sheet" and self.state == "sent"

    @property
    def filled(self) -> tuple[SectionView, ...]:
        """The sections in which something stands."""
        return tuple(section for section in self.sections if section.text)


def papers_of(journey_id: str) -> list[PaperView]:
    """Papers of a journey, the newest first, without their words; outsiders see what was sent. Raises NotFound."""
    journey_head(journey_id)
    rows = Paper.objects.filter(journey_id=journey_id).defer("sections").order_by("-created_at", "-id")
    if not tenancy.current().actor.is_insider:
        rows = rows.exclude(state="draft")
    return [_view(row) for row in rows]


def sheet_to_accept(journey_id: str) -> str:
    """The id of the newest expectation sheet while it waits to be accepted; "" when none does. One prepared statement."""
    condition, values = wall("p", "account_id")
    row = fetch_one(
        f"SELECT p.id, p.state FROM papers_paper p WHERE p.journey_id = %s AND p.kind = 'expectation_sheet' AND p.state <> 'draft' AND {condition} "
        "ORDER BY p.number DESC LIMIT 1",
        [journey_id, *values],
    )
    return str(row[0]) if row is not None and row[1] == "sent" else ""


def paper_by_id(journey_id: str, paper_id: str) -> PaperView:
    """One paper with its words. Raises NotFound, also for a draft when the reader is an outsider."""
    actor = tenancy.current().actor
    row = Paper.objects.filter(pk=paper_id, journey_id=journey_id).first()
    if row is None or (row.state == "draft" and not actor.is_insider):
        raise NotFound(_("There is no such paper."))
    refuse_strangers(row.account_id)
    return _view(row, row.sections)


def version_before(paper: PaperView) -> PaperView | None:
    """The version of the same kind that was sent before this one."""
    rows = Paper.objects.filter(journey_id=paper.journey_id, kind=paper.kind, number__lt=paper.number).exclude(state="draft")
    row = rows.order_by("-number").first()
    return _view(row, row.sections) if row else None


def changes_between(before: PaperView, after: PaperView) -> list[tuple[str, list[tuple[str, str]]]]:
    """For each section that differs: its heading, and its lines as (“+”, “-” or “ ”, words)."""
    found = []
    earlier = {section.key: section.text for section in before.sections}
    for section in after.sections:
        old = earlier.get(section.key, "")
        if old != section.text:
            lines = [(line[0], line[2:]) for line in difflib.ndiff(old.splitlines(), section.text.splitlines()) if line[0] != "?"]
            found.append((section.heading, [(sign, words) for sign, words in lines if words.strip()]))
    return found


def schedule_of(journey_id: str) -> ReportSchedule | None:
    """When the next report of a journey is due; None when none is."""
    return ReportSchedule.objects.filter(journey_id=journey_id).first()


def _view(row: Paper, sections: Mapping[str, str] | None = None) -> PaperView:
    with translation.override(row.language):
        title = str(KINDS[row.kind])
        shown = tuple(SectionView(key, str(words), (sections or {}).get(key, "")) for key, words in SECTIONS[row.kind].items())
    return PaperView(
        row.id, row.journey_id, row.kind, title, row.number, row.state, row.language, row.since_on, row.until_on, row.revision, row.sha256,
        row.sent_at, row.sent_by_name, row.accepted_at, row.accepted_name, shown if sections is not None else (),
    )  # fmt: skip


def material_of(journey: Journey) -> Material:
    """What a paper about this journey is written from, in the active language: shared steps only."""
    account = Account.objects.get(pk=journey.account_id)
    brand, document = brand_of_current(), document_of_version(journey.version_id)
    stages = {stage.key: in_language(stage.title) for stage in document.stages}
    names = {"ours": brand.display_name, "customer": account.name}
    rows = (
        Step.objects.select_related("member", "contact")
        .filter(journey=journey, visibility="shared")
        .exclude(state__in=["cancelled", "skipped"])
    )
    lines = []
    for step in rows.order_by("position"):
        plan = document.step(step.key.partition("~")[0])
        doer: Any = step.contact or step.member
        lines.append(
            Line(
                title=in_language((step.texts or {}).get("title") or (plan.title if plan else step.key)), stage=stages.get(step.stage_key, ""),
                side=step.side, who=doer.name if doer else names.get(step.side, account.name), is_open=step.state in OPEN_STATES,
                is_done=step.state == "done", planned_on=step.planned_on, done_on=step.done_on or (step.ended_at.date() if step.ended_at else None),
                expect=in_language(plan.expect) if plan else "",
            )
        )  # fmt: skip
    return Material(
        us=brand.display_name, account_name=account.name, owner_name=journey.owner.name, support_email=brand.support_email,
        summary=in_language(document.summary), kickoff_on=journey.kickoff_on, live_on=journey.planned_live_on,
        first_agreed_on=journey.baseline_live_on, is_live=journey.live_at is not None, lines=tuple(lines),
        time=working_time_from(journey.calendar, journey.time_zone),
    )  # fmt: skip
