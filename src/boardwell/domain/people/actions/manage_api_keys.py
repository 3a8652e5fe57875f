"""Make and revoke API keys."""

import hashlib
import secrets
from collections.abc import Iterable
from datetime import timedelta

from django.db import transaction
from django.utils.translation import gettext as _

from boardwell.domain.audit.actions import record
from boardwell.domain.people.models import ApiKey
from boardwell.domain.people.roles import PERMISSIONS
from boardwell.kernel import tenancy
from boardwell.kernel.clock import now
from boardwell.kernel.errors import Invalid, NotAllowed, NotFound
from boardwell.kernel.words import line


def create_api_key(*, name: str, scopes: Iterable[str], expires_in_days: int | None = None) -> tuple[str, str]:
    """Makes a key with the given permissions and returns (id, secret). The secret is shown once and never kept."""
    actor = tenancy.require("api_keys:manage")
    wanted = sorted(set(scopes))
    if actor.kind != "member":
        raise NotAllowed(_("Only a member can make an API key."))
    faults: dict[str, list[str]] = {}
    if not line(name, 80):
        faults["name"] = [_("Name the key after the program that will use it.")]
    if not wanted or not set(wanted) <= set(PERMISSIONS) or not set(wanted) <= actor.permissions:
        faults["scopes"] = [_("Choose at least one permission, and only such as you have yourself.")]
    if expires_in_days is not None and not 1 <= expires_in_days <= 3650:
        faults["expires_in_days"] = [_("Choose between 1 and 3650 days.")]
    if faults:
        raise Invalid(_("Some details need to be put right."), faults)
    secret = "bwk_" + secrets.token_urlsafe(32)
    with transaction.atomic():
        key = ApiKey(
            organisation_id=tenancy.current().organisation_id, name=line(name, 80), scopes=wanted, created_by_id=actor.id,
            secret_hash=hashlib.sha256(secret.encode()).hexdigest(), hint=secret[:8],
            expires_at=now() + timedelta(days=expires_in_days) if expires_in_days else None,
        )  # fmt: skip
        key.save(force_insert=True)
        record("api_key.created", object_kind="api_key", object_id=key.id, label=key.name, after={"scopes": wanted})
    return key.id, secret


def revoke_api_key(key_id: str) -> None:
    """Makes a key useless at once; revoking twice changes nothing. Raises NotFound, NotAllowed."""
    tenancy.require("api_keys:manage")
    with transaction.atomic():
        key = ApiKey.objects.filter(pk=key_id).first()
        if key is None:
            raise NotFound(_("There is no such key."))
        if key.revoked_at is None:
            key.revoked_at = now()
            key.save()
            record("api_key.revoked", object_kind="api_key", object_id=key.id, label=key.name)
