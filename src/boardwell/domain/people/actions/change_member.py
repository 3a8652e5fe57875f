"""Change a member: role, activity, profile."""

from collections.abc import Iterable
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from boardwell.domain.audit.actions import record
from boardwell.domain.people.access import may_change_profile, may_hand_out
from boardwell.domain.people.events import MemberChanged
from boardwell.domain.people.models import Member
from boardwell.domain.people.roles import ROLES
from boardwell.kernel import tenancy
from boardwell.kernel.checks import Faults
from boardwell.kernel.errors import Conflict, NotAllowed, NotFound
from boardwell.kernel.events import emit
from boardwell.kernel.words import line

MOST_TEAM_ROLES = 40


def change_member(
    member_id: str,
    *,
    role: str | None = None,
    active: bool | None = None,
    name: str | None = None,
    job_title: str | None = None,
    phone: str | None = None,
    team_roles: Iterable[str] | None = None,
) -> None:
    """Changes what is given; nothing is written when nothing differs. What whom: see `access`.

    Members change their own profile; the rest needs people:manage. The last active owner stays one: Conflict, also when
    two owners demote each other at once. Raises NotFound, NotAllowed, Invalid.
    """
    actor = tenancy.current().actor
    if role is not None or active is not None or team_roles is not None or not may_change_profile(actor, member_id):
        tenancy.require("people:manage")
    wanted = _checked(role, active, name, job_title, phone, team_roles)
    with transaction.atomic():
        # Whoever could be the last owner is locked in one order, so that two requests wait for each other and never deadlock.
        rows = Member.objects.select_for_update().filter(Q(pk=member_id) | Q(role="owner", active=True)).order_by("pk")
        found = {row.pk: row for row in rows}
        member = found.pop(member_id, None)
        if member is None:
            raise NotFound(_("There is no such member on your team."))
        before = {field: getattr(member, field) for field, value in wanted.items() if getattr(member, field) != value}
        if not before:
            return
        if {"role", "active"} & before.keys():
            _guard_role(actor, member, wanted, others=bool(found))
        for field in before:
            setattr(member, field, wanted[field])
        member.save(update_fields=[*before, "changed_at"])
        record(
            "member.changed", object_kind="member", object_id=member.id, label=member.name, before=before,
            after={field: wanted[field] for field in before},
        )  # fmt: skip
        emit(MemberChanged(member_id=member.id))


def _checked(
    role: str | None, active: bool | None, name: str | None, job_title: str | None, phone: str | None, team_roles: Iterable[str] | None
) -> dict[str, Any]:
    faults = Faults()
    wanted: dict[str, Any] = {}
    if role is not None:
        wanted["role"] = faults.one_of("role", role, ROLES, _("Choose one of the roles."))
    if active is not None:
        wanted["active"] = active
    if name is not None:
        wanted["name"] = faults.line("name", name, 160, missing=_("Enter a name."))
    if job_title is not None:
        wanted["job_title"] = faults.line("job_title", job_title, 120)
    if phone is not None:
        wanted["phone"] = faults.line("phone", phone, 40)
    if team_roles is not None:
        wanted["team_roles"] = clean_team_roles(team_roles)
    faults.stop()
    return wanted


def clean_team_roles(given: Iterable[str]) -> list[str]:
    """Playbook roles that a member usually takes: a hint for starting onboardings, hence bounded and not refused."""
    return [line(one, 60) for one in given][:MOST_TEAM_ROLES]


def _guard_role(actor: tenancy.Actor, member: Member, wanted: dict[str, Any], *, others: bool) -> None:
    role, active = wanted.get("role", member.role), wanted.get("active", member.active)
    if not may_hand_out(actor, member.role, role):
        if "owner" in {member.role, role}:
            raise NotAllowed(_("Only an owner can change who is an owner."))
        raise NotAllowed(_("Your role does not allow this. Ask an administrator of your organisation."))
    stays = role == "owner" and active
    if member.role == "owner" and member.active and not stays and not others:
        raise Conflict(_("Somebody has to be the owner. Make another member an owner first."))
