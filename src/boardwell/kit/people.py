"""Who takes part in a journey, who acts now, and where they can be reached."""

from boardwell.domain.journeys.queries.players import (
    Player,
    contacts_by_name,
    everybody_at,
    guests_of,
    hosts_of,
    house_calendar,
    member_players,
    names_by_role,
    our_team,
)
from boardwell.kernel.checks import Faults
from boardwell.kernel.clock import time_zones
from boardwell.kernel.tenancy import Actor, current, require

__all__ = [
    "Actor", "Faults", "Player", "actor_now", "contacts_by_name", "everybody_at", "guests_of", "hosts_of", "house_calendar", "member_players",
    "names_by_role", "our_team", "require", "time_zones",
]  # fmt: skip


def actor_now() -> Actor:
    """Who acts."""
    return current().actor
