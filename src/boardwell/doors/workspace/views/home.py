"""Home, search and the inbox."""

from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from boardwell.domain.conversations.queries import newest_messages, read_marks, talks
from boardwell.domain.journeys.queries.figures import go_lives_by_month, journey_counts, running_by_playbook
from boardwell.domain.journeys.queries.lists import (
    Filters,
    account_names,
    journey_list,
    journeys_by_id,
    late_at_customers,
    open_proposals,
    today_for,
)
from boardwell.domain.playbooks.queries import playbook_list
from boardwell.doors.workspace.entry import workspace
from boardwell.kernel import tenancy
from boardwell.ui import charts
from boardwell.ui.page import page


@workspace("journeys:view")
def home(request: HttpRequest, slug: str) -> HttpResponse:
    """What needs me today."""
    actor = tenancy.current().actor
    journeys = reverse("workspace:journeys", kwargs={"slug": slug})
    context = {
        "today": today_for(actor.id, most=12), "late": late_at_customers(actor.id, most=8), "proposals": open_proposals(),
        "counts": journey_counts(), "mine": journey_list(Filters(owner_id=actor.id), size=8).rows,
        "has_playbooks": any(book.number for book in playbook_list()), "news": unread_talk(most=5),
        "by_playbook": charts.stacked(
            (book.title, f"{journeys}?playbook_key={book.key}",
             [(_("On track"), book.on_track, "good"), (_("At risk"), book.at_risk, "warn"), (_("Off track"), book.off_track, "bad")])
            for book in running_by_playbook()
        ),
        "by_month": charts.columns((date_format(month, "M"), number) for month, number in go_lives_by_month()),
    }  # fmt: skip
    return page(request, "workspace/home.html", context)


def unread_talk(*, most: int) -> list[dict[str, Any]]:
    """The newest message of each onboarding where somebody else had the last word that I have not read."""
    marks, me = read_marks(), tenancy.current().actor.id
    rows: dict[str, dict[str, Any]] = {}
    for message in newest_messages(most=100):
        seen = marks.get(message.journey_id)
        if message.journey_id not in rows and message.author_id != me and (seen is None or message.created_at > seen):
            rows[message.journey_id] = {"message": message, "id": message.journey_id}
    newest = list(rows.values())[:most]
    names = account_names(row["id"] for row in newest)
    return [{**row, "account_name": names.get(row["id"], "")} for row in newest]


@workspace("journeys:view")
def inbox(request: HttpRequest, slug: str) -> HttpResponse:
    """Conversations of all onboardings, the newest first; all, unread, from customers, or the team's own notes."""
    choices = [("all", _("All")), ("unread", _("Unread")), ("shared", _("With customers")), ("internal", _("Internal notes"))]
    show = request.GET.get("show", "all")
    show = show if show in dict(choices) else "all"
    found = talks(unread_only=show == "unread", visibility=show if show in {"shared", "internal"} else "", cursor=request.GET.get("at", ""))
    titles = journeys_by_id([talk.journey_id for talk in found.rows])
    rows = [{"talk": talk, "journey": titles.get(talk.journey_id)} for talk in found.rows]
    context = {
        "rows": rows, "slice": found, "choices": choices, "show": show, "previous_link": urlencode({"show": show, "at": found.previous}),
        "next_link": urlencode({"show": show, "at": found.next}),
    }  # fmt: skip
    return page(request, "workspace/inbox.html", context)
