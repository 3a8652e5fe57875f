"""The portal's door: which contact is it, whose onboarding is this; strangers get 404."""

import zoneinfo
from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib.auth.views import redirect_to_login
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from boardwell.domain.accounts.queries import seats_of
from boardwell.domain.conversations.queries import unread_count
from boardwell.domain.journeys.queries.lists import place_of_journey
from boardwell.domain.organisations.queries import brand_of_current
from boardwell.domain.people.roles import actor_for_contact
from boardwell.kernel import rates, tenancy


def portal(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """Wraps a view of one onboarding: it runs as the contact, who sees the shared part of their own accounts only."""

    @wraps(view)
    def entered(request: HttpRequest, journey_id: str, **parts: Any) -> HttpResponseBase:
        if not request.user.is_authenticated:
            return redirect_to_login(request.get_full_path())
        place = place_of_journey(journey_id)
        seat = next((s for s in seats_of(request.user.pk) if place == (s.organisation_id, s.account_id)), None)
        if seat is None:
            raise Http404
        if request.method == "POST" and request.FILES:
            rates.require(rates.UPLOADS, str(request.user.pk))
        use_habits_of(request)
        actor = actor_for_contact(seat.contact_id, seat.name, request.user.pk, seat.role, [seat.account_id])
        with tenancy.acting_for(seat.organisation_id, actor, getattr(request, "request_id", "")):
            request.brand = brand_of_current()  # type: ignore[attr-defined]  # read by ui.page
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
        ("home", _("Start"), "house"), ("plan", _("Plan"), "route"), ("messages", _("Messages"), "message-square"),
        ("files", _("Files"), "file"), ("people", _("People"), "users"),
    ):  # fmt: skip
        href = reverse(f"portal:{name}", kwargs={"journey_id": journey_id})
        count = unread_count(journey_id) if name == "messages" else 0
        entries.append({"href": href, "label": label, "icon": icon, "current": request.path == href, "count": count})
    return entries


def use_habits_of(request: HttpRequest) -> None:
    """Activates the signed-in person's language and time zone."""
    language = getattr(request.user, "language", "")
    if language:
        translation.activate(language)
        request.LANGUAGE_CODE = language
    zone = getattr(request.user, "time_zone", "")
    if zone in zoneinfo.available_timezones():
        timezone.activate(zone)
    else:
        timezone.deactivate()
