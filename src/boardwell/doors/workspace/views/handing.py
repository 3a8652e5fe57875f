"""Handing over all of a member's work: who gets what, a look at exactly what moves, and doing it."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from boardwell.domain.journeys.actions.hand_over_work import hand_over_work, undo_hand_over
from boardwell.domain.journeys.handing import Receivers, TheirWork, everything_left, work_of
from boardwell.domain.people.queries import member_by_id, member_list
from boardwell.doors.workspace.attempts import attempt, say_errors, say_undo
from boardwell.doors.workspace.entry import workspace
from boardwell.kernel.errors import Invalid
from boardwell.ui.page import page


@workspace("journeys:assign")
def hand_over(request: HttpRequest, slug: str, member_id: str) -> HttpResponse:
    """What the member has, and a choice of receivers. “Show what moves” writes nothing; “Hand it over” does it once."""
    leaver, posted = member_by_id(member_id), request.POST
    if request.method == "POST" and posted.get("verb") == "undo":
        _count, errors = attempt(request, lambda: undo_hand_over(member_id), _("Taken back, as far as nobody had passed it on."))
        say_errors(request, errors)
        return redirect("workspace:hand_over", slug=slug, member_id=member_id)
    work = work_of(member_id)
    receivers, moves, errors = _receivers(request), None, None
    if request.method == "POST" and posted.get("verb") == "give":
        count, errors = attempt(request, lambda: hand_over_work(member_id, receivers))
        if errors is None:
            said = ngettext("Handed over, in %(n)d onboarding.", "Handed over, in %(n)d onboardings.", count) % {"n": count}
            say_undo(request, request.path, "undo", said)
            return redirect("workspace:hand_over", slug=slug, member_id=member_id)
    elif request.method == "POST":
        moves, errors = attempt(request, lambda: _moves(work, receivers, member_id))
    team = [(one.id, one.name) for one in member_list(active_only=True) if one.id != member_id]
    context = {
        "leaver": leaver, "work": work, "team": team, "receivers": receivers, "moves": moves, "errors": errors,
        "names": dict(team), "back": reverse("workspace:member", kwargs={"slug": slug, "member_id": member_id}),
    }  # fmt: skip
    return page(request, "workspace/hand_over.html", context, status=422 if errors else 200)


def _receivers(request: HttpRequest) -> Receivers:
    def named(prefix: str) -> dict[str, str]:
        return {
            name.removeprefix(prefix): value.replace("\x00", "")[:40]
            for name, value in request.POST.items()
            if name.startswith(prefix) and isinstance(value, str) and value
        }

    return Receivers(request.POST.get("everything", "").replace("\x00", "")[:40], named("role."), named("journey."))


type Moves = list[tuple[str, str, list[tuple[str, str]]]]


def _moves(work: TheirWork, receivers: Receivers, member_id: str) -> Moves:
    """(onboarding, its title, [(what, to whom by id)…]) of everything that would move; Invalid when a part has nobody to go to."""
    left = everything_left(work, receivers)
    team = {one.id for one in member_list(active_only=True)} - {member_id}
    if left or receivers.named - team:
        message = (
            _("Say who gets: %(titles)s.") % {"titles": ", ".join(left[:5])} if left else _("Choose somebody else who is on your team.")
        )
        raise Invalid(message, {"everything": [message]})
    found: Moves = []
    for one in work.journeys:
        rows = [(_("The onboarding itself"), receivers.of(one.id))] if one.is_owned else []
        rows += [(step.title, receivers.of(one.id, step.role)) for step in one.steps]
        rows += [
            (_("The role “%(role)s”") % {"role": work.role_titles.get(role, role)}, receivers.of(one.id, role))
            for role in one.roles
            if not any(step.role == role for step in one.steps)
        ]
        rows += [(held.words, receivers.of(one.id)) for _kind, held in one.held]
        found.append((one.id, one.title, rows))
    if work.accounts:
        found.append(("", _("Accounts that they look after"), [(name, receivers.everything) for _id, name in work.accounts]))
    return found


def offer_hand_over(request: HttpRequest, slug: str, member_id: str) -> HttpResponse | None:
    """Where to go after somebody was switched off who still has work; None when they have none."""
    work = work_of(member_id)
    if work.is_empty:
        return None
    said = ngettext(
        "They still have %(n)d open step. Choose who gets their work.",
        "They still have %(n)d open steps. Choose who gets their work.",
        work.steps,
    ) % {"n": work.steps}
    messages.warning(request, said, extra_tags="warn")
    return redirect("workspace:hand_over", slug=slug, member_id=member_id)
