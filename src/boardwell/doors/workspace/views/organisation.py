"""Team, settings, audit log, sent mail, one's own profile, setting up."""

from io import BytesIO
from zoneinfo import available_timezones

from django.contrib.auth import login
from django.db import transaction
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, QueryDict
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from boardwell.domain.accounts.queries import home_brand, own_face, seats_of
from boardwell.domain.audit.queries import log_of_settings
from boardwell.domain.organisations.actions.change_settings import (
    update_access,
    update_brand,
)
from boardwell.domain.organisations.actions.found_organisation import found_organisation
from boardwell.domain.organisations.queries import (
    any_organisation,
    brand_of_current,
    country_codes,
    policy_of_current,
)
from boardwell.domain.people.actions.change_habits import change_habits
from boardwell.domain.people.actions.invite_member import invite_member
from boardwell.domain.people.actions.manage_api_keys import create_api_key, revoke_api_key
from boardwell.domain.people.actions.note_export import note_export
from boardwell.domain.people.queries import api_keys, member_list, memberships_of, person_by_email
from boardwell.domain.people.roles import PERMISSIONS, ROLE_LABELS
from boardwell.domain.seals.actions.replace_identity import ensure_identity
from boardwell.domain.vault.actions.keep_picture import change_logo
from boardwell.domain.vault.queries import open_picture
from boardwell.doors.workspace.attempts import attempt, whole_number
from boardwell.doors.workspace.csvout import csv_response
from boardwell.doors.workspace.entry import ask_for_proof, use_habits_of, workspace
from boardwell.doors.workspace.listing import Column, Listing
from boardwell.doors.workspace.navigation import settings_sections
from boardwell.kernel import tenancy
from boardwell.kernel.errors import Invalid
from boardwell.kernel.outgoing.kept import kept_mail
from boardwell.ui.page import LANGUAGE_NAMES, page, picture_response
from boardwell.ui.theme import shades_of


@workspace("people:view")
def people(request: HttpRequest, slug: str) -> HttpResponse:
    """The team and its roles; inviting."""
    names = ("email", "name", "role", "job_title")
    typed, errors = {name: request.POST.get(name, "") for name in names}, None
    if request.method == "POST":
        ask_for_proof(request)
        _id, errors = attempt(request, lambda: _invite(typed), _("Invited. They sign in with a code from their mail."))
        if errors is None:
            return redirect("workspace:people", slug=slug)
    listing = _team_listing(request.GET)
    context = {
        "members": member_list(search=listing.filters.get("q", ""), sort=listing.sort), "listing": listing, "typed": typed,
        "errors": errors, "roles": list(ROLE_LABELS.items()),
    }  # fmt: skip
    return page(request, "workspace/people.html", context, status=422 if errors else 200)


def _team_listing(given: QueryDict) -> Listing:
    return Listing(
        given, [Column("name", _("Name"), "name"), Column("email", _("E-mail"), "email"), Column("role", _("Role"), "role")], ("q",)
    )


@workspace("lists:export")
@require_POST
def people_export(request: HttpRequest, slug: str) -> HttpResponseBase:
    """The team as it is searched and sorted, as CSV; who took it is written down first."""
    listing = _team_listing(request.POST)
    found = member_list(search=listing.filters.get("q", ""), sort=listing.sort)
    note_export("team", query=listing.filters, rows=len(found))
    header = (_("Id"), _("Name"), _("E-mail"), _("Role"), _("Job title"), _("Active"))
    rows = [
        (one.id, one.name, one.person.email, ROLE_LABELS[one.role], one.job_title, _("Yes") if one.active else _("No")) for one in found
    ]
    return csv_response("team.csv", header, lambda: [rows])


def _invite(typed: dict[str, str]) -> str:
    return invite_member(email=typed["email"], name=typed["name"], role=typed["role"], job_title=typed["job_title"])


@workspace()
def face(request: HttpRequest, slug: str, file_id: str) -> FileResponse:
    """The picture of a member or of a customer's contact."""
    return picture_response(open_picture(file_id), seconds=86_400)


@workspace("settings:view")
def settings(request: HttpRequest, slug: str, section: str = "brand") -> HttpResponse:
    """Brand, access, API keys."""
    sections = settings_sections(tenancy.current().actor)
    if section not in {"brand", "access", "keys"} or section not in dict(sections):
        raise Http404
    errors, secret = None, ""
    posted = request.POST
    if request.method == "POST":
        said = _("Saved.")
        if section in {"access", "keys"}:
            ask_for_proof(request)
        if section == "brand" and posted.get("logo"):
            sent = request.FILES.get("picture") or BytesIO()
            _none, errors = attempt(request, lambda: change_logo(None if posted["logo"] == "none" else sent), said)
        elif section == "brand":
            _none, errors = attempt(
                request,
                lambda: update_brand(
                    display_name=posted.get("display_name", ""),
                    accent=posted.get("accent", ""),
                    support_email=posted.get("support_email", ""),
                ),
                said,
            )
        elif section == "access":
            _none, errors = attempt(
                request,
                lambda: update_access(
                    second_factor=posted.get("second_factor", ""),
                    contacts_may_invite=bool(posted.get("contacts_may_invite")),
                    portal_session_hours=whole_number(posted.get("portal_session_hours", "")),
                ),
                said,
            )  # fmt: skip
        elif posted.get("revoke"):
            _none, errors = attempt(request, lambda: revoke_api_key(posted["revoke"]), _("Revoked. It stopped working at once."))
        else:
            made, errors = attempt(request, lambda: create_api_key(name=posted.get("name", ""), scopes=posted.getlist("scopes")))
            secret = made[1] if made else ""
        if errors is None and not secret:
            return redirect("workspace:settings_section", slug=slug, section=section)
    context = {
        "section": section, "sections": sections, "errors": errors, "typed": posted, "secret": secret,
        "policy": policy_of_current(), "shades": shades_of(posted.get("accent") or brand_of_current().accent),
        "history": log_of_settings("brand") if section == "brand" else [],
        "keys": api_keys() if section == "keys" else [], "permissions": list(PERMISSIONS.items()),
        "languages": list(LANGUAGE_NAMES.items()), "factor_rules": _factor_rules(),
    }  # fmt: skip
    return page(request, "workspace/settings.html", context, status=422 if errors else 200)


def _factor_rules() -> list[tuple[str, str]]:
    return [
        ("offered", _("Offered to everybody")), ("leaders", _("Required for owners, administrators and compliance officers")),
        ("everyone", _("Required for the whole team")),
    ]  # fmt: skip


@workspace("mail:view")
def mail(request: HttpRequest, slug: str, mail_id: str) -> HttpResponse:
    """One mail, in text and as it looks."""
    found = kept_mail(tenancy.current().organisation_id, mail_id)
    if found is None:
        raise Http404
    return page(request, "workspace/mail.html", {"mail": found})


@workspace("mail:view")
def mail_body(request: HttpRequest, slug: str, mail_id: str) -> HttpResponse:
    """The HTML of a mail, shut into a sandbox of its own."""
    found = kept_mail(tenancy.current().organisation_id, mail_id)
    if found is None:
        raise Http404
    response = HttpResponse(found.html)
    policy = "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src 'self' data:; frame-ancestors 'self'"
    response.headers["Content-Security-Policy"] = policy
    response.headers["X-Frame-Options"] = "SAMEORIGIN"
    return response


def me(request: HttpRequest) -> HttpResponse:
    """One's own name, language, time zone and look."""
    if not request.user.is_authenticated:
        return redirect("account_login")
    if not memberships_of(request.user.pk) and seats_of(request.user.pk):
        return redirect("portal:me")
    use_habits_of(request)
    request.person, request.brand = request.user, home_brand(str(request.user.pk))  # type: ignore[attr-defined]  # read by ui.page
    errors = None
    if request.method == "POST":
        values = {name: request.POST.get(name, "") for name in ("name", "language", "time_zone", "theme")}
        if request.session.get("bound_to"):
            del values["name"]  # the name is shown in every organisation; see decision 6
        person_id = str(request.user.pk)
        _none, errors = attempt(request, lambda: change_habits(person_id, **values), _("Saved."))
        if errors is None:
            return redirect("me")
    context = {
        "name": request.POST.get("name", "") if errors else getattr(request.user, "name", ""),
        "errors": errors, "languages": list(LANGUAGE_NAMES.items()), "zones": [(zone, zone) for zone in sorted(available_timezones())],
        "themes": [("auto", _("As the device")), ("light", _("Light")), ("dark", _("Dark"))], "face": own_face(str(request.user.pk)),
        "memberships": memberships_of(request.user.pk),
    }  # fmt: skip
    return page(request, "workspace/me.html", context, status=422 if errors else 200)


def set_up(request: HttpRequest) -> HttpResponse:
    """The first organisation and its owner; gone once there is one."""
    if any_organisation():
        return redirect("start")
    errors = None
    names = ("organisation", "slug", "name", "email", "password", "country", "time_zone")
    typed = {name: request.POST.get(name, "") for name in names}
    if request.method == "POST":
        person, errors = attempt(request, lambda: _found(typed))
        if errors is None:
            login(request, person, backend="allauth.account.auth_backends.AuthenticationBackend")
            return redirect("start")
    context = {"typed": typed, "errors": errors, "countries": [(code, code) for code in country_codes()]}
    return page(request, "workspace/set_up.html", context, status=422 if errors else 200)


@transaction.atomic
def _found(typed: dict[str, str]) -> object:
    if len(typed["password"]) < 12:
        message = _("Choose a password of at least 12 characters.")
        raise Invalid(message, {"password": [message]})
    organisation_id = found_organisation(
        slug=typed["slug"], name=typed["organisation"], country=typed["country"] or "US", time_zone=typed["time_zone"] or "UTC"
    )
    with tenancy.acting_for(organisation_id):
        invite_member(email=typed["email"], name=typed["name"], role="owner")
        ensure_identity()
    person = person_by_email(typed["email"])
    if person is None:
        raise Invalid(_("Enter an e-mail address, such as name@example.com."))
    person.set_password(typed["password"])
    person.save()
    return person
