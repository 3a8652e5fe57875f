"""What can happen to files."""

from dataclasses import dataclass

from boardwell.kernel.events import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class FileKept(Event):
    """A file was uploaded. `by_kind` says who it was: member, contact, api_key, automation or system."""

    file_id: str
    journey_id: str
    account_id: str
    step_id: str
    visibility: str
    by_kind: str
