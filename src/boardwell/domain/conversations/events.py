"""What can happen in conversations."""

from dataclasses import dataclass

from boardwell.kernel.events import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class MessagePosted(Event):
    """Somebody wrote. `visibility` internal never leaves the team."""

    message_id: str
    journey_id: str
    account_id: str
    visibility: str
    author_kind: str
    author_id: str
