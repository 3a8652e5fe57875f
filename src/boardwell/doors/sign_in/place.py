"""At whose door somebody stands: the organisation whose name and colours a sign-in page carries, before anybody is known."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils import timezone, translation

from boardwell.domain.accounts.queries import home_brand
from boardwell.domain.organisations.queries import BrandView, brand_of_current, organisation_by_slug
from boardwell.kernel import tenancy
from boardwell.kernel.clock import time_zones

COOKIE = "place"
"""The slug of the organisation that somebody last signed in at; nothing personal, so it outlives the session."""
_COOKIE_SECONDS = 31_536_000


def slug_of(request: HttpRequest) -> str:
    """The slug that the request speaks of: named by where it wants to go, else by the last visit; "" when by neither."""
    wanted = request.POST.get("next") or request.GET.get("next") or ""
    first = wanted.removeprefix("/").partition("/")[0] if wanted.startswith("/") else ""
    for slug in (first, request.COOKIES.get(COOKIE, "")):
        if slug and len(slug) <= 40 and organisation_by_slug(slug) is not None:
            return slug
    return ""


def brand_at(slug: str) -> BrandView | None:
    """The brand of the organisation with this slug."""
    organisation = organisation_by_slug(slug) if slug else None
    if organisation is None:
        return None
    with tenancy.acting_for(organisation.id):
        return brand_of_current()


def organisation_id_of(request: HttpRequest) -> str:
    """The id of the organisation that the request speaks of, or ""."""
    organisation = organisation_by_slug(slug_of(request))
    return organisation.id if organisation else ""


def remember(response: HttpResponseBase, request: HttpRequest, slug: str) -> None:
    """Keeps the organisation for the next visit of this browser."""
    response.set_cookie(COOKIE, slug, max_age=_COOKIE_SECONDS, samesite="Lax", secure=request.is_secure(), httponly=True)


def dressed(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """Wraps a page of signing in: it wears the organisation's brand and speaks the person's language."""

    @wraps(view)
    def wrapped(request: HttpRequest, *args: Any, **parts: Any) -> HttpResponseBase:
        request.brand = brand_at(slug_of(request))  # type: ignore[attr-defined]  # read by ui.page
        if request.user.is_authenticated:
            request.person = request.user  # type: ignore[attr-defined]
            request.brand = request.brand or home_brand(str(request.user.pk))  # type: ignore[attr-defined]
            _use_habits(request)
        return view(request, *args, **parts)

    return wrapped


def _use_habits(request: HttpRequest) -> None:
    language = getattr(request.user, "language", "")
    if language:
        translation.activate(language)
        request.LANGUAGE_CODE = language
    zone = getattr(request.user, "time_zone", "")
    if zone in time_zones():
        timezone.activate(zone)
