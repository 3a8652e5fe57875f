"""Say how much of a week a member can give, and on which days they are away."""

from datetime import date
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from boardwell.domain.audit.actions import record
from boardwell.domain.audit.queries import own_last_change
from boardwell.domain.organisations.absencerules import checked_absence, with_absence, without_absence
from boardwell.domain.organisations.absences import absences_from, kept_from
from boardwell.domain.people.access import may_plan_time
from boardwell.domain.people.events import TimeOffChanged
from boardwell.domain.people.models import Member
from boardwell.kernel import tenancy
from boardwell.kernel.errors import Conflict, Invalid, NotAllowed, NotFound
from boardwell.kernel.events import emit

MOST_HOURS = 80
VERB = "member.time_changed"


def change_week(member_id: str, *, hours: float | None) -> None:
    """Sets how many hours of an ordinary week the member can give, to the quarter of an hour; None stands for what is no number.

    Raises NotFound, NotAllowed, Invalid. Nothing is written when nothing differs.
    """
    if hours is None or not 0 <= hours <= MOST_HOURS:
        message = _("Enter hours between 0 and %(most)d, such as 37.5.") % {"most": MOST_HOURS}
        raise Invalid(message, {"hours": [message]})
    with transaction.atomic():
        member = _locked(member_id)
        _write(member, "week_minutes", round(hours * 4) * 15)


def add_time_off(member_id: str, *, first_on: date | None, last_on: date | None, words: str = "") -> None:
    """Notes days on which the member is away, both included. No planned day moves; forecasts and load reckon with it.

    Raises NotFound, NotAllowed, Invalid.
    """
    added = checked_absence(first_on, last_on, words)
    with transaction.atomic():
        member = _locked(member_id)
        _write(member, "time_off", kept_from(with_absence(absences_from(member.time_off), added)))


def remove_time_off(member_id: str, *, first_on: date | None, last_on: date | None) -> None:
    """Takes days off out again. Raises NotFound (also when there are none of these), NotAllowed."""
    with transaction.atomic():
        member = _locked(member_id)
        now = absences_from(member.time_off)
        _write(member, "time_off", kept_from(without_absence(now, first_on, last_on)))


def undo_time(member_id: str) -> None:
    """Takes back what the actor last changed of a member's hours or days. Raises NotFound, NotAllowed, Conflict (changed since)."""
    with transaction.atomic():
        member = _locked(member_id)
        line = own_last_change(member_id, VERB)
        field = next(iter(line.before), "") if line is not None else ""
        if line is None or field not in {"time_off", "week_minutes"}:
            raise NotFound(_("There is nothing of yours to undo here."))
        if getattr(member, field) != line.after.get(field):
            raise Conflict(_("This has been changed since then. Put it right by hand."))
        _write(member, field, line.before[field])


def _locked(member_id: str) -> Member:
    member = Member.objects.select_for_update().filter(pk=member_id).first()
    if member is None:
        raise NotFound(_("There is no such member on your team."))
    if not may_plan_time(tenancy.current().actor, member_id):
        raise NotAllowed(_("Your role does not allow this. Ask an administrator of your organisation."))
    return member


def _write(member: Member, field: str, value: Any) -> None:
    before = getattr(member, field)
    if before == value:
        return
    setattr(member, field, value)
    member.save(update_fields=[field, "changed_at"])
    record(VERB, object_kind="member", object_id=member.id, label=member.name, before={field: before}, after={field: value})
    if field == "time_off":
        emit(TimeOffChanged(member_id=member.id))
