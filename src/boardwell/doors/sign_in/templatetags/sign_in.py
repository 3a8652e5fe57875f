"""What the sign-in pages show beyond allauth's own words: the providers at this door, and browsers by their names."""

from typing import Any

from django import template

from boardwell.domain.accounts.queries import providers_of_person
from boardwell.domain.people.queries import ProviderView, providers_at
from boardwell.doors.sign_in.devices import device_of
from boardwell.doors.sign_in.place import organisation_id_of

register = template.Library()


@register.simple_tag(takes_context=True)
def providers_here(context: dict[str, Any], process: str) -> list[ProviderView]:
    """The providers that sign somebody in at this door, or those that the signed-in person may connect."""
    request = context["request"]
    if process == "connect":
        return providers_of_person(request.user.pk)
    organisation_id = organisation_id_of(request)
    return providers_at(organisation_id) if organisation_id else []


@register.filter
def browser(user_agent: str) -> str:
    """Browser and system as people call them."""
    return device_of(user_agent)
