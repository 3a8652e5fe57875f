"""Letters of a capability: its own template in the house's frame, in the reader's language, with the organisation's brand."""

from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.urls import reverse

from boardwell.domain.organisations.queries import brand_of_current
from boardwell.kernel.outgoing.mail import CODES
from boardwell.kit.people import Player
from boardwell.listeners.notifications.letters import absolute, send


def write_letter(
    template: str, to: Player, subject: str, *, key: str, purpose: str, journey_id: str, values: Mapping[str, Any], calendar: str = ""
) -> str | None:
    """Posts mail/<template>.txt and .html once for the key; `calendar` is an iCalendar message that goes with it. None when posted before."""
    return send(
        template, recipient=to.email, language=to.language, subject=subject, brand=brand_of_current(), key=key, purpose=purpose,
        journey_id=journey_id, values=dict(values), calendar=calendar,
    )  # fmt: skip


def write_code(template: str, to: Player, subject: str, *, values: Mapping[str, Any]) -> None:
    """Posts a letter that carries a secret: it is in no organisation's outbox, so that only the reader sees it."""
    send(template, recipient=to.email, language=to.language, subject=subject, brand=brand_of_current(), purpose=CODES, values=dict(values))


def our_name() -> str:
    """What the organisation calls itself towards customers."""
    return brand_of_current().display_name


def step_address(journey_id: str, key: str, *, is_ours: bool) -> str:
    """Where a step is to be found: in the workspace for one of us, else in the portal."""
    place = {"journey_id": journey_id, "key": key}
    if is_ours:
        return absolute(reverse("workspace:step", kwargs={**place, "slug": brand_of_current().slug}))
    return absolute(reverse("portal:step", kwargs=place))


def our_address() -> str:
    """The address that the organisation gives to customers, else the one that its mail comes from."""
    brand = brand_of_current()
    return brand.support_email or settings.DEFAULT_FROM_EMAIL.rpartition("<")[2].rstrip(">").strip()
