"""Turns the five errors of kernel.errors into answers: pages for people, problem+json for programs."""

import logging
from collections.abc import Callable

from django.conf import settings
from django.db import DataError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from boardwell.kernel import errors, tenancy
from boardwell.kernel.rates import TooMany

log = logging.getLogger("boardwell.failures")


class FailuresMiddleware:
    """The last answer: NotFound and Trespass 404, NotAllowed 403, Invalid 422, Conflict 409, TooMany 429, Unavailable 503.

    A body that is larger than anything we take is refused before a byte of it is read.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        most = settings.REQUEST_MAX_BYTES
        length = request.META.get("CONTENT_LENGTH") or ""
        if length.isdecimal() and int(length[:20]) > most:
            return failure_response(request, 413, _("Send at most %(most)d MB at once.") % {"most": most // 1_048_576})
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, problem: Exception) -> HttpResponse | None:
        if isinstance(problem, tenancy.Trespass):
            # Somebody else's row looks like no row; that it was reached at all is a fault of ours.
            log.error("a row of somebody else was reached", extra={"path": request.path}, exc_info=problem)
            return failure_response(request, 404)
        if isinstance(problem, DataError | UnicodeEncodeError):
            # NUL characters, lone surrogates and numbers no column can hold: nothing was written.
            return failure_response(request, 400)
        if not isinstance(problem, errors.BoardwellError):
            return None
        response = failure_response(request, problem.status, str(problem))
        if isinstance(problem, TooMany):
            response.headers["Retry-After"] = str(problem.wait_seconds)
        return response


TITLES = {
    400: lambda: _("That request could not be read"),
    403: lambda: _("You may not do that"),
    404: lambda: _("There is nothing here"),
    409: lambda: _("Somebody was faster"),
    413: lambda: _("That is too large"),
    422: lambda: _("Something needs to be put right"),
    429: lambda: _("Too many tries"),
    500: lambda: _("Something broke on our side"),
    503: lambda: _("Not available just now"),
}


def failure_response(request: HttpRequest, status: int, detail: str = "") -> HttpResponse:
    """A page, or problem+json (RFC 9457) for a program."""
    title = str(TITLES.get(status, TITLES[500])())
    if wants_json(request):
        body = {
            "type": f"/problems/{status}",
            "title": title,
            "status": status,
            "detail": detail or title,
            "instance": getattr(request, "request_id", "-"),
        }
        return JsonResponse(body, status=status, content_type="application/problem+json")
    context = {"title": title, "detail": detail, "status": status}
    return render(request, "failure.html", context, status=status)


def wants_json(request: HttpRequest) -> bool:
    """True for API paths and for clients that accept JSON but not HTML."""
    if request.path.startswith("/api/"):
        return True
    accept = request.headers.get("Accept", "")
    return "json" in accept and "html" not in accept


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """handler400"""
    return failure_response(request, 400)


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """handler404: the same for what is absent and for what is somebody else's."""
    return failure_response(request, 404)


def server_error(request: HttpRequest) -> HttpResponse:
    """handler500: names the request id, so that support can find the log line."""
    return failure_response(request, 500)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """A form from a stale page: says so; the browser's back button still has what was typed."""
    return failure_response(request, 403, _("This form was open for too long. Go back, reload the page and send it again."))
