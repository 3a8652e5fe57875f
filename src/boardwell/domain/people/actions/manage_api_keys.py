"""Make and revoke API keys."""

import hashlib
import secrets
from collections.abc import Iterable
from datetime import timedelta

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from boardwell.domain.audit.actions import record
from boardwell.domain.people.keyring import forget_keys
from boardwell.domain.people.models import ApiKey
from boardwell.domain.people.roles import PERMISSIONS
from boardwell.kernel import tenancy
from boardwell.kernel.checks import Faults
from boardwell.kernel.clock import now
from boardwell.kernel.errors import NotAllowed, NotFound


def create_api_key(*, name: str, scopes: Iterable[str], expires_in_days: int | None = None) -> tuple[str, str]:
    """Makes a key with the given permissions and returns (id, secret). The secret is shown once and never kept."""
    actor = tenancy.require("api_keys:manage")
    wanted = sorted(set(scopes))
    if actor.kind != "member":
        raise NotAllowed(_("Only a member can make an API key."))
    faults = Faults()
    clean_name = faults.line("name", name, 80, missing=_("Name the key after the program that will use it."))
    if not wanted or not set(wanted) <= set(PERMISSIONS) or not set(wanted) <= actor.permissions:
        faults.add("scopes", _("Choose at least one permission, and only such as you have yourself."))
    if expires_in_days is not None and not 1 <= expires_in_days <= 3650:
        faults.add("expires_in_days", _("Choose between 1 and 3650 days."))
    faults.stop()
    secret = "bwk_" + secrets.token_urlsafe(32)
    with transaction.atomic():
        key = ApiKey(
            organisation_id=tenancy.current().organisation_id, name=clean_name, scopes=wanted, created_by_id=actor.id,
            secret_hash=hashlib.sha256(secret.encode()).hexdigest(), hint=secret[:8],
            expires_at=now() + timedelta(days=expires_in_days) if expires_in_days is not None else None,
        )  # fmt: skip
        key.save(force_insert=True)
        record("api_key.created", object_kind="api_key", object_id=key.id, label=key.name, after={"scopes": wanted})
    return key.id, secret


def revoke_api_key(key_id: str) -> None:
    """Makes a key useless, in this process at once, in others within half a second; revoking twice changes nothing. Raises NotFound, NotAllowed."""
    tenancy.require("api_keys:manage")
    with transaction.atomic():
        key = ApiKey.objects.filter(pk=key_id).first()
        if key is None:
            raise NotFound(_("There is no such key."))
        if ApiKey.objects.filter(pk=key.pk, revoked_at=None).update(revoked_at=now(), changed_at=now()):
            record("api_key.revoked", object_kind="api_key", object_id=key.id, label=key.name)
            forget_keys()
            transaction.on_commit(forget_keys)  # again: until here others have read it as it was


def note_key_used(key_id: str) -> None:
    """Notes that a key was used, to the minute: a busy key costs one write a minute. No line in the log, since nothing changed."""
    at = now()
    stale = Q(last_used_at=None) | Q(last_used_at__lt=at - timedelta(minutes=1))
    ApiKey.objects.filter(stale, pk=key_id).update(last_used_at=at)
