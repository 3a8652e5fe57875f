"""What a capability says happened, and how it hears of it; every verb that it adds to the log has words."""

from boardwell.domain.audit.actions import record
from boardwell.domain.audit.words import register_verb
from boardwell.kernel.events import Event, Heard, emit, listen

__all__ = ["Event", "Heard", "emit", "listen", "record", "register_verb"]
