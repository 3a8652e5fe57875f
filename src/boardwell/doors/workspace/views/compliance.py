"""Required steps: done, missing, waived and late by playbook and owner, and the onboardings behind each number."""

from collections.abc import Iterable, Iterator
from typing import Any

from django.http import HttpRequest, HttpResponse, QueryDict
from django.http.response import HttpResponseBase
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from boardwell.domain.journeys.queries.compliance import (
    LOOKS,
    RequiredFilters,
    RequiredRow,
    required_in_batches,
    required_slice,
    tallies,
    total_of,
)
from boardwell.domain.people.actions.note_export import note_export
from boardwell.domain.people.queries import member_list
from boardwell.domain.playbooks.queries import playbook_list
from boardwell.doors.workspace.csvout import csv_response
from boardwell.doors.workspace.entry import workspace
from boardwell.doors.workspace.listing import Column, Listing
from boardwell.doors.workspace.views.saved import view_that_opens, views_context
from boardwell.ui.page import page

FILTERS = ("state", "playbook_key", "owner_id", "look")


def _asked_for(given: QueryDict) -> tuple[Listing, RequiredFilters]:
    columns = [
        Column("account", _("Onboarding"), "newest", descends=True), Column("owner", _("Owner")),
        Column("missing", _("Not done"), "missing", descends=True), Column("late", _("Late"), "late", descends=True),
        Column("waived", _("Waived"), "waived", descends=True), Column("why", _("What to know")),
    ]  # fmt: skip
    listing = Listing(given, columns, FILTERS)
    return listing, RequiredFilters.from_query(listing.filters)


@workspace("journeys:view")
def compliance(request: HttpRequest, slug: str) -> HttpResponse:
    """The numbers as a table, and below it the onboardings that the filters let through."""
    if (first := view_that_opens(request, slug, "compliance")) is not None:
        return first
    listing, filters = _asked_for(request.GET)
    groups = tallies(filters)
    found = required_slice(filters, sort=listing.sort, cursor=listing.cursor)
    looks = {"missing": _("with steps not done"), "late": _("with late steps"), "waived": _("with waived steps")}
    context: dict[str, Any] = {
        "listing": listing, "filters": filters, "total": total_of(groups), "slice": found, "rows": found.rows,
        "groups": [(group, _links(listing, group.playbook_key, group.owner_id)) for group in groups],
        "all_links": _links(listing, filters.playbook_key, filters.owner_id),
        "members": member_list(active_only=True), "playbooks": playbook_list(with_retired=True),
        "looks": [(key, looks[key]) for key in LOOKS],
        "states": [("", _("All")), ("open", _("Running and paused")), ("live", _("Live")), ("cancelled", _("Cancelled"))],
        "is_filtered": any(listing.filters.values()),
        "previous_link": listing.link(at=found.previous), "next_link": listing.link(at=found.next),
        **views_context("compliance", listing),
    }  # fmt: skip
    return page(request, "workspace/compliance.html", context)


def _links(listing: Listing, playbook_key: str, owner_id: str) -> dict[str, str]:
    """By look: the query string that lists the onboardings behind a number."""
    return {look: listing.link(playbook_key=playbook_key, owner_id=owner_id, look=look) for look in (*LOOKS, "")}


@workspace("lists:export")
@require_POST
def compliance_export(request: HttpRequest, slug: str) -> HttpResponseBase:
    """Every required step of the onboardings in the list, one a row, as CSV; who took it is written down first."""
    listing, filters = _asked_for(request.POST)
    note_export("compliance", query=listing.filters, rows=required_slice(filters, size=1).total)
    header = (
        _("Playbook"), _("Owner"), _("Account"), _("Onboarding"), _("Id"), _("State"), _("Step"), _("Required step"), _("Planned"),
        _("Ended"), _("By"), _("Why"),
    )  # fmt: skip

    def batches() -> Iterator[Iterable[Iterable[Any]]]:
        for batch in required_in_batches(filters, sort=listing.sort):
            yield (line for row in batch for line in _lines(row))

    return csv_response("required-steps.csv", header, batches)


def _lines(row: RequiredRow) -> Iterator[tuple[Any, ...]]:
    for step in row.steps:
        yield (
            row.playbook_title, row.owner_name, row.account_name, row.title, row.id, row.state, step.title, step.word, step.planned_on,
            step.ended_at, step.by, step.reason,
        )  # fmt: skip
