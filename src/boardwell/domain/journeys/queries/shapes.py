"""What readers of journeys get: frozen values, words in the reader's language."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from boardwell.domain.journeys.queries.gates import GateView
from boardwell.domain.journeys.queries.reasons import reasons_in_words


@dataclass(frozen=True, slots=True)
class JourneyHead:
    """The journey without its plan."""

    id: str
    title: str
    account_id: str
    account_name: str
    owner_id: str
    owner_name: str
    owner_title: str
    owner_photo: str
    owner_email: str
    playbook_key: str
    playbook_title: str
    version_number: int
    state: str
    health: str
    health_reasons: list[dict[str, Any]]
    kickoff_on: date
    planned_live_on: date | None
    committed_live_on: date | None
    forecast_live_on: date | None
    baseline_live_on: date | None
    kicked_off_at: datetime | None
    first_value_at: datetime | None
    live_at: datetime | None
    paused_at: datetime | None
    pause_reason: str
    steps_total: int
    steps_done: int
    customer_total: int
    customer_done: int
    overdue_steps: int
    waiting_side: str
    waiting_name: str
    waiting_since_at: datetime | None
    time_zone: str
    revision: int
    external_id: str
    source: str
    started_at: datetime

    @property
    def why(self) -> tuple[str, ...]:
        """The reasons of the health, in words."""
        return reasons_in_words(self.health_reasons)


@dataclass(frozen=True, slots=True)
class StepView:
    """One step as a reader sees it. `locked_because` names the open steps it waits for, as far as the reader may know;
    `gates` are those before it, shut or open."""

    id: str
    key: str
    title: str
    help: str
    expect: str
    stage_key: str
    kind: str
    side: str
    role: str
    visibility: str
    required: bool
    minutes: int | None
    state: str
    doer_id: str
    doer_name: str
    planned_on: date | None
    committed_on: date | None
    forecast_on: date | None
    baseline_on: date | None
    done_on: date | None
    is_late: bool
    opened_at: datetime | None
    ended_at: datetime | None
    ended_by_name: str
    reason: str
    marks: str
    outcome: Mapping[str, Any] | None = None
    locked_because: tuple[str, ...] = ()
    gates: tuple[GateView, ...] = ()

    @property
    def shut_gates(self) -> tuple[GateView, ...]:
        """The gates that keep it locked."""
        return tuple(gate for gate in self.gates if gate.is_shut) if self.state == "locked" else ()

    @property
    def is_open(self) -> bool:
        """Whether somebody can act on it now."""
        return self.state in {"ready", "active", "waiting", "blocked"}

    @property
    def has_ended(self) -> bool:
        """Done, skipped or cancelled."""
        return self.state in {"done", "skipped", "cancelled"}


@dataclass(frozen=True, slots=True)
class StageTally:
    """A stage and how far it is, without its steps."""

    key: str
    title: str
    done: int
    total: int


@dataclass(frozen=True, slots=True)
class StageView:
    """A stage with the steps that the reader may see."""

    key: str
    title: str
    steps: tuple[StepView, ...]

    @property
    def done(self) -> int:
        """Steps that have ended."""
        return sum(step.has_ended for step in self.steps)

    @property
    def total(self) -> int:
        """Steps that are not cancelled."""
        return sum(step.state != "cancelled" for step in self.steps)


@dataclass(frozen=True, slots=True)
class ProposalView:
    """What a changed fact would do: titles of what comes and what goes. `because`: fact, value before and after, in words."""

    id: str
    because: tuple[tuple[str, str, str], ...]
    additions: tuple[str, ...]
    removals: tuple[str, ...]
    made_at: datetime


@dataclass(frozen=True, slots=True)
class FactOnce:
    """What a fact was before: its words, who said so, when, and in which step."""

    words: str
    recorded_by: str
    recorded_at: datetime
    until_at: datetime
    step_title: str


@dataclass(frozen=True, slots=True)
class FactView:
    """One fact and where it is from."""

    key: str
    title: str
    type: str
    value: Any
    words: str
    visibility: str
    recorded_by: str
    recorded_at: datetime | None
    choices: Mapping[str, str] = field(default_factory=dict)
    step_key: str = ""
    step_title: str = ""
    history: tuple["FactOnce", ...] = ()


@dataclass(frozen=True, slots=True)
class JourneyPage:
    """A journey with its plan."""

    head: JourneyHead
    stages: tuple[StageView, ...]
    proposals: tuple[ProposalView, ...] = ()

    def step(self, key: str) -> StepView | None:
        """A step by key, when the reader may see it."""
        return next((step for stage in self.stages for step in stage.steps if step.key == key), None)

    @property
    def current_stage(self) -> str:
        """The key of the first stage that has steps to do; empty when all have ended."""
        return next((stage.key for stage in self.stages if stage.done < stage.total), "")

    @property
    def tallies(self) -> tuple[StageTally, ...]:
        """How far each stage is."""
        return tuple(StageTally(stage.key, stage.title, stage.done, stage.total) for stage in self.stages)

    @property
    def go_live_step(self) -> StepView | None:
        """The step that marks the go-live, when the plan has one that the reader may see."""
        return next((step for step in self.every_step if step.marks == "go_live" and step.state != "cancelled"), None)

    @property
    def every_step(self) -> list[StepView]:
        """The steps in order."""
        return [step for stage in self.stages for step in stage.steps]


@dataclass(frozen=True, slots=True)
class PortalHome:
    """What a contact sees first: the one next action, and what everybody else is doing."""

    head: JourneyHead
    stages: tuple[StageTally, ...]
    next_step: StepView | None
    mine: tuple[StepView, ...]
    theirs: tuple[StepView, ...]
    done: int
    total: int

    @property
    def current_stage(self) -> str:
        """The key of the first stage that has steps to do; empty when all have ended."""
        return next((stage.key for stage in self.stages if stage.done < stage.total), "")
