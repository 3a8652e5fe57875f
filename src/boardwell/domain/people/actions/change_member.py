"""Change a member: role, activity, profile."""

from collections.abc import Iterable

from django.db import transaction
from django.utils.translation import gettext as _

from boardwell.domain.audit.actions import record
from boardwell.domain.people.events import MemberChanged
from boardwell.domain.people.models import Member
from boardwell.domain.people.roles import ROLES
from boardwell.kernel import tenancy
from boardwell.kernel.errors import Conflict, Invalid, NotAllowed, NotFound
from boardwell.kernel.events import emit
from boardwell.kernel.words import line


def change_member(
    member_id: str,
    *,
    role: str | None = None,
    active: bool | None = None,
    name: str | None = None,
    job_title: str | None = None,
    team_roles: Iterable[str] | None = None,
) -> None:
    """Changes what is given. Members change their own name and title; the rest needs people:manage.

    The last active owner stays one: Conflict. Raises NotFound, NotAllowed, Invalid.
    """
    actor = tenancy.current().actor
    only_profile = role is None and active is None and team_roles is None
    if not (only_profile and actor.kind == "member" and actor.id == member_id):
        tenancy.require("people:manage")
    with transaction.atomic():
        member = Member.objects.filter(pk=member_id).first()
        if member is None:
            raise NotFound(_("There is no such member on your team."))
        before = {"role": member.role, "active": member.active, "name": member.name}
        if role is not None and role != member.role:
            if role not in ROLES:
                raise Invalid(_("Choose one of the roles."), {"role": [_("Choose one of the roles.")]})
            if "owner" in {role, member.role} and actor.kind == "member" and actor.role != "owner":
                raise NotAllowed(_("Only an owner can change who is an owner."))
            _keep_an_owner(member)
            member.role = role
        if active is not None and active != member.active:
            if not active:
                _keep_an_owner(member)
            member.active = active
        if name is not None:
            if not line(name, 160):
                raise Invalid(_("Enter a name."), {"name": [_("Enter a name.")]})
            member.name = line(name, 160)
        if job_title is not None:
            member.job_title = line(job_title, 120)
        if team_roles is not None:
            member.team_roles = [line(one, 60) for one in team_roles][:40]
        member.save()
        record(
            "member.changed", object_kind="member", object_id=member.id, label=member.name, before=before,
            after={"role": member.role, "active": member.active, "name": member.name},
        )  # fmt: skip
        emit(MemberChanged(member_id=member.id))


def _keep_an_owner(member: Member) -> None:
    others = Member.objects.filter(role="owner", active=True).exclude(pk=member.pk)
    if member.role == "owner" and member.active and not others.exists():
        raise Conflict(_("Somebody has to be the owner. Make another member an owner first."))
