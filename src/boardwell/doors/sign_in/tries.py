"""Few tries for each code, also when many are sent at the same moment."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import render

from boardwell.doors.sign_in.once import claim_one_of
from boardwell.kernel.clock import now

MOST = 6
SECONDS = 600


def few_tries(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """Wraps a page where a code is typed: six POSTs of one session in ten minutes; allauth's own count of three comes on top."""

    @wraps(view)
    def wrapped(request: HttpRequest, *args: Any, **parts: Any) -> HttpResponseBase:
        if request.method == "POST":
            window = str(int(now().timestamp()) // SECONDS)
            if not claim_one_of(MOST, SECONDS, "code typed", request.path, str(request.session.session_key), window):
                return render(request, "429.html", status=429)
        return view(request, *args, **parts)

    return wrapped
