"""What can happen to an organisation."""

from dataclasses import dataclass

from boardwell.kernel.events import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class CalendarChanged(Event):
    """The working days of the default calendar are others; `revision` is the calendar's."""

    calendar_id: str
    revision: int
