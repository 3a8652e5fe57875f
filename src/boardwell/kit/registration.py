"""Takes a capability's declaration into the house, or says what is wrong with it."""

from boardwell.domain.journeys.kinds import registry
from boardwell.domain.playbooks.problemwords import register_words
from boardwell.kit.capability import Capability
from boardwell.kit.kind import Kind
from boardwell.kit.pages import OwnPage

_own_pages: dict[str, OwnPage] = {}


def register(found: object) -> None:
    """Registers the kinds and pages. TypeError for what is no capability, LookupError for a word or key that is taken."""
    if not isinstance(found, Capability):
        raise TypeError("must define CAPABILITY = Capability(…)")
    for kind in found.kinds:
        if not isinstance(kind, Kind):
            raise TypeError(f"{kind!r} is no Kind")
        registry.register(kind)
        register_words(kind.word, kind.fault_words)
    for page in found.own_pages:
        if _own_pages.setdefault(page.key, page) is not page:
            raise LookupError(f"the page {page.key!r} is there already")


def own_pages() -> list[OwnPage]:
    """Every page that a member has for themselves, by key."""
    return [_own_pages[key] for key in sorted(_own_pages)]
