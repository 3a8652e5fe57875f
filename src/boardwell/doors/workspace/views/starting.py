"""Starting an onboarding: choose, answer what the plan depends on, look at the dated plan and the mail, start once."""

import secrets
from contextlib import suppress
from datetime import date
from typing import Any

from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import translation
from django.utils.translation import gettext as _

from boardwell.domain.accounts.actions.save_account import upsert_account
from boardwell.domain.accounts.actions.save_contact import add_contact
from boardwell.domain.accounts.queries import account_by_id, account_list, contacts_of
from boardwell.domain.journeys.actions.preview_start import StartPreview, preview_start
from boardwell.domain.journeys.actions.start_journey import start_journey
from boardwell.domain.journeys.orders import Started, StartOrder
from boardwell.domain.journeys.queries.lists import journey_of_source
from boardwell.domain.people.queries import member_list
from boardwell.doors.workspace.attempts import Errors, attempt, day_from
from boardwell.doors.workspace.entry import workspace
from boardwell.doors.workspace.factform import fact_value
from boardwell.doors.workspace.loadpages import say_overbooked
from boardwell.doors.workspace.views.journeys import playbook_choices
from boardwell.kernel import tenancy
from boardwell.kernel.errors import Invalid, NotFound
from boardwell.ui.page import page

SOURCE = "workspace"
MOST_CHOICES = 100
"""Accounts in the list; with more of them it is searched."""
_NAMES = (
    "account_id", "account_name", "contact_name", "contact_email", "playbook_key", "owner_id", "kickoff_on", "committed_live_on",
    "title", "welcome_words", "once", "find",
)  # fmt: skip


@workspace("journeys:start")
def start(request: HttpRequest, slug: str) -> HttpResponse:
    """For an account that is there, or a new one with its first contact. “Show the plan” writes nothing; “Start” starts once."""
    posted = request.POST
    errors: Errors | None = None
    preview: StartPreview | None = None
    if request.method == "POST":
        typed = {name: posted.get(name, "").replace("\x00", "") for name in _NAMES}
        typed["welcome"] = "1" if posted.get("welcome") else ""
        if posted.get("go") == "find":
            typed["account_id"] = ""
        elif posted.get("go") == "preview":
            preview, errors = attempt(request, lambda: _preview(request, typed))
            if errors is None and not typed["welcome_words"]:
                typed["welcome_words"] = _standard_words(request, typed)
        else:
            started, errors = attempt(request, lambda: _start(request, typed), _("Started. The plan is dated."))
            if errors is None:
                say_overbooked(request, typed["owner_id"], started.journey_id)
                return redirect("workspace:journey", slug=slug, journey_id=started.journey_id)
    else:
        typed = {"owner_id": tenancy.current().actor.id, "account_id": request.GET.get("account", ""), "welcome": "1"}
    typed["once"] = typed.get("once") or secrets.token_urlsafe(16)
    given = account_by_id(typed["account_id"]) if typed.get("account_id") and errors is None else None
    found, further = account_list(search=typed.get("find", ""), size=MOST_CHOICES)
    if (chosen := typed.get("account_id")) and chosen not in {one.id for one in found}:
        with suppress(NotFound):
            found = [account_by_id(chosen), *found]
    context: dict[str, Any] = {
        "typed": typed, "errors": errors, "given": given, "preview": preview, "posted": posted,
        "accounts": [(a.id, a.name) for a in found], "is_many": bool(further) or bool(typed.get("find")), "further": further,
        "members": [(member.id, member.name) for member in member_list(active_only=True)], "playbooks": playbook_choices(),
        "answers": [
            {"question": one, "name": f"fact_{one.key}", "values": posted.getlist(f"fact_{one.key}"), "value": posted.get(f"fact_{one.key}", "")}
            for one in (preview.questions if preview else ())
        ],
        "contacts": contacts_of(given.id) if given is not None and preview is not None else [],
    }  # fmt: skip
    return page(request, "workspace/journey_start.html", context, status=422 if errors else 200)


def _facts(request: HttpRequest, playbook_key: str, kickoff_on: date | None) -> dict[str, Any]:
    questions = preview_start(playbook_key=playbook_key, kickoff_on=kickoff_on).questions
    given = {}
    for one in questions:
        value = fact_value(one.type, request.POST.getlist(f"fact_{one.key}"), f"fact_{one.key}")
        if value not in (None, "", []):
            given[one.key] = value
    return given


def _day(typed: dict[str, str], name: str) -> date | None:
    day = day_from(typed[name])
    if typed[name].strip() and day is None:
        message = _("Write the day as 2026-12-24.")
        raise Invalid(message, {name: [message]})
    return day


def _preview(request: HttpRequest, typed: dict[str, str]) -> StartPreview:
    kickoff_on = _day(typed, "kickoff_on")
    account = account_by_id(typed["account_id"]) if typed["account_id"] else None
    facts = _facts(request, typed["playbook_key"], kickoff_on)
    return preview_start(
        playbook_key=typed["playbook_key"], kickoff_on=kickoff_on, facts=facts,
        time_zone=account.time_zone if account else "", country=account.country if account else "",
    )  # fmt: skip


def _standard_words(request: HttpRequest, typed: dict[str, str]) -> str:
    """What the welcome mail says when nobody changes it, in the account's language."""
    account = account_by_id(typed["account_id"]) if typed["account_id"] else None
    owner = next((member.name for member in member_list(active_only=True) if member.id == typed["owner_id"]), "")
    with translation.override(account.language if account else translation.get_language() or "en"):
        return _(
            "%(owner)s of %(us)s will be with you from the first day until %(them)s is up and running. In your portal you see what "
            "comes next, what is expected of whom, and by when."
        ) % {"owner": owner, "us": request.brand.display_name, "them": account.name if account else typed["account_name"]}  # type: ignore[attr-defined]


@transaction.atomic
def _start(request: HttpRequest, typed: dict[str, str]) -> Started:
    """Account, contact and journey together or not at all. The form's own token makes it once, however often it is sent."""
    token = typed["once"][:64] or secrets.token_urlsafe(16)
    existing = journey_of_source(SOURCE, token)
    if existing:
        return Started(existing, created=False)
    kickoff_on = _day(typed, "kickoff_on")
    facts = _facts(request, typed["playbook_key"], kickoff_on)
    account_id = typed["account_id"]
    if not account_id:
        account_id, _word = upsert_account(source=SOURCE, external_id=token, name=typed["account_name"], owner_id=typed["owner_id"])
        if typed["contact_email"].strip():
            add_contact(account_id, name=typed["contact_name"], email=typed["contact_email"], role="admin")
    words = typed["welcome_words"].strip()
    return start_journey(
        StartOrder(
            playbook_key=typed["playbook_key"], account_id=account_id, owner_id=typed["owner_id"], title=typed["title"],
            kickoff_on=kickoff_on, committed_live_on=_day(typed, "committed_live_on"), facts=facts, source=SOURCE, external_id=token,
            welcome=bool(typed["welcome"]),
            welcome_words="" if words == _standard_words(request, {**typed, "account_id": account_id}) else words,
        )
    )  # fmt: skip
