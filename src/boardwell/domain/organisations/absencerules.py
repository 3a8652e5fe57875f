"""What may be entered as days off, and the words for what may not."""

from collections.abc import Iterable
from datetime import date

from django.utils.translation import gettext as _

from boardwell.domain.organisations.absences import MOST, MOST_DAYS, Absence
from boardwell.kernel.checks import Faults
from boardwell.kernel.errors import Invalid, NotFound


def checked_absence(first_on: date | None, last_on: date | None, words: str, side: str = "") -> Absence:
    """The stretch of days; Invalid when it is none. Without a last day it is one day."""
    faults = Faults()
    clean = faults.line("words", words, 120)
    last = last_on or first_on
    if first_on is None or last is None:
        faults.add("first_on", _("Choose a day."))
    elif not date(2000, 1, 1) <= first_on <= date(2100, 1, 1):
        faults.add("first_on", _("Choose a day between 2000 and 2100."))
    elif last < first_on:
        faults.add("last_on", _("The last day lies before the first."))
    elif (last - first_on).days >= MOST_DAYS:
        faults.add("last_on", _("That is more than %(most)d days. Enter them in parts.") % {"most": MOST_DAYS})
    faults.stop()
    return Absence(first_on or date.min, last or date.min, clean, side)


def with_absence(now: Iterable[Absence], added: Absence) -> list[Absence]:
    """The stretches with one more; one of the same days is replaced. Invalid when there are too many."""
    same = (added.first_on, added.last_on, added.side)
    found = [*(one for one in now if (one.first_on, one.last_on, one.side) != same), added]
    if len(found) > MOST:
        message = _("There are %(most)d entries already. Remove some that are over.") % {"most": MOST}
        raise Invalid(message, {"first_on": [message]})
    return found


def without_absence(now: Iterable[Absence], first_on: date | None, last_on: date | None, side: str = "") -> list[Absence]:
    """The stretches without one; NotFound when it is none of them."""
    listed = list(now)
    left = [one for one in listed if (one.first_on, one.last_on, one.side) != (first_on, last_on, side)]
    if len(left) == len(listed):
        raise NotFound(_("There are no such days off."))
    return left
