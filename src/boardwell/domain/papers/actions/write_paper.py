"""Draft, edit, send and discard a paper."""

import hashlib
import json
from collections.abc import Mapping
from datetime import date, timedelta
from zoneinfo import ZoneInfo

from django.db import transaction
from django.utils import translation
from django.utils.translation import gettext as _

from boardwell.domain.accounts.models import Account
from boardwell.domain.audit.actions import record
from boardwell.domain.journeys.models import Journey
from boardwell.domain.journeys.rows import lock_journey
from boardwell.domain.papers.composing import expectation_sheet, status_report
from boardwell.domain.papers.events import PaperSent
from boardwell.domain.papers.kinds import KINDS, MOST_CHARACTERS, SECTIONS
from boardwell.domain.papers.models import Paper
from boardwell.domain.papers.queries import material_of
from boardwell.kernel import tenancy
from boardwell.kernel.clock import now
from boardwell.kernel.errors import Conflict, Invalid, NotFound
from boardwell.kernel.events import emit
from boardwell.kernel.words import paragraph

FIRST_REPORT_DAYS = 7


def draft_paper(journey_id: str, kind: str) -> str:
    """Writes a draft from the plan and returns its id; the draft that lies there already when there is one.

    An expectation sheet that was sent before is the start of the next one. Raises NotFound, NotAllowed, Conflict.
    """
    tenancy.require("papers:write")
    if kind not in KINDS:
        raise NotFound(_("There is no such paper."))
    with transaction.atomic():
        journey = lock_journey(journey_id)
        lying = Paper.objects.filter(journey=journey, kind=kind, state="draft").first()
        if lying is not None:
            return lying.id
        if journey.state == "cancelled":
            raise Conflict(_("This onboarding has ended."))
        return _drafted(journey, kind).id


def _drafted(journey: Journey, kind: str) -> Paper:
    today = now().astimezone(ZoneInfo(journey.time_zone)).date()
    language = Account.objects.values_list("language", flat=True).get(pk=journey.account_id)
    last = Paper.objects.filter(journey=journey, kind=kind).exclude(state="draft").order_by("-number").first()
    since = last.until_on if last else min(journey.kickoff_on, today) - timedelta(days=FIRST_REPORT_DAYS)
    if kind == "expectation_sheet" and last is not None:
        sections, language = dict(last.sections), last.language
    else:
        sections = composed(journey, kind, language, since, today)
    paper = Paper(
        organisation_id=journey.organisation_id, account_id=journey.account_id, journey=journey, kind=kind,
        number=(last.number if last else 0) + 1, language=language, since_on=since, until_on=today, sections=sections,
    )  # fmt: skip
    paper.save(force_insert=True)
    _record("paper.drafted", paper)
    return paper


def composed(journey: Journey, kind: str, language: str, since: date, until: date) -> dict[str, str]:
    """The sections as the plan gives them on that day."""
    with translation.override(language):
        seen = material_of(journey)
        return status_report(seen, since, until) if kind == "status_report" else expectation_sheet(seen)


def save_paper(paper_id: str, sections: Mapping[str, str], *, revision: int) -> None:
    """Keeps what was typed into a draft. Raises NotFound, NotAllowed, Invalid, Conflict when somebody else saved meanwhile."""
    tenancy.require("papers:write")
    with transaction.atomic():
        _keep(_draft(paper_id), sections, revision)


def _keep(paper: Paper, sections: Mapping[str, str], revision: int) -> None:
    if paper.revision != revision:
        raise Conflict(_("Somebody else has saved this draft meanwhile. Yours is below; copy what you need, then load the page again."))
    long = {key: [_("That is too long: %(most)d characters at most.") % {"most": MOST_CHARACTERS}] for key in SECTIONS[paper.kind]
            if len(sections.get(key, "")) > MOST_CHARACTERS}  # fmt: skip
    if long:
        raise Invalid(_("Something is too long."), long)
    wanted = {key: paragraph(sections.get(key, ""), MOST_CHARACTERS) for key in SECTIONS[paper.kind]}
    if wanted != paper.sections:
        paper.sections, paper.revision = wanted, paper.revision + 1
        paper.save()
        _record("paper.changed", paper)


def send_paper(paper_id: str, sections: Mapping[str, str], *, revision: int) -> None:
    """Saves and hands the paper to the customer: from now on it does not change, and its hash is in the log.

    A sheet that waited for acceptance is replaced. Raises NotFound, NotAllowed, Invalid when nothing stands in it, Conflict.
    """
    actor = tenancy.require("papers:write")
    with transaction.atomic():
        paper = _draft(paper_id)
        _keep(paper, sections, revision)
        if not any(paper.sections.values()):
            raise Invalid(_("Nothing stands in it yet."), {"": [_("Nothing stands in it yet.")]})
        hand_out(paper, actor.name)


def hand_out(paper: Paper, sender_name: str) -> None:
    """Freezes a draft and says that it was sent; runs in the caller's transaction."""
    paper.sha256 = hash_of(paper)
    paper.state, paper.sent_at, paper.sent_by_name = "sent", now(), sender_name
    paper.revision += 1
    paper.save()
    _record("paper.sent", paper, {"sha256": paper.sha256})
    emit(PaperSent(paper_id=paper.id, journey_id=paper.journey_id, account_id=paper.account_id, kind=paper.kind))


def hash_of(paper: Paper) -> str:
    """SHA-256 of the words and their language, as they stand in the order of the page."""
    words = json.dumps([paper.language, *([key, paper.sections.get(key, "")] for key in SECTIONS[paper.kind])], ensure_ascii=False)
    return hashlib.sha256(words.encode()).hexdigest()


def discard_paper(paper_id: str) -> None:
    """Throws a draft away. Raises NotFound, NotAllowed, Conflict once it was sent."""
    tenancy.require("papers:write")
    with transaction.atomic():
        paper = _draft(paper_id)
        _record("paper.discarded", paper)
        paper.delete()


def _draft(paper_id: str) -> Paper:
    paper = Paper.objects.filter(pk=paper_id).first()
    if paper is None:
        raise NotFound(_("There is no such paper."))
    lock_journey(paper.journey_id)
    paper.refresh_from_db()
    if paper.state != "draft":
        raise Conflict(_("This has been sent and does not change any more. Write a new one."))
    return paper


def _record(verb: str, paper: Paper, after: Mapping[str, str] | None = None) -> None:
    record(
        verb, object_kind="paper", object_id=paper.id, account_id=paper.account_id, journey_id=paper.journey_id,
        label=f"{paper.kind} {paper.number}", after=dict(after or {}),
    )  # fmt: skip
