"""Accounts and their contacts."""

from collections.abc import Iterable
from typing import Any

from django.http import HttpRequest, HttpResponse, QueryDict
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from boardwell.domain.accounts.actions.change_days_off import add_days_off, remove_days_off, undo_days_off
from boardwell.domain.accounts.actions.invite_contact import invite_contact
from boardwell.domain.accounts.actions.save_account import archive_account, create_account, update_account
from boardwell.domain.accounts.actions.save_contact import add_contact, remove_contact
from boardwell.domain.accounts.queries import (
    AccountFilters,
    AccountRow,
    account_by_id,
    account_countries,
    account_slice,
    accounts_in_batches,
    contacts_of,
    days_off_of,
)
from boardwell.domain.audit.queries import entries_for_object
from boardwell.domain.journeys.queries.following import following_of
from boardwell.domain.journeys.queries.lists import journeys_of_account
from boardwell.domain.journeys.queries.tables import open_journeys_of
from boardwell.domain.people.actions.note_export import note_export
from boardwell.domain.people.queries import member_list
from boardwell.doors.workspace.attempts import Errors, attempt, day_from, say_errors, say_undo
from boardwell.doors.workspace.csvout import csv_response
from boardwell.doors.workspace.entry import workspace
from boardwell.doors.workspace.listing import Column, Listing
from boardwell.doors.workspace.views.saved import view_that_opens, views_context
from boardwell.ui.page import LANGUAGE_NAMES, page

FIELDS = ("name", "party", "industry", "country", "city", "time_zone", "language", "website", "owner_id", "external_id", "notes")


def _columns() -> list[Column]:
    return [
        Column("name", _("Account"), "name"),
        Column("industry", _("Industry"), "industry"),
        Column("place", _("Place"), "place"),
        Column("owner", _("Owner"), "owner"),
        Column("running", _("Onboardings"), first=True),
        Column("party", _("Kind"), "party", first=False),
        Column("website", _("Website"), first=False),
        Column("external_id", _("External id"), first=False),
        Column("newest", _("Since"), "newest", first=False, descends=True),
    ]


def _parties() -> list[tuple[str, str]]:
    return [("customer", _("Customer")), ("vendor", _("Vendor")), ("partner", _("Partner"))]


def _asked_for(given: QueryDict) -> tuple[Listing, AccountFilters]:
    listing = Listing(given, _columns(), ("q", "party", "owner_id", "country", "archived"))
    if "name" not in listing.shown:
        listing.shown.insert(0, "name")
    chosen = {name: value for name, value in listing.filters.items() if name in {"party", "owner_id", "country"}}
    return listing, AccountFilters(search=listing.filters.get("q", ""), archived=bool(listing.filters.get("archived")), **chosen)


@workspace("accounts:view")
def accounts(request: HttpRequest, slug: str) -> HttpResponse:
    """Every account, sorted and filtered by the query string."""
    if (first := view_that_opens(request, slug, "accounts")) is not None:
        return first
    listing, filters = _asked_for(request.GET)
    found = account_slice(filters, sort=listing.sort, cursor=listing.cursor)
    context = {
        "listing": listing, "rows": found.rows, "slice": found, "parties": _parties(), "countries": account_countries(),
        "members": member_list(active_only=True), "is_filtered": any(listing.filters.values()),
        "previous_link": listing.link(at=found.previous), "next_link": listing.link(at=found.next),
        "running": open_journeys_of([row.id for row in found.rows]) if "running" in listing.shown else {},
        **views_context("accounts", listing),
    }  # fmt: skip
    return page(request, "workspace/accounts.html", context)


@workspace("lists:export")
@require_POST
def export(request: HttpRequest, slug: str) -> HttpResponseBase:
    """The list exactly as it is filtered and ordered, as CSV; who took it is written down first."""
    listing, filters = _asked_for(request.POST)
    note_export("accounts", query=listing.filters, rows=account_slice(filters, size=1).total)
    header = (
        _("Id"), _("Name"), _("Kind"), _("Industry"), _("Country"), _("City"), _("Website"), _("External id"), _("Owner"), _("Since"),
    )  # fmt: skip
    return csv_response("accounts.csv", header, lambda: (map(_cells, batch) for batch in accounts_in_batches(filters, sort=listing.sort)))


def _cells(row: AccountRow) -> Iterable[Any]:
    return (
        row.id, row.name, row.party, row.industry, row.country, row.city, row.website, row.external_id, row.owner_name, row.created_at,
    )  # fmt: skip


def _form(request: HttpRequest, values: dict[str, Any], errors: Any, heading: str) -> HttpResponse:
    context = {
        "values": values, "errors": errors, "heading": heading, "languages": list(LANGUAGE_NAMES.items()),
        "members": [(member.id, member.name) for member in member_list(active_only=True)],
        "parties": _parties(),
    }  # fmt: skip
    return page(request, "workspace/account_form.html", context, status=422 if errors else 200)


def _typed(request: HttpRequest) -> dict[str, Any]:
    values: dict[str, Any] = {field: request.POST.get(field, "") for field in FIELDS}
    values["email_domains"] = request.POST.get("email_domains", "").replace(",", " ").split()
    return values


@workspace("accounts:edit")
def new(request: HttpRequest, slug: str) -> HttpResponse:
    """Makes an account."""
    if request.method != "POST":
        return _form(request, {"party": "customer", "language": "en"}, None, _("New account"))
    values = _typed(request)
    account_id, errors = attempt(request, lambda: create_account(**values), _("The account is there. Add the people you work with."))
    if errors:
        return _form(request, values, errors, _("New account"))
    return redirect("workspace:account", slug=slug, account_id=account_id)


@workspace("accounts:edit")
def edit(request: HttpRequest, slug: str, account_id: str) -> HttpResponse:
    """Changes an account."""
    account = account_by_id(account_id)
    if request.method != "POST":
        values = {field: getattr(account, field) for field in FIELDS}
        return _form(request, {**values, "email_domains": account.email_domains}, None, account.name)
    values = _typed(request)
    _changed, errors = attempt(request, lambda: update_account(account_id, **values), _("Saved."))
    if errors:
        return _form(request, values, errors, account.name)
    return redirect("workspace:account", slug=slug, account_id=account_id)


@workspace("accounts:view")
def account(request: HttpRequest, slug: str, account_id: str) -> HttpResponse:
    """One account: people, onboardings, history."""
    return _account_page(request, account_id, {}, None)


def _account_page(
    request: HttpRequest,
    account_id: str,
    typed: dict[str, str],
    errors: Any,
    *,
    off_typed: dict[str, str] | None = None,
    off_errors: Any = None,
) -> HttpResponse:
    found = account_by_id(account_id)
    context = {
        "account": found, "contacts": contacts_of(account_id), "journeys": journeys_of_account(account_id), "typed": typed,
        "errors": errors, "history": entries_for_object(account_id), "languages": list(LANGUAGE_NAMES.items()),
        "roles": [("admin", _("Administrator")), ("participant", _("Participant"))],
        "sides": [("customer", _("Customer")), ("third", _("Third party"))], "absences": days_off_of(account_id),
        "today": timezone.localdate(), "following": following_of(account_id), "off_typed": off_typed or {}, "off_errors": off_errors,
    }  # fmt: skip
    return page(request, "workspace/account.html", context, status=422 if errors or off_errors else 200)


@workspace("accounts:edit")
@require_POST
def days_off(request: HttpRequest, slug: str, account_id: str) -> HttpResponse:
    """Adds or takes out days on which the customer or a third party does not work, or undoes that."""
    account_by_id(account_id)
    typed = {name: request.POST.get(name, "").replace("\x00", "") for name in ("whose", "first_on", "last_on", "words")}
    errors = change_days_off(request, account_id, typed)
    if errors is not None:
        return _account_page(request, account_id, {}, None, off_typed=typed, off_errors=errors)
    return redirect(f"{reverse('workspace:account', kwargs={'slug': slug, 'account_id': account_id})}#days-off")


def change_days_off(request: HttpRequest, account_id: str, typed: dict[str, str]) -> Errors | None:
    """Does what was posted, and says it on the next page with the way back."""
    first_on, last_on, side = day_from(typed["first_on"]), day_from(typed["last_on"]), typed["whose"]
    verb = request.POST.get("verb", "")
    if verb == "undo":
        _none, errors = attempt(request, lambda: undo_days_off(account_id), _("Undone. Everything is as it was before."))
        say_errors(request, errors)
        return None
    if verb == "remove":
        _none, errors = attempt(request, lambda: remove_days_off(account_id, side=side, first_on=first_on, last_on=last_on))
    else:
        _none, errors = attempt(
            request, lambda: add_days_off(account_id, side=side, first_on=first_on, last_on=last_on, words=typed["words"])
        )
    if errors is None:
        said = _("Removed. The plan follows in a moment.") if verb == "remove" else _("Added. The plan follows in a moment.")
        say_undo(request, request.path, "undo", said)
    return errors


@workspace("accounts:edit")
@require_POST
def contact_add(request: HttpRequest, slug: str, account_id: str) -> HttpResponse:
    """Adds somebody at the account, and invites them when asked to."""
    names = ("name", "email", "role", "side", "job_title", "language")
    typed = {name: request.POST.get(name, "") for name in names}

    def act() -> None:
        contact_id = add_contact(account_id, **typed)
        if request.POST.get("invite"):
            invite_contact(contact_id)

    _none, errors = attempt(request, act, _("Added."))
    if errors:
        return _account_page(request, account_id, typed, errors)
    return redirect("workspace:account", slug=slug, account_id=account_id)


@workspace("accounts:edit")
@require_POST
def contact_do(request: HttpRequest, slug: str, account_id: str, contact_id: str) -> HttpResponse:
    """Invites or removes a contact."""
    account_by_id(account_id)
    if request.POST.get("verb") == "remove":
        _none, errors = attempt(request, lambda: remove_contact(contact_id), _("Removed. They can no longer come in."))
    else:
        _none, errors = attempt(request, lambda: invite_contact(contact_id), _("The invitation is on its way."))
    say_errors(request, errors)
    return redirect("workspace:account", slug=slug, account_id=account_id)


@workspace("accounts:edit")
@require_POST
def archive(request: HttpRequest, slug: str, account_id: str) -> HttpResponse:
    """Takes an account out of the lists."""
    _none, errors = attempt(request, lambda: archive_account(account_id), _("Archived. Its history stays."))
    say_errors(request, errors)
    return redirect("workspace:accounts", slug=slug)
