"""The workspace's door: who is it, for which organisation, what may they; strangers get 404."""

from collections.abc import Callable
from functools import wraps
from typing import Any
from urllib.parse import urlencode

from allauth.account.authentication import get_authentication_records
from allauth.core.exceptions import ReauthenticationRequired
from django.contrib.auth.views import redirect_to_login
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone, translation

from boardwell.domain.people.access import confirmed_recently, needs_second_factor, used_second_factor
from boardwell.domain.people.queries import desk_at, provider_by_id
from boardwell.domain.people.roles import actor_at
from boardwell.doors.workspace.navigation import navigation_for
from boardwell.kernel import rates, tenancy
from boardwell.kernel.clock import now, time_zones


def workspace(permission: str = "", *, fresh: bool = False) -> Callable[[Callable[..., HttpResponseBase]], Callable[..., HttpResponseBase]]:
    """Wraps a view: it runs inside `acting_for`, in the member's language and time zone, with the brand at hand.

    Not signed in: to the sign-in page. Not a member, or without the permission: 404, as if nothing were there; the same for a
    session that another organisation's sign-in service opened. With one factor where two are asked for: to the page that says so.
    `fresh` pages open only to somebody who has just confirmed that it is them.
    """

    def wrap(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
        @wraps(view)
        def entered(request: HttpRequest, slug: str, **parts: Any) -> HttpResponseBase:
            if not request.user.is_authenticated:
                return redirect_to_login(request.get_full_path())
            desk = desk_at(slug, request.user.pk)
            if desk is None or not is_reached(request, desk.organisation_id):
                raise Http404
            if request.method == "POST" and request.FILES:
                rates.require(rates.UPLOADS, str(request.user.pk))
            actor = actor_at(desk)
            if permission and not actor.may(permission):
                raise Http404
            records = get_authentication_records(request, request.user)
            if needs_second_factor(desk.second_factor, desk.role) and not used_second_factor(records):
                wanted = request.get_full_path() if request.method == "GET" else reverse("workspace:home", kwargs={"slug": slug})
                return redirect(f"{reverse('sign_in:second_factor')}?{urlencode({'next': wanted})}")
            if fresh:
                ask_for_proof(request)
            use_habits_of(request)
            request.brand = desk.brand  # type: ignore[attr-defined]  # read by ui.page
            request.person = request.user  # type: ignore[attr-defined]
            with tenancy.acting_for(desk.organisation_id, actor, getattr(request, "request_id", "")):
                request.door_context = {  # type: ignore[attr-defined]
                    "slug": slug, "member": desk, "may": actor.permissions,
                    "navigation": navigation_for(request, slug, actor),
                }  # fmt: skip
                return view(request, slug=slug, **parts)

        entered.permission = permission  # type: ignore[attr-defined]  # read by the permission table
        return entered

    return wrap


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


def ask_for_proof(request: HttpRequest) -> None:
    """Raises ReauthenticationRequired unless the person proved within a quarter of an hour that it is them; what they sent is kept."""
    if not confirmed_recently(get_authentication_records(request, request.user), now().timestamp()):
        raise ReauthenticationRequired


def is_reached(request: HttpRequest, organisation_id: str) -> bool:
    """Whether a session reaches an organisation: one that a sign-in service opened reaches that service's own, while it is there."""
    bound = request.session.get("bound_to")
    if not bound:
        return True
    return bool(bound == organisation_id and provider_by_id(str(request.session.get("bound_by"))) is not None)
