"""The portfolio: table, board, export, and what is done to many onboardings at once."""

from collections.abc import Iterable
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse, QueryDict
from django.http.response import HttpResponseBase
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from boardwell.domain.journeys.actions.change_many import VERBS
from boardwell.domain.journeys.queries.lists import Filters, JourneyRow
from boardwell.domain.journeys.queries.tables import GROUPS, journey_board, journey_slice, journeys_in_batches
from boardwell.domain.people.actions.note_export import note_export
from boardwell.domain.people.queries import member_list
from boardwell.domain.playbooks.queries import playbook_list
from boardwell.doors.workspace.csvout import csv_response
from boardwell.doors.workspace.entry import workspace
from boardwell.doors.workspace.listing import Column, Listing
from boardwell.doors.workspace.views.saved import view_that_opens, views_context
from boardwell.kernel import tenancy
from boardwell.kernel.texts import in_language
from boardwell.ui.page import page

FILTERS = ("search", "state", "health", "waiting", "owner_id", "playbook_key", "stage_key", "late")


def columns() -> list[Column]:
    """The columns of the table; the first is always shown."""
    return [
        Column("account", _("Onboarding"), "account"),
        Column("health", _("Health"), "health"),
        Column("stage", _("Stage"), "stage"),
        Column("progress", _("Progress"), "progress", descends=True),
        Column("waiting", _("Waiting on"), "waiting"),
        Column("late", _("Late steps"), "late", first=False, descends=True),
        Column("owner", _("Owner"), "owner"),
        Column("playbook", _("Playbook"), first=False),
        Column("kickoff", _("Kick-off"), "kickoff", first=False),
        Column("promised", _("Promised"), "promised", first=False),
        Column("live", _("Go-live"), "live"),
    ]


def asked_for(given: QueryDict) -> tuple[Listing, Filters]:
    """The list page that was asked for, and its filters."""
    listing = Listing(given, columns(), FILTERS, more=("view", "group"))
    if "account" not in listing.shown:
        listing.shown.insert(0, "account")
    return listing, Filters.from_query(listing.filters)


@workspace("journeys:view")
def journeys(request: HttpRequest, slug: str) -> HttpResponse:
    """Every onboarding as a table or a board, filtered by the query string."""
    if (first := view_that_opens(request, slug, "journeys")) is not None:
        return first
    listing, filters = asked_for(request.GET)
    is_board = listing.more.get("view") == "board"
    group = listing.more.get("group", "stage")
    context: dict[str, Any] = {
        "listing": listing, "filters": filters, "is_board": is_board, "group": group if group in GROUPS else "stage",
        "other_view": listing.link(view="" if is_board else "board"), "members": member_list(active_only=True),
        "playbooks": playbook_list(with_retired=True), "is_filtered": any(value for name, value in listing.filters.items() if name != "state"),
        "bulk_verbs": bulk_verbs(), **views_context("journeys", listing),
    }  # fmt: skip
    context["may_change"] = bool(context["bulk_verbs"]) and not is_board
    if is_board:
        found = journey_board(filters, group)
        context["columns"] = [
            (one, urlencode({**dict(listing.filters), one.filter_name: one.filter_value}) if one.filter_value else "") for one in found
        ]
        context["groups"] = [
            ("stage", _("Stage")), ("owner", _("Owner")), ("waiting", _("Waiting on")), ("health", _("Health")),
        ]  # fmt: skip
        context["total"] = sum(one.total for one in found)
    else:
        found_slice = journey_slice(filters, sort=listing.sort, cursor=listing.cursor)
        context |= {"rows": found_slice.rows, "slice": found_slice, "total": found_slice.total,
                    "previous_link": listing.link(at=found_slice.previous), "next_link": listing.link(at=found_slice.next)}  # fmt: skip
    return page(request, "workspace/journeys.html", context)


@workspace("lists:export")
@require_POST
def export(request: HttpRequest, slug: str) -> HttpResponseBase:
    """The list exactly as it is filtered and ordered, as CSV; who took it is written down first."""
    listing, filters = asked_for(request.POST)
    total = journey_slice(filters, size=1).total
    note_export("journeys", query=listing.filters, rows=total)
    header = (
        _("Id"), _("Account"), _("Title"), _("Playbook"), _("State"), _("Health"), _("Stage"), _("Steps done"), _("Steps"),
        _("Late steps"), _("Waiting on"), _("Name"), _("Waiting since"), _("Owner"), _("Kick-off"), _("Planned go-live"), _("Promised"),
        _("Live since"),
    )  # fmt: skip
    return csv_response(
        "onboardings.csv", header, lambda: (map(_cells, batch) for batch in journeys_in_batches(filters, sort=listing.sort))
    )


def _cells(row: JourneyRow) -> Iterable[Any]:
    return (
        row.id, row.account_name, row.title, row.playbook_title, row.state, row.health, row.stage_title, row.steps_done,
        row.steps_total, row.overdue_steps, row.waiting_side, row.waiting_name, row.waiting_since_at, row.owner_name, row.kickoff_on,
        row.planned_live_on, row.committed_live_on, row.live_at,
    )  # fmt: skip


def bulk_verbs() -> list[tuple[str, str]]:
    """(verb, label) of what the actor may do to several at once."""
    labels = {
        "owner": _("Change the owner"), "pause": _("Pause"), "resume": _("Resume"), "shift": _("Move all open days"),
        "message": _("Write to the customers"), "note": _("Add an internal note"),
    }  # fmt: skip
    actor = tenancy.current().actor
    return [(verb, labels[verb]) for verb, permission in VERBS.items() if actor.may(permission)]


def playbook_choices() -> list[tuple[str, str]]:
    """(key, title) of every playbook that can be started."""
    return [(book.key, in_language(book.title)) for book in playbook_list() if book.number]
