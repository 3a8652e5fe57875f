"""Paths of signing in. allauth's views are named one by one: what is not listed here is closed."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from allauth.account import views as account
from allauth.account.decorators import reauthentication_required
from allauth.mfa.base import views as factors
from allauth.mfa.recovery_codes import views as recovery
from allauth.mfa.totp import views as totp
from allauth.mfa.webauthn import views as passkeys
from allauth.socialaccount import views as social
from allauth.usersessions import views as sessions
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.urls import include, path
from django.views.decorators.http import require_POST

from boardwell.doors.sign_in.place import dressed
from boardwell.doors.sign_in.stepup import fresh
from boardwell.doors.sign_in.tries import few_tries
from boardwell.doors.sign_in.views import codes, outside, own
from boardwell.ui.page import page

type View = Callable[..., HttpResponseBase]


def unbound(view: View) -> View:
    """Only for sessions that the person opened themselves: a company's sign-in service must not change how they sign in elsewhere."""

    @wraps(view)
    def wrapped(request: HttpRequest, *args: Any, **parts: Any) -> HttpResponseBase:
        if request.session.get("bound_to"):
            return page(request, "sign_in/bound.html", status=403)
        return view(request, *args, **parts)

    return wrapped


def personal(view: View) -> View:
    """A page of the signed-in person's own, in a session of their own."""
    return dressed(login_required(unbound(view)))


def sensitive(view: View) -> View:
    """The same, after a fresh proof."""
    return personal(fresh(view))


ours = [
    path("at/<slug:slug>/", outside.at, name="at"),
    path("confirm/", dressed(codes.confirm), name="confirm"),
    path("picture/", dressed(login_required(own.picture_change)), name="picture_change"),
    path("picture/<str:file_id>/", login_required(own.own_picture), name="own_picture"),
    path("passkey/", personal(own.offer), name="offer"),
    path("second-factor/", personal(own.second_factor), name="second_factor"),
    path("sessions/<int:session_id>/end/", personal(own.session_end), name="session_end"),
    path("with/<str:provider_id>/", dressed(outside.provider), name="provider"),
    path("with/<str:provider_id>/callback/", dressed(outside.provider_callback), name="provider_callback"),
]
urlpatterns = [
    path("login/", dressed(codes.anew(account.login)), name="account_login"),
    path("login/code/", dressed(codes.anew(account.request_login_code)), name="account_request_login_code"),
    path("login/code/confirm/", dressed(codes.confirm_login_code), name="account_confirm_login_code"),
    path("logout/", dressed(require_POST(account.logout)), name="account_logout"),
    path("inactive/", dressed(account.account_inactive), name="account_inactive"),
    path("reauthenticate/", personal(account.reauthenticate), name="account_reauthenticate"),
    path("email/", sensitive(account.email), name="account_email"),
    path("email/confirm/", personal(few_tries(account.email_verification_sent)), name="account_email_verification_sent"),
    path("password/change/", sensitive(account.password_change), name="account_change_password"),
    path("password/set/", sensitive(account.password_set), name="account_set_password"),
    path("password/reset/", dressed(account.password_reset), name="account_reset_password"),
    path("password/reset/confirm/", dressed(few_tries(account.confirm_password_reset_code)), name="account_confirm_password_reset_code"),
    path("password/reset/complete/", dressed(account.complete_password_reset), name="account_complete_password_reset"),
    path("password/reset/done/", dressed(account.password_reset_from_key_done), name="account_password_reset_completed"),
    path("2fa/", personal(factors.index), name="mfa_index"),
    path("2fa/authenticate/", dressed(factors.authenticate), name="mfa_authenticate"),
    path("2fa/reauthenticate/", personal(factors.reauthenticate), name="mfa_reauthenticate"),
    path("2fa/totp/activate/", sensitive(totp.activate_totp), name="mfa_activate_totp"),
    path("2fa/totp/deactivate/", sensitive(totp.deactivate_totp), name="mfa_deactivate_totp"),
    path("2fa/recovery-codes/", sensitive(recovery.view_recovery_codes), name="mfa_view_recovery_codes"),
    path("2fa/recovery-codes/generate/", sensitive(recovery.generate_recovery_codes), name="mfa_generate_recovery_codes"),
    path("2fa/recovery-codes/download/", sensitive(recovery.download_recovery_codes), name="mfa_download_recovery_codes"),
    path("2fa/webauthn/", personal(passkeys.list_webauthn), name="mfa_list_webauthn"),
    path("2fa/webauthn/add/", sensitive(reauthentication_required(app="allauth.mfa")(own.AddPasskey.as_view())), name="mfa_add_webauthn"),
    path("2fa/webauthn/login/", dressed(passkeys.login_webauthn), name="mfa_login_webauthn"),
    path("2fa/webauthn/reauthenticate/", personal(passkeys.reauthenticate_webauthn), name="mfa_reauthenticate_webauthn"),
    path("2fa/webauthn/keys/<int:pk>/edit/", sensitive(passkeys.edit_webauthn), name="mfa_edit_webauthn"),
    path("2fa/webauthn/keys/<int:pk>/remove/", sensitive(passkeys.remove_webauthn), name="mfa_remove_webauthn"),
    path("connections/", personal(outside.Connections.as_view()), name="socialaccount_connections"),
    path("with/cancelled/", dressed(social.login_cancelled), name="socialaccount_login_cancelled"),
    path("with/error/", dressed(social.login_error), name="socialaccount_login_error"),
    path("sessions/", personal(sessions.list_usersessions), name="usersessions_list"),
    path("", include((ours, "sign_in"))),
]
