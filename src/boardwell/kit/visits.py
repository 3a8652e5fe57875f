"""Where a person comes from while they act; doors put it into the handle of a step."""

from allauth.account.adapter import get_adapter
from allauth.account.authentication import get_authentication_records
from django.http import HttpRequest

from boardwell.domain.journeys.handle import Visit
from boardwell.kernel.words import line


def visit_of(request: HttpRequest) -> Visit:
    """The visit that a request belongs to."""
    records = get_authentication_records(request, request.user)
    proofs = tuple((str(one.get("type") or one.get("method", "")), float(one.get("at", 0))) for one in records)
    return Visit(str(get_adapter().get_client_ip(request) or ""), line(request.headers.get("User-Agent", ""), 300), proofs)
