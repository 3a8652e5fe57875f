"""The plain view: who is signed in, in one line of text."""

from django.http import HttpRequest, HttpResponse
from django.urls import path


def who(request: HttpRequest) -> HttpResponse:
    """Reads the session and the person, as every page of ours must."""
    return HttpResponse(f"hello {request.user.email}", content_type="text/plain")  # type: ignore[union-attr]  # signed in


def alive(request: HttpRequest) -> HttpResponse:
    """For the start."""
    return HttpResponse("ok")


urlpatterns = [path("who/", who), path("healthz/", alive)]
