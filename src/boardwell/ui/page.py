"""Draws a page, or only one part of it when htmx asked for that."""

from typing import IO, Any, Protocol

from django.conf import settings
from django.http import FileResponse, HttpRequest, HttpResponse
from django.shortcuts import render

from boardwell.kernel.storage import content_disposition

LANGUAGE_NAMES = dict(settings.LANGUAGES)


def page(
    request: HttpRequest, template: str, context: dict[str, Any] | None = None, *, part: str | None = None, status: int = 200
) -> HttpResponse:
    """The whole page; with `part`, only that partial for requests that htmx sent."""
    wanted = f"{template}#{part}" if part and request.headers.get("HX-Request") == "true" else template
    response = render(request, wanted, context or {}, status=status)
    if part:
        response.headers["Vary"] = "HX-Request"
    return response


def page_context(request: HttpRequest) -> dict[str, Any]:
    """What every template may use; doors set brand, person and navigation on the request."""
    person = getattr(request, "person", None)
    return {
        "brand": getattr(request, "brand", None),
        "theme": getattr(person, "theme", "auto") if person is not None else "auto",
        "person": person,
        "language_names": LANGUAGE_NAMES,
        "request_id": getattr(request, "request_id", ""),
        **getattr(request, "door_context", {}),
    }


def handed_out(name: str, media_type: str, body: bytes) -> HttpResponse:
    """Sends a file that was just made, to be saved and never shown as a page of ours."""
    response = HttpResponse(body, content_type=media_type)
    response.headers["Content-Disposition"] = content_disposition(name)
    response.headers["Content-Security-Policy"] = "sandbox; default-src 'none'"
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Cache-Control"] = "private, no-store"
    return response


def query_after(path: str, query: str) -> str:
    """A path with a query string that may be empty."""
    return f"{path}?{query}" if query else path


class Drawn(Protocol):
    """A picture that was opened."""

    @property
    def stream(self) -> IO[bytes]:
        """Its bytes."""

    @property
    def media_type(self) -> str:
        """What it is."""


def picture_response(picture: Drawn, *, seconds: int, public: bool = False) -> FileResponse:
    """Sends a picture that we made ourselves, as nothing but a picture."""
    response = FileResponse(picture.stream, content_type=picture.media_type)
    response.headers["Content-Disposition"] = "inline"
    response.headers["Content-Security-Policy"] = "sandbox; default-src 'none'"
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Cache-Control"] = f"{'public' if public else 'private'}, max-age={seconds}, immutable"
    return response
