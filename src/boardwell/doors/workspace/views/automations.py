"""Automations: the list with its switches, the form with its sentence, the log, and what a rule would have done."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from boardwell.domain.audit.queries import log_of_settings
from boardwell.domain.automations.actions.save_automation import checked, save_automation
from boardwell.domain.automations.actions.switch_automation import remove_automation, switch_all, switch_automation
from boardwell.domain.automations.deeds import secret_of
from boardwell.domain.automations.queries import automation_by_id, automation_list, choices, firings_of, master_switch
from boardwell.domain.automations.recipes import recipe_by_key, recipes
from boardwell.domain.automations.rehearse import SPANS, Rehearsal, rehearse
from boardwell.domain.automations.rules import Rule
from boardwell.doors.workspace.attempts import Errors, attempt, say_errors, whole_number
from boardwell.doors.workspace.automationform import drawn, typed_rule
from boardwell.doors.workspace.entry import workspace
from boardwell.kernel import tenancy
from boardwell.kernel.checks import Faults
from boardwell.kernel.errors import Invalid
from boardwell.kernel.words import line
from boardwell.ui.page import page


@workspace("automations:view")
def automations(request: HttpRequest, slug: str) -> HttpResponse:
    """Every rule with what it says and how often it acted; ready-made ones to begin from; the switch for all."""
    context = {
        "automations": automation_list(), "switch": master_switch(), "recipes": recipes(), "history": log_of_settings("automation"),
    }  # fmt: skip
    return page(request, "workspace/automations.html", context)


@workspace("automations:edit")
def new(request: HttpRequest, slug: str) -> HttpResponse:
    """A new rule, empty or from a recipe."""
    recipe = recipe_by_key(request.GET.get("recipe", ""))
    if request.method == "POST":
        return _posted(request, slug, "")
    return _form(request, recipe.rule if recipe else Rule(""), name=recipe.name if recipe else "")


@workspace("automations:view")
def automation(request: HttpRequest, slug: str, automation_id: str) -> HttpResponse:
    """One rule: the form for those who may change it, and its log for everybody who may see it."""
    view = automation_by_id(automation_id)
    if request.method == "POST":
        return _posted(request, slug, automation_id)
    return _form(request, view.rule, name=view.row.name, automation_id=automation_id)


@workspace("automations:edit")
@require_POST
def check(request: HttpRequest, slug: str) -> HttpResponse:
    """The parts of the form as they follow from what is chosen so far, and the sentence; while somebody fills it in."""
    offered = choices()
    return render(request, "workspace/automation_parts.html", {**drawn(typed_rule(request.POST, offered), offered), "errors": None})


@workspace("automations:view")
@require_POST
def do(request: HttpRequest, slug: str, automation_id: str) -> HttpResponse:
    """Switches a rule on or off, or takes it away."""
    verb = request.POST.get("verb", "")
    if verb == "remove":
        _none, errors = attempt(request, lambda: remove_automation(automation_id), _("Removed. What it did stays in the log."))
    else:
        said = _("Switched on.") if verb == "on" else _("Switched off.")
        _none, errors = attempt(request, lambda: switch_automation(automation_id, on=verb == "on"), said)
    say_errors(request, errors)
    if verb == "remove" or request.POST.get("from") == "list":
        return redirect("workspace:automations", slug=slug)
    return redirect("workspace:automation", slug=slug, automation_id=automation_id)


@workspace("automations:view")
@require_POST
def all_do(request: HttpRequest, slug: str) -> HttpResponse:
    """The switch for all rules."""
    on = request.POST.get("verb") == "on"
    said = _("Automations run again.") if on else _("All automations stand still.")
    _none, errors = attempt(request, lambda: switch_all(on=on), said)
    say_errors(request, errors)
    return redirect("workspace:automations", slug=slug)


def _posted(request: HttpRequest, slug: str, automation_id: str) -> HttpResponse:
    """Saved, or looked at: “Refresh” draws the boxes for what was chosen, “Try out” shows what it would have done."""
    offered = choices()
    rule, name = typed_rule(request.POST, offered), request.POST.get("name", "")[:200]
    if request.POST.get("refresh"):
        return _form(request, rule, name=name, automation_id=automation_id)
    if request.POST.get("try"):
        tried, errors = attempt(request, lambda: _try_out(rule, whole_number(request.POST.get("days", ""), 7)))
        return _form(request, rule, name=name, automation_id=automation_id, errors=errors, tried=tried)
    saved, errors = attempt(request, lambda: save_automation(automation_id, name=name, rule=rule), _("Saved."))
    if errors is not None:
        return _form(request, rule, name=name, automation_id=automation_id, errors=errors)
    if request.POST.get("and_on"):
        _none, errors = attempt(request, lambda: switch_automation(saved, on=True))
        say_errors(request, errors)
    return redirect("workspace:automation", slug=slug, automation_id=saved)


def _try_out(rule: Rule, days: int) -> Rehearsal:
    faults = Faults()
    clean = checked(rule, faults)
    if faults.fields:
        raise Invalid(_("Some details need to be put right."), faults.fields)
    return rehearse(clean, days=days)


def _form(
    request: HttpRequest, rule: Rule, *, name: str, automation_id: str = "", errors: Errors | None = None, tried: Rehearsal | None = None
) -> HttpResponse:  # fmt: skip
    context: dict[str, Any] = {
        **drawn(rule, choices()), "name": name, "automation_id": automation_id, "errors": errors, "tried": tried, "spans": _spans(),
        "days": tried.days if tried else 7, "may_edit": tenancy.current().actor.may("automations:edit"),
    }  # fmt: skip
    if automation_id:
        view = automation_by_id(automation_id)
        firings, older = firings_of(
            automation_id, before=line(request.GET.get("before", ""), 32), matched_only=bool(request.GET.get("matched"))
        )
        context |= {
            "view": view,
            "firings": firings,
            "older": older,
            "matched": bool(request.GET.get("matched")),
            "switch": master_switch(),
        }
        if context["may_edit"] and any(deed.do == "webhook" for deed in view.rule.deeds):
            context["secret"] = secret_of(automation_id)
    return page(request, "workspace/automation.html", context, status=422 if errors else 200)


def _spans() -> list[tuple[int, str]]:
    words = {1: _("the last day"), 7: _("the last 7 days"), 30: _("the last 30 days")}
    return [(days, words[days]) for days in SPANS]
