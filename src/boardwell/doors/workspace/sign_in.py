"""How people sign in: allauth with our words, our mail and no open sign-up."""

import secrets
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from allauth.socialaccount.models import SocialLogin
from django.contrib import messages
from django.http import HttpRequest
from django.shortcuts import redirect
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.translation import gettext as _

from boardwell.domain.people.queries import person_by_email
from boardwell.kernel.outgoing.mail import OutgoingMail, post


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]  # allauth has no types
    """People come in by invitation only; codes have six digits; mail takes the house's way and language."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Never: members are invited by their team, contacts by their owner."""
        return False

    def generate_login_code(self) -> str:
        """Six digits, as people can copy from a phone."""
        return f"{secrets.randbelow(1_000_000):06d}"

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Sign-in codes in our own design; every other notice as allauth words it."""
        person = person_by_email(email)
        language = (person.language if person else "") or translation.get_language() or "en"
        if template_prefix != "account/email/login_code":
            with translation.override(language):
                super().send_mail(template_prefix, email, context)
            return
        request = context["request"]
        with translation.override(language):
            link = request.build_absolute_uri("/sign-in/login/code/confirm/") + "#code=" + context["code"]
            values = {"code": context["code"], "link": link, "LANGUAGE_CODE": language}
            post(
                OutgoingMail(
                    recipient=email, subject=_("%(code)s is your sign-in code") % {"code": context["code"]}, purpose="sign_in",
                    language=language, text=render_to_string("mail/sign_in_code.txt", values),
                    html=render_to_string("mail/sign_in_code.html", values),
                )
            )  # fmt: skip

    def get_login_redirect_url(self, request: HttpRequest) -> str:
        """To where the person belongs: one organisation's workspace, or the portal."""
        return "/"


class SocialAdapter(DefaultSocialAccountAdapter):  # type: ignore[misc]  # allauth has no types
    """Google, Microsoft and any OIDC provider sign in people who are known; nobody is made by it."""

    def is_open_for_signup(self, request: HttpRequest, sociallogin: SocialLogin) -> bool:
        """Never; see pre_social_login."""
        return False

    def pre_social_login(self, request: HttpRequest, sociallogin: SocialLogin) -> None:
        """Links a provider's identity to the person with the same address, only when the provider says it verified it."""
        if sociallogin.is_existing:
            return
        verified = [address.email for address in sociallogin.email_addresses if address.verified]
        person = next((found for email in verified if (found := person_by_email(email)) is not None), None)
        if person is None or not person.is_active:
            messages.error(request, _("Nobody with this address has been invited yet. Ask your contact person for an invitation."))
            raise ImmediateHttpResponse(redirect("account_login"))
        sociallogin.connect(request, person)
