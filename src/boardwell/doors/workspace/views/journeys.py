"""The portfolio: table, board, export, and what is done to many onboardings at once."""

from collections.abc import Callable, Iterable
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse, QueryDict
from django.http.response import HttpResponseBase
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from boardwell.domain.journeys.actions.change_many import VERBS
from boardwell.domain.journeys.queries.lists import Filters, JourneyRow
from boardwell.domain.journeys.queries.tables import (
    BANDS,
    GROUPS,
    band_counts,
    band_of,
    band_title,
    journey_board,
    journey_slice,
    journeys_in_batches,
)
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

FILTERS = ("search", "state", "health", "waiting", "owner_id", "playbook_key", "stage_key", "late", "slipped")


def columns() -> list[Column]:
    """The columns of the table; the first is always shown."""
    return [
        Column("account", _("Onboarding"), "account"),
        Column("health", _("Health"), "health"),
        Column("stage", _("Stage"), "stage"),
        Column("progress", _("Progress"), "progress", first=False, descends=True),
        Column("waiting", _("Waiting on"), "waiting"),
        Column("contact", _("Last contact"), "contact", first=False),
        Column("late", _("Late steps"), "late", first=False, descends=True),
        Column("owner", _("Owner"), "owner"),
        Column("playbook", _("Playbook"), "playbook", first=False),
        Column("kickoff", _("Kick-off"), "kickoff", first=False),
        Column("forecast", _("Forecast"), "forecast"),
        Column("promised", _("Promised"), "promised"),
        Column("slip", _("Slip"), "slip", descends=True),
        Column("live", _("Go-live"), "live", first=False),
        Column("value", _("Value"), "value", first=False, descends=True),
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
        "everything": "state=open",
        "bulk_verbs": bulk_verbs(), **views_context("journeys", listing),
    }  # fmt: skip
    context["may_change"] = bool(context["bulk_verbs"]) and not is_board
    context["span"] = len(listing.heads) + (1 if context["may_change"] else 0)
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
        band = group if listing.more.get("group") in BANDS else ""
        found_slice = journey_slice(filters, sort=band or listing.sort, cursor=listing.cursor)
        context |= {"rows": _banded(found_slice.rows, band, filters), "band": band, "slice": found_slice, "total": found_slice.total,
                    "bands": [("owner", _("Owner")), ("playbook", _("Playbook")), ("health", _("Health")), ("stage", _("Stage"))],
                    "previous_link": listing.link(at=found_slice.previous), "next_link": listing.link(at=found_slice.next)}  # fmt: skip
    return page(request, "workspace/journeys.html", context)


def _banded(rows: Iterable[JourneyRow], band: str, filters: Filters) -> list[tuple[JourneyRow, str, int]]:
    """Each row, and with the first of its group on this page the heading and how many the whole group has."""
    if not band:
        return [(row, "", 0) for row in rows]
    counts, last, found = band_counts(filters, band), None, []
    for row in rows:
        key = band_of(band, row)
        found.append((row, band_title(band, row) if key != last else "", counts.get(key, 0)))
        last = key
    return found


@workspace("lists:export")
@require_POST
def export(request: HttpRequest, slug: str) -> HttpResponseBase:
    """The list exactly as it is filtered and ordered, with the columns that are shown, as CSV; who took it is written down first."""
    listing, filters = asked_for(request.POST)
    total = journey_slice(filters, size=1).total
    note_export("journeys", query=listing.filters, rows=total)
    chosen = [(heads, cells) for key, (heads, cells) in _exported().items() if key in listing.shown]
    header = (_("Id"), _("Account"), _("Title"), _("State"), *(head for heads, _cells in chosen for head in heads))

    def line(row: JourneyRow) -> Iterable[Any]:
        return (row.id, row.account_name, row.title, row.state, *(cell for _heads, cells in chosen for cell in cells(row)))

    sort = listing.more["group"] if listing.more.get("group") in BANDS and not listing.more.get("view") else listing.sort
    return csv_response("onboardings.csv", header, lambda: (map(line, batch) for batch in journeys_in_batches(filters, sort=sort)))


def _exported() -> dict[str, tuple[tuple[str, ...], Callable[[JourneyRow], tuple[Any, ...]]]]:
    """By column of the table: what an export calls it, and its cells. Days and numbers stay bare, so that a sheet can count on."""
    return {
        "health": ((_("Health"), _("Why")), lambda row: (row.health, "; ".join(row.why))),
        "stage": ((_("Stage"),), lambda row: (row.stage_title,)),
        "progress": ((_("Steps done"), _("Steps")), lambda row: (row.steps_done, row.steps_total)),
        "waiting": (
            (_("Waiting on"), _("Name"), _("Waiting since")),
            lambda row: (row.waiting_side, row.waiting_name, row.waiting_since_at),
        ),
        "contact": ((_("Last contact"),), lambda row: (row.last_customer_activity_at,)),
        "late": ((_("Late steps"),), lambda row: (row.overdue_steps,)),
        "owner": ((_("Owner"),), lambda row: (row.owner_name,)),
        "playbook": ((_("Playbook"),), lambda row: (row.playbook_title,)),
        "kickoff": ((_("Kick-off"),), lambda row: (row.kickoff_on,)),
        "forecast": ((_("Forecast"),), lambda row: (row.forecast_live_on,)),
        "promised": ((_("Promised"),), lambda row: (row.committed_live_on,)),
        "slip": ((_("Slip in working days"), _("First plan")), lambda row: (row.slip, row.baseline_live_on)),
        "live": ((_("Planned go-live"), _("Live since")), lambda row: (row.planned_live_on, row.live_at)),
        "value": ((_("Value"),), lambda row: (row.value,)),
    }


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
