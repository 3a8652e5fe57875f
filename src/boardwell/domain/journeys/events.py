"""What can happen to a journey, in the past tense."""

from dataclasses import dataclass

from boardwell.kernel.events import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class JourneyEvent(Event):
    """Base: which journey of which account."""

    journey_id: str
    account_id: str


class HealthRulesChanged(Event):
    """The organisation judges health by other rules."""


class PastChanged(Event):
    """There are imported cases to learn from that were not there before, or no longer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class JourneyStarted(JourneyEvent):
    """A journey and its whole plan exist; `welcome` asks for the welcome mail, in `welcome_words` when there are some."""

    welcome: bool
    welcome_words: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class StepEvent(JourneyEvent):
    """Base: which step. `side` and `visibility` let listeners keep internal steps inside without a look-up."""

    step_id: str
    step_key: str
    kind: str
    side: str
    visibility: str


class StepOpened(StepEvent):
    """The step can be worked on from now."""


class StepCompleted(StepEvent):
    """The step is done."""


class StepSkipped(StepEvent):
    """The step was left out, with a reason."""


class StepReopened(StepEvent):
    """A done or skipped step is open again."""


class AnswersChanged(StepEvent):
    """The answers of a done step are others now."""


class StepAssigned(StepEvent):
    """The step has another doer."""


class StepRescheduled(StepEvent):
    """The step's planned day has moved."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GateOpened(JourneyEvent):
    """A gate is open; `gate` is stage:KEY or step:KEY, `by_hand` whether against its conditions."""

    gate: str
    by_hand: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class DayPromised(JourneyEvent):
    """A day was promised for a step, or ("" as key) for a go-live that is no step; None: the promise was taken back."""

    step_key: str
    committed_on: str | None


class StepOverdue(StepEvent):
    """The step was found late for the first time since its day was set."""


class LadderChanged(Event):
    """The organisation escalates in another way."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StepEscalated(StepEvent):
    """A step has taken too long. `clock` and `after` (in `unit`) say which rung of its ladder that is, `member_ids` who hears of it."""

    clock: str
    after: int
    unit: str
    member_ids: tuple[str, ...]


class StepBlocked(StepEvent):
    """Somebody said what is in the way, or that it is gone."""


class StepWaiting(StepEvent):
    """The step has come back to the other side: a question, or a refusal with a remark."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StepDue(StepEvent):
    """A reminder is due. `phase`: before, on or after; `days` from the due day (negative before it)."""

    phase: str
    days: int


class JourneyPaused(JourneyEvent):
    """Clocks stand still."""


class JourneyResumed(JourneyEvent):
    """Clocks run again; dates have moved by the time that was lost."""


class JourneyCancelled(JourneyEvent):
    """It will not be finished."""


class JourneyWentLive(JourneyEvent):
    """The customer is live."""


class JourneyClosed(JourneyEvent):
    """Live, and nothing is left to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HealthTurned(JourneyEvent):
    """The onboarding has another health than was last told: on_track, at_risk or off_track."""

    before: str
    after: str


class OwnerChanged(JourneyEvent):
    """Somebody else is the single point of contact."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FactsRecorded(JourneyEvent):
    """Facts were learnt or changed."""

    keys: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanProposed(JourneyEvent):
    """Changed facts would change the plan; somebody has to decide."""

    proposal_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanChanged(JourneyEvent):
    """A proposal was applied, or another version of the playbook."""

    added: tuple[str, ...]
    removed: tuple[str, ...]
