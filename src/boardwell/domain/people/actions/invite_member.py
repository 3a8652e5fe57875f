"""Invite a member to the team."""

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from boardwell.domain.audit.actions import record
from boardwell.domain.people.access import may_hand_out
from boardwell.domain.people.actions.change_member import clean_team_roles
from boardwell.domain.people.events import MemberInvited
from boardwell.domain.people.models import Member, Person
from boardwell.domain.people.roles import ROLES
from boardwell.kernel import tenancy
from boardwell.kernel.checks import Faults
from boardwell.kernel.errors import Invalid, NotAllowed
from boardwell.kernel.events import emit


def invite_member(*, email: str, name: str, role: str, job_title: str = "", team_roles: tuple[str, ...] = ()) -> str:
    """Adds a person to the team and returns the member's id; an address that is known elsewhere keeps its one sign-in.

    Raises NotAllowed (only an owner makes owners; nobody gives more than they have), Invalid (address, name, role, already on the team).
    """
    actor = tenancy.require("people:manage")
    faults = Faults()
    address = faults.email("email", email)
    clean_name = faults.line("name", name, 160, missing=_("Enter the person's name."))
    title = faults.line("job_title", job_title, 120)
    faults.one_of("role", role, ROLES, _("Choose one of the roles."))
    faults.stop()
    if not may_hand_out(actor, role):
        if role == "owner":
            raise NotAllowed(_("Only an owner can make somebody an owner."))
        raise NotAllowed(_("Your role does not allow this. Ask an administrator of your organisation."))
    try:
        with transaction.atomic():
            person, _made = Person.objects.get_or_create(email=address, defaults={"name": clean_name, "password": "!"})
            member = Member(
                organisation_id=tenancy.current().organisation_id, person=person, name=clean_name, role=role, job_title=title,
                team_roles=clean_team_roles(team_roles),
            )  # fmt: skip
            member.save(force_insert=True)
            record("member.invited", object_kind="member", object_id=member.id, label=member.name, after={"role": role})
            emit(MemberInvited(member_id=member.id, person_id=person.id))
            return member.id
    except IntegrityError as problem:
        message = _("Somebody with this address is on your team already.")
        raise Invalid(message, {"email": [message]}) from problem
