"""Who is written to about a meeting, and the calendar message that goes with it."""

from datetime import datetime
from zoneinfo import ZoneInfo

from django.utils import timezone, translation
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from boardwell.capabilities.meetings.happenings import MeetingBooked, MeetingCancelled, MeetingMissed, MeetingMoved
from boardwell.capabilities.meetings.invites import Attendee, Invite, calendar_message
from boardwell.capabilities.meetings.models import Meeting
from boardwell.kit.events import Heard, listen
from boardwell.kit.handle import StepHandle, open_handle
from boardwell.kit.letters import our_address, our_name, step_address, write_letter
from boardwell.kit.people import Player, guests_of, member_players
from boardwell.kit.rows import now
from boardwell.kit.words import NotFound, in_language, to_html


def in_words(at: datetime, zone: str) -> str:
    """Day and time by a clock, with the clock's place: the reader must never guess whose nine o'clock it is."""
    local = timezone.localtime(at, ZoneInfo(zone))
    return _("%(day)s, %(time)s (%(zone)s)") % {
        "day": date_format(local, "DATE_FORMAT"), "time": date_format(local, "TIME_FORMAT"), "zone": zone,
    }  # fmt: skip


def invite_of(meeting: Meeting, handle: StepHandle, hosts: list[Player], guests: list[Player], *, sequence: int, is_ours: bool) -> Invite:
    """The meeting as a calendar holds it, in the language of now."""
    agenda = in_language(handle.settings.get("agenda"))
    address = step_address(meeting.journey_id, meeting.step_key, is_ours=is_ours)
    return Invite(
        uid=f"{meeting.id}@boardwell", sequence=sequence, start=meeting.start_at, end=meeting.end_at, zone=meeting.time_zone, stamp=now(),
        summary=_("%(title)s with %(us)s") % {"title": handle.title, "us": our_name()}, description=f"{agenda}\n\n{address}".strip(),
        place=in_language(handle.settings.get("place")), url=address, organizer=Attendee(our_name(), our_address()),
        attendees=[Attendee(one.name, one.email) for one in (*hosts, *guests)],
    )  # fmt: skip


@listen(MeetingBooked, MeetingMoved, name="meetings.agreed")
def agreed(heard: Heard) -> None:
    """Writes to everybody who comes; and to those of us who need not come any more."""
    found = _found(heard)
    if found is None:
        return
    meeting, handle = found
    if meeting.sequence != heard.body["sequence"] or meeting.state != "booked":
        return  # moved again meanwhile: the later letter says it all
    hosts, guests = member_players(meeting.host_ids), guests_of(meeting.journey_id, meeting.account_id, meeting.contact_id)
    for one in (*hosts, *guests):
        _write(heard, meeting, handle, one, hosts, guests, "REQUEST")
    for one in member_players(heard.body["former_host_ids"]):
        _write(heard, meeting, handle, one, hosts, guests, "CANCEL")


@listen(MeetingCancelled, MeetingMissed, name="meetings.off")
def off(heard: Heard) -> None:
    """Takes the meeting out of everybody's calendar; to the customer who was missed it is a friendly word with new times."""
    found = _found(heard)
    if found is None:
        return
    meeting, handle = found
    hosts, guests = member_players(meeting.host_ids), guests_of(meeting.journey_id, meeting.account_id, meeting.contact_id)
    for one in (*hosts, *guests) if heard.name == "MeetingCancelled" else guests:
        _write(heard, meeting, handle, one, hosts, guests, "CANCEL")


def _found(heard: Heard) -> tuple[Meeting, StepHandle] | None:
    meeting = Meeting.objects.filter(pk=heard.body["meeting_id"]).first()
    if meeting is None:
        return None
    try:
        return meeting, open_handle(meeting.journey_id, meeting.step_key)
    except NotFound:
        return None


def _write(heard: Heard, meeting: Meeting, handle: StepHandle, to: Player, hosts: list[Player], guests: list[Player], method: str) -> None:
    with translation.override(to.language):
        zone = to.time_zone if to.is_ours else meeting.time_zone
        values = {
            "title": handle.title, "us": our_name(), "names": ", ".join(one.name for one in hosts), "when": in_words(meeting.start_at, zone),
            "guests": ", ".join(one.name for one in guests),
        }  # fmt: skip
        subject, said, button = _words(heard.name, method, to, values, meeting, has_ended=handle.has_ended)
        agenda = in_language(handle.settings.get("agenda"))
        place = in_language(handle.settings.get("place"))
        shows_agenda = method == "REQUEST" and bool(agenda)
        invite = invite_of(meeting, handle, hosts, guests, sequence=heard.body["sequence"], is_ours=to.is_ours)
        write_letter(
            "meeting", to, subject, key=f"meeting:{heard.id}:{to.id}", purpose="meeting", journey_id=meeting.journey_id,
            calendar=calendar_message(invite, method),
            values={
                "heading": subject, "said": said, "when": values["when"] if method == "REQUEST" else "", "place": place if method == "REQUEST" else "",
                "who": values["names"] if method == "REQUEST" else "", "agenda_html": to_html(agenda) if shows_agenda else "",
                "agenda_text": agenda if shows_agenda else "", "button": button,
                "link": step_address(meeting.journey_id, meeting.step_key, is_ours=to.is_ours),
            },
        )  # fmt: skip


def _words(name: str, method: str, to: Player, values: dict[str, str], meeting: Meeting, *, has_ended: bool) -> tuple[str, str, str]:
    """Subject, first sentence and the button's words."""
    if name == "MeetingMissed":
        return (
            _("We missed you: %(title)s") % values,
            _("We waited for you on %(when)s and could not meet you. No harm done: choose another time that suits you better.") % values,
            _("Choose another time"),
        )
    if method == "CANCEL":
        said = _("The meeting on %(when)s does not take place.") % values
        if name == "MeetingMoved":
            said = _("You need not come to this meeting any more: somebody else hosts it.")
        elif meeting.reason:
            said = f"{said} {meeting.reason}"
        return _("Cancelled: %(title)s") % values, said, _("See the step") if to.is_ours or has_ended else _("Choose another time")
    if name == "MeetingMoved":
        return _("New time: %(title)s, %(when)s") % values, _("The meeting has moved to a new time."), _("See or change the meeting")
    return (
        _("Booked: %(title)s, %(when)s") % values,
        _("The meeting is booked. The attached file puts it into your calendar."),
        _("See or change the meeting"),
    )
