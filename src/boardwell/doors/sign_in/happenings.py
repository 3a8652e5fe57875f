"""What happens elsewhere when somebody signed in or changed how they do."""

from typing import Any

from allauth.account.adapter import get_adapter
from allauth.account.authentication import AUTHENTICATION_METHODS_SESSION_KEY, get_authentication_records
from allauth.account.signals import email_changed
from allauth.mfa.models import Authenticator
from allauth.mfa.utils import is_mfa_enabled
from django.contrib.auth.signals import user_logged_in
from django.http import HttpRequest

from boardwell.domain.accounts.actions.change_address import change_address
from boardwell.domain.people.actions.note_device import note_device
from boardwell.doors.sign_in.devices import device_of
from boardwell.doors.sign_in.providers import provider_of_session
from boardwell.doors.sign_in.views.own import DECLINED, OFFER
from boardwell.kernel.clock import now


def listen() -> None:
    """Connects; called once, when the door is registered."""
    email_changed.connect(_address_changed, dispatch_uid="boardwell.address")
    user_logged_in.connect(_signed_in, dispatch_uid="boardwell.signed_in")


def _address_changed(request: HttpRequest, user: Any, **more: Any) -> None:
    change_address(user.pk, user.email)


def _signed_in(request: HttpRequest, user: Any, **more: Any) -> None:
    """Notes when the session began, whom it is bound to, and whether to offer a passkey; tells the person of a device that is new with them."""
    session = request.session
    session["signed_in_at"] = now().timestamp()
    session.pop("bound_to", None)
    records = [dict(record) for record in get_authentication_records(request, user)]
    provider = provider_of_session(request, user)
    if provider is not None:
        session["bound_to"] = provider.organisation_id
        session["bound_by"] = provider.id
        records[0]["second_factor"] = provider.asks_second_factor
        session[AUTHENTICATION_METHODS_SESSION_KEY] = records
    elif records and records[0].get("method") == "code" and DECLINED not in request.COOKIES:
        session[OFFER] = not is_mfa_enabled(user, [Authenticator.Type.WEBAUTHN])
    adapter = get_adapter(request)
    # Without a request in the adapter a program signed somebody in, and there is no device.
    if adapter.request is not None and note_device(str(user.pk), device_of(request.META.get("HTTP_USER_AGENT", ""))):
        adapter.send_notification_mail("boardwell/new_device", user)
