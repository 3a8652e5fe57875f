"""Codes from the mail: signing in with one, and confirming with one that it is oneself."""

import secrets
from collections.abc import Callable
from functools import wraps
from typing import Any

from allauth.account.adapter import get_adapter
from allauth.account.internal.flows.login import record_authentication
from allauth.account.internal.flows.reauthentication import resume_request
from allauth.account.internal.stagekit import clear_login
from allauth.account.stages import LoginByCodeStage, LoginStageController
from allauth.account.utils import get_next_redirect_url
from allauth.account.views import ConfirmLoginCodeView
from allauth.core import ratelimit
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.utils.crypto import constant_time_compare
from django.utils.translation import gettext as _

from boardwell.doors.sign_in.once import claim, claim_one_of
from boardwell.doors.sign_in.words import ACCOUNT_ERRORS
from boardwell.kernel.clock import now
from boardwell.ui.page import page

CODE_SECONDS = 600
MOST_TRIES = 3
_STATE = "confirm_by_code"
_enter: Callable[[HttpRequest], HttpResponseBase] = ConfirmLoginCodeView.as_view()


def anew(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """Wraps a page where signing in begins: a code that still waits is given up, so that a new one or another way can be chosen."""

    @wraps(view)
    def wrapped(request: HttpRequest, *args: Any, **parts: Any) -> HttpResponseBase:
        if not request.user.is_authenticated and LoginStageController.enter(request, LoginByCodeStage.key) is not None:
            clear_login(request)
        return view(request, *args, **parts)

    return wrapped


def confirm_login_code(request: HttpRequest) -> HttpResponseBase:
    """Where the six digits are typed. Opening it uses nothing up; only the browser that asked can send them, and only one request wins."""
    if request.user.is_authenticated:
        return redirect("start")
    stage = LoginStageController.enter(request, LoginByCodeStage.key)
    if stage is None:
        return page(request, "sign_in/elsewhere.html", status=200 if request.method in {"GET", "HEAD"} else 409)
    if request.method != "POST":
        return _enter(request)
    asked = (str(request.session.session_key), str(stage.state.get("at", "")))
    if not claim_one_of(MOST_TRIES, CODE_SECONDS, "code tried", *asked):
        clear_login(request)
        messages.error(request, str(ACCOUNT_ERRORS["too_many_login_attempts"]), extra_tags="bad")
        return redirect("account_request_login_code")
    expected = str(stage.state.get("code", ""))
    right = bool(expected) and constant_time_compare(request.POST.get("code", "").strip(), expected)
    if right and not claim(CODE_SECONDS, "code used", *asked):
        return page(request, "sign_in/elsewhere.html", status=409)
    return _enter(request)


@login_required
def confirm(request: HttpRequest) -> HttpResponseBase:
    """A fresh proof for those who have neither password nor passkey nor app: a code to their mailbox."""
    wanted = get_next_redirect_url(request) or "/"
    if get_adapter().get_reauthentication_methods(request.user)[0]["id"] != "code":
        return redirect(get_adapter().get_reauthentication_methods(request.user)[0]["url"] + f"?next={wanted}")
    state: dict[str, Any] = request.session.get(_STATE) or {}
    if state and now().timestamp() - state["at"] > CODE_SECONDS:
        state = {}
    if request.method == "POST" and request.POST.get("send"):
        return _send(request, wanted)
    if request.method == "POST" and state:
        asked = (str(request.session.session_key), str(state["at"]))
        if not claim_one_of(MOST_TRIES, CODE_SECONDS, "confirmation tried", *asked):
            request.session.pop(_STATE, None)
            messages.error(request, str(ACCOUNT_ERRORS["too_many_login_attempts"]), extra_tags="bad")
            return redirect(f"{request.path}?next={wanted}")
        right = constant_time_compare(request.POST.get("code", "").strip(), state["code"])
        if right and claim(CODE_SECONDS, "confirmation used", *asked):
            request.session.pop(_STATE, None)
            record_authentication(request, request.user, method="code", reauthenticated=True)
            return resume_request(request) or HttpResponseRedirect(wanted)
        messages.error(request, str(ACCOUNT_ERRORS["incorrect_code"]), extra_tags="bad")
    return page(request, "sign_in/confirm.html", {"sent": bool(state), "next": wanted})


def _send(request: HttpRequest, wanted: str) -> HttpResponse:
    email = str(getattr(request.user, "email", ""))
    if not ratelimit.consume(request, action="request_login_code", key=email.lower()):
        messages.error(request, _("Too many codes were asked for. Wait a few minutes."), extra_tags="bad")
    else:
        code = f"{secrets.randbelow(1_000_000):06d}"
        request.session[_STATE] = {"code": code, "at": now().timestamp()}
        get_adapter().send_mail("boardwell/confirm", email, {"request": request, "code": code})
    return redirect(f"{request.path}?next={wanted}")
