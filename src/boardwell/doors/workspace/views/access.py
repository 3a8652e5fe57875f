"""Who may come in and what each may do: roles as a table, sign-in services."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _

from boardwell.domain.people.actions.manage_providers import add_provider, change_provider, remove_provider
from boardwell.domain.people.queries import ProviderView, providers
from boardwell.domain.people.roles import (
    CONTACT_PERMISSIONS,
    CONTACT_ROLE_LABELS,
    CONTACT_ROLES,
    PERMISSIONS,
    ROLE_LABELS,
    ROLES,
    Label,
)
from boardwell.doors.workspace.attempts import Errors, attempt
from boardwell.doors.workspace.entry import workspace
from boardwell.doors.workspace.navigation import settings_sections
from boardwell.kernel import tenancy
from boardwell.kernel.ids import is_id, new_id
from boardwell.listeners.notifications.letters import absolute
from boardwell.ui.page import page


@workspace("people:view")
def roles(request: HttpRequest, slug: str) -> HttpResponse:
    """Every permission of the catalogue beside every role."""
    context = {
        "section": "roles", "sections": settings_sections(tenancy.current().actor), "roles": list(ROLE_LABELS.items()),
        "rows": _table(PERMISSIONS, ROLES), "contact_roles": list(CONTACT_ROLE_LABELS.items()),
        "contact_rows": _table(CONTACT_PERMISSIONS, CONTACT_ROLES),
    }  # fmt: skip
    return page(request, "workspace/roles.html", context)


def _table(permissions: dict[str, Label], holders: dict[str, frozenset[str]]) -> list[dict[str, Any]]:
    return [{"label": label, "cells": [name in held for held in holders.values()]} for name, label in permissions.items()]


@workspace("settings:manage", fresh=True)
def sign_in(request: HttpRequest, slug: str) -> HttpResponse:
    """The services that sign people in: setting up, changing, removing. Secrets go in and never come out."""
    posted = request.POST
    errors: Errors | None = None
    if request.method == "POST":
        _none, errors = _do(request)
        if errors is None:
            return redirect("workspace:settings_sign_in", slug=slug)
    new_id_here = posted.get("provider_id", "") if errors and posted.get("verb") == "add" else ""
    new_id_here = new_id_here if is_id(new_id_here, "idp") else new_id("idp")
    own = absolute(reverse("sign_in:at", kwargs={"slug": slug}))
    context = {
        "section": "sign-in", "sections": settings_sections(tenancy.current().actor), "errors": errors,
        "typed": posted if posted.get("verb") == "add" else {}, "services": [_shown(one) for one in providers()], "new_id": new_id_here,
        "new_callback": _callback(new_id_here), "sign_in_url": own, "portal_sign_in_url": f"{own}?for=portal",
        "kinds": [("oidc", _("OpenID provider")), ("google", "Google"), ("microsoft", "Microsoft")],
        "sides": [("members", _("The team")), ("contacts", _("Customers' people")), ("both", _("Both"))],
    }  # fmt: skip
    return page(request, "workspace/settings_sign_in.html", context, status=422 if errors else 200)


def _do(request: HttpRequest) -> tuple[Any, Errors | None]:
    posted = request.POST
    provider_id = posted.get("provider_id", "")
    common: dict[str, Any] = {
        "name": posted.get("name", ""), "side": posted.get("side", ""), "secret": posted.get("secret", ""),
        "allowed_domains": posted.get("allowed_domains", "").splitlines(), "asks_second_factor": bool(posted.get("asks_second_factor")),
    }  # fmt: skip
    match posted.get("verb"):
        case "add":
            more: dict[str, Any] = {name: posted.get(name, "") for name in ("kind", "issuer", "client_id")}
            return attempt(request, lambda: add_provider(provider_id, **more, **common), _("Set up. Try it in a private window."))
        case "remove":
            return attempt(request, lambda: remove_provider(provider_id), _("Removed. Nobody comes in through it any more."))
    return attempt(request, lambda: change_provider(provider_id, active=bool(posted.get("active")), **common), _("Saved."))


def _shown(one: ProviderView) -> dict[str, Any]:
    return {
        "id": one.id, "name": one.name, "issuer": one.issuer, "client_id": one.client_id, "side": one.side, "active": one.active,
        "allowed_domains": one.allowed_domains, "asks_second_factor": one.asks_second_factor, "callback": _callback(one.id),
    }  # fmt: skip


def _callback(provider_id: str) -> str:
    return absolute(reverse("sign_in:provider_callback", kwargs={"provider_id": provider_id}))
