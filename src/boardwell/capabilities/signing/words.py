"""What the page and the certificate say: states, kinds of fields, and each step of the trail in words."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _


def step_of_trail(entry: Mapping[str, Any]) -> str:
    """One entry of the trail as a sentence."""
    values = {
        "who": entry.get("who", ""), "by": entry.get("by", ""), "to": entry.get("to", ""), "reason": entry.get("reason", ""),
        "level": entry.get("level", ""),
    }  # fmt: skip
    match entry["what"]:
        case "prepared":
            return _("The documents were prepared.")
        case "changed":
            return _("%(by)s changed the draft.") % values
        case "sent":
            return _("The documents were sent.")
        case "consented":
            return _("%(who)s agreed to sign electronically.") % values
        case "withdrew_consent":
            return _("%(who)s withdrew the agreement to sign electronically.") % values
        case "code_sent":
            return _("%(who)s was sent a code by mail.") % values
        case "signed":
            return _("%(who)s signed.") % values
        case "declined":
            return _("%(who)s declined: %(reason)s") % values
        case "delegated":
            return _("%(who)s asked %(to)s to sign instead: %(reason)s") % values
        case "reminded":
            return _("%(who)s was reminded.") % values
        case "expired":
            return _("The time to sign was over.")
        case "voided":
            return _("%(by)s withdrew the documents: %(reason)s") % values
        case "sealed":
            return _("The documents were sealed (%(level)s).") % values
        case _:
            return _("The timestamps were renewed.")


def state_words() -> dict[str, str]:
    """What the states of an envelope are called."""
    return {
        "draft": _("Being prepared"), "sent": _("Waiting for signatures"), "sealing": _("Signed by everybody, being sealed"),
        "completed": _("Signed and sealed"), "declined": _("Declined"), "expired": _("Expired"), "voided": _("Withdrawn"),
    }  # fmt: skip


def signer_words() -> dict[str, str]:
    """What the states of a signer are called."""
    return {"waiting": _("Not yet their turn"), "asked": _("Asked to sign"), "signed": _("Signed"), "declined": _("Declined")}


def kind_words() -> dict[str, str]:
    """What the kinds of fields are called."""
    return {
        "signature": _("Signature"), "initials": _("Initials"), "name": _("Name"), "date": _("Date"), "text": _("Text"), "tick": _("Tick box"),
    }  # fmt: skip


def level_words() -> list[tuple[str, str]]:
    """Levels of care about who signs, for settings."""
    return [("session", _("Signed in")), ("code", _("Signed in, and a code by mail")), ("passkey", _("Signed in, and a passkey"))]
