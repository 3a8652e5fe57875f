"""What a capability declares of itself."""

from dataclasses import dataclass

from boardwell.kit.kind import Kind


@dataclass(frozen=True, slots=True, kw_only=True)
class Capability:
    """One folder's contribution: its kinds of step."""

    name: str
    kinds: tuple[Kind, ...] = ()
