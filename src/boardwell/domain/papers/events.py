"""What can happen to papers."""

from dataclasses import dataclass

from boardwell.kernel.events import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class PaperEvent(Event):
    """Base: which paper of which journey."""

    paper_id: str
    journey_id: str
    account_id: str
    kind: str


class PaperPrepared(PaperEvent):
    """A scheduled report lies ready; somebody has to look at it."""


class PaperSent(PaperEvent):
    """The customer can read it."""


class PaperAccepted(PaperEvent):
    """Somebody at the customer accepted it by name."""
