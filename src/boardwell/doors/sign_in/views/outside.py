"""To an organisation's sign-in service, and back."""

from typing import Any
from urllib.parse import urlsplit

from allauth.socialaccount.forms import DisconnectForm
from allauth.socialaccount.helpers import render_authentication_error
from allauth.socialaccount.models import SocialAccount, SocialApp
from allauth.socialaccount.providers.oauth2.views import OAuth2CallbackView, OAuth2LoginView
from allauth.socialaccount.views import ConnectionsView
from django import forms
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from boardwell.domain.organisations.queries import organisation_by_id, organisation_by_slug
from boardwell.domain.people.queries import provider_by_id
from boardwell.doors.sign_in.place import remember
from boardwell.doors.sign_in.providers import OrganisationAdapter, OrganisationProvider
from boardwell.doors.sign_in.tokens import TENANT, is_tenants
from boardwell.ui.page import page


def at(request: HttpRequest, slug: str) -> HttpResponseBase:
    """An organisation's own sign-in address: its name, its colours, its services; remembered by this browser."""
    if organisation_by_slug(slug) is None:
        raise Http404
    response = redirect("account_request_login_code" if request.GET.get("for") == "portal" else "account_login")
    remember(response, request, slug)
    return response


@require_POST
def provider(request: HttpRequest, provider_id: str) -> HttpResponseBase:
    """Off to the service: by a page that leads on, since our policy lets no form end up elsewhere (browsers hold redirects to it too)."""
    try:
        answer: HttpResponse = OAuth2LoginView.adapter_view(OrganisationAdapter(request, provider_id))(request)
    except SocialApp.DoesNotExist:
        raise Http404 from None
    onward = answer.headers.get("Location", "")
    if not onward.startswith(("https://", "http://")):
        return answer
    return page(request, "sign_in/onward.html", {"onward": onward, "host": urlsplit(onward).hostname})


class _Callback(OAuth2CallbackView):  # type: ignore[misc]  # allauth has no types
    def _get_state(self, request: HttpRequest, provider: Any) -> tuple[Any, Any]:
        """The state that this browser holds, once, and with it the nonce that the token must carry."""
        state, response = super()._get_state(request, provider)
        if state is not None:
            self.adapter.nonce = str(state.get("nonce") or "")
        return state, response


def provider_callback(request: HttpRequest, provider_id: str) -> HttpResponseBase:
    """Back from the service. An answer in another issuer's name (RFC 9207) is no answer."""
    view = provider_by_id(provider_id)
    if view is None:
        raise Http404
    always = view.configuration.get("authorization_response_iss_parameter_supported") is True
    said = request.GET.get("iss", "" if always else view.issuer)
    if said != view.issuer and not (TENANT in view.issuer and is_tenants(said, view.issuer)):
        refused: HttpResponseBase = render_authentication_error(request, OrganisationProvider(request, view))
        return refused
    answer: HttpResponseBase = _Callback.adapter_view(OrganisationAdapter(request, provider_id))(request)
    return answer


class Disconnect(DisconnectForm):  # type: ignore[misc]  # allauth has no types
    """Any of one's links may go: a code from the mail always remains."""

    def clean(self) -> dict[str, Any] | None:
        """Nothing beyond whose it is."""
        return forms.Form.clean(self)


class Connections(ConnectionsView):  # type: ignore[misc]  # allauth has no types
    """The services that sign a person in, and those that they may connect."""

    def get_form_class(self) -> type[Disconnect]:
        """Ours."""
        return Disconnect

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """With the names of services and organisations; services that are switched off are not shown."""
        context: dict[str, Any] = super().get_context_data(**kwargs)
        linked = []
        for account in SocialAccount.objects.filter(user_id=self.request.user.pk).order_by("pk"):
            view = provider_by_id(account.provider)
            if view is not None:
                where = organisation_by_id(view.organisation_id).name
                linked.append({"id": account.pk, "name": view.name, "address": account.extra_data.get("email", ""), "organisation": where})
        return {**context, "linked": linked}

    def form_valid(self, form: Disconnect) -> HttpResponseBase:
        """Disconnects; a link to a service that is switched off is not there."""
        try:
            answer: HttpResponseBase = super().form_valid(form)
        except SocialApp.DoesNotExist:
            raise Http404 from None
        return answer
