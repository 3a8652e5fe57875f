"""Whose eyes a member looks through in the portal, for how long, and whether that still holds."""

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from django.core import signing

from boardwell.domain.accounts.models import Contact
from boardwell.domain.journeys.models import Journey
from boardwell.domain.organisations.queries import BrandView, brand_of_current
from boardwell.domain.people.queries import member_of_person
from boardwell.domain.people.roles import actor_for_contact, actor_for_look, actor_for_member
from boardwell.kernel import tenancy
from boardwell.kernel.clock import now
from boardwell.kernel.tenancy import Actor

LASTS = timedelta(minutes=30)
COOKIE = "looking"
"""The cookie that carries a look, for the paths of one onboarding's portal only; the session stays as it was."""
_SALT = "boardwell.looks"


@dataclass(frozen=True, slots=True)
class Look:
    """A member at an onboarding's portal, through a contact's eyes.

    `eyes` is the actor that reads, `member` who looks, `shown` what the contact may do, so that pages look as they do to them.
    """

    organisation_id: str
    journey_id: str
    account_id: str
    contact_id: str
    contact_name: str
    account_name: str
    language: str
    time_zone: str
    shown: frozenset[str]
    eyes: Actor
    member: Actor
    until_at: datetime
    slug: str
    brand: BrandView


def sealed_look(journey_id: str, contact_id: str, member_id: str, session_key: str) -> str:
    """The signed text that opens a look: for this member, in this session, at this journey, for half an hour."""
    kept = {
        "organisation": tenancy.current().organisation_id, "journey": journey_id, "contact": contact_id, "member": member_id,
        "session": _digest(session_key), "until": int((now() + LASTS).timestamp()),
    }  # fmt: skip
    return signing.dumps(kept, salt=_SALT)


def look_from(text: str, journey_id: str, person_id: str, session_key: str) -> Look | None:
    """The look that a text opens at a journey, with everything asked anew.

    None when it is forged, over, of another session, person or journey, when the member has lost the right to it, or when the
    contact has been removed.
    """
    try:
        kept: dict[str, Any] = signing.loads(text, salt=_SALT)
    except signing.BadSignature:
        return None
    until_at = datetime.fromtimestamp(kept["until"], UTC)
    if kept["journey"] != journey_id or kept["session"] != _digest(session_key) or until_at <= now():
        return None
    with tenancy.acting_for(kept["organisation"]):
        member = member_of_person(person_id)
        if member is None or member.id != kept["member"]:
            return None
        looker = actor_for_member(member)
        contact = contact_at(journey_id, kept["contact"])
        if contact is None or not looker.may("journeys:view_as"):
            return None
        brand = brand_of_current()
        person = contact.person
        seen = actor_for_contact(contact.id, contact.name, contact.person_id, contact.role, [contact.account_id])
        return Look(
            organisation_id=kept["organisation"], journey_id=journey_id, account_id=contact.account_id, contact_id=contact.id,
            contact_name=contact.name, account_name=contact.account.name,
            language=(person.language if person else "") or contact.language or contact.account.language,
            time_zone=(person.time_zone if person else "") or contact.account.time_zone,
            shown=seen.permissions, eyes=actor_for_look(seen, looker), member=looker, until_at=until_at, slug=brand.slug, brand=brand,
        )  # fmt: skip


def contact_at(journey_id: str, contact_id: str) -> Contact | None:
    """An active contact of the account that a journey is for; None for anybody else's, and where there is no such journey."""
    account_id = Journey.objects.filter(pk=journey_id).values_list("account_id", flat=True).first()
    rows = Contact.objects.select_related("person", "account").filter(pk=contact_id, account_id=account_id, active=True)
    return rows.filter(account__archived_at=None).first() if account_id else None


def _digest(session_key: str) -> str:
    return hashlib.sha256(session_key.encode()).hexdigest()[:32]
