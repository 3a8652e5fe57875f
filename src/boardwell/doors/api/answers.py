"""What every operation answers, for the OpenAPI document and for who reads it; a generator of requests holds the API to it."""

from datetime import date, datetime
from typing import Any, Literal

from ninja import Schema
from pydantic import ConfigDict

from boardwell.doors.api.problems import REFUSALS

type State = Literal["active", "paused", "live", "closed", "cancelled"]
type StepState = Literal["locked", "ready", "active", "waiting", "blocked", "done", "skipped", "cancelled"]
type Health = Literal["on_track", "at_risk", "off_track"]
type Side = Literal["ours", "customer", "third"]


class Out(Schema):
    """Base of every answer: what is not declared is not sent."""

    model_config = ConfigDict(json_schema_extra={"additionalProperties": False})


class Started(Out):
    """A journey; `created` is false when the external id was known."""

    id: str
    account_id: str
    created: bool


class JourneyLine(Out):
    """One onboarding in a list."""

    id: str
    title: str
    account_id: str
    account: str
    state: State
    health: Health
    health_reasons: list[dict[str, Any]]
    steps_done: int
    steps_total: int
    waiting_side: Side | Literal[""]
    waiting_since_at: datetime | None
    kickoff_on: date
    planned_live_on: date | None
    committed_live_on: date | None
    forecast_live_on: date | None
    baseline_live_on: date | None
    live_at: datetime | None


class JourneyLines(Out):
    """A page of onboardings."""

    data: list[JourneyLine]
    next_cursor: str


class ConditionOut(Out):
    """A condition of a gate: its words, whether it holds, and who can act on it."""

    words: str
    holds: bool
    who: str


class GateOut(Out):
    """A gate that is shut before a step."""

    gate: str
    conditions: list[ConditionOut]


class StepOut(Out):
    """One step of a plan."""

    key: str
    title: str
    kind: str
    side: Side
    visibility: Literal["shared", "internal"]
    state: StepState
    gates: list[GateOut]
    planned_on: date | None
    committed_on: date | None
    forecast_on: date | None
    baseline_on: date | None
    done_on: date | None
    ended_at: datetime | None
    outcome: dict[str, Any] | None


class JourneyOut(Out):
    """One onboarding with its plan in order."""

    id: str
    title: str
    account_id: str
    owner_id: str
    state: State
    health: Health
    health_reasons: list[dict[str, Any]]
    playbook: str
    version: int
    kickoff_on: date
    planned_live_on: date | None
    committed_live_on: date | None
    forecast_live_on: date | None
    baseline_live_on: date | None
    live_at: datetime | None
    steps: list[StepOut]


class FormAnswered(Out):
    """One form that was filled in: its answers and its questions, by the keys of its fields."""

    step: str
    title: str
    ended_at: datetime | None
    ended_by: str
    answers: dict[str, Any]
    questions: dict[str, str]


class AnswersOut(Out):
    """Every form that was filled in, in the order of the plan."""

    data: list[FormAnswered]


class StepEnded(Out):
    """A step that has ended now."""

    journey_id: str
    key: str
    state: Literal["done", "skipped"]


class JourneyState(Out):
    """A journey's state and dates after a verb."""

    id: str
    state: State
    health: Health
    planned_live_on: date | None
    committed_live_on: date | None
    forecast_live_on: date | None
    live_at: datetime | None


class FactsRecorded(Out):
    """Whether what was recorded would change the plan."""

    journey_id: str
    plan_would_change: bool


class AccountLine(Out):
    """One account in a list."""

    id: str
    name: str
    external_id: str
    source: str


class AccountLines(Out):
    """A page of accounts."""

    data: list[AccountLine]
    next_cursor: str


class AccountSaved(Out):
    """Which account it is, and what became of it."""

    id: str
    outcome: Literal["created", "updated", "same"]


class ContactOut(Out):
    """Somebody at an account."""

    id: str
    name: str
    email: str
    role: str


class AccountOut(Out):
    """One account with its active contacts."""

    id: str
    name: str
    external_id: str
    source: str
    country: str
    website: str
    email_domains: list[str]
    contacts: list[ContactOut]


def replies(shape: type[Out]) -> Any:
    """What an operation may answer: its own shape, or a problem."""
    return {200: shape, **REFUSALS}
