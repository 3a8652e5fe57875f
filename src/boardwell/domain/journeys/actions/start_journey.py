"""Start a journey: one account on the latest published version of a playbook."""

import json
from collections.abc import Mapping
from datetime import date
from functools import lru_cache
from typing import Any, NamedTuple

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from boardwell.domain.accounts.models import Account, Contact
from boardwell.domain.audit.actions import record
from boardwell.domain.journeys.documents import document_of_version, working_time_from
from boardwell.domain.journeys.duedates import WorkingTime
from boardwell.domain.journeys.events import JourneyStarted, StepOpened
from boardwell.domain.journeys.inserting import insert_steps
from boardwell.domain.journeys.learning import plain, require_fitting
from boardwell.domain.journeys.models import Fact, Journey
from boardwell.domain.journeys.orders import Started, StartOrder
from boardwell.domain.journeys.plan import PlannedStep, plan_for
from boardwell.domain.organisations.queries import organisation_by_id, working_calendar
from boardwell.domain.people.models import Member
from boardwell.domain.playbooks.document import Document
from boardwell.domain.playbooks.models import PlaybookVersion
from boardwell.domain.playbooks.queries import latest_published
from boardwell.kernel import tenancy
from boardwell.kernel.checks import Faults
from boardwell.kernel.clock import now, today
from boardwell.kernel.errors import Invalid, NotFound
from boardwell.kernel.events import Event, emit
from boardwell.kernel.sql import instant
from boardwell.kernel.texts import in_language

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


class _Cast(NamedTuple):
    """Who plays which role: (member id, contact id) by role key."""

    by_role: dict[str, tuple[str | None, str | None]]
    names: dict[str, str]


def _start(order: StartOrder) -> str:
    words = checked_welcome(order.welcome_words)
    account = Account.objects.filter(pk=order.account_id).first()
    if account is None:
        raise NotFound(_("There is no such account."))
    owner = Member.objects.filter(pk=order.owner_id, active=True).first()
    if owner is None:
        raise NotFound(_("There is no such member on your team."))
    version_id = latest_published(order.playbook_key).id
    document = document_of_version(version_id)
    facts = _checked_facts(document, order.facts)
    organisation = organisation_by_id(account.organisation_id)
    zone = account.time_zone or organisation.time_zone
    calendar = working_calendar()
    kickoff_on = order.kickoff_on or today(zone)
    version_sha = PlaybookVersion.objects.values_list("sha256", flat=True).get(pk=version_id)
    planned = _plan(version_sha, document, facts, kickoff_on, calendar, zone)
    if not planned:
        raise Invalid(_("With these facts the playbook has no step at all. Check its conditions."))
    cast = _cast(document, order, owner, account)
    live_on = max((step.due_on for step in planned if step.due_on), default=None)
    marked = [step.due_on for step in planned if step.source.marks == "go_live" and step.due_on]
    planned_live_on = marked[0] if marked else live_on
    first = [step for step in planned if not step.needs]
    at = now()
    waits_for = next((side for side in ("customer", "third", "ours") if any(step.source.side == side for step in first)), "")
    waiting_step = next(step for step in first if step.source.side == waits_for)
    journey = Journey(
        organisation_id=account.organisation_id, account=account, version_id=version_id,
        title=order.title.strip() or f"{account.name} – {in_language(document.title, organisation.language)}"[:200],
        owner=owner, roles={role: member or contact for role, (member, contact) in cast.by_role.items()},
        party=account.party, source=order.source, external_id=order.external_id, time_zone=zone, calendar=calendar,
        kickoff_on=kickoff_on, planned_live_on=planned_live_on, committed_live_on=order.committed_live_on,
        baseline_live_on=planned_live_on, forecast_live_on=planned_live_on, steps_total=len(planned),
        customer_total=sum(1 for step in planned if step.source.side != "ours"), stage_key=first[0].stage_key,
        waiting_side=waits_for, waiting_name=cast.names.get(waiting_step.source.owner, ""), waiting_since_at=at,
        value_minor=order.value_minor, currency=order.currency,
    )  # fmt: skip
    journey.save(force_insert=True)
    step_ids = insert_steps(journey, planned, cast.by_role, at_text=instant(at), zone=zone)
    actor = tenancy.current().actor
    Fact.objects.bulk_create(
        Fact(
            organisation_id=journey.organisation_id, account_id=account.id, journey=journey, key=key, value=plain(value),
            visibility=document.facts[key].visibility, recorded_by_kind=actor.kind, recorded_by_id=actor.id,
            recorded_by_name=actor.name,
        )
        for key, value in facts.items()
    )  # fmt: skip
    record(
        "journey.started", object_kind="journey", object_id=journey.id, account_id=account.id, journey_id=journey.id,
        label=journey.title,
        after={
            "playbook": order.playbook_key, "version": version_id, "owner": owner.id, "kickoff_on": kickoff_on.isoformat(),
            "steps": len(planned), "facts": {key: plain(value) for key, value in facts.items()},
        },
    )  # fmt: skip
    opened: list[Event] = [
        StepOpened(
            journey_id=journey.id, account_id=account.id, step_id=step_ids[step.key], step_key=step.key, kind=step.source.kind,
            side=step.source.side, visibility=step.source.visibility,
        )
        for step in first
    ]  # fmt: skip
    emit(JourneyStarted(journey_id=journey.id, account_id=account.id, welcome=order.welcome, welcome_words=words), *opened)
    return journey.id


def checked_welcome(text: str) -> str:
    """The welcome mail's own words, cleaned; Invalid when there are too many."""
    faults = Faults()
    words = faults.paragraph("welcome_words", text, MOST_WELCOME)
    faults.stop()
    return words


def _checked_facts(document: Document, facts: Mapping[str, Any]) -> dict[str, Any]:
    require_fitting(document.facts, facts)
    return dict(facts)


def _cast(document: Document, order: StartOrder, owner: Member, account: Account) -> _Cast:
    contacts = list(Contact.objects.filter(account=account, active=True).order_by("-role", "created_at"))
    admins = sorted(contacts, key=lambda contact: (contact.role != "admin", contact.created_at))
    team = {member.id: member for member in Member.objects.filter(active=True)}
    people = {contact.id: contact for contact in contacts}
    by_role: dict[str, tuple[str | None, str | None]] = {}
    names: dict[str, str] = {}
    unknown = sorted(set(order.roles) - set(document.roles))
    if unknown:
        raise Invalid(_("The playbook does not know the role “%(role)s”.") % {"role": unknown[0]}, {"roles": unknown})
    for key, role in document.roles.items():
        given = order.roles.get(key, "")
        if role.side == "ours":
            fitting = next((one for one in team.values() if key in one.team_roles), owner)
            member = team.get(given) if given else (owner if key in owner.team_roles else fitting)
            if member is None:
                raise Invalid(_("Nobody on your team has the id %(id)s.") % {"id": given}, {"roles": [key]})
            by_role[key], names[key] = (member.id, None), member.name
            continue
        if given and given not in people:
            raise Invalid(_("The account has no contact with the id %(id)s.") % {"id": given}, {"roles": [key]})
        sided = [contact for contact in admins if contact.side == role.side]
        contact = people.get(given) or (sided[0] if sided else None)
        by_role[key] = (None, contact.id if contact else None)
        names[key] = contact.name if contact else ""
    return _Cast(by_role, names)


def _plan(
    sha256: str, document: Document, facts: Mapping[str, Any], kickoff_on: date, calendar: dict[str, Any], zone: str
) -> list[PlannedStep]:
    """The plan; equal orders (as in an import of thousands) share one computation."""
    return list(
        _cached_plan(
            _PlanKey(sha256, json.dumps({k: plain(v) for k, v in facts.items()}, sort_keys=True), kickoff_on,
                     json.dumps(calendar, sort_keys=True), zone),
            _Uncompared(document, dict(facts), working_time_from(calendar, zone)),
        )
    )  # fmt: skip


class _PlanKey(NamedTuple):
    sha256: str
    facts: str
    kickoff_on: date
    calendar: str
    zone: str


class _Uncompared:
    """Arguments that follow from the key, so they take no part in the cache's comparison."""

    def __init__(self, document: Document, facts: dict[str, Any], working_time: WorkingTime) -> None:
        self.document, self.facts, self.working_time = document, facts, working_time

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Uncompared)

    def __hash__(self) -> int:
        return 0


@lru_cache(maxsize=64)
def _cached_plan(key: _PlanKey, rest: _Uncompared) -> tuple[PlannedStep, ...]:
    return tuple(plan_for(rest.document, rest.facts, key.kickoff_on, rest.working_time))
