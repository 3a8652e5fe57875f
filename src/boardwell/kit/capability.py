"""What a capability declares of itself."""

from dataclasses import dataclass

from boardwell.kit.kind import Kind
from boardwell.kit.pages import OwnPage


@dataclass(frozen=True, slots=True, kw_only=True)
class Capability:
    """One folder's contribution: its kinds of step, and the pages that each member has for themselves."""

    name: str
    kinds: tuple[Kind, ...] = ()
    own_pages: tuple[OwnPage, ...] = ()
