"""What may happen to a running journey, over the API: the same verbs as on the screens."""

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest
from ninja import Field, Router

from boardwell.domain.journeys.actions.assign_step import assign_step
from boardwell.domain.journeys.actions.cancel_journey import cancel_journey
from boardwell.domain.journeys.actions.commit_day import commit_live, commit_step
from boardwell.domain.journeys.actions.go_live import go_live
from boardwell.domain.journeys.actions.pause_journey import pause_journey
from boardwell.domain.journeys.actions.reopen_step import reopen_step
from boardwell.domain.journeys.actions.reschedule_step import reschedule_step
from boardwell.domain.journeys.actions.resume_journey import resume_journey
from boardwell.domain.journeys.queries.pages import journey_page
from boardwell.doors.api.answers import JourneyState, replies
from boardwell.doors.api.entry import as_key, once
from boardwell.doors.api.reading import Day, In

router = Router(tags=["journeys"])
ANSWERS = replies(JourneyState)


class ReasonIn(In):
    """Why."""

    reason: str = Field(min_length=1, max_length=500)


class DueIn(ReasonIn):
    """A new day, and why."""

    due_on: Day


class PromiseIn(In):
    """The day that the customer was told, null to take it back; why, when there was one before."""

    committed_on: Day | None
    reason: str = Field(default="", max_length=500)


class AssigneeIn(In):
    """Who does the step: a member or a contact, not both."""

    member_id: str | None = Field(default=None, max_length=32)
    contact_id: str | None = Field(default=None, max_length=32)


def _then_state(request: HttpRequest, verb: str, journey_id: str, act: Callable[[], object]) -> Any:
    """Runs the verb once and answers with the journey's state and dates after it."""

    def whole() -> dict[str, Any]:
        act()
        head = journey_page(journey_id).head
        return {
            "id": head.id, "state": head.state, "health": head.health, "planned_live_on": head.planned_live_on,
            "committed_live_on": head.committed_live_on, "forecast_live_on": head.forecast_live_on, "live_at": head.live_at,
        }  # fmt: skip

    return once(request, f"{verb}.{journey_id}"[:120], whole)


@router.post("/journeys/{journey_id}/pause", response=ANSWERS, summary="Pause an onboarding")
@as_key
def pause(request: HttpRequest, journey_id: str, body: ReasonIn) -> Any:
    """Reminders stop; the dates move by the working days of the pause when it is resumed."""
    return _then_state(request, "pause", journey_id, lambda: pause_journey(journey_id, reason=body.reason))


@router.post("/journeys/{journey_id}/resume", response=ANSWERS, summary="Resume an onboarding")
@as_key
def resume(request: HttpRequest, journey_id: str) -> Any:
    """Goes on after a pause."""
    return _then_state(request, "resume", journey_id, lambda: resume_journey(journey_id))


@router.post("/journeys/{journey_id}/cancel", response=ANSWERS, summary="Cancel an onboarding")
@as_key
def cancel(request: HttpRequest, journey_id: str, body: ReasonIn) -> Any:
    """Ends it for good, with a reason."""
    return _then_state(request, "cancel", journey_id, lambda: cancel_journey(journey_id, reason=body.reason))


@router.post("/journeys/{journey_id}/go-live", response=ANSWERS, summary="Record the go-live")
@as_key
def live(request: HttpRequest, journey_id: str) -> Any:
    """409 while something required is still open."""
    return _then_state(request, "go_live", journey_id, lambda: go_live(journey_id))


@router.post("/journeys/{journey_id}/steps/{key}/reopen", response=ANSWERS, summary="Reopen a step")
@as_key
def reopen(request: HttpRequest, journey_id: str, key: str, body: ReasonIn) -> Any:
    """A step that has ended is worked on again."""
    return _then_state(request, f"reopen.{key}", journey_id, lambda: reopen_step(journey_id, key, reason=body.reason))


@router.post("/journeys/{journey_id}/steps/{key}/reschedule", response=ANSWERS, summary="Move a step's date")
@as_key
def reschedule(request: HttpRequest, journey_id: str, key: str, body: DueIn) -> Any:
    """What depends on the step moves with it."""
    return _then_state(
        request, f"reschedule.{key}", journey_id, lambda: reschedule_step(journey_id, key, due_on=body.due_on, reason=body.reason)
    )


@router.post("/journeys/{journey_id}/commit", response=ANSWERS, summary="Promise the go-live")
@as_key
def commit(request: HttpRequest, journey_id: str, body: PromiseIn) -> Any:
    """Plan and forecast stay; health compares the forecast with it at once."""
    return _then_state(request, "commit", journey_id, lambda: commit_live(journey_id, committed_on=body.committed_on, reason=body.reason))


@router.post("/journeys/{journey_id}/steps/{key}/commit", response=ANSWERS, summary="Promise a step's day")
@as_key
def commit_day(request: HttpRequest, journey_id: str, key: str, body: PromiseIn) -> Any:
    """The step that marks the go-live speaks for the whole onboarding."""
    return _then_state(
        request, f"commit.{key}", journey_id, lambda: commit_step(journey_id, key, committed_on=body.committed_on, reason=body.reason)
    )


@router.post("/journeys/{journey_id}/steps/{key}/assign", response=ANSWERS, summary="Assign a step")
@as_key
def assign(request: HttpRequest, journey_id: str, key: str, body: AssigneeIn) -> Any:
    """Hands the step to a member (ours) or a contact (the customer's); 422 when it is nobody or somebody of the wrong side."""
    return _then_state(
        request,
        f"assign.{key}",
        journey_id,
        lambda: assign_step(journey_id, key, member_id=body.member_id, contact_id=body.contact_id),
    )
