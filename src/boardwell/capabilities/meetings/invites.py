"""Calendar messages that Outlook, Google and Apple read: RFC 5545 with the methods of RFC 5546; pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple
from zoneinfo import ZoneInfo

from icalendar import Calendar, Event, vCalAddress, vText, vUri

from boardwell.capabilities.meetings.zonerules import timezone_for

_COMES = {"CUTYPE": "INDIVIDUAL", "ROLE": "REQ-PARTICIPANT", "PARTSTAT": "ACCEPTED", "RSVP": "FALSE"}
"""The time was agreed already: nobody has to answer."""
PRODUCT = "-//Boardwell//Meetings//EN"


class Attendee(NamedTuple):
    """Somebody who comes, or who invites."""

    name: str
    email: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Invite:
    """A meeting as a calendar holds it. `uid` never changes, `sequence` rises with every message about it; instants are aware."""

    uid: str
    sequence: int
    start: datetime
    end: datetime
    zone: str
    stamp: datetime
    summary: str
    description: str
    place: str
    url: str
    organizer: Attendee
    attendees: Sequence[Attendee]


def calendar_message(invite: Invite, method: str) -> str:
    """The message: REQUEST invites or moves, CANCEL calls off, PUBLISH is for a file that somebody saves. Lines end in CRLF.

    The times stand in the guest's own zone, with its rules beside them, so that a later change of those rules moves the meeting rightly.
    """
    calendar = Calendar()
    calendar.add("prodid", PRODUCT)
    calendar.add("version", "2.0")
    calendar.add("calscale", "GREGORIAN")
    calendar.add("method", method)
    event = Event()
    event.add("uid", invite.uid)
    event.add("sequence", invite.sequence)
    event.add("dtstamp", invite.stamp)
    event.add("last-modified", invite.stamp)
    event.add("dtstart", invite.start.astimezone(ZoneInfo(invite.zone)))
    event.add("dtend", invite.end.astimezone(ZoneInfo(invite.zone)))
    event.add("summary", invite.summary)
    if invite.description:
        event.add("description", invite.description)
    if invite.place:
        event.add("location", invite.place)
    event.add("url", vUri(invite.url))
    event.add("status", "CANCELLED" if method == "CANCEL" else "CONFIRMED")
    event.add("transp", "TRANSPARENT" if method == "CANCEL" else "OPAQUE")
    event.add("organizer", _address(invite.organizer), encode=False)
    if method != "PUBLISH":  # RFC 5546, 3.2.1: a published event has no attendees
        for attendee in invite.attendees:
            address = _address(attendee)
            address.params.update({name: vText(value) for name, value in _COMES.items()})
            event.add("attendee", address, encode=False)
    if "TZID" in event["DTSTART"].params:  # UTC is written without one
        calendar.add_component(timezone_for(invite.zone, invite.start))
    calendar.add_component(event)
    return str(calendar.to_ical().decode())


def _address(person: Attendee) -> vCalAddress:
    address = vCalAddress(f"mailto:{person.email}")
    if person.name:
        address.params["CN"] = vText(person.name.replace('"', "'"))
    return address
