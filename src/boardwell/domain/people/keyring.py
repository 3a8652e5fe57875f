"""API keys as programs come in with them: read from the database, and kept in this process for half a second."""

import hashlib
import time
from datetime import datetime
from typing import NamedTuple

from boardwell.domain.people.roles import actor_for_key
from boardwell.kernel import tenancy
from boardwell.kernel.clock import now
from boardwell.kernel.sql import as_instant, as_json, fetch_one
from boardwell.kernel.tenancy import Actor

FRESH_SECONDS = 0.5
"""How long a key may still be used after another process has revoked it; the process that revokes it forgets it at once."""
NOTED_EVERY_SECONDS = 60
_MOST_KEPT = 1_000


class UsableKey(NamedTuple):
    """An API key with which a program may come in."""

    id: str
    organisation_id: str
    name: str
    hint: str
    scopes: list[str]
    expires_at: datetime | None


class KnownKey(NamedTuple):
    """A usable key, and the actor that it is."""

    key: UsableKey
    actor: Actor
    read_at: float


_known: dict[str, KnownKey] = {}
"""By the hash of the secret. What is no key is not kept, so nobody can fill this by guessing."""
_noted: dict[str, float] = {}


def known_key(secret: str) -> KnownKey | None:
    """The usable key with this secret, in whichever organisation; None when unknown, expired or revoked."""
    digest = hashlib.sha256(secret.encode("utf-8", "replace")).hexdigest()
    known, at = _known.get(digest), time.monotonic()
    if known is None or at - known.read_at > FRESH_SECONDS:
        key = _read(digest)
        if key is None:
            _known.pop(digest, None)
            return None
        if len(_known) >= _MOST_KEPT:
            _known.clear()
        known = _known[digest] = KnownKey(key, actor_for_key(key), at)
    expires_at = known.key.expires_at
    return None if expires_at is not None and expires_at <= now() else known


def forget_keys() -> None:
    """Reads every key anew when it comes next; for whoever revokes one."""
    _known.clear()


def is_first_use(key_id: str) -> bool:
    """Whether this process has not been told within the last minute that the key was used; says so once."""
    at = time.monotonic()
    if at - _noted.get(key_id, float("-inf")) < NOTED_EVERY_SECONDS:
        return False
    if len(_noted) >= _MOST_KEPT:
        _noted.clear()
    _noted[key_id] = at
    return True


_KEY = "SELECT id, organisation_id, name, hint, scopes, expires_at FROM people_apikey WHERE secret_hash = %s AND revoked_at IS NULL"


def _read(digest: str) -> UsableKey | None:
    with tenancy.unscoped("API entry: the key names the organisation"):
        row = fetch_one(_KEY, [digest])
    return UsableKey(row[0], row[1], row[2], row[3], as_json(row[4]), as_instant(row[5])) if row else None
