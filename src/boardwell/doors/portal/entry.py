"""The portal's door: which contact is it, whose onboarding is this; strangers get 404."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib.auth import logout
from django.contrib.auth.views import redirect_to_login
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from boardwell.domain.conversations.queries import unread_count
from boardwell.domain.journeys.queries.seats import seat_at
from boardwell.domain.people.queries import provider_by_id
from boardwell.domain.people.roles import actor_for_contact
from boardwell.doors.portal.looking import look_of, show_as
from boardwell.kernel import rates, tenancy
from boardwell.kernel.clock import now, time_zones
from boardwell.ui.links import path_to


def portal(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """Wraps a view of one onboarding: it runs as the contact, who sees the shared part of their own accounts only.

    A member who looks through a contact's eyes (`looking`) sees the same, and changes nothing.
    """

    @wraps(view)
    def entered(request: HttpRequest, journey_id: str, **parts: Any) -> HttpResponseBase:
        if not request.user.is_authenticated:
            return redirect_to_login(request.get_full_path())
        look = look_of(request, journey_id)
        if look is not None and is_reached(request, look.organisation_id):
            use_habits_of(request)
            return show_as(look, request, view, parts, _navigation)
        seat = seat_at(journey_id, request.user.pk)
        if seat is None or not is_reached(request, seat.organisation_id):
            raise Http404
        if request.method == "POST" and request.FILES:
            rates.require(rates.UPLOADS, str(request.user.pk))
        use_habits_of(request)
        actor = actor_for_contact(seat.contact_id, seat.name, request.user.pk, seat.role, [seat.account_id])
        with tenancy.acting_for(seat.organisation_id, actor, getattr(request, "request_id", "")):
            if is_over(request, seat.session_hours):
                logout(request)
                return redirect_to_login(request.get_full_path(), reverse("account_request_login_code"))
            request.brand = seat.brand  # type: ignore[attr-defined]  # read by ui.page
            request.person = request.user  # type: ignore[attr-defined]
            request.door_context = {  # type: ignore[attr-defined]
                "journey_id": journey_id, "may": actor.permissions, "contact_id": seat.contact_id,
                "navigation": _navigation(request, journey_id),
            }  # fmt: skip
            return view(request, journey_id=journey_id, **parts)

    return entered


def _navigation(request: HttpRequest, journey_id: str) -> list[dict[str, Any]]:
    entries = []
    for name, label, icon in (
        ("home", _("Home"), "house"), ("plan", _("Plan"), "route"), ("messages", _("Messages"), "message-square"),
        ("files", _("Files"), "file"), ("people", _("People"), "users"),
    ):  # fmt: skip
        href = path_to(f"portal:{name}", journey_id=journey_id)
        count = unread_count(journey_id) if name == "messages" else 0
        entries.append({"href": href, "label": label, "icon": icon, "current": request.path == href, "count": count})
    return entries


def is_over(request: HttpRequest, hours: int) -> bool:
    """Whether the session is older than the organisation lets its customers stay signed in."""
    began = request.session.get("signed_in_at")
    return began is not None and now().timestamp() - float(began) > hours * 3600


def is_reached(request: HttpRequest, organisation_id: str) -> bool:
    """Whether a session reaches an organisation: one that a sign-in service opened reaches that service's own, while it is there."""
    bound = request.session.get("bound_to")
    if not bound:
        return True
    return bool(bound == organisation_id and provider_by_id(str(request.session.get("bound_by"))) is not None)


def use_habits_of(request: HttpRequest) -> None:
    """Activates the signed-in person's language and time zone."""
    language = getattr(request.user, "language", "")
    if language:
        translation.activate(language)
        request.LANGUAGE_CODE = language
    zone = getattr(request.user, "time_zone", "")
    if zone in time_zones():
        timezone.activate(zone)
    else:
        timezone.deactivate()
