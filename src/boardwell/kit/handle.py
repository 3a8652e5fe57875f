"""The handle of a step, and how a step ends."""

from boardwell.domain.journeys.handle import StepHandle
from boardwell.domain.journeys.orders import Outcome

__all__ = ["Outcome", "StepHandle"]
