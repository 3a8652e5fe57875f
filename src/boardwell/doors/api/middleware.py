"""What holds for every answer under /api: problems are problem+json, and the caller learns how much it may still ask."""

from collections.abc import Callable
from http import HTTPStatus

from django.http import HttpRequest, HttpResponse

from boardwell.doors.api.problems import PROBLEM, problem_response
from boardwell.kernel.rates import Verdict


class ApiMiddleware:
    """Turns what a framework refused in its own words (a method, a path, a body) into a problem; adds the RateLimit headers."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not request.path.startswith("/api/"):
            return self.get_response(request)
        sent = request.META.get("CONTENT_LENGTH", "0") not in {"", "0"}
        if sent and request.method in {"POST", "PUT", "PATCH"} and request.content_type != "application/json":
            return problem_response(request, 415, "Send the body as JSON, with Content-Type: application/json.")
        response = self.get_response(request)
        if response.status_code >= 400 and not response.headers.get("Content-Type", "").startswith(PROBLEM):
            problem = problem_response(request, response.status_code, _detail(response.status_code))
            for name in ("Allow", "Retry-After"):
                if name in response.headers:
                    problem.headers[name] = response.headers[name]
            response = problem
        verdict: Verdict | None = getattr(request, "rate", None)
        if verdict is not None and verdict.limit.amount:
            limit = verdict.limit
            response.headers["RateLimit-Policy"] = f'"{limit.name}";q={limit.amount};w={limit.seconds}'
            response.headers["RateLimit"] = f'"{limit.name}";r={verdict.left};t={verdict.wait_seconds or limit.seconds}'
        return response


def _detail(status: int) -> str:
    try:
        return HTTPStatus(status).description or HTTPStatus(status).phrase
    except ValueError:
        return ""
