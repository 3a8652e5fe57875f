"""Reads rehearsals: how far one is, and what came out, beside the version before."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _

from boardwell.domain.journeys.models import RehearsalRun
from boardwell.domain.journeys.rehearsal import Rehearsal, Tally, summed
from boardwell.domain.playbooks.document import Document, parse
from boardwell.domain.playbooks.queries import playbook_by_key
from boardwell.kernel import tenancy
from boardwell.kernel.errors import NotFound
from boardwell.kernel.texts import in_language


@dataclass(frozen=True, slots=True)
class RehearsalRow:
    """A rehearsal in the list of its playbook."""

    id: str
    number: int
    customers: int
    state: str
    by: str
    at: datetime


@dataclass(frozen=True, slots=True)
class TheRehearsal:
    """One rehearsal. `found` and `before` None until all of their customers are played; `titles` and `roles` in the reader's language."""

    id: str
    number: int
    before_number: int
    customers: int
    seed: int
    state: str
    words: str
    facts_from: str
    days_from: str
    at: datetime
    by: str
    played: int
    to_play: int
    found: Rehearsal | None
    before: Rehearsal | None
    titles: Mapping[str, str]
    roles: Mapping[str, str]


def rehearsals_of(playbook_key: str, *, most: int = 10) -> list[RehearsalRow]:
    """The newest of a playbook. Two queries. Raises NotFound."""
    book = playbook_by_key(playbook_key)
    rows = RehearsalRun.objects.filter(playbook=book).select_related("made_by").defer("source", "before_source", "now", "before", "kept")
    return [
        RehearsalRow(row.id, row.number, row.customers, row.state, row.made_by.name if row.made_by else "", row.created_at)
        for row in rows.order_by("-id")[:most]
    ]


def rehearsal_by_id(playbook_key: str, rehearsal_id: str) -> TheRehearsal:
    """One rehearsal of a playbook. Two queries. Raises NotFound."""
    tenancy.require("playbooks:view")
    row = RehearsalRun.objects.select_related("made_by").filter(pk=rehearsal_id, playbook=playbook_by_key(playbook_key)).first()
    if row is None:
        raise NotFound(_("There is no such rehearsal."))
    document = parse(row.source)
    now, before = Tally.from_plain(row.now), Tally.from_plain(row.before)
    return TheRehearsal(
        row.id, row.number, row.before_number, row.customers, row.seed, row.state, row.words, row.facts_from, row.days_from,
        row.created_at, row.made_by.name if row.made_by else "", now.customers + before.customers,
        row.customers * (2 if row.before_source else 1),
        summed(document, now, from_past=row.facts_from == "past") if now.customers >= row.customers else None,
        summed(parse(row.before_source), before, from_past=row.facts_from == "past")
        if row.before_source and before.customers >= row.customers
        else None,
        _titles(document), {key: in_language(role.title) or key for key, role in document.roles.items()},
    )  # fmt: skip


def _titles(document: Document) -> dict[str, str]:
    return {step.key: in_language(step.title) or step.key for step in document.every_step()}
