"""How people sign in: allauth with our words, our mail and no open sign-up."""

import secrets
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.mfa.adapter import DefaultMFAAdapter
from django.contrib import messages
from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _

from boardwell.domain.accounts.queries import may_use_address
from boardwell.domain.organisations.queries import BrandView
from boardwell.domain.people.queries import person_by_email
from boardwell.doors.sign_in import words
from boardwell.doors.sign_in.devices import device_of
from boardwell.doors.sign_in.place import brand_at, slug_of
from boardwell.doors.sign_in.views.own import OFFER
from boardwell.kernel import sealed
from boardwell.listeners.notifications.letters import absolute, send

NOBODYS = BrandView("Boardwell", "#2f5bd7", "", "", 0, "")
"""How a letter looks that belongs to no organisation."""
LEVELS = {messages.SUCCESS: "good", messages.INFO: "good", messages.WARNING: "warn", messages.ERROR: "bad"}


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]  # allauth has no types
    """People come in by invitation only; codes have six digits; mail takes the house's way and language."""

    error_messages = {**DefaultAccountAdapter.error_messages, **words.ACCOUNT_ERRORS}

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Never: members are invited by their team, contacts by their owner."""
        return False

    def generate_login_code(self) -> str:
        """Six digits, as people can copy from a phone."""
        return f"{secrets.randbelow(1_000_000):06d}"

    def generate_password_reset_code(self) -> str:
        """The same six digits."""
        return self.generate_login_code()

    def generate_email_verification_code(self) -> str:
        """The same six digits."""
        return self.generate_login_code()

    def clean_email(self, email: str) -> str:
        """Refuses an address outside the domains that a person's accounts list."""
        user = self.request.user if self.request else None
        if user is not None and user.is_authenticated and not may_use_address(user.pk, email):
            raise ValidationError(_("Your onboarding is for addresses of your company. Use one of those."))
        return str(super().clean_email(email))

    def get_login_stages(self) -> list[str]:
        """A code from the mail, then the second factor where one is due; addresses are confirmed by the code itself."""
        return ["allauth.account.stages.LoginByCodeStage", "boardwell.doors.sign_in.factors.SecondFactorStage"]

    def get_reauthentication_methods(self, user: AbstractBaseUser | AnonymousUser) -> list[dict[str, Any]]:
        """Passkey, password, authenticator app; for somebody who has none of them, a code by mail."""
        described = {
            "mfa_reauthenticate:webauthn": _("With a passkey"), "reauthenticate": _("With your password"),
            "mfa_reauthenticate": _("With your authenticator app or a recovery code"),
        }  # fmt: skip
        found = [{**one, "description": described[one["id"]]} for one in super().get_reauthentication_methods(user)]
        found.sort(key=lambda one: list(described).index(one["id"]))
        if not found and user.is_authenticated:
            found = [{"id": "code", "description": _("With a code from your mail"), "url": reverse("sign_in:confirm")}]
        return found

    def add_message(
        self, request: HttpRequest, level: int, message_template: str | None = None, message_context: dict[str, Any] | None = None,
        extra_tags: str = "", message: str | None = None,
    ) -> None:  # fmt: skip
        """Our sentence for allauth's template, or nothing."""
        said = message or words.SAID.get(message_template or "")
        if said:
            messages.add_message(request, level, str(said), extra_tags=LEVELS.get(level, "good"))

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Every letter of signing in, in our design and the reader's language; one that we do not know is not sent."""
        person = person_by_email(email)
        language = (person.language if person else "") or translation.get_language() or "en"
        brand = (brand_at(slug_of(self.request)) if self.request else None) or NOBODYS
        prefix = template_prefix.replace("email_confirmation_signup", "email_confirmation")
        with translation.override(language):
            if prefix in words.CODES:
                subject, heading, otherwise = words.CODES[prefix]
                paths = {"account/email/login_code": "account_confirm_login_code", "boardwell/confirm": "sign_in:confirm"}
                link = f"{absolute(reverse(paths[prefix]))}#code={context['code']}" if prefix in paths else ""
                values = {"code": context["code"], "link": link, "heading": heading, "otherwise": otherwise}
                send(
                    "sign_in_code", recipient=email, language=language, subject=str(subject) % {"code": context["code"]}, brand=brand,
                    values=values, purpose="sign_in",
                )  # fmt: skip
            elif prefix in words.NOTICES:
                subject, first = words.NOTICES[prefix]
                values = {
                    "heading": subject, "first": str(first) % {key: str(context.get(key, "")) for key in ("to_email", "provider")},
                    "device": device_of(str(context["user_agent"])) if context.get("user_agent") else "", "address": str(context.get("ip") or ""),
                    "link": absolute(reverse("usersessions_list")),
                }  # fmt: skip
                send(
                    "sign_in_notice", recipient=email, language=language, subject=str(subject), brand=brand, values=values, purpose="notice"
                )

    def send_notification_mail(
        self, template_prefix: str, user: AbstractBaseUser, context: dict[str, Any] | None = None, email: str | None = None
    ) -> None:
        """To the address that the person signs in with, or the one given."""
        super().send_notification_mail(template_prefix, user, context, email or str(getattr(user, "email", "")))

    def get_login_redirect_url(self, request: HttpRequest) -> str:
        """To where the person belongs; past the offer of a passkey, where one is due."""
        return f"{reverse('sign_in:offer')}?next=/" if request.session.get(OFFER) else "/"


class FactorAdapter(DefaultMFAAdapter):  # type: ignore[misc]  # allauth has no types
    """Passkeys and authenticator apps: secrets are sealed at rest, names are ours."""

    error_messages = {**DefaultMFAAdapter.error_messages, **words.FACTOR_ERRORS}

    def encrypt(self, text: str) -> str:
        """Sealed, so that a copy of the database opens nothing."""
        return sealed.seal(text, "mfa")

    def decrypt(self, encrypted_text: str) -> str:
        """The counterpart of `encrypt`."""
        return sealed.unseal(encrypted_text, "mfa")

    def get_totp_issuer(self) -> str:
        """What an authenticator app calls us."""
        return "Boardwell"

    def generate_authenticator_name(self, user: AbstractBaseUser, type: str) -> str:  # noqa: A002 - allauth's word
        """A name that tells passkeys apart until the person gives a better one."""
        return _("My passkey")
