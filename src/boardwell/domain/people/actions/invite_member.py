"""Invite a member to the team."""

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.utils.translation import gettext as _

from boardwell.domain.audit.actions import record
from boardwell.domain.people.events import MemberInvited
from boardwell.domain.people.models import Member, Person
from boardwell.domain.people.roles import ROLES
from boardwell.kernel import tenancy
from boardwell.kernel.errors import Invalid, NotAllowed
from boardwell.kernel.events import emit
from boardwell.kernel.words import line


def invite_member(*, email: str, name: str, role: str, job_title: str = "", team_roles: tuple[str, ...] = ()) -> str:
    """Adds a person to the team and returns the member's id; an address that is known elsewhere keeps its one sign-in.

    Raises NotAllowed (only an owner makes owners), Invalid (address, name, role, already on the team).
    """
    actor = tenancy.require("people:manage")
    address = email.strip().lower()
    faults: dict[str, list[str]] = {}
    try:
        validate_email(address)
    except ValidationError:
        faults["email"] = [_("Enter an e-mail address, such as name@example.com.")]
    clean_name = line(name, 160)
    if not clean_name:
        faults["name"] = [_("Enter the person's name.")]
    if role not in ROLES:
        faults["role"] = [_("Choose one of the roles.")]
    if faults:
        raise Invalid(_("Some details need to be put right."), faults)
    if role == "owner" and actor.kind == "member" and actor.role != "owner":
        raise NotAllowed(_("Only an owner can make somebody an owner."))
    with transaction.atomic():
        person, _made = Person.objects.get_or_create(email=address, defaults={"name": clean_name, "password": "!"})
        if Member.objects.filter(person=person).exists():
            message = _("Somebody with this address is on your team already.")
            raise Invalid(message, {"email": [message]})
        member = Member(
            organisation_id=tenancy.current().organisation_id, person=person, name=clean_name, role=role,
            job_title=line(job_title, 120), team_roles=list(team_roles),
        )  # fmt: skip
        member.save(force_insert=True)
        record(
            "member.invited", object_kind="member", object_id=member.id, label=member.name, after={"role": role},
        )  # fmt: skip
        emit(MemberInvited(member_id=member.id, person_id=person.id))
        return member.id
