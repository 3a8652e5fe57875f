"""What automations say happened: words for members, and that a rule has stopped itself."""

from dataclasses import dataclass

from boardwell.kernel.events import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class MembersNotified(Event):
    """A rule has something to tell members, by mail at an hour that suits them."""

    member_ids: tuple[str, ...]
    automation: str
    words: str
    journey_id: str
    step_key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AutomationStopped(Event):
    """A rule failed again and again, and was switched off by the house; `member_ids` are to hear of it."""

    automation_id: str
    automation: str
    words: str
    member_ids: tuple[str, ...]
