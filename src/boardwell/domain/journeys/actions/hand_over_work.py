"""Hand all of a member's work over in one go, as when they leave: onboardings, roles, steps, meetings, accounts; and take it back."""

from collections.abc import Iterable, Mapping
from typing import Any

from django.db import connection, transaction
from django.utils.translation import gettext as _

from boardwell.domain.accounts.models import Account
from boardwell.domain.audit.actions import Entry, record_many
from boardwell.domain.audit.queries import own_last_change
from boardwell.domain.journeys import engine
from boardwell.domain.journeys.events import OwnerChanged, StepAssigned
from boardwell.domain.journeys.handing import Receivers, TheirJourney, everything_left, work_of
from boardwell.domain.journeys.kinds import registry
from boardwell.domain.journeys.learning import UNDECIDED_STATES
from boardwell.domain.journeys.models import Journey, Step
from boardwell.domain.journeys.queries.undoing import allowed_time
from boardwell.domain.people.models import Member
from boardwell.kernel import tenancy
from boardwell.kernel.clock import now
from boardwell.kernel.errors import Conflict, Invalid, NotFound
from boardwell.kernel.events import Event, emit

VERB = "member.work_handed_over"


def hand_over_work(member_id: str, receivers: Receivers) -> int:
    """Gives everything that a member has in running onboardings to others; returns how many onboardings that touched.

    One transaction. A meeting stays with the member when the receiver has another one at that time. Raises NotAllowed, NotFound,
    Invalid (nobody, or somebody who is not there, gets a part of it), Conflict (there is nothing).
    """
    tenancy.require("journeys:assign")
    with transaction.atomic():
        member = _member(member_id)
        names = _checked(member_id, receivers)
        work = work_of(member_id, lock=connection.vendor == "postgresql")
        if work.is_empty:
            raise Conflict(_("%(name)s has nothing to hand over.") % {"name": member.name})
        left = everything_left(work, receivers)
        if left:
            message = _("Say who gets: %(titles)s.") % {"titles": ", ".join(left[:5])}
            raise Invalid(message, {"everything": [message]})
        happenings: list[Event] = []
        entries: list[Entry] = []
        moved: dict[str, Any] = {}
        for one in work.journeys:
            moved[one.id] = _give(one, member_id, receivers, names, entries, happenings)
        accounts = [account_id for account_id, _name in work.accounts]
        Account.objects.filter(pk__in=accounts).update(owner_id=receivers.everything or None, changed_at=now())
        held = _pass_on(member_id, {each.id: receivers.of(one.id) for one in work.journeys for _kind, each in one.held})
        for journey_id in moved:
            engine.refresh_journey(journey_id, now())
        after = {"journeys": moved, "accounts": accounts, "accounts_to": receivers.everything, "held": held, "active": member.active}
        entries.append(Entry(VERB, object_kind="member", object_id=member_id, label=member.name, after=after))
        record_many(entries)
        emit(*happenings)
        return len(moved)


def undo_hand_over(member_id: str) -> int:
    """Takes the actor's last hand-over of a member's work back, as far as it is still where it went; returns how many onboardings.

    Raises NotAllowed, NotFound (nothing of theirs), Conflict (too late, taken back already, or the member has left since).
    """
    tenancy.require("journeys:assign")
    with transaction.atomic():
        member = _member(member_id)
        line = own_last_change(member_id, VERB)
        if line is None:
            raise NotFound(_("There is nothing of yours to undo here."))
        if line.after.get("undone") or "journeys" not in line.after:
            raise Conflict(_("This has been undone already."))
        if line.at + allowed_time() < now():
            raise Conflict(_("It is too late to undo this. You can still put it right by hand."))
        if line.after["active"] and not member.active:
            raise Conflict(_("Whoever had this before is not there any more. Give it to somebody else."))
        happenings: list[Event] = []
        entries: list[Entry] = []
        for journey_id, given in line.after["journeys"].items():
            _take_back(journey_id, given, member, entries, happenings)
        Account.objects.filter(pk__in=line.after["accounts"], owner_id=line.after["accounts_to"]).update(
            owner_id=member_id, changed_at=now()
        )
        for given in line.after["held"]:
            for receiver in sorted(set(given["to"].values())):
                ids = [each for each, to in given["to"].items() if to == receiver]
                kind = registry.get(given["kind"])
                if kind is not None:
                    kind.pass_on(receiver, dict.fromkeys(ids, member_id))
        for journey_id in line.after["journeys"]:
            engine.refresh_journey(journey_id, now())
        entries.append(
            Entry(VERB, object_kind="member", object_id=member_id, label=member.name, before={}, after={"undone": line.position})
        )  # fmt: skip
        record_many(entries)
        emit(*happenings)
        return len(line.after["journeys"])


def _member(member_id: str) -> Member:
    member = Member.objects.filter(pk=member_id).first()
    if member is None:
        raise NotFound(_("There is no such member on your team."))
    return member


def _checked(member_id: str, receivers: Receivers) -> dict[str, str]:
    """The names of those who get something by id; Invalid when one is not there or the member themselves."""
    names = dict(Member.objects.filter(pk__in=receivers.named - {member_id}, active=True).values_list("id", "name"))
    if not names or receivers.named - names.keys():
        message = _("Choose somebody else who is on your team.")
        raise Invalid(message, {"everything": [message]})
    return names


def _give(
    one: TheirJourney, member_id: str, receivers: Receivers, names: Mapping[str, str], entries: list[Entry], happenings: list[Event]
) -> dict[str, Any]:
    """One onboarding; returns what went to whom."""
    owner = receivers.of(one.id) if one.is_owned else ""
    roles = {role: receivers.of(one.id, role) for role in one.roles}
    steps = {step.key: receivers.of(one.id, step.role) for step in one.steps}
    _write(one.id, member_id, owner, roles, steps)
    happenings += _said(one.id, one.account_id, [step.id for step in one.steps], owner)
    told = {"owner": owner, "roles": roles, "steps": steps}
    entries.append(
        Entry(
            "journey.work_given", object_kind="journey", object_id=one.id, account_id=one.account_id, journey_id=one.id, label=one.title,
            before={"member": member_id},
            after={**told, "names": {each: names[each] for each in {owner, *roles.values(), *steps.values()} if each}},
        )
    )  # fmt: skip
    return told


def _write(journey_id: str, member_id: str, owner: str, roles: Mapping[str, str], steps: Mapping[str, str]) -> None:
    """Owner, roles and steps of one onboarding, as far as they are the member's; a statement for each receiver."""
    for receiver in sorted(set(steps.values())):
        keys = [key for key, to in steps.items() if to == receiver]
        Step.objects.filter(journey_id=journey_id, key__in=keys, member_id=member_id, state__in=UNDECIDED_STATES).update(member_id=receiver)
    journey = Journey.objects.get(pk=journey_id)
    if owner and journey.owner_id == member_id:
        journey.owner_id = owner
    journey.roles = {role: roles[role] if role in roles and person == member_id else person for role, person in journey.roles.items()}
    journey.save(update_fields=["owner", "roles", "changed_at"])


def _take_back(journey_id: str, given: Mapping[str, Any], member: Member, entries: list[Entry], happenings: list[Event]) -> None:
    receivers = sorted({each for each in (given["owner"], *given["roles"].values(), *given["steps"].values()) if each})
    account_id = Journey.objects.values_list("account_id", flat=True).get(pk=journey_id)
    for receiver in receivers:
        _write(
            journey_id, receiver, member.id if given["owner"] == receiver else "",
            {role: member.id for role, to in given["roles"].items() if to == receiver},
            {key: member.id for key, to in given["steps"].items() if to == receiver},
        )  # fmt: skip
    ids = list(Step.objects.filter(journey_id=journey_id, key__in=given["steps"], member_id=member.id).values_list("id", flat=True))
    happenings += _said(journey_id, account_id, ids, given["owner"])
    entries.append(
        Entry(
            "journey.work_given", object_kind="journey", object_id=journey_id, account_id=account_id, journey_id=journey_id,
            label="", before={"members": receivers}, after={"names": {member.id: member.name}, "steps": dict.fromkeys(given["steps"], member.id)},
        )
    )  # fmt: skip


def _said(journey_id: str, account_id: str, step_ids: Iterable[str], owner: str) -> list[Event]:
    found: list[Event] = [
        StepAssigned(
            journey_id=journey_id, account_id=account_id, step_id=step.id, step_key=step.key, kind=step.kind, side=step.side,
            visibility=step.visibility,
        )
        for step in Step.objects.filter(pk__in=list(step_ids)).order_by("position")
    ]  # fmt: skip
    return [*found, OwnerChanged(journey_id=journey_id, account_id=account_id)] if owner else found


def _pass_on(member_id: str, to: Mapping[str, str]) -> list[dict[str, Any]]:
    """Lets every kind pass on what the member holds; returns what went to whom."""
    found = []
    for kind in registry.all():
        given = kind.pass_on(member_id, to) if to else []
        if given:
            found.append({"kind": kind.word, "to": {each: to[each] for each in given}})
    return found
