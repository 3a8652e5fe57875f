"""What can happen to an envelope, in the past tense, and its words in the log."""

from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _

from boardwell.kit.events import Event, register_verb


@dataclass(frozen=True, slots=True, kw_only=True)
class EnvelopeEvent(Event):
    """Base: which envelope. `signer_id` is whom it concerns, where it is about one."""

    envelope_id: str
    journey_id: str
    account_id: str
    signer_id: str = ""


class SignatureAsked(EnvelopeEvent):
    """It is somebody's turn to sign."""


class SignatureReminded(EnvelopeEvent):
    """Somebody was reminded."""


class DocumentSigned(EnvelopeEvent):
    """Somebody signed."""


class EnvelopeSealed(EnvelopeEvent):
    """Everybody has signed, and the documents are sealed."""


class EnvelopeStopped(EnvelopeEvent):
    """Declined, expired or withdrawn: nobody signs any more."""


register_verb("envelope.prepared", _("prepared documents to be signed"))
register_verb("envelope.changed", _("changed documents to be signed"))
register_verb("envelope.sent", _("sent documents to be signed"))
register_verb("envelope.opened", _("opened documents to be signed"))
register_verb("envelope.consented", _("agreed to sign electronically"))
register_verb("envelope.withdrew_consent", _("withdrew the agreement to sign electronically"))
register_verb("envelope.code_sent", _("was sent a code to sign with"))
register_verb("envelope.signed", _("signed documents"))
register_verb("envelope.declined", _("declined to sign"))
register_verb("envelope.delegated", _("asked somebody else to sign"))
register_verb("envelope.reminded", _("reminded somebody to sign"))
register_verb("envelope.expired", _("documents expired before they were signed"))
register_verb("envelope.voided", _("withdrew documents to be signed"))
register_verb("envelope.sealed", _("sealed signed documents"))
register_verb("envelope.renewed", _("renewed the timestamps of sealed documents"))
