"""Who takes part in a journey, who acts now, and where they can be reached."""

from boardwell.domain.journeys.queries.players import Player, guests_of, hosts_of, house_calendar, member_players
from boardwell.kernel.checks import Faults
from boardwell.kernel.clock import time_zones
from boardwell.kernel.tenancy import Actor, current, require

__all__ = [
    "Actor", "Faults", "Player", "actor_now", "guests_of", "hosts_of", "house_calendar", "member_players", "require", "time_zones",
]  # fmt: skip


def actor_now() -> Actor:
    """Who acts."""
    return current().actor
