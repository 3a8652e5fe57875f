"""What can happen to playbooks."""

from dataclasses import dataclass

from boardwell.kernel.events import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaybookPublished(Event):
    """A new immutable version exists."""

    playbook_id: str
    version_id: str
    number: int
