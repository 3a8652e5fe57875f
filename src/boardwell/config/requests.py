"""Gives every request an id, carried by logs, problem bodies and the X-Request-Id header."""

import secrets
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from boardwell.config.logs import request_id


class RequestIdMiddleware:
    """Sets a fresh random id per request; an id sent by a client is not trusted."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        made = "req_" + secrets.token_hex(10)
        request.request_id = made  # type: ignore[attr-defined]  # read by problems and templates
        token = request_id.set(made)
        try:
            response = self.get_response(request)
        finally:
            request_id.reset(token)
        response["X-Request-Id"] = made
        return response
