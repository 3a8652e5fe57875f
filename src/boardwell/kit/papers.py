"""Papers of a capability: laid out in the house's frame, in any of our scripts, with places to sign."""

from boardwell.domain.organisations.queries import brand_of_current
from boardwell.kernel.confined import Failed, Overrun, confined
from boardwell.ui.papers import BLANK, FONTS, Paper, Place, fonts_of, pdf, places_of_blanks
from boardwell.ui.theme import readable

__all__ = ["BLANK", "FONTS", "Failed", "Overrun", "Paper", "Place", "confined", "fonts_of", "our_accent", "pdf", "places_of_blanks"]


def our_accent() -> str:
    """The organisation's colour, dark enough for paper."""
    return readable(brand_of_current().accent, "#ffffff")
