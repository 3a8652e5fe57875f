"""What can happen to people."""

from dataclasses import dataclass

from boardwell.kernel.events import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberInvited(Event):
    """Somebody was added to the team; `person_id` is whom to write to."""

    member_id: str
    person_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberChanged(Event):
    """A member's role or activity changed."""

    member_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TimeOffChanged(Event):
    """A member is away on other days."""

    member_id: str
