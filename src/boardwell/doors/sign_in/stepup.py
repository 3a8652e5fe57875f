"""Confirming again that it is oneself, before what can hurt."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from allauth.account.authentication import get_authentication_records
from allauth.core.exceptions import ReauthenticationRequired
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from boardwell.domain.people.access import confirmed_recently
from boardwell.kernel.clock import now


def is_fresh(request: HttpRequest) -> bool:
    """Whether the person proved within a quarter of an hour that it is them, by whichever means."""
    return confirmed_recently(get_authentication_records(request, request.user), now().timestamp())


def fresh(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """Wraps a page that only somebody who has just confirmed may open; allauth's own checks come on top."""

    @wraps(view)
    def wrapped(request: HttpRequest, *args: Any, **parts: Any) -> HttpResponseBase:
        if request.user.is_authenticated and not is_fresh(request):
            raise ReauthenticationRequired
        return view(request, *args, **parts)

    return wrapped
