"""Rehearse a playbook on made-up customers in the background, beside the version before it."""

from __future__ import annotations

from bisect import bisect_left
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.tasks import task
from django.utils.translation import gettext as _

from boardwell.domain.audit.actions import record
from boardwell.domain.journeys.documents import parties_from
from boardwell.domain.journeys.factvalues import fits
from boardwell.domain.journeys.models import Fact, RehearsalRun
from boardwell.domain.journeys.outlooks import house_on
from boardwell.domain.journeys.rehearsal import MOST, Draw, Tally, play
from boardwell.domain.journeys.schedule import CircleError
from boardwell.domain.organisations.queries import working_calendar
from boardwell.domain.people.roles import actor_for_member
from boardwell.domain.playbooks.document import Document, DocumentError, parse
from boardwell.domain.playbooks.queries import playbook_by_key, version_by_number, versions_of
from boardwell.kernel import tenancy
from boardwell.kernel.checks import Faults
from boardwell.kernel.clock import now, today
from boardwell.kernel.errors import NotAllowed

if TYPE_CHECKING:  # numpy is loaded where something is forecast, not in every process
    from random import Random

    from boardwell.domain.journeys.forecasts.durations import House

A_TURN = 250
"""Customers that share a turn of the worker: a third of a second for 50 steps."""
FEWEST_CUSTOMERS = 10
"""Past customers below which facts are not drawn from them: one of them would be everywhere."""
MOST_PAST = 2_000


def start_rehearsal(
    playbook_key: str, *, number: int = 0, customers: int = 1_000, facts_from: str = "made_up", days_from: str = "plan", seed: int = 0
) -> str:
    """Plays a version (0: the draft) and the one before it; returns the run's id.

    `facts_from` made_up or past, `days_from` plan or learnt. Raises NotAllowed, NotFound, Invalid (no playbook, too few past
    customers or too thin a history, a number out of bounds).
    """
    actor = tenancy.require("playbooks:edit")
    if actor.kind != "member":
        raise NotAllowed(_("Only members rehearse playbooks."))
    book = playbook_by_key(playbook_key)
    source = version_by_number(book.id, number).source if number else book.draft
    earlier = [one for one in versions_of(book.id) if (not number or one.number < number) and one.source != source]
    faults = Faults()
    if not 1 <= customers <= MOST:
        faults.add("customers", _("Enter a number between 1 and %(most)d.") % {"most": MOST})
    if not 0 <= seed <= 1_000_000:
        faults.add("seed", _("Enter a number between 0 and %(most)d.") % {"most": 1_000_000})
    document = _document(source)
    kept: dict[str, Any] = {}
    if document is None:
        faults.add("number", _("This cannot be read as a playbook yet. Open the editor to see what is wrong."))
    elif facts_from == "past":
        kept["past"] = past_facts(book.id, document)
        if len(kept["past"]) < FEWEST_CUSTOMERS:
            words = _("It takes %(least)d onboardings with facts; so far there are %(n)d. Make the customers up instead.")
            faults.add("facts_from", words % {"least": FEWEST_CUSTOMERS, "n": len(kept["past"])})
    day = today("UTC")
    if days_from == "learnt" and house_on(day).is_thin:
        faults.add("days_from", _("There are too few finished onboardings to learn from. Let the days scatter round the plan instead."))
    faults.stop()
    with transaction.atomic():
        run = RehearsalRun(
            organisation_id=tenancy.current().organisation_id, playbook=book, number=number, source=source,
            before_number=earlier[0].number if earlier else 0, before_source=earlier[0].source if earlier else "", customers=customers, seed=seed,
            facts_from=facts_from if facts_from == "past" else "made_up", days_from=days_from if days_from == "learnt" else "plan",
            kickoff_on=day, kept=kept, made_by_id=actor.id,
        )  # fmt: skip
        run.save(force_insert=True)
        after = {"version": number, "customers": customers, "facts": run.facts_from, "days": run.days_from}
        record("playbook.rehearsed", object_kind="playbook", object_id=book.id, label=book.key, after=after)
        rehearse_turn.enqueue(run.id)
    return run.id


def past_facts(playbook_id: str, document: Document) -> list[dict[str, Any]]:
    """What is known of each onboarding of a playbook, newest first, as far as the document takes it. One query."""
    rows = Fact.objects.filter(journey__version__playbook_id=playbook_id, superseded_at=None, key__in=list(document.facts))
    found: dict[str, dict[str, Any]] = {}
    for journey_id, key, value in rows.order_by("-journey_id", "key").values_list("journey_id", "key", "value")[: MOST_PAST * 20]:
        fact = document.facts[key]
        if value is not None and fits(fact.type, value, frozenset(fact.choices)):
            found.setdefault(journey_id, {})[key] = value
    return list(found.values())[:MOST_PAST]


@task
def rehearse_turn(run_id: str) -> None:
    """One turn: some customers of the version, or of the one before it once all of those are played; then the next turn."""
    run = RehearsalRun.objects.select_related("made_by").filter(pk=run_id, state="running").first()
    if run is None or run.made_by is None:
        return
    with tenancy.acting_for(run.organisation_id, actor_for_member(run.made_by)):
        tally = Tally.from_plain(run.now)
        is_before = tally.customers >= run.customers
        tally = Tally.from_plain(run.before) if is_before else tally
        document = parse(run.before_source if is_before else run.source)
        times = parties_from(working_calendar(), "UTC")
        drawn = learnt_draw(house_on(run.kickoff_on), run.playbook_id) if run.days_from == "learnt" else None
        past = _fitting(run.kept.get("past", []), document)
        try:
            play(
                document, tally, min(A_TURN, run.customers - tally.customers), kickoff_on=run.kickoff_on, times=times, past=past,
                drawn=drawn, seed=run.seed,
            )  # fmt: skip
        except CircleError:
            run.words, run.state = _("Some steps wait for each other in a circle."), "failed"
        if is_before:
            run.before = tally.as_plain()
        else:
            run.now = tally.as_plain()
        if run.state == "running" and tally.customers >= run.customers and (is_before or not run.before_source):
            run.state = "done"
        if run.state != "running":
            run.ended_at, run.kept = now(), {}
        run.save()
        if run.state == "running":
            rehearse_turn.enqueue(run.id)


def learnt_draw(house: House, playbook_id: str) -> Draw:
    """Durations as they were in this house."""
    known: dict[tuple[str, int], list[float]] = {}

    def drawn(key: str, side: str, given: int, dice: Random) -> int:
        chances = known.get((key, given))
        if chances is None:
            chances = known[key, given] = house.chances(f"{playbook_id}/{key}", side, given).tolist()
        return min(bisect_left(chances, dice.random()), len(chances) - 1) + 1

    return drawn


def _fitting(past: list[dict[str, Any]], document: Document) -> list[dict[str, Any]]:
    return [{key: value for key, value in facts.items() if key in document.facts} for facts in past]


def _document(source: str) -> Document | None:
    try:
        return parse(source)
    except DocumentError:
        return None
