"""What somebody agrees to before they sign on a screen, in their language; its number goes up whenever a word of it changes."""

from django.utils.translation import gettext as _

from boardwell.capabilities.signing.trail import sha256

VERSION = 1


def consent_text(sender: str, address: str) -> list[str]:
    """The paragraphs: paper instead, scope, withdrawing, copies, what is needed (15 U.S.C. 7001(c))."""
    names = {"sender": sender, "address": address}
    return [
        _("I agree to read and sign these documents electronically. My electronic signature then counts as my signature by hand does.")
        % names,
        _("I may have them on paper instead, free of charge: I write to %(sender)s at %(address)s and sign nothing here.") % names,
        _("My agreement is for these documents only. Until I have signed I can withdraw it on this page, without any cost.") % names,
        _("I can keep a copy of every document from this page now and after signing. If my address changes I write to %(sender)s.") % names,
        _(
            "I need a browser of today and a program that opens PDF files. The code below, which I read in a PDF file, shows that I have one."
        )
        % names,
    ]


def consent_hash(paragraphs: list[str]) -> str:
    """SHA-256 of the exact words, paragraphs divided by an empty line."""
    return sha256("\n\n".join(paragraphs))
