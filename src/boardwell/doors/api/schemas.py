"""The JSON Schema of playbooks at an address of its own, for editors and other programs; no key is needed."""

import hashlib
import json

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.utils.cache import patch_cache_control
from django.views.decorators.http import condition, require_safe

from boardwell.domain.journeys.kinds import kind_rules
from boardwell.domain.playbooks.jsonschema import schema

KEPT_SECONDS = 7 * 86_400
"""Programs may keep it for a week: it changes only with a new release, and then compatibly, or the number in the address rises."""


def _body() -> bytes:
    address = f"{settings.BASE_URL.rstrip('/')}/schemas/playbook-1.json"
    return json.dumps({"$id": address, **schema(kind_rules())}, indent=1, ensure_ascii=False).encode()


def _tag(_request: HttpRequest) -> str:
    return f'"{hashlib.sha256(_body()).hexdigest()[:20]}"'


@require_safe
@condition(etag_func=_tag)
def playbook_schema(request: HttpRequest) -> HttpResponseBase:
    """Format 1 with the settings of every installed kind (draft 2020-12)."""
    response = HttpResponse(_body(), content_type="application/schema+json; charset=utf-8")
    patch_cache_control(response, public=True, max_age=KEPT_SECONDS)
    response.headers["Access-Control-Allow-Origin"] = "*"
    return response
