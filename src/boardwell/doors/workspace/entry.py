"""The workspace's door: who is it, for which organisation, what may they; strangers get 404."""

import zoneinfo
from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib.auth.views import redirect_to_login
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.utils import timezone, translation

from boardwell.domain.organisations.queries import brand_of_current, organisation_by_slug, policy_of_current
from boardwell.domain.people.queries import member_of_person
from boardwell.domain.people.roles import actor_for_member
from boardwell.doors.workspace.navigation import navigation_for
from boardwell.kernel import rates, tenancy


def workspace(permission: str = "") -> Callable[[Callable[..., HttpResponseBase]], Callable[..., HttpResponseBase]]:
    """Wraps a view: it runs inside `acting_for`, in the member's language and time zone, with the brand at hand.

    Not signed in: to the sign-in page. Not a member, or without the permission: 404, as if nothing were there.
    """

    def wrap(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
        @wraps(view)
        def entered(request: HttpRequest, slug: str, **parts: Any) -> HttpResponseBase:
            if not request.user.is_authenticated:
                return redirect_to_login(request.get_full_path())
            organisation = organisation_by_slug(slug)
            if organisation is None:
                raise Http404
            with tenancy.acting_for(organisation.id):
                member = member_of_person(request.user.pk)
                if member is None:
                    raise Http404
                policy = policy_of_current()
                brand = brand_of_current()
            if request.method == "POST" and request.FILES:
                rates.require(rates.UPLOADS, str(request.user.pk))
            actor = actor_for_member(member)
            if permission and not actor.may(permission):
                raise Http404
            if policy.members_need_second_factor and not has_second_factor(request):
                return redirect("mfa_index")
            use_habits_of(request)
            request.brand = brand  # type: ignore[attr-defined]  # read by ui.page
            request.person = request.user  # type: ignore[attr-defined]
            with tenancy.acting_for(organisation.id, actor, getattr(request, "request_id", "")):
                request.door_context = {  # type: ignore[attr-defined]
                    "slug": slug, "member": member, "may": actor.permissions, "organisation": organisation,
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
    if zone in zoneinfo.available_timezones():
        timezone.activate(zone)
    else:
        timezone.deactivate()


def has_second_factor(request: HttpRequest) -> bool:
    """Whether this session was opened with more than a password or a code."""
    methods = {record.get("method") for record in request.session.get("account_authentication_methods", [])}
    return bool(methods & {"mfa", "webauthn"})
