"""Settings of health: which rules make an onboarding at risk or off track, from when on; what would change, before it does."""

from typing import Any

from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from boardwell.domain.audit.queries import log_of_settings
from boardwell.domain.journeys.actions.change_health_rules import change_health_rules, health_rules, preview_health_rules
from boardwell.domain.journeys.health import SHIPPED, Rule
from boardwell.doors.workspace.attempts import Errors, attempt, whole_number
from boardwell.doors.workspace.entry import workspace
from boardwell.doors.workspace.navigation import settings_sections
from boardwell.kernel import tenancy
from boardwell.ui.page import page


@workspace("settings:view")
def health(request: HttpRequest, slug: str) -> HttpResponse:
    """The rules; “Show what would change” judges every running onboarding by what was typed and writes nothing."""
    errors: Errors | None = None
    preview, rules = None, health_rules()
    if request.method == "POST":
        rules = _typed(request.POST)
        if request.POST.get("look"):
            preview, errors = attempt(request, lambda: preview_health_rules(rules))
        else:
            _none, errors = attempt(
                request, lambda: change_health_rules(rules), _("Saved. Running onboardings are judged anew in a moment.")
            )
            if errors is None:
                return redirect("workspace:settings_health", slug=slug)
    context: dict[str, Any] = {
        "section": "health", "sections": settings_sections(tenancy.current().actor), "errors": errors, "preview": preview,
        "rules": [_shown(name, rules[name], request.POST) for name in SHIPPED], "severities": [("at_risk", _("At risk")), ("off_track", _("Off track"))],
        "history": log_of_settings("health_rules"),
        **({word: preview.counts.get(word, 0) for word in ("on_track", "at_risk", "off_track")} if preview is not None else {}),
    }  # fmt: skip
    return page(request, "workspace/settings_health.html", context, status=422 if errors else 200)


def _typed(posted: QueryDict) -> dict[str, Rule]:
    return {
        name: Rule(
            bool(posted.get(f"{name}_on")), posted.get(f"{name}_severity", "")[:20],
            whole_number(posted.get(f"{name}_threshold", "")[:6], -1) if rule.threshold else 0,
        )
        for name, rule in SHIPPED.items()
    }  # fmt: skip


def _shown(name: str, rule: Rule, posted: QueryDict) -> dict[str, Any]:
    titles = {
        "no_owner": _("Nobody owns it"),
        "past_commitment": _("The forecast is after the promised go-live"),
        "overdue_many": _("Many steps are late"),
        "overdue": _("Steps are late"),
        "paused": _("It is paused"),
        "silent": _("No sign of life from the customer while it is their turn"),
        "low_satisfaction": _("The customer is not satisfied (the fact “satisfaction”)"),
    }
    units = {
        "past_commitment": _("from how many days"), "overdue_many": _("from how many steps"), "overdue": _("from how many steps"),
        "silent": _("from how many days"), "low_satisfaction": _("at which score or below"),
    }  # fmt: skip
    return {
        "name": name, "title": titles[name], "on": rule.on, "severity": rule.severity, "unit": units.get(name, ""),
        "threshold": posted.get(f"{name}_threshold", rule.threshold), "severity_name": f"{name}_severity",
        "threshold_name": f"{name}_threshold",
    }  # fmt: skip
