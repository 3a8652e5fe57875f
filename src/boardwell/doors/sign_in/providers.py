"""Signing in with Google, Microsoft or any OpenID provider that an organisation set up; nobody is made by it."""

import secrets
from typing import Any

import requests
from allauth.account.authentication import get_authentication_records
from allauth.account.models import EmailAddress
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from allauth.socialaccount.models import SocialApp, SocialLogin
from allauth.socialaccount.providers.base import ProviderException
from allauth.socialaccount.providers.openid_connect.provider import OpenIDConnectProvider
from allauth.socialaccount.providers.openid_connect.views import OpenIDConnectOAuth2Adapter
from django.contrib import messages
from django.http import HttpRequest
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _

from boardwell.domain.accounts.queries import may_come_in, providers_of_person
from boardwell.domain.people.queries import ProviderView, person_by_email, provider_by_id, provider_secret
from boardwell.doors.sign_in import words
from boardwell.doors.sign_in.tokens import TENANT, Untrusted, claims_of, confirmed_address
from boardwell.kernel.clock import now
from boardwell.kernel.outgoing.web import Gateway
from boardwell.listeners.notifications.letters import absolute


class OrganisationAdapter(OpenIDConnectOAuth2Adapter):  # type: ignore[misc]  # allauth has no types
    """One provider of one organisation: what it said of itself when it was set up, its keys as they are now."""

    nonce = ""

    @property
    def openid_config(self) -> dict[str, Any]:
        """As it was checked and kept; nothing is asked again on the way in."""
        return dict(self.get_provider().view.configuration)

    def complete_login(self, request: HttpRequest, app: SocialApp, token: Any, **kwargs: Any) -> SocialLogin:
        """The person whom a checked ID token names; ProviderException when it proves nothing."""
        view: ProviderView = self.get_provider().view
        said = kwargs["response"].get("id_token")
        if not isinstance(said, str):
            raise ProviderException("no ID token")
        with Gateway() as gateway:
            answer = gateway.get(view.configuration["jwks_uri"])
        try:
            claims = claims_of(said, answer.json(), issuer=view.issuer, client_id=view.client_id, nonce=self.nonce, at=now().timestamp())
        except (Untrusted, requests.exceptions.JSONDecodeError) as problem:
            raise ProviderException(str(problem)) from problem
        if "email" not in claims and view.configuration.get("userinfo_endpoint"):
            more = self._fetch_user_info(token.token)
            if isinstance(more, dict) and more.get("sub") == claims["sub"]:
                claims |= {name: more[name] for name in ("email", "email_verified", "name") if name in more}
        return self.get_provider().sociallogin_from_response(request, claims)

    def get_client(self, request: HttpRequest, app: SocialApp) -> Any:
        """The client with its secret, which is unsealed for this request only."""
        app.secret = provider_secret(self.get_provider().view)
        return super().get_client(request, app)

    def get_callback_url(self, request: HttpRequest, app: SocialApp) -> str:
        """Below the installation's own address, whatever host a request named."""
        return callback_url(self.provider_id)


class OrganisationProvider(OpenIDConnectProvider):  # type: ignore[misc]  # allauth has no types
    """allauth's OpenID Connect, with a nonce and PKCE, and deaf to what a link would add to the question."""

    oauth2_adapter_class = OrganisationAdapter
    pkce_enabled_default = True

    def __init__(self, request: HttpRequest, view: ProviderView) -> None:
        self.view = view
        app = SocialApp(provider="openid_connect", provider_id=view.id, name=view.name, client_id=view.client_id)
        app.settings = {"server_url": view.issuer}
        super().__init__(request, app=app)

    @property
    def of_all(self) -> bool:
        """Whether it speaks for every tenant of Microsoft."""
        return TENANT in self.view.issuer

    def get_auth_params_from_request(self, request: HttpRequest, action: str) -> dict[str, Any]:
        """None: parameters in our own address are anybody's."""
        return {}

    def get_scope_from_request(self, request: HttpRequest) -> list[str]:
        """What signing in needs, and nothing that a link asks for."""
        return ["openid", "email", "profile"]

    def get_login_url(self, request: HttpRequest, **kwargs: Any) -> str:
        """Our own address for it."""
        return reverse("sign_in:provider", kwargs={"provider_id": self.view.id})

    def redirect(self, request: HttpRequest, process: str, next_url: str | None = None, data: Any = None, **kwargs: Any) -> Any:
        """Off to the provider, with a nonce that only this browser's state knows."""
        nonce = secrets.token_urlsafe(24)
        kwargs["auth_params"] = {**(kwargs.get("auth_params") or {}), "nonce": nonce}
        return super().redirect(request, process, next_url, data, nonce=nonce, **kwargs)

    def serialize(self) -> dict[str, Any]:
        """Its id is enough to find it again, when a second factor comes in between."""
        return {"id": self.view.id}

    def extract_uid(self, data: dict[str, Any]) -> str:
        """The subject; the issuer is the provider's row, which never changes it. Of all tenants, the tenant's subject."""
        return f"{data['tid']}:{data['sub']}"[:191] if self.of_all else str(data["sub"])

    def extract_email_addresses(self, data: dict[str, Any]) -> list[EmailAddress]:
        """The address, with what the provider says about it."""
        email = data.get("email")
        verified = confirmed_address(data, of_all=self.of_all)
        return [EmailAddress(email=email, verified=bool(verified), primary=True)] if isinstance(email, str) else []

    def extract_extra_data(self, data: dict[str, Any]) -> dict[str, Any]:
        """Only the address, so that the person recognises the account."""
        return {"email": str(data.get("email", ""))[:320]}

    def extract_common_fields(self, data: dict[str, Any]) -> dict[str, Any]:
        """The address only: names are given by those who invite."""
        return {"email": data.get("email")}


class SocialAdapter(DefaultSocialAccountAdapter):  # type: ignore[misc]  # allauth has no types
    """Providers come from the organisations' settings; who may come in is asked of the domain, at every sign-in."""

    error_messages = {**DefaultSocialAccountAdapter.error_messages, **words.PROVIDER_ERRORS}

    def get_provider(self, request: HttpRequest, provider: str, client_id: str | None = None) -> OrganisationProvider:
        """The organisation's provider with this id; SocialApp.DoesNotExist when there is none."""
        found = provider_by_id(provider)
        if found is None:
            raise SocialApp.DoesNotExist
        return OrganisationProvider(request, found)

    def list_providers(self, request: HttpRequest) -> list[OrganisationProvider]:
        """None by themselves: pages ask for those of one organisation."""
        return []

    def get_requests_session(self) -> Gateway:
        """Every call goes through the one way out."""
        return Gateway()

    def is_open_for_signup(self, request: HttpRequest, sociallogin: SocialLogin) -> bool:
        """Never: people are invited."""
        return False

    def pre_social_login(self, request: HttpRequest, sociallogin: SocialLogin) -> None:
        """Lets in whom the organisation invited. A first time is linked only by an address that the provider says it confirmed."""
        view: ProviderView = sociallogin.provider.view
        address = str(sociallogin.account.extra_data.get("email", "")).strip().lower()
        if view.allowed_domains and address.rpartition("@")[2] not in view.allowed_domains:
            raise _sent_back(request, _("Accounts at this address cannot sign in here. Choose another account, or sign in with a code."))
        if sociallogin.state.get("process") == "connect":
            if not request.user.is_authenticated or view.id not in {one.id for one in providers_of_person(request.user.pk)}:
                raise _sent_back(request, _uninvited())
            return
        person: Any = sociallogin.user if sociallogin.is_existing else None
        known = person is not None
        if not known:
            confirmed = next((one.email for one in sociallogin.email_addresses if one.verified), "")
            person = person_by_email(confirmed) if confirmed else None
        if person is None or not person.is_active or not may_come_in(person.pk, view):
            raise _sent_back(request, _uninvited())
        if not known:
            sociallogin.connect(request, person)


def _uninvited() -> str:
    return _(
        "Nobody with this address has been invited yet, or the service did not confirm it. Sign in with a code, or ask for an invitation."
    )


def _sent_back(request: HttpRequest, said: str) -> ImmediateHttpResponse:
    messages.error(request, said, extra_tags="bad")
    return ImmediateHttpResponse(redirect("account_login"))


def callback_url(provider_id: str) -> str:
    """The address that a provider sends people back to; it stands in the provider's own settings."""
    return absolute(reverse("sign_in:provider_callback", kwargs={"provider_id": provider_id}))


def provider_of_session(request: HttpRequest, user: Any) -> ProviderView | None:
    """The provider that opened this session, when one did; a password, code or passkey before it counts for the person themselves."""
    records = get_authentication_records(request, user)
    if not records or records[0].get("method") != "socialaccount":
        return None
    return provider_by_id(str(records[0].get("provider", "")))
