"""Who may change whom on the team."""

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
