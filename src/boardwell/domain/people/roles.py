"""The catalogue of permissions, the roles that carry them, and the actors that people and keys become."""

from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from boardwell.kernel.tenancy import Actor

if TYPE_CHECKING:
    from boardwell.domain.people.keyring import UsableKey
    from boardwell.domain.people.models import ApiKey, Member
    from boardwell.domain.people.queries import Desk

type Label = str | Promise

PERMISSIONS: dict[str, Label] = {
    "accounts:edit": _("Change accounts and contacts, invite contacts"),
    "accounts:import": _("Import accounts from a file"),
    "accounts:view": _("See accounts"),
    "api_keys:manage": _("Make and revoke API keys"),
    "audit:view": _("See the audit log"),
    "automations:edit": _("Make and switch automations"),
    "automations:view": _("See automations and what they did"),
    "files:upload": _("Upload files"),
    "files:view": _("Open files"),
    "history:import": _("Learn from past cases of other systems"),
    "journeys:assign": _("Give steps to people"),
    "journeys:cancel": _("Cancel onboardings"),
    "journeys:complete": _("Do steps, also on a customer's behalf"),
    "journeys:edit": _("Change facts and the plan"),
    "journeys:go_live": _("Declare a customer live"),
    "journeys:open_gates": _("Open gates against their conditions"),
    "journeys:pause": _("Pause and resume onboardings"),
    "journeys:reschedule": _("Move due days"),
    "journeys:skip": _("Skip and reopen steps"),
    "journeys:start": _("Start onboardings"),
    "journeys:view": _("See onboardings"),
    "journeys:view_as": _("See the portal as one of the customer's people sees it"),
    "lists:export": _("Export lists as CSV"),
    "mail:view": _("See outgoing mail"),
    "messages:write": _("Write to customers"),
    "messages:write_internal": _("Write internal notes"),
    "papers:write": _("Write status reports and expectation sheets"),
    "people:manage": _("Invite members and change roles"),
    "people:plan": _("Change the hours and the days off of others"),
    "people:view": _("See the team"),
    "playbooks:edit": _("Write playbooks"),
    "playbooks:publish": _("Publish playbooks"),
    "playbooks:view": _("See playbooks"),
    "search:use": _("Search"),
    "settings:manage": _("Change settings"),
    "settings:view": _("See settings"),
}

_EVERYTHING = frozenset(PERMISSIONS)
_VIEWING = frozenset({
    "accounts:view", "files:view", "journeys:view", "people:view", "playbooks:view", "search:use", "settings:view",
})  # fmt: skip
_WORKING = _VIEWING | {
    "accounts:edit", "automations:view", "files:upload", "journeys:assign", "journeys:complete", "journeys:edit", "journeys:go_live",
    "journeys:pause", "journeys:reschedule", "journeys:skip", "journeys:start", "journeys:view_as", "lists:export", "mail:view", "messages:write",
    "messages:write_internal", "papers:write",
}  # fmt: skip
_DOING = _VIEWING | {"files:upload", "journeys:complete", "messages:write", "messages:write_internal"}

ROLES: dict[str, frozenset[str]] = {
    "owner": _EVERYTHING,
    "admin": _EVERYTHING,
    "manager": _EVERYTHING - {"settings:manage", "api_keys:manage", "people:manage"},
    "specialist": _WORKING,
    "compliance": _DOING | {"audit:view", "lists:export"},
    "trainer": _DOING,
    "viewer": _VIEWING,
}

ROLE_LABELS: dict[str, Label] = {
    "owner": _("Organisation owner"),
    "admin": _("Administrator"),
    "manager": _("Manager"),
    "specialist": _("Onboarding specialist"),
    "compliance": _("Compliance officer"),
    "trainer": _("Trainer"),
    "viewer": _("Viewer"),
}

_PARTICIPANT = frozenset({"portal:view", "portal:act", "messages:write", "files:upload", "files:view"})
CONTACT_ROLES: dict[str, frozenset[str]] = {
    "participant": _PARTICIPANT,
    "admin": _PARTICIPANT | {"portal:invite", "portal:hand_over"},
}
CONTACT_PERMISSIONS: dict[str, Label] = {
    "portal:view": _("See their own onboarding"),
    "portal:act": _("Do steps"),
    "messages:write": _("Write to the team"),
    "files:upload": _("Upload files"),
    "files:view": _("Open files"),
    "portal:invite": _("Invite colleagues"),
    "portal:hand_over": _("Give steps to colleagues"),
}
"""What the customer's side of the catalogue says, in words."""
LOOKING_PERMISSIONS = frozenset({"portal:view", "files:view"})
"""What is left of a contact's permissions for a member who only looks through their eyes."""
CONTACT_ROLE_LABELS: dict[str, Label] = {"participant": _("Participant"), "admin": _("Administrator")}


def permissions_of(role: str) -> frozenset[str]:
    """What a member's role may do; an unknown role may do nothing."""
    return ROLES.get(role, frozenset())


def actor_for_member(member: "Member") -> Actor:
    """The actor that a signed-in member is."""
    return Actor(
        kind="member", id=member.id, name=member.name, person_id=member.person_id, role=member.role,
        permissions=permissions_of(member.role) if member.active else frozenset(),
    )  # fmt: skip


def actor_at(desk: "Desk") -> Actor:
    """The actor that a signed-in member is at their desk."""
    return Actor(kind="member", id=desk.id, name=desk.name, person_id=desk.person_id, role=desk.role, permissions=permissions_of(desk.role))


def actor_for_contact(contact_id: str, name: str, person_id: str | None, role: str, account_ids: Iterable[str]) -> Actor:
    """The actor that a signed-in contact is: sees only the given accounts."""
    return Actor(
        kind="contact", id=contact_id, name=name, person_id=person_id, role=role,
        permissions=CONTACT_ROLES.get(role, frozenset()), account_ids=frozenset(account_ids),
    )  # fmt: skip


def actor_for_look(contact: Actor, member: Actor) -> Actor:
    """The actor that a member is while looking through a contact's eyes: sees what the contact sees, and may do nothing."""
    return replace(contact, permissions=contact.permissions & LOOKING_PERMISSIONS, looker_id=member.id)


def actor_for_key(key: "ApiKey | UsableKey") -> Actor:
    """The actor that an API key is: its scopes, and nothing that the catalogue does not know."""
    return Actor(kind="api_key", id=key.id, name=key.name, permissions=frozenset(key.scopes) & _EVERYTHING)
