"""What the workspace's menu shows to whom."""

from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext as _

from boardwell.kernel.tenancy import Actor
from boardwell.kit.registration import own_pages
from boardwell.ui.links import path_to


def settings_sections(actor: Actor) -> list[tuple[str, str]]:
    """The parts of the settings that the actor may see, in order."""
    wanted = [
        ("general", _("General"), "settings:view"), ("brand", _("Brand"), "settings:view"), ("calendars", _("Calendars"), "settings:view"),
        ("health", _("Health"), "settings:view"), ("escalation", _("Escalation"), "settings:view"),
        ("seals", _("Seals"), "settings:view"), ("access", _("Access"), "settings:view"), ("sign-in", _("Sign-in services"), "settings:manage"),
        ("roles", _("Roles"), "people:view"), ("keys", _("API keys"), "api_keys:manage"),
    ]  # fmt: skip
    return [(key, label) for key, label, permission in wanted if actor.may(permission)]


def navigation_for(request: HttpRequest, slug: str, actor: Actor) -> list[dict[str, Any]]:
    """Entries in order; what the actor may not see is not there."""
    wanted: list[tuple[str, str, str, str]] = [
        ("home", _("Home"), "house", ""),
        ("inbox", _("Inbox"), "inbox", "journeys:view"),
        ("journeys", _("Onboardings"), "route", "journeys:view"),
        ("accounts", _("Accounts"), "building-2", "accounts:view"),
        ("playbooks", _("Playbooks"), "book-open", "playbooks:view"),
        ("compliance", _("Required steps"), "clipboard-list", "journeys:view"),
        ("automations", _("Automations"), "sparkles", "automations:view"),
        *((f"own/{page.key}", page.label, page.icon, "journeys:complete") for page in own_pages()),
        ("", _("Organisation"), "", "people:view"),
        ("people", _("Team"), "users", "people:view"),
        ("load", _("Load"), "columns-3", "people:view"),
        ("outbox", _("Sent mail"), "mail", "mail:view"),
        ("audit", _("Audit log"), "shield-check", "audit:view"),
        ("settings", _("Settings"), "settings", "settings:view"),
    ]
    entries: list[dict[str, Any]] = []
    for name, label, icon, permission in wanted:
        if permission and not actor.may(permission):
            continue
        if not name:
            entries.append({"heading": label})
            continue
        own = name.partition("own/")[2]
        href = path_to("workspace:own", slug=slug, page_key=own) if own else path_to(f"workspace:{name}", slug=slug)
        current = request.path == href if name == "home" else request.path.startswith(href)
        entries.append({"href": href, "label": label, "icon": icon, "current": current})
    return entries
