"""Start a journey: one account on the latest published version of a playbook."""

from collections.abc import Mapping
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from boardwell.domain.audit.actions import record
from boardwell.domain.journeys.casting import Cast, Setting, cast_for, contacts_now, setting_of, team_now
from boardwell.domain.journeys.documents import document_of_version
from boardwell.domain.journeys.engine import refresh_journey
from boardwell.domain.journeys.events import JourneyStarted, StepOpened
from boardwell.domain.journeys.health import satisfaction_in
from boardwell.domain.journeys.inserting import Place, insert_gates, insert_steps
from boardwell.domain.journeys.learning import plain, require_fitting
from boardwell.domain.journeys.models import Fact, Journey, Step
from boardwell.domain.journeys.orders import Started, StartOrder
from boardwell.domain.journeys.planning import Plan, plan_of
from boardwell.domain.playbooks.document import Document
from boardwell.domain.playbooks.queries import latest_version_id
from boardwell.kernel import tenancy
from boardwell.kernel.checks import Faults
from boardwell.kernel.clock import now, today
from boardwell.kernel.errors import Invalid, NotFound
from boardwell.kernel.events import Event, emit, encode
from boardwell.kernel.ids import new_id
from boardwell.kernel.sql import insert_rows, instant
from boardwell.kernel.texts import in_language
from boardwell.kernel.wordindex import index_words

MOST_WELCOME = 2_000
"""Characters of a welcome mail's own words."""


def start_journey(order: StartOrder) -> Started:
    """Makes the journey with its whole dated plan, or returns the one that the external id already has.

    One transaction, a handful of set-based statements: 200 steps cost little more than 20. Raises NotAllowed, NotFound
    (account, owner, playbook), Invalid (no published version, a fact or role the playbook does not know).
    """
    tenancy.require("journeys:start")
    if existing := _existing(order):
        return Started(existing, created=False)
    try:
        with transaction.atomic():
            return Started(_start(order), created=True)
    except IntegrityError:
        if existing := _existing(order):  # somebody else started it between our look and our insert
            return Started(existing, created=False)
        raise


def _existing(order: StartOrder) -> str | None:
    if not order.external_id:
        return None
    rows = Journey.objects.filter(source=order.source, external_id=order.external_id).values_list("id", flat=True)
    return rows.first()


def _start(order: StartOrder) -> str:
    words = checked_welcome(order.welcome_words)
    setting = setting_of(order.account_id)
    team = team_now()
    owner = team.get(order.owner_id)
    if owner is None:
        raise NotFound(_("There is no such member on your team."))
    version_id = latest_version_id(order.playbook_key)
    document = document_of_version(version_id)
    facts = _checked_facts(document, order.facts)
    kickoff_on = order.kickoff_on or today(setting.zone)
    plan = plan_of(version_id, facts, kickoff_on, setting.calendar, setting.zone)
    if plan is None:
        raise Invalid(_("With these facts the playbook has no step at all. Check its conditions."))
    cast = cast_for(document, order.roles, owner, team, contacts_now(setting.account_id))
    at = instant(now())
    title = order.title.strip() or f"{setting.account_name} – {in_language(document.title, setting.language)}"[:200]
    place = Place(tenancy.current().organisation_id, setting.account_id, new_id("jrn"))
    row = _journey_row(order, setting, plan, place, cast, at) | {"version_id": version_id, "title": title, "kickoff_on": kickoff_on}
    insert_rows("journeys_journey", tuple(row), [tuple(row.values())])
    index_words("journey", place.journey_id, title, order.external_id, is_new=True)
    step_ids = insert_steps(place, plan.rows, cast.by_role, at)
    if document.gates:
        insert_gates(place, document.gates)
    if facts:
        _record_facts(document, facts, place)
    if order.committed_live_on is not None:
        Step.objects.filter(journey_id=place.journey_id, marks="go_live").update(committed_on=order.committed_live_on)
        refresh_journey(place.journey_id, now())  # it may be promised for a day that the plan does not reach
    record(
        "journey.started", object_kind="journey", object_id=place.journey_id, account_id=place.account_id,
        journey_id=place.journey_id, label=title,
        after={
            "playbook": order.playbook_key, "version": version_id, "owner": owner.id, "kickoff_on": kickoff_on.isoformat(),
            "steps": len(plan.steps), "facts": {key: plain(value) for key, value in facts.items()},
        },
    )  # fmt: skip
    opened: list[Event] = [
        StepOpened(
            journey_id=place.journey_id, account_id=place.account_id, step_id=step_ids[step.key], step_key=step.key,
            kind=step.source.kind, side=step.source.side, visibility=step.source.visibility,
        )
        for step in plan.first
    ]  # fmt: skip
    started = JourneyStarted(
        journey_id=place.journey_id, account_id=place.account_id, welcome=order.welcome, welcome_words=words
    )  # fmt: skip
    emit(started, *opened)
    return place.journey_id


def _journey_row(order: StartOrder, setting: Setting, plan: Plan, place: Place, cast: Cast, at: Any) -> dict[str, Any]:
    """The journey's columns but for its version, title and kick-off; those that are left out begin as NULL."""
    waits_for = plan.waits_for.source
    return {
        "id": place.journey_id, "organisation_id": place.organisation_id, "account_id": place.account_id,
        "owner_id": order.owner_id, "roles": encode({role: member or contact for role, (member, contact) in cast.by_role.items()}),
        "party": setting.party, "source": order.source, "external_id": order.external_id, "state": "active",
        "time_zone": setting.zone, "calendar": encode(setting.calendar), "committed_live_on": order.committed_live_on,
        "planned_live_on": plan.live_on, "baseline_live_on": plan.live_on, "forecast_live_on": plan.live_on, "pause_reason": "",
        "steps_total": len(plan.steps), "steps_done": 0, "customer_total": plan.customer_total, "customer_done": 0,
        "overdue_steps": 0, "required_total": plan.required_total, "required_done": 0, "required_waived": 0, "required_late": 0, "satisfaction": satisfaction_in(order.facts), "stage_key": (plan.first or plan.steps)[0].stage_key, "waiting_side": waits_for.side if plan.first else "",
        "waiting_name": cast.names.get(waits_for.owner, "") if plan.first else "", "waiting_since_at": at if plan.first else None, "health": "on_track", "health_reasons": "[]",
        "value_minor": order.value_minor, "currency": order.currency, "revision": 1, "created_at": at, "changed_at": at,
    }  # fmt: skip


def checked_welcome(text: str) -> str:
    """The welcome mail's own words, cleaned; Invalid when there are too many."""
    faults = Faults()
    words = faults.paragraph("welcome_words", text, MOST_WELCOME)
    faults.stop()
    return words


def _checked_facts(document: Document, facts: Mapping[str, Any]) -> dict[str, Any]:
    require_fitting(document.facts, facts)
    return dict(facts)


def _record_facts(document: Document, facts: Mapping[str, Any], place: Place) -> None:
    actor = tenancy.current().actor
    Fact.objects.bulk_create(
        Fact(
            organisation_id=place.organisation_id, account_id=place.account_id, journey_id=place.journey_id, key=key,
            value=plain(value), visibility=document.facts[key].visibility, recorded_by_kind=actor.kind, recorded_by_id=actor.id,
            recorded_by_name=actor.name,
        )
        for key, value in facts.items()
    )  # fmt: skip
