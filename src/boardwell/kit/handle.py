"""The handle of a step, and how a step ends."""

from boardwell.domain.journeys.handle import StepHandle, Visit, handle_for
from boardwell.domain.journeys.orders import Outcome
from boardwell.domain.journeys.queries.known import Known

__all__ = ["Known", "Outcome", "StepHandle", "Visit", "open_handle"]

open_handle = handle_for
"""The handle of a step by its journey and key, for listeners; NotFound when it is absent or not the actor's."""
