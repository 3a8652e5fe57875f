"""Days on which the customer does not work, told by themselves."""

from datetime import date

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.translation import gettext as _

from boardwell.domain.accounts.actions.change_days_off import add_days_off, remove_days_off, undo_days_off
from boardwell.domain.accounts.queries import days_off_of
from boardwell.domain.journeys.queries.pages import journey_head
from boardwell.doors.portal.entry import portal
from boardwell.kernel.errors import Conflict, Invalid, NotAllowed
from boardwell.ui.page import page


@portal
def days_off(request: HttpRequest, journey_id: str) -> HttpResponse:
    """The list for everybody of the account; its administrator adds, takes out and undoes."""
    head, _document = journey_head(journey_id)
    typed = {name: request.POST.get(name, "").replace("\x00", "") for name in ("first_on", "last_on", "words")}
    errors: dict[str, list[str]] = {}
    if request.method == "POST":
        try:
            _change(request, head.account_id, typed)
            return redirect("portal:days_off", journey_id=journey_id)
        except Invalid as problem:
            errors = problem.fields or {"": [str(problem)]}
        except (Conflict, NotAllowed) as problem:
            errors = {"": [str(problem)]}
    context = {
        "head": head, "absences": days_off_of(head.account_id), "today": timezone.localdate(), "typed": typed if errors else {},
        "errors": errors,
    }  # fmt: skip
    return page(request, "portal/days_off.html", context, status=422 if errors else 200)


def _change(request: HttpRequest, account_id: str, typed: dict[str, str]) -> None:
    first_on, last_on = _day_from(typed["first_on"]), _day_from(typed["last_on"])
    verb = request.POST.get("verb", "")
    if verb == "undo":
        undo_days_off(account_id)
        messages.success(request, _("Undone. Everything is as it was before."), extra_tags="good")
        return
    if verb == "remove":
        remove_days_off(account_id, first_on=first_on, last_on=last_on)
        said = _("Removed. The plan follows in a moment.")
    else:
        add_days_off(account_id, first_on=first_on, last_on=last_on, words=typed["words"])
        said = _("Added. The plan follows in a moment.")
    notice = {"said": said, "path": request.path, "verb": "undo"}
    messages.success(request, render_to_string("layout/undo_verb.html", notice, request), extra_tags="good")


def _day_from(text: str) -> date | None:
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        return None
