"""Who may change whom on the team, and how sure the house must be of who somebody is."""

from collections.abc import Iterable, Mapping
from typing import Any

from boardwell.domain.people.roles import permissions_of
from boardwell.kernel.tenancy import Actor


def may_hand_out(actor: Actor, *roles: str) -> bool:
    """Whether the actor may give or take away these roles: only owners touch owners, and nobody gives more than they have.

    The second rule holds API keys: a key that may manage people, and little else, cannot make itself an administrator.
    """
    if actor.kind == "system":
        return True
    if "owner" in roles:
        return actor.kind == "member" and actor.role == "owner"
    return actor.may("people:manage") and all(permissions_of(role) <= actor.permissions for role in roles)


def may_change_profile(actor: Actor, member_id: str) -> bool:
    """Members change their own name, title, telephone and picture; the rest of the team needs people:manage."""
    return (actor.kind == "member" and actor.id == member_id) or actor.may("people:manage")


def may_plan_time(actor: Actor, member_id: str) -> bool:
    """Members say themselves how much of a week they have and when they are away; for others it needs people:plan."""
    return (actor.kind == "member" and actor.id == member_id) or actor.may("people:plan")


FRESH_SECONDS = 900
"""How long a sign-in or a confirmation counts as recent."""
LEADING_ROLES = frozenset({"owner", "admin", "compliance"})
"""Who needs a second factor where an organisation asks it of those with much power."""


def confirmed_recently(records: Iterable[Mapping[str, Any]], at: float) -> bool:
    """Whether the newest proof of who somebody is (allauth's records of a session) is at most a quarter of an hour old."""
    return any(0 <= at - float(record.get("at", 0)) < FRESH_SECONDS for record in records)


def used_second_factor(records: Iterable[Mapping[str, Any]]) -> bool:
    """Whether a session was opened or confirmed with a passkey, an authenticator app, or a provider that asks for a second factor."""
    return any(record.get("method") == "mfa" or record.get("second_factor") for record in records)


def needs_second_factor(rule: str, role: str) -> bool:
    """Whether a member of this role needs one under an organisation's rule: offered, leaders or everyone."""
    return rule == "everyone" or (rule == "leaders" and role in LEADING_ROLES)
