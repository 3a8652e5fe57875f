"""Answers that say what is wrong, as problem+json (RFC 9457)."""

from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest, JsonResponse
from ninja import Schema

PROBLEM = "application/problem+json"
TITLES = {
    400: "Not readable",
    401: "Who are you?",
    403: "Not allowed",
    404: "Not found",
    405: "Method not allowed",
    409: "Conflict",
    413: "Too large",
    415: "Not JSON",
    422: "Invalid",
    429: "Too many requests",
    500: "Our fault",
    503: "Not available",
}


class Problem(Schema):
    """RFC 9457."""

    type: str
    title: str
    status: int
    detail: str
    instance: str
    errors: list[dict[str, str]] = []


REFUSALS: Any = dict.fromkeys((400, 401, 403, 404, 409, 413, 415, 422, 429), Problem)
"""The answers every operation may give instead of its own, for the OpenAPI document."""


def problem_response(request: HttpRequest, status: int, detail: str, fields: Mapping[str, list[str]] | None = None) -> JsonResponse:
    """The problem; `errors` names each field by a JSON pointer."""
    body = {
        "type": f"/problems/{status}",
        "title": TITLES.get(status, "Refused"),
        "status": status,
        "detail": detail,
        "instance": getattr(request, "request_id", "-"),
        "errors": [
            {"pointer": name if name.startswith("/") else f"/{name}", "detail": line}
            for name, lines in (fields or {}).items()
            for line in lines
        ],
    }
    return JsonResponse(body, status=status, content_type=PROBLEM)
