"""A member at the portal, through a contact's eyes: the pages as the contact sees them, and not one of them writes."""

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils import timezone, translation
from django.utils.formats import time_format
from django.utils.translation import gettext as _

from boardwell.domain.journeys.queries.looks import COOKIE, Look, look_from
from boardwell.domain.vault.actions.keep_file import note_opened
from boardwell.kernel import tenancy
from boardwell.kernel.clock import time_zones
from boardwell.kernel.errors import NotAllowed
from boardwell.kernel.readonly import reading_only
from boardwell.ui.links import path_to

SAFE = {"GET", "HEAD"}


def look_of(request: HttpRequest, journey_id: str) -> Look | None:
    """The look that the request's cookie opens at this onboarding; None without one, which is nearly always."""
    text = request.COOKIES.get(COOKIE)
    if not text:
        return None
    return look_from(text, journey_id, str(request.user.pk), request.session.session_key or "")


def show_as(
    look: Look, request: HttpRequest, view: Callable[..., HttpResponseBase], parts: dict[str, Any],
    navigation: Callable[[HttpRequest, str], list[dict[str, Any]]],
) -> HttpResponseBase:  # fmt: skip
    """Runs a view of the portal for a look. Whatever is not a GET is refused before it runs, and while it runs the database refuses.

    Opening a file is written down in the member's own name.
    """
    words = _words(look)
    if request.method not in SAFE:
        raise NotAllowed(words["refusal"])
    _use_habits_of(look, request)
    request.brand = look.brand  # type: ignore[attr-defined]  # read by ui.page
    request_id = getattr(request, "request_id", "")
    with tenancy.acting_for(look.organisation_id, look.eyes, request_id), reading_only():
        request.door_context = {  # type: ignore[attr-defined]
            "journey_id": look.journey_id, "may": look.shown, "contact_id": look.contact_id, "looking": words,
            "navigation": navigation(request, look.journey_id),
        }  # fmt: skip
        answer = view(request, journey_id=look.journey_id, **parts)
    opened = getattr(request, "opened", None)
    if opened is not None:
        with tenancy.acting_for(look.organisation_id, look.member, request_id):
            note_opened(opened)
    return answer


def _words(look: Look) -> dict[str, str]:
    """The banner and the refusal, in the language of the member, who reads them."""
    named = {"name": look.contact_name, "account": look.account_name, "time": time_format(timezone.localtime(look.until_at), "TIME_FORMAT")}
    return {
        "language": translation.get_language() or "en",
        "label": _("You are only looking"),
        "whose": _("You see this as %(name)s (%(account)s) sees it.") % named,
        "limits": _("Nothing can be changed. Ends at %(time)s by itself.") % named,
        "leave": _("Stop looking"),
        "refusal": _("You are looking through the eyes of %(name)s: nothing can be changed here, and nothing was. Stop looking first.")
        % named,
        "way_out": path_to("workspace:view_as_end", slug=look.slug, journey_id=look.journey_id, contact_id=look.contact_id),
    }


def _use_habits_of(look: Look, request: HttpRequest) -> None:
    translation.activate(look.language)
    request.LANGUAGE_CODE = look.language
    if look.time_zone in time_zones():
        timezone.activate(look.time_zone)
    else:
        timezone.deactivate()
