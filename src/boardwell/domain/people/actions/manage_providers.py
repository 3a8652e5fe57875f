"""Set up, change and remove the services that sign an organisation's people in."""

import re
from collections.abc import Iterable
from typing import Any

from allauth.socialaccount.models import SocialAccount
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from boardwell.domain.audit.actions import record
from boardwell.domain.people.discovery import discover
from boardwell.domain.people.models import IdentityProvider
from boardwell.kernel import sealed, tenancy
from boardwell.kernel.checks import Faults
from boardwell.kernel.errors import Invalid, NotFound
from boardwell.kernel.ids import is_id
from boardwell.kernel.words import line

KINDS = ("google", "microsoft", "oidc")
SIDES = ("members", "contacts", "both")
GOOGLE = "https://accounts.google.com"
MICROSOFT = "https://login.microsoftonline.com/{}/v2.0"
MOST_DOMAINS = 50
_DOMAIN = re.compile(r"(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{1,62}")
_TENANT = re.compile(r"[A-Za-z0-9][A-Za-z0-9.-]{2,100}")


def add_provider(
    provider_id: str, *, kind: str, name: str, issuer: str, client_id: str, secret: str, side: str, allowed_domains: Iterable[str] = (),
    asks_second_factor: bool = False,
) -> str:  # fmt: skip
    """Keeps a new service under an id that the form made (its callback address holds it), after asking the service itself who it is.

    `issuer` is the issuer or discovery address; for Microsoft the tenant's id or domain, or `common` for all of them; for Google it
    is not asked.
    Raises NotAllowed, Invalid (address, names, secret, a service that is there already).
    """
    tenancy.require("settings:manage")
    faults = Faults()
    wanted = _checked(faults, name, side, allowed_domains, asks_second_factor)
    wanted["kind"] = faults.one_of("kind", kind, KINDS, _("Choose one of the three."))
    wanted["client_id"] = faults.line("client_id", client_id, 200, missing=_("Enter the client id that the service gave you."))
    closed = faults.line("secret", secret, 2000, missing=_("Enter the client secret that the service gave you."))
    address = _issuer(faults, kind, issuer)
    if not is_id(provider_id, "idp"):
        faults.add("", _("This form was open for too long. Go back, reload the page and send it again."))
    faults.stop()
    configuration = discover(address, exact=kind != "microsoft")
    try:
        with transaction.atomic():
            row = IdentityProvider(
                id=provider_id, organisation_id=tenancy.current().organisation_id, issuer=configuration["issuer"],
                configuration=configuration, secret_sealed=sealed.seal(closed, provider_id), **wanted,
            )  # fmt: skip
            row.save(force_insert=True)
            record(
                "provider.added", object_kind="provider", object_id=row.id, label=row.name, after={**wanted, "issuer": row.issuer},
            )  # fmt: skip
            return row.id
    except IntegrityError as problem:
        message = _("This service is set up already, with the same client id.")
        raise Invalid(message, {"client_id": [message]}) from problem


def change_provider(
    provider_id: str, *, name: str, side: str, allowed_domains: Iterable[str], asks_second_factor: bool, active: bool, secret: str = "",
) -> None:  # fmt: skip
    """Changes what may change; an empty secret leaves the old one. Nothing is written when nothing differs. Raises NotFound, Invalid."""
    tenancy.require("settings:manage")
    faults = Faults()
    wanted = {**_checked(faults, name, side, allowed_domains, asks_second_factor), "active": active}
    closed = faults.line("secret", secret, 2000)
    faults.stop()
    with transaction.atomic():
        row = _row(provider_id)
        before = {field: getattr(row, field) for field, value in wanted.items() if getattr(row, field) != value}
        for field in before:
            setattr(row, field, wanted[field])
        after: dict[str, Any] = {field: wanted[field] for field in before}
        if closed:
            row.secret_sealed = sealed.seal(closed, row.id)
            after["secret_replaced"] = True
        if after:
            row.save()
            record("provider.changed", object_kind="provider", object_id=row.id, label=row.name, before=before, after=after)


def remove_provider(provider_id: str) -> None:
    """Takes a service away, and with it every link of a person to it. Raises NotFound, NotAllowed."""
    tenancy.require("settings:manage")
    with transaction.atomic():
        row = _row(provider_id)
        SocialAccount.objects.filter(provider=row.id).delete()
        record("provider.removed", object_kind="provider", object_id=row.id, label=row.name)
        row.delete()


def _row(provider_id: str) -> IdentityProvider:
    row = IdentityProvider.objects.select_for_update().filter(pk=provider_id).first()
    if row is None:
        raise NotFound(_("There is no such sign-in service."))
    return row


def _checked(faults: Faults, name: str, side: str, domains: Iterable[str], asks_second_factor: bool) -> dict[str, Any]:
    kept = sorted({line(domain, 255).lower().removeprefix("@") for domain in domains} - {""})
    for domain in kept:
        if not _DOMAIN.fullmatch(domain):
            faults.fields["allowed_domains"] = [
                _("“%(domain)s” is not a domain. Write one a line, such as example.com.") % {"domain": domain[:80]}
            ]
    if len(kept) > MOST_DOMAINS:
        faults.add("allowed_domains", _("That is too large"))
    return {
        "name": faults.line("name", name, 80, missing=_("Enter the words for the button.")),
        "side": faults.one_of("side", side, SIDES, _("Choose who may use it.")),
        "allowed_domains": kept,
        "asks_second_factor": asks_second_factor,
    }


def _issuer(faults: Faults, kind: str, given: str) -> str:
    text = faults.line("issuer", given, 300)
    if kind == "google":
        return GOOGLE
    if kind == "microsoft":
        if not _TENANT.fullmatch(text):
            faults.add("issuer", _("Enter your Microsoft tenant: its id, or a domain such as example.com."))
        return MICROSOFT.format(text)
    if not text.startswith(("https://", "http://")):
        faults.add("issuer", _("Enter the address of the provider, such as https://login.example.com."))
    return text
