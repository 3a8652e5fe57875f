"""Composes mails: text and HTML from templates, in the reader's language, with the organisation's brand."""

from typing import Any

import css_inline
from django.conf import settings
from django.core import signing
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation

from boardwell.domain.organisations.queries import BrandView
from boardwell.kernel.outgoing.mail import OutgoingMail, post
from boardwell.ui.theme import readable

UNSUBSCRIBE_SALT = "boardwell.unsubscribe"


def absolute(path: str) -> str:
    """A path of ours as an address in a mail."""
    return settings.BASE_URL + path


def logo_url(brand: BrandView) -> str:
    """Where a mail finds the organisation's logo; "" when it has none."""
    return absolute(reverse("brand_logo", kwargs={"slug": brand.slug, "revision": brand.revision})) if brand.logo_file_id else ""


def unsubscribe_url(organisation_id: str, recipient_id: str) -> str:
    """A signed address that stops a contact's reminders or a member's weekly digest; opening it changes nothing."""
    token = signing.dumps([organisation_id, recipient_id], salt=UNSUBSCRIBE_SALT)
    return absolute(reverse("portal:unsubscribe", kwargs={"token": token}))


def send(
    template: str, *, recipient: str, language: str, subject: str, brand: BrandView, values: dict[str, Any], **more: Any
) -> str | None:
    """Renders mail/<template>.txt and .html and posts the mail; `more` goes to OutgoingMail."""
    with translation.override(language):
        context = {
            **values, "from_name": brand.display_name, "accent": readable(brand.accent, "#ffffff"), "LANGUAGE_CODE": language,
            "logo_url": logo_url(brand),
        }  # fmt: skip
        html = css_inline.inline(render_to_string(f"mail/{template}.html", context))
        text = render_to_string(f"mail/{template}.txt", context).strip() + "\n"
    return post(
        OutgoingMail(
            recipient=recipient, subject=subject, text=text, html=html, language=language, sender_name=brand.display_name,
            reply_to=brand.support_email, **more,
        )
    )  # fmt: skip
