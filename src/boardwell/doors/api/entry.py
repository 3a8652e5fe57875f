"""The API's door: a key names the organisation and what may be done; a repeated request gets its first answer again."""

import hashlib
import json
import logging
from collections.abc import Callable
from functools import wraps
from inspect import signature
from typing import Any

from django.conf import settings
from django.db import DatabaseError, IntegrityError, transaction
from django.http import HttpRequest, HttpResponse, JsonResponse
from ninja.security import HttpBearer

from boardwell.domain.people.actions.manage_api_keys import note_key_used
from boardwell.domain.people.keyring import KnownKey, UsableKey, is_first_use, known_key
from boardwell.kernel import tenancy
from boardwell.kernel.errors import Conflict, Invalid
from boardwell.kernel.models import IdempotentReply
from boardwell.kernel.rates import Limit, TooMany, spend

log = logging.getLogger("boardwell.api")


class Bearer(HttpBearer):
    """`Authorization: Bearer bwk_…`"""

    def __call__(self, request: HttpRequest) -> Any:
        """As the framework's own, without parsing every other header for it."""
        scheme, _space, token = str(request.META.get("HTTP_AUTHORIZATION", "")).partition(" ")
        return self.authenticate(request, token) if scheme.lower() == self.openapi_scheme else None

    def authenticate(self, request: HttpRequest, token: str) -> Any:
        """The usable key with this secret."""
        return known_key(token)


def as_key[**P](operation: Callable[P, Any]) -> Callable[P, Any]:
    """Runs an operation inside `acting_for` the key's organisation. Invalid for a query parameter that it does not know: most likely misspelt."""
    parameters = {name for name, parameter in signature(operation).parameters.items() if parameter.default is not parameter.empty}

    @wraps(operation)
    def entered(*args: P.args, **kwargs: P.kwargs) -> Any:
        request: Any = args[0]
        known: KnownKey = request.auth
        _pace(request, known.key)
        if request.META.get("QUERY_STRING") and (unknown := sorted(set(request.GET) - parameters)):
            raise Invalid(
                "The address has parameters that this operation does not know.",
                {f"/query/{name}": [f"Known here: {', '.join(sorted(parameters)) or 'none'}."] for name in unknown},
            )
        with tenancy.acting_for(known.key.organisation_id, known.actor, getattr(request, "request_id", "")):
            if is_first_use(known.key.id):
                _note_use(known.key)
            return operation(*args, **kwargs)

    return entered


def _note_use(key: UsableKey) -> None:
    try:
        note_key_used(key.id)
    except DatabaseError:  # what was asked for is not held up by it
        log.exception("the use of a key was not noted", extra={"key": key.id})


def _pace(request: Any, key: UsableKey) -> None:
    """Each key has a bucket of its own, and each organisation one for all its keys: a loud one cannot slow the others."""
    a_minute = settings.API_REQUESTS_PER_MINUTE
    if not a_minute:
        return
    of_key = Limit("key", a_minute, block=a_minute // 60)
    of_organisation = Limit("organisation", 4 * a_minute, block=a_minute // 15)
    request.rate = spend(of_key, key.id)  # read by the middleware
    if request.rate.granted:
        verdict = spend(of_organisation, key.organisation_id)
        if verdict.granted:
            return
        request.rate = verdict
    raise TooMany(request.rate.wait_seconds)


def once(request: HttpRequest, route: str, act: Callable[[], dict[str, Any]], status: int = 200) -> HttpResponse:
    """Runs `act` once for each Idempotency-Key; the answer is kept in the transaction of its effect, for seven days.

    `act` is whole by itself, one action or a transaction around several: without the header it simply runs. Conflict while the first one is
    still at it, Invalid when the same key comes with another body (draft-ietf-httpapi-idempotency-key-header).
    """
    key = request.META.get("HTTP_IDEMPOTENCY_KEY", "")
    if not key:
        return JsonResponse(act(), status=status)
    if len(key) > 255:
        raise Invalid("Idempotency-Key has at most 255 characters.")
    organisation_id = tenancy.current().organisation_id
    # With the caller: another key of the organisation, with other rights, never gets an answer that was not made for it.
    fingerprint = hashlib.sha256(f"{tenancy.current().actor.id}\n".encode() + request.body).hexdigest()
    try:
        with transaction.atomic():
            reply = IdempotentReply(organisation_id=organisation_id, route=route, key=key, fingerprint=fingerprint)
            reply.save(force_insert=True)
            body = json.loads(JsonResponse(act()).content)
            reply.status, reply.body = status, body
            reply.save()
            return JsonResponse(body, status=status)
    except IntegrityError:
        known = IdempotentReply.objects.filter(route=route, key=key).first()
        if known is None:
            raise
        if known.fingerprint != fingerprint:
            raise Invalid("This Idempotency-Key was used for another request.") from None
        if known.status is None:
            raise Conflict("The first request with this Idempotency-Key is still at work.") from None
        return JsonResponse(known.body, status=known.status)
