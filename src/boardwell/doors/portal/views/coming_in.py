"""How contacts come in: the invitation, choosing between onboardings, one's own habits."""

from contextlib import suppress
from typing import Any

from allauth.account.internal.flows.login_by_code import LoginCodeVerificationProcess
from allauth.core import ratelimit
from django.contrib import messages
from django.core import signing
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import translation
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt

from boardwell.domain.accounts.actions.invite_contact import accept_invitation, joined
from boardwell.domain.accounts.actions.save_contact import change_contact
from boardwell.domain.accounts.queries import (
    ContactSeat,
    contact_by_id,
    home_brand,
    invitation_door,
    invitation_for,
    invitation_to,
    own_face,
    seats_of,
)
from boardwell.domain.journeys.queries.lists import portal_journeys
from boardwell.domain.organisations.queries import brand_of_current
from boardwell.domain.people.actions.change_habits import change_habits
from boardwell.domain.people.actions.choose_digest import stop_digest
from boardwell.domain.people.roles import actor_for_contact
from boardwell.doors.portal.entry import is_reached, use_habits_of
from boardwell.kernel import tenancy
from boardwell.kernel.errors import Invalid, NotFound
from boardwell.listeners.notifications.letters import UNSUBSCRIBE_SALT
from boardwell.ui.page import LANGUAGE_NAMES, page


def invitation(request: HttpRequest, invitation_id: str) -> HttpResponse:
    """Shows who invites; a GET changes nothing, so that mail scanners do no harm. The button asks for a code by mail.

    The letter's secret stands behind the #, which no server and no log sees; a script sends it with the button. Without a script the
    person types their address instead; whatever they type, the answer is the same.
    """
    door = invitation_door(invitation_id)
    if door is None:
        raise Http404
    with tenancy.acting_for(door.organisation_id):
        request.brand = brand = brand_of_current()  # type: ignore[attr-defined]  # read by ui.page
    if "language" not in request.COOKIES:
        translation.activate(door.language)
        request.LANGUAGE_CODE = door.language
    token, typed = request.POST.get("token", "").strip(), request.POST.get("email", "").strip()
    found = invitation_for(invitation_id, token) if token else None
    if not door.is_open or (token and found is None):
        return page(request, "portal/invitation_over.html", status=410)
    if request.method != "POST" or not (token or typed):
        response = page(request, "portal/invitation.html", status=422 if request.method == "POST" else 200)
        response.set_cookie("place", brand.slug, max_age=31_536_000, samesite="Lax", secure=request.is_secure(), httponly=True)
        return response
    return _send_code(request, invitation_id, found or invitation_to(invitation_id, typed), typed)


def _send_code(request: HttpRequest, invitation_id: str, found: Any, typed: str) -> HttpResponse:
    person = found.contact.person if found else None
    if person is not None and request.user.is_authenticated and request.user.pk == person.pk:
        request.session["invitation"] = invitation_id
        return redirect("portal:choose")
    if request.user.is_authenticated:  # the same for a right and a wrong address, and nobody loses their session by a typing mistake
        words = {"name": getattr(request.user, "name", "") or getattr(request.user, "email", "")}
        messages.error(
            request, _("You are signed in as %(name)s. Sign out first if this invitation is for somebody else.") % words, extra_tags="bad"
        )
        return redirect("portal:me")
    email = person.email if person is not None else typed[:320].lower()
    if not ratelimit.consume(request, action="request_login_code", key=email):
        messages.error(request, _("Too many codes were asked for. Wait a few minutes."), extra_tags="bad")
        return redirect(request.path)
    if person is not None and not person.language:
        change_habits(str(person.pk), language=found.contact.language or found.contact.account.language)
    LoginCodeVerificationProcess.initiate(request=request, user=person if person is not None and person.is_active else None, email=email)
    request.session["invitation"] = invitation_id
    return redirect("account_confirm_login_code")


def choose(request: HttpRequest) -> HttpResponse:
    """The onboardings that the person takes part in; straight to the only one."""
    if not request.user.is_authenticated:
        return redirect("account_request_login_code")
    use_habits_of(request)
    seats = [seat for seat in seats_of(request.user.pk) if is_reached(request, seat.organisation_id)]
    opened = request.session.pop("invitation", "")
    rows = []
    for organisation_id in dict.fromkeys(seat.organisation_id for seat in seats):
        own = [seat for seat in seats if seat.organisation_id == organisation_id]
        actor = actor_for_contact(own[0].contact_id, own[0].name, request.user.pk, own[0].role, [seat.account_id for seat in own])
        with tenancy.acting_for(organisation_id, actor):
            brand = brand_of_current()
            for seat in own:
                joined(contact_by_id(seat.contact_id))
                if opened:
                    _accept(request, organisation_id, seat, opened)
            rows += [(brand, row) for row in portal_journeys(actor.account_ids or frozenset())]
            if len(rows) >= 1:
                request.brand = brand  # type: ignore[attr-defined]  # read by ui.page
    request.person = request.user  # type: ignore[attr-defined]
    if len(rows) == 1:
        return redirect("portal:home", journey_id=rows[0][1].id)
    return page(request, "portal/choose.html", {"rows": rows})


def _accept(request: HttpRequest, organisation_id: str, seat: ContactSeat, invitation_id: str) -> None:
    """Notes that the letter did its work, when it was to this person."""
    actor = actor_for_contact(seat.contact_id, seat.name, request.user.pk, seat.role, [seat.account_id])
    with tenancy.acting_for(organisation_id, actor), suppress(NotFound):
        accept_invitation(invitation_id)


def me(request: HttpRequest) -> HttpResponse:
    """The contact's own language, time zone and look; passkeys."""
    if not request.user.is_authenticated:
        return redirect("account_request_login_code")
    use_habits_of(request)
    request.person, request.brand = request.user, home_brand(str(request.user.pk))  # type: ignore[attr-defined]  # read by ui.page
    errors = None
    if request.method == "POST":
        try:
            change_habits(
                str(request.user.pk), name=None if request.session.get("bound_to") else request.POST.get("name", ""), language=request.POST.get("language", ""),
                theme=request.POST.get("theme", "auto"),
            )  # fmt: skip
            messages.success(request, _("Saved."), extra_tags="good")
            return redirect("portal:me")
        except Invalid as problem:
            errors = problem.fields
    context = {
        "name": request.POST.get("name", "") if errors else getattr(request.user, "name", ""),
        "errors": errors, "languages": list(LANGUAGE_NAMES.items()),
        "themes": [("auto", _("As the device")), ("light", _("Light")), ("dark", _("Dark"))], "face": own_face(str(request.user.pk)),
    }  # fmt: skip
    return page(request, "portal/me.html", context, status=422 if errors else 200)


@csrf_exempt
def unsubscribe(request: HttpRequest, token: str) -> HttpResponse:
    """Stops a contact's reminders, or a member's weekly digest.

    A GET shows a button; mail programs POST without cookies (RFC 8058), hence no CSRF check.
    """
    try:
        organisation_id, recipient_id = signing.loads(token, salt=UNSUBSCRIBE_SALT)
    except signing.BadSignature:
        raise Http404 from None
    with tenancy.acting_for(organisation_id):
        request.brand = brand_of_current()  # type: ignore[attr-defined]  # read by ui.page
        if request.method == "POST":
            if recipient_id.startswith("mem_"):
                stop_digest(recipient_id)
            else:
                change_contact(recipient_id, reminders_off=True)
        context = {"done": request.method == "POST", "is_member": recipient_id.startswith("mem_")}
        return page(request, "portal/unsubscribe.html", context)
