"""The reasons of a health in the reader's words."""

from collections.abc import Iterable, Mapping
from typing import Any

from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext


def reason_words(reason: Mapping[str, Any]) -> str:
    """One reason as a person says it; empty for a code that is not known (any more)."""
    code, days, steps = reason.get("code"), int(reason.get("days", 0)), int(reason.get("steps", 0))
    if code == "overdue":
        return ngettext("%(n)s step is late", "%(n)s steps are late", steps) % {"n": steps}
    if code == "no_owner":
        return _("Nobody owns this onboarding")
    if code == "past_commitment":
        words = ngettext(
            "The forecast is %(n)s day after the promised go-live", "The forecast is %(n)s days after the promised go-live", days
        )
        return words % {"n": days}
    if code == "silent":
        words = ngettext("No sign of life from the customer for %(n)s day", "No sign of life from the customer for %(n)s days", days)
        return words % {"n": days}
    if code == "low_satisfaction":
        return _("The customer’s satisfaction is %(score)s") % {"score": number_format(reason.get("score", 0), use_l10n=True)}
    return _("Paused") if code == "paused" else ""


def reasons_in_words(reasons: Iterable[Mapping[str, Any]]) -> tuple[str, ...]:
    """Every reason in words, worst first."""
    return tuple(words for words in map(reason_words, reasons) if words)
