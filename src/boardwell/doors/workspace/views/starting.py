"""Starting an onboarding."""

from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from boardwell.domain.accounts.actions.save_account import create_account
from boardwell.domain.accounts.actions.save_contact import add_contact
from boardwell.domain.accounts.queries import account_by_id, account_list
from boardwell.domain.journeys.actions.start_journey import start_journey
from boardwell.domain.journeys.orders import Started, StartOrder
from boardwell.domain.people.queries import member_list
from boardwell.domain.playbooks.queries import playbook_list
from boardwell.doors.workspace.attempts import attempt, day_from
from boardwell.doors.workspace.entry import workspace
from boardwell.kernel import tenancy
from boardwell.kernel.texts import in_language
from boardwell.ui.page import page


@workspace("journeys:start")
def start(request: HttpRequest, slug: str) -> HttpResponse:
    """Starts an onboarding: for an account that is there, or a new one with its first contact."""
    actor = tenancy.current().actor
    names = (
        "account_id", "account_name", "contact_name", "contact_email", "playbook_key", "owner_id", "kickoff_on",
        "committed_live_on", "title",
    )  # fmt: skip
    if request.method == "POST":
        typed = {name: request.POST.get(name, "") for name in names}
        started, errors = attempt(
            request, lambda: _start(typed, welcome=bool(request.POST.get("welcome"))), _("Started. The plan is dated.")
        )
        if errors is None:
            return redirect("workspace:journey", slug=slug, journey_id=started.journey_id)
    else:
        errors = None
        typed = {"owner_id": actor.id, "account_id": request.GET.get("account", "")}
    given = account_by_id(typed["account_id"]) if typed.get("account_id") and errors is None else None
    context = {
        "typed": typed, "errors": errors, "given": given, "accounts": [(a.id, a.name) for a in account_list(size=500)[0]],
        "members": [(member.id, member.name) for member in member_list(active_only=True)],
        "playbooks": [(book.key, in_language(book.title)) for book in playbook_list() if book.number],
    }  # fmt: skip
    return page(request, "workspace/journey_start.html", context, status=422 if errors else 200)


@transaction.atomic
def _start(typed: dict[str, str], *, welcome: bool) -> Started:
    """Account, contact and journey together or not at all: a refused start leaves no half-made account behind."""
    account_id = typed["account_id"]
    if not account_id:
        account_id = create_account(name=typed["account_name"])
        if typed["contact_email"].strip():
            add_contact(account_id, name=typed["contact_name"], email=typed["contact_email"], role="admin")
    return start_journey(
        StartOrder(
            playbook_key=typed["playbook_key"], account_id=account_id, owner_id=typed["owner_id"], title=typed["title"],
            kickoff_on=day_from(typed["kickoff_on"]), committed_live_on=day_from(typed["committed_live_on"]), welcome=welcome,
        )
    )  # fmt: skip
