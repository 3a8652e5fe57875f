"""Search across everything, and its short form that opens under the search field while one types."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from boardwell.domain.accounts.queries import find_accounts, find_contacts
from boardwell.domain.conversations.queries import find_messages
from boardwell.domain.journeys.queries.lists import journeys_by_id
from boardwell.domain.journeys.queries.search import find_facts, find_journeys, find_steps
from boardwell.domain.people.queries import find_members
from boardwell.domain.playbooks.queries import find_playbooks
from boardwell.domain.vault.queries import find_files
from boardwell.doors.workspace.entry import workspace
from boardwell.kernel import rates
from boardwell.kernel.folding import folded_words
from boardwell.kernel.hits import MOST_HITS, Hit
from boardwell.ui.page import page

_MOST_CHARACTERS = 200
_QUICK_HITS = 4

type Finder = Callable[..., list[Hit]]


@dataclass(frozen=True, slots=True)
class Found:
    """One kind of thing that was found. `is_cut` says that there are more than are shown."""

    kind: str
    label: str
    icon: str
    rows: list[dict[str, Any]]
    is_cut: bool


def _kinds() -> list[tuple[str, str, str, Finder]]:
    return [
        ("account", _("Accounts"), "building-2", find_accounts),
        ("journey", _("Onboardings"), "route", find_journeys),
        ("contact", _("Contacts"), "user", find_contacts),
        ("step", _("Steps"), "clipboard-list", find_steps),
        ("message", _("Messages"), "message-square", find_messages),
        ("file", _("Files"), "file", find_files),
        ("fact", _("Facts"), "sparkles", find_facts),
        ("playbook", _("Playbooks"), "book-open", find_playbooks),
        ("member", _("Team"), "users", find_members),
    ]


_QUICK = ("account", "journey", "contact", "step", "playbook")


@workspace("search:use")
def search(request: HttpRequest, slug: str) -> HttpResponse:
    """Everything that holds all the words, by kind; what the member may not see is not looked for."""
    wanted = _wanted(request)
    only = request.GET.get("kind", "")
    context: dict[str, Any] = {"search_words": wanted, "kinds": [(key, label) for key, label, _icon, _finder in _kinds()], "only": only}
    if wanted:
        rates.require(rates.SEARCHES, str(request.user.pk))
        context["found"] = _found(slug, wanted, most=MOST_HITS, only=(only,) if only in dict(context["kinds"]) else ())
    return page(request, "workspace/search.html", context)


@workspace("search:use")
def quick(request: HttpRequest, slug: str) -> HttpResponse:
    """The first few of the kinds that one goes to most, as a part of a page."""
    wanted = _wanted(request)
    if wanted:
        rates.require(rates.SEARCHES, str(request.user.pk))
    found = _found(slug, wanted, most=_QUICK_HITS, only=_QUICK) if wanted else []
    return page(request, "workspace/search_quick.html", {"search_words": wanted, "found": found})


def _wanted(request: HttpRequest) -> str:
    return " ".join(request.GET.get("q", "").replace("\x00", "").split())[:_MOST_CHARACTERS]


def _found(slug: str, wanted: str, *, most: int, only: tuple[str, ...] = ()) -> list[Found]:
    words = folded_words(wanted)
    if not words:
        return []
    found = []
    for kind, label, icon, finder in _kinds():
        if only and kind not in only:
            continue
        hits = finder(words, most=most + 1)
        if hits:
            found.append((kind, label, icon, hits[:most], len(hits) > most))
    unnamed = {hit.journey_id for _kind, _label, _icon, hits, _cut in found for hit in hits if hit.kind in {"message", "file"}}
    names = {row.id: row.account_name for row in journeys_by_id(sorted(unnamed)).values()} if unnamed else {}
    return [Found(kind, label, icon, [_row(slug, hit, names) for hit in hits], cut) for kind, label, icon, hits, cut in found]


def _row(slug: str, hit: Hit, names: dict[str, str]) -> dict[str, Any]:
    journey = {"slug": slug, "journey_id": hit.journey_id}
    tab = {"message": "messages", "file": "files", "fact": "facts"}.get(hit.kind)
    if hit.kind in {"account", "contact"}:
        href = reverse("workspace:account", kwargs={"slug": slug, "account_id": hit.account_id})
    elif hit.kind == "step":
        href = reverse("workspace:step", kwargs={**journey, "key": hit.key})
    elif hit.kind == "playbook":
        href = reverse("workspace:playbook", kwargs={"slug": slug, "key": hit.key})
    elif hit.kind == "member":
        href = reverse("workspace:people", kwargs={"slug": slug})
    elif tab:
        href = reverse("workspace:journey_tab", kwargs={**journey, "tab": tab})
    else:
        href = reverse("workspace:journey", kwargs=journey)
    detail = hit.detail
    if hit.kind in {"message", "file"}:
        detail = " · ".join(filter(None, [hit.detail, names.get(hit.journey_id, "")]))
    return {"hit": hit, "href": href, "detail": detail, "state": hit.key if hit.kind == "journey" else ""}
