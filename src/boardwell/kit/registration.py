"""Takes a capability's declaration into the house, or says what is wrong with it."""

from boardwell.domain.journeys.kinds import registry
from boardwell.kit.capability import Capability
from boardwell.kit.kind import Kind


def register(found: object) -> None:
    """Registers the kinds. TypeError for what is no capability, LookupError for a word that is taken."""
    if not isinstance(found, Capability):
        raise TypeError("must define CAPABILITY = Capability(…)")
    for kind in found.kinds:
        if not isinstance(kind, Kind):
            raise TypeError(f"{kind!r} is no Kind")
        registry.register(kind)
