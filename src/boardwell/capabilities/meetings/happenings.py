"""What can happen to a meeting, in the past tense, and its words in the log."""

from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _

from boardwell.kit.events import Event, register_verb
from boardwell.kit.triggers import Trigger, offer


@dataclass(frozen=True, slots=True, kw_only=True)
class MeetingEvent(Event):
    """Base: which meeting. `sequence` is the number of the calendar message about it, `former_host_ids` who need not come any more."""

    meeting_id: str
    journey_id: str
    account_id: str
    sequence: int
    former_host_ids: tuple[str, ...] = ()


class MeetingBooked(MeetingEvent):
    """A time was agreed."""


class MeetingMoved(MeetingEvent):
    """It takes place at another time, or with others."""


class MeetingCancelled(MeetingEvent):
    """It does not take place."""


class MeetingMissed(MeetingEvent):
    """The customer did not come; the step is theirs again."""


class MeetingHeld(MeetingEvent):
    """It took place."""


register_verb("meeting.booked", _("booked a meeting"))
register_verb("meeting.moved", _("moved a meeting"))
register_verb("meeting.cancelled", _("cancelled a meeting"))
register_verb("meeting.missed", _("noted that nobody came to a meeting"))
register_verb("meeting.held", _("noted that a meeting took place"))
register_verb("meeting.written_up", _("wrote the minutes of a meeting"))
register_verb("hours.changed", _("changed their bookable hours"))

offer(Trigger("meeting_booked", MeetingBooked, _("a meeting is booked")))
offer(Trigger("meeting_missed", MeetingMissed, _("a meeting is missed")))
offer(Trigger("meeting_held", MeetingHeld, _("a meeting took place")))
offer(Trigger("meeting_cancelled", MeetingCancelled, _("a meeting is cancelled")))
