"""Who may bring whom in at an account."""

from collections.abc import Iterable

from boardwell.kernel.tenancy import Actor


def may_invite(actor: Actor) -> bool:
    """The team, whoever starts onboardings, and the customer's own administrators."""
    return actor.may("accounts:edit") or actor.may("journeys:start") or actor.may("portal:invite")


def is_allowed_domain(email: str, domains: Iterable[str]) -> bool:
    """Whether an address lies in one of the domains or below it; no domains allow nobody."""
    domain = email.rpartition("@")[2].lower()
    return any(allowed and (domain == allowed or domain.endswith(f".{allowed}")) for allowed in domains)
