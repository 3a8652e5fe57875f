"""What a capability lets automations wait for."""

from boardwell.domain.automations.tasks import offer
from boardwell.domain.automations.triggers import Trigger

__all__ = ["Trigger", "offer"]
