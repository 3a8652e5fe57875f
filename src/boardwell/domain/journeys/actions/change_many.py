"""Change many journeys at once, each through its own verb and in its own transaction; look before at what would happen."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import transaction
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from boardwell.domain.conversations.actions.post_message import post_message
from boardwell.domain.journeys.actions.change_owner import change_owner
from boardwell.domain.journeys.actions.pause_journey import pause_journey
from boardwell.domain.journeys.actions.reasons import required_reason
from boardwell.domain.journeys.actions.reschedule_step import shift_plan
from boardwell.domain.journeys.actions.resume_journey import resume_journey
from boardwell.domain.journeys.models import Journey
from boardwell.domain.people.models import Member
from boardwell.kernel import tenancy
from boardwell.kernel.checks import Faults
from boardwell.kernel.errors import BoardwellError, Conflict, Invalid, NotAllowed

MOST = 500
VERBS = {
    "owner": "journeys:assign", "pause": "journeys:pause", "resume": "journeys:pause", "shift": "journeys:reschedule",
    "message": "messages:write", "note": "messages:write_internal",
}  # fmt: skip
"""What can be done to many, and the permission that each needs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One verb for many journeys, with what it needs: a member, a reason, working days, or words."""

    verb: str
    member_id: str = ""
    reason: str = ""
    working_days: int = 0
    body: str = ""


@dataclass(frozen=True, slots=True)
class Changed:
    """What became, or would become, of one journey: done, or refused and why."""

    journey_id: str
    title: str
    account_name: str
    done: bool
    words: str


def change_many(journey_ids: Sequence[str], change: Change, *, rehearse: bool = False) -> list[Changed]:
    """Does it to each journey, in the order given, or only says what would happen; what is refused stops nothing else.

    A rehearsal runs the very same verbs and takes every one of them back before it ends. Raises NotAllowed, and Invalid
    when the change itself cannot be (no reason, nobody chosen, nothing written, more than 500 journeys).
    """
    _check(change, journey_ids)
    rows = Journey.objects.filter(id__in=journey_ids).values_list("id", "title", "account__name")
    known = {journey_id: (title, name) for journey_id, title, name in rows}
    found = []
    for journey_id in dict.fromkeys(journey_ids):
        title, name = known.get(journey_id, (journey_id, ""))
        try:
            with transaction.atomic():
                words = _one(journey_id, change)
                transaction.set_rollback(rehearse)
        except BoardwellError as problem:
            found.append(Changed(journey_id, title, name, False, str(problem)))
        else:
            found.append(Changed(journey_id, title, name, True, words))
    return found


def _check(change: Change, journey_ids: Sequence[str]) -> None:
    if change.verb not in VERBS:
        raise Invalid(_("Choose what to do."), {"verb": [_("Choose what to do.")]})
    if tenancy.require(VERBS[change.verb]).kind != "member":
        raise NotAllowed(_("Only members change many onboardings at once."))
    if not journey_ids:
        raise Invalid(_("Choose at least one onboarding."), {"ids": [_("Choose at least one onboarding.")]})
    if len(journey_ids) > MOST:
        message = _("Choose at most %(most)d onboardings at once.") % {"most": MOST}
        raise Invalid(message, {"ids": [message]})
    faults = Faults()
    if change.verb == "owner" and not Member.objects.filter(pk=change.member_id, active=True).exists():
        faults.add("member_id", _("Choose somebody on your team."))
    if change.verb in {"message", "note"} and not change.body.strip():
        faults.add("body", _("Write something first."))
    if change.verb == "shift" and change.working_days == 0:
        faults.add("working_days", _("Say by how many working days, such as 5 or -3."))
    faults.stop()
    if change.verb in {"pause", "shift"}:
        required_reason(change.reason)


def _one(journey_id: str, change: Change) -> str:
    before = _seen(journey_id)
    action: dict[str, Callable[[], Any]] = {
        "owner": lambda: change_owner(journey_id, change.member_id),
        "pause": lambda: pause_journey(journey_id, reason=change.reason),
        "resume": lambda: resume_journey(journey_id),
        "shift": lambda: shift_plan(journey_id, working_days=change.working_days, reason=change.reason),
        "message": lambda: _write(journey_id, change.body, "shared"),
        "note": lambda: _write(journey_id, change.body, "internal"),
    }
    result = action[change.verb]()
    after = _seen(journey_id)
    if change.verb == "owner":
        if before["owner__name"] == after["owner__name"]:
            raise Conflict(_("They own it already."))
        return f"{before['owner__name']} → {after['owner__name']}"
    if change.verb in {"shift", "resume"}:
        return _("Go-live %(before)s → %(after)s") % {
            "before": _day(before["planned_live_on"]), "after": _day(after["planned_live_on"]),
        }  # fmt: skip
    if change.verb == "pause":
        return _("All clocks stand still, nobody is reminded.")
    return ngettext("%(n)d character", "%(n)d characters", result) % {"n": result}


def _write(journey_id: str, body: str, visibility: str) -> int:
    account_id = Journey.objects.filter(pk=journey_id).values_list("account_id", flat=True).get()
    post_message(journey_id, account_id, body=body, visibility=visibility)
    return len(body.strip())


def _seen(journey_id: str) -> dict[str, Any]:
    row = Journey.objects.filter(pk=journey_id).values("owner__name", "state", "planned_live_on").first()
    if row is None:
        raise Conflict(_("There is no such onboarding."))
    return dict(row)


def _day(value: date | None) -> str:
    return date_format(value, "DATE_FORMAT") if value else "–"
