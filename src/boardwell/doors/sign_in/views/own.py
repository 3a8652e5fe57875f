"""What is a person's own: sessions, passkeys, the second factor that an organisation asks for."""

from io import BytesIO
from typing import Any

from allauth.account.adapter import get_adapter
from allauth.account.utils import get_next_redirect_url
from allauth.mfa.models import Authenticator
from allauth.mfa.utils import is_mfa_enabled
from allauth.mfa.webauthn.internal import auth
from allauth.mfa.webauthn.views import AddWebAuthnView
from allauth.usersessions.internal.flows.sessions import end_sessions
from allauth.usersessions.models import UserSession
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db import transaction
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from boardwell.domain.accounts.actions.change_picture import change_contact_picture
from boardwell.domain.accounts.queries import own_places, seats_of
from boardwell.domain.people.queries import member_of_person, memberships_of
from boardwell.domain.people.roles import actor_for_contact, actor_for_member
from boardwell.domain.vault.actions.keep_picture import change_member_picture
from boardwell.domain.vault.queries import open_picture
from boardwell.kernel import tenancy
from boardwell.kernel.errors import Invalid, NotAllowed
from boardwell.ui.page import page, picture_response

DECLINED = "no-passkey-here"
_DECLINED_SECONDS = 315_360_000
OFFER = "offer_passkey"


class AddPasskey(AddWebAuthnView):  # type: ignore[misc]  # allauth has no types
    """Every key is a passkey: it signs in by itself, and its device asks for finger, face or PIN."""

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Options that ask for a key kept on the device and for user verification."""
        context: dict[str, Any] = super().get_context_data(**kwargs)
        context["js_data"] = {"creation_options": auth.begin_registration(self.request.user, True)}
        context["next"] = get_next_redirect_url(self.request) or ""
        return context

    def get_success_url(self) -> str:
        """On to where the person was going; the team sees its recovery codes first."""
        wanted = get_next_redirect_url(self.request)
        if self.did_generate_recovery_codes and memberships_of(self.request.user.pk) and not wanted:
            return reverse("mfa_view_recovery_codes")
        return wanted or reverse("mfa_index")


@login_required
def offer(request: HttpRequest) -> HttpResponse:
    """A passkey, offered once after signing in with a code: take it, leave it for now, or never on this device."""
    wanted = get_next_redirect_url(request) or reverse("start")
    if request.method == "POST":
        request.session.pop(OFFER, None)
        response = HttpResponseRedirect(wanted)
        if request.POST.get("never"):
            response.set_cookie(
                DECLINED, "1", max_age=_DECLINED_SECONDS, samesite="Lax", secure=request.is_secure(), httponly=True,
            )  # fmt: skip
        return response
    if is_mfa_enabled(request.user, [Authenticator.Type.WEBAUTHN]):
        return HttpResponseRedirect(wanted)
    options = auth.begin_registration(request.user, True)
    return page(request, "sign_in/offer.html", {"options": options, "next": wanted})


@login_required
def second_factor(request: HttpRequest) -> HttpResponse:
    """What to do before an organisation that asks for a second factor lets one in."""
    has = is_mfa_enabled(request.user, [Authenticator.Type.WEBAUTHN, Authenticator.Type.TOTP])
    methods = [one for one in get_adapter().get_reauthentication_methods(request.user) if one["id"].startswith("mfa")] if has else []
    context = {"methods": methods, "next": get_next_redirect_url(request) or "/"}
    return page(request, "sign_in/second_factor.html", context)


@login_required
@require_POST
def session_end(request: HttpRequest, session_id: int) -> HttpResponse:
    """Ends one of one's own other sessions, at once."""
    found = UserSession.objects.filter(pk=session_id, user=request.user).first()
    if found is None:
        raise Http404
    end_sessions(request, [found])
    messages.success(request, _("That session has ended."), extra_tags="good")
    return redirect("usersessions_list")


@login_required
@require_POST
def picture_change(request: HttpRequest) -> HttpResponse:
    """Sets one's own picture, or takes it away, everywhere that this session reaches; then back to where one was."""
    sent = request.FILES.get("picture")
    upload = None if request.POST.get("none") else (sent or BytesIO())
    bound = request.session.get("bound_to")
    try:
        with transaction.atomic():
            for organisation_id, kind, place_id, _file_id in own_places(str(request.user.pk)):
                if bound in {None, organisation_id}:
                    _hang_up(request, organisation_id, kind, place_id, upload)
    except (Invalid, NotAllowed) as problem:
        messages.error(
            request, " ".join(line for lines in getattr(problem, "fields", {}).values() for line in lines) or str(problem), extra_tags="bad"
        )
    else:
        messages.success(request, _("Saved."), extra_tags="good")
    return HttpResponseRedirect(get_next_redirect_url(request) or reverse("me"))  # an address, never the name of a view


def _hang_up(request: HttpRequest, organisation_id: str, kind: str, place_id: str, upload: Any) -> None:
    if upload is not None:
        upload.seek(0)
    person_id = str(request.user.pk)
    with tenancy.acting_for(organisation_id):
        member = member_of_person(person_id) if kind == "member" else None
        seat = next((seat for seat in seats_of(person_id) if seat.contact_id == place_id), None)
    if member is not None:
        with tenancy.acting_for(organisation_id, actor_for_member(member)):
            change_member_picture(place_id, upload)
    elif seat is not None:
        actor = actor_for_contact(seat.contact_id, seat.name, person_id, seat.role, [seat.account_id])
        with tenancy.acting_for(organisation_id, actor):
            change_contact_picture(place_id, upload)


@login_required
def own_picture(request: HttpRequest, file_id: str) -> FileResponse:
    """One's own picture, for one's own profile."""
    place = next((place for place in own_places(str(request.user.pk)) if place[3] == file_id), None)
    if place is None:
        raise Http404
    with tenancy.acting_for(place[0]):
        return picture_response(open_picture(file_id), seconds=86_400)
