"""What somebody signs in with, as people call it; and when a session was last seen."""

from collections.abc import Callable

from allauth.usersessions.models import UserSession
from django.core.cache import caches
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from boardwell.kernel.clock import now

SEEN_EVERY_SECONDS = 900
"""How exact “last seen” is: a session that is used all day costs one statement in this time, not one for each page."""
BROWSERS = (("Edg", "Edge"), ("OPR", "Opera"), ("Firefox", "Firefox"), ("CriOS", "Chrome"), ("Chrome", "Chrome"), ("Safari", "Safari"))
SYSTEMS = (
    ("iPhone", "iPhone"), ("iPad", "iPad"), ("Android", "Android"), ("Windows", "Windows"), ("Mac OS", "macOS"), ("CrOS", "ChromeOS"),
    ("Linux", "Linux"),
)  # fmt: skip


def device_of(user_agent: str) -> str:
    """Browser and system; the beginning of an unknown one as it stands. Versions are left out, so that an update is no new device."""
    name = next((said for mark, said in BROWSERS if mark in user_agent), "")
    system = next((said for mark, said in SYSTEMS if mark in user_agent), "")
    return " · ".join(filter(None, (name, system))) or user_agent[:60] or "?"


class SeenMiddleware:
    """Keeps `last_seen_at` of a session to the quarter of an hour. The session itself stays as it is, so its end does not move."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        session = request.session
        if session.accessed and session.session_key:  # a page that did not ask who is there must not begin to vary by cookie
            at = now()
            began = float(session.get("signed_in_at", at.timestamp()))
            if at.timestamp() - began >= SEEN_EVERY_SECONDS and caches["near"].add(f"seen:{session.session_key}", 1, SEEN_EVERY_SECONDS):
                UserSession.objects.filter(session_key=session.session_key).update(last_seen_at=at)
        return response
