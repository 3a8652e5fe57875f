"""The first page: to where a person belongs."""

from django.contrib.auth import logout
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import check_for_language
from django.views.decorators.http import require_POST

from boardwell.domain.accounts.queries import seats_of
from boardwell.domain.organisations.queries import any_organisation, brand_of_current, organisation_by_slug
from boardwell.domain.people.actions.change_habits import change_habits
from boardwell.domain.people.queries import memberships_of
from boardwell.domain.vault.queries import open_picture
from boardwell.doors.workspace.entry import is_reached
from boardwell.kernel import tenancy
from boardwell.ui.page import page, picture_response
from boardwell.ui.theme import brand_css


def start(request: HttpRequest) -> HttpResponse:
    """Sends the signed-in to their workspace or portal; lets those with several places choose."""
    if not request.user.is_authenticated:
        if not any_organisation():
            return redirect("set_up")
        return redirect("account_login")
    places = [place for place in memberships_of(request.user.pk) if is_reached(request, place.organisation_id)]
    seats = [seat for seat in seats_of(request.user.pk) if is_reached(request, seat.organisation_id)]
    if len(places) == 1 and not seats:
        return redirect("workspace:home", slug=places[0].slug)
    if seats and not places:
        return redirect("portal:choose")
    request.person = request.user  # type: ignore[attr-defined]  # read by ui.page
    return page(request, "workspace/choose.html", {"places": places, "seats": seats})


@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    """Ends the session."""
    logout(request)
    return redirect("account_login")


@require_POST
def set_language(request: HttpRequest) -> HttpResponse:
    """Keeps the chosen language: with the person when signed in, in a cookie otherwise."""
    language = request.POST.get("language", "")
    target = request.POST.get("next", "/")
    if not target.startswith("/") or target.startswith("//") or "\\" in target:
        target = "/"
    response = redirect(target)
    if check_for_language(language):
        if request.user.is_authenticated:
            change_habits(request.user.pk, language=language)
        response.set_cookie("language", language, max_age=31_536_000, samesite="Lax", secure=request.is_secure(), httponly=True)
    return response


def brand_style(request: HttpRequest, slug: str, revision: int) -> HttpResponse:
    """The brand's colours; the revision in the address lets browsers keep it for a year."""
    organisation = organisation_by_slug(slug)
    accent = "#2f5bd7"
    if organisation is not None:
        with tenancy.acting_for(organisation.id):
            accent = brand_of_current().accent
    response = HttpResponse(brand_css(accent), content_type="text/css; charset=utf-8")
    response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
    return response


def brand_logo(request: HttpRequest, slug: str, revision: int) -> FileResponse:
    """The organisation's logo, for portal, sign-in page and mails; public like the name on a door."""
    organisation = organisation_by_slug(slug)
    if organisation is None:
        raise Http404
    with tenancy.acting_for(organisation.id):
        return picture_response(open_picture(brand_of_current().logo_file_id), seconds=31_536_000, public=True)


def alive(request: HttpRequest) -> HttpResponse:
    """For load balancers: the process answers and the database does too."""
    any_organisation()
    return HttpResponse("ok\n", content_type="text/plain; charset=utf-8")
