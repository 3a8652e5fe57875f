"""What was sent and what happened: the outbox and the audit log, filtered and exported."""

from collections.abc import Iterable, Iterator
from typing import Any

from django.http import HttpRequest, HttpResponse, QueryDict
from django.http.response import HttpResponseBase
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from boardwell.domain.audit.queries import Line, log, log_actors
from boardwell.domain.people.actions.note_export import note_export
from boardwell.doors.workspace.attempts import day_from, whole_number
from boardwell.doors.workspace.csvout import csv_response
from boardwell.doors.workspace.entry import workspace
from boardwell.doors.workspace.listing import Column, Listing
from boardwell.kernel import tenancy
from boardwell.kernel.outgoing.kept import mail_slice, mails_in_batches
from boardwell.ui.page import page

_LOG_PAGE = 100


def _mail_listing(given: QueryDict) -> Listing:
    columns = [
        Column("subject", _("Subject"), "subject"), Column("to", _("To"), "to"), Column("state", _("State"), "state"),
        Column("newest", _("When"), "newest", descends=True),
    ]  # fmt: skip
    return Listing(given, columns, ("q", "state"))


@workspace("mail:view")
def outbox(request: HttpRequest, slug: str) -> HttpResponse:
    """Every mail of the organisation as it arrives."""
    listing = _mail_listing(request.GET)
    found = mail_slice(
        tenancy.current().organisation_id, words=listing.filters.get("q", ""), state=listing.filters.get("state", ""), sort=listing.sort,
        cursor=listing.cursor,
    )  # fmt: skip
    states = [("sent", _("Sent")), ("kept", _("Kept here")), ("failed", _("Failed")), ("waiting", _("On its way"))]
    context = {
        "listing": listing, "rows": found.rows, "slice": found, "states": states, "previous_link": listing.link(at=found.previous),
        "next_link": listing.link(at=found.next), "is_filtered": any(listing.filters.values()),
    }  # fmt: skip
    return page(request, "workspace/outbox.html", context)


@workspace("mail:view")
@require_POST
def outbox_export(request: HttpRequest, slug: str) -> HttpResponseBase:
    """The mails of the list as CSV, without their bodies."""
    listing = _mail_listing(request.POST)
    words, state = listing.filters.get("q", ""), listing.filters.get("state", "")
    organisation_id = tenancy.current().organisation_id
    note_export("mails", query=listing.filters, rows=mail_slice(organisation_id, words=words, state=state, size=1).total)
    header = (_("Id"), _("Subject"), _("To"), _("State"), _("Purpose"), _("When"))
    return csv_response(
        "mails.csv",
        header,
        lambda: (
            [tuple(row.values()) for row in batch]
            for batch in mails_in_batches(organisation_id, words=words, state=state, sort=listing.sort)
        ),
    )


def _log_listing(given: QueryDict) -> tuple[Listing, dict[str, Any]]:
    listing = Listing(given, (), ("q", "group", "actor", "from", "until"))
    asked = listing.filters
    return listing, {
        "words": asked.get("q", ""), "group": asked.get("group", ""), "actor_id": asked.get("actor", ""),
        "from_on": day_from(asked.get("from", "")), "until_on": day_from(asked.get("until", "")),
    }  # fmt: skip


@workspace("audit:view")
def audit(request: HttpRequest, slug: str) -> HttpResponse:
    """The log, newest first."""
    listing, asked = _log_listing(request.GET)
    before = whole_number(request.GET.get("before", ""), -1)
    lines = log(before_position=before if 0 <= before < 2**53 else None, most=_LOG_PAGE, **asked)
    more = lines[-1].position if len(lines) == _LOG_PAGE else None
    groups = [
        ("journey", _("Onboardings")), ("step", _("Steps")), ("plan", _("Plan")), ("fact", _("Facts")), ("account", _("Accounts")),
        ("contact", _("Contacts")), ("message", _("Messages")), ("file", _("Files")), ("playbook", _("Playbooks")),
        ("member", _("Team")), ("access", _("Access")), ("brand", _("Brand")), ("calendar", _("Calendars")), ("import", _("Imports")),
        ("list", _("Exports")), ("view", _("Saved views")), ("api_key", _("API keys")),
    ]  # fmt: skip
    context = {
        "lines": lines, "more": more, "listing": listing, "groups": groups, "actors": log_actors(),
        "is_filtered": any(listing.filters.values()), "older": listing.link(before=str(more)) if more is not None else "",
    }  # fmt: skip
    return page(request, "workspace/audit.html", context)


@workspace("audit:view")
@require_POST
def audit_export(request: HttpRequest, slug: str) -> HttpResponseBase:
    """The entries of the list as CSV. The proof of the chain is `boardwell verify`'s, not this file's."""
    listing, asked = _log_listing(request.POST)
    note_export("audit", query=listing.filters)
    header = (_("Entry"), _("When"), _("Who"), _("What"), _("Object"), _("Id"), _("Why"), _("Before"), _("After"), _("Hash"))

    def batches() -> Iterator[Iterable[Iterable[Any]]]:
        before: int | None = None
        while lines := log(before_position=before, most=500, **asked):
            yield map(_cells, lines)
            before = lines[-1].position

    return csv_response("audit.csv", header, batches)


def _cells(line: Line) -> Iterable[Any]:
    return (
        line.position, line.at, line.actor_name, line.verb, line.label, line.object_id, line.why, _told(line.before), _told(line.after),
        line.leaf_hash,
    )  # fmt: skip


def _told(values: dict[str, Any]) -> str:
    return "; ".join(f"{key}: {value}" for key, value in values.items())
