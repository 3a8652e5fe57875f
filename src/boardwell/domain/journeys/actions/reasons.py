"""Reasons that people give: required, trimmed, bounded."""

from django.utils.translation import gettext as _

from boardwell.kernel.errors import Invalid

MOST_CHARACTERS = 500


def required_reason(reason: str, field: str = "reason") -> str:
    """The trimmed reason, or Invalid naming the field when it is empty or too long."""
    text = reason.replace("\x00", "").strip()
    if not text:
        message = _("Say why: everybody who looks at this later will want to know.")
        raise Invalid(message, {field: [message]})
    if len(text) > MOST_CHARACTERS:
        message = _("That is too long: %(most)d characters at most.") % {"most": MOST_CHARACTERS}
        raise Invalid(message, {field: [message]})
    return text
