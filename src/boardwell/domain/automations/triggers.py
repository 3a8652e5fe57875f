"""The catalogue of what a rule can wait for, derived from the events that there are; capabilities add theirs."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from boardwell.domain.conversations.events import MessagePosted
from boardwell.domain.journeys import events as happenings
from boardwell.domain.papers.events import PaperAccepted, PaperSent
from boardwell.domain.vault.events import FileKept
from boardwell.kernel.events import Event


@dataclass(frozen=True, slots=True)
class Trigger:
    """One choice behind “When”. `label` completes the sentence.

    `only` are values that the event's body must have, `state` the state that its step must be in by now.
    """

    key: str
    event: type[Event]
    label: str | Promise
    has_step: bool = False
    only: Mapping[str, Any] = field(default_factory=dict)
    state: str = ""

    def fits(self, body: Mapping[str, Any]) -> bool:
        """Whether an event of the class is meant."""
        return all(body.get(name) == value for name, value in self.only.items())


_known: dict[str, Trigger] = {}


def add_trigger(trigger: Trigger) -> None:
    """Adds a choice. LookupError when the key is taken."""
    if _known.setdefault(trigger.key, trigger) != trigger:
        raise LookupError(f"the trigger {trigger.key!r} is there already")


def trigger_by_key(key: str) -> Trigger | None:
    """A choice, or None when its capability was removed."""
    return _known.get(key)


def all_triggers() -> list[Trigger]:
    """Every choice, in the order of an onboarding."""
    return list(_known.values())


SHIPPED = (
    Trigger("journey_started", happenings.JourneyStarted, _("an onboarding starts")),
    Trigger("step_opened", happenings.StepOpened, _("a step opens"), True),
    Trigger("step_completed", happenings.StepCompleted, _("a step is completed"), True),
    Trigger("step_overdue", happenings.StepOverdue, _("a step becomes overdue"), True),
    Trigger("step_escalated", happenings.StepEscalated, _("a step escalates"), True),
    Trigger("step_blocked", happenings.StepBlocked, _("a step is blocked"), True, state="blocked"),
    Trigger("step_sent_back", happenings.StepWaiting, _("a step is sent back with a remark"), True),
    Trigger("step_skipped", happenings.StepSkipped, _("a step is skipped"), True),
    Trigger("step_reopened", happenings.StepReopened, _("a step is reopened"), True),
    Trigger("step_assigned", happenings.StepAssigned, _("a step is given to somebody"), True),
    Trigger("step_rescheduled", happenings.StepRescheduled, _("a step's day is moved"), True),
    Trigger("facts_changed", happenings.FactsRecorded, _("a fact is recorded or changes")),
    Trigger("gate_opened", happenings.GateOpened, _("a gate opens")),
    Trigger("plan_proposed", happenings.PlanProposed, _("a changed fact would change the plan")),
    Trigger("health_turned", happenings.HealthTurned, _("the health of an onboarding turns")),
    Trigger("customer_wrote", MessagePosted, _("the customer writes"), only={"author_kind": "contact"}),
    Trigger("message_written", MessagePosted, _("somebody writes to the customer"), only={"author_kind": "member", "visibility": "shared"}),
    Trigger("file_uploaded", FileKept, _("a file is uploaded")),
    Trigger("paper_sent", PaperSent, _("a report or expectation sheet is sent")),
    Trigger("paper_accepted", PaperAccepted, _("an expectation sheet is accepted")),
    Trigger("owner_changed", happenings.OwnerChanged, _("an onboarding gets another owner")),
    Trigger("journey_paused", happenings.JourneyPaused, _("an onboarding is paused")),
    Trigger("journey_resumed", happenings.JourneyResumed, _("an onboarding is resumed")),
    Trigger("journey_live", happenings.JourneyWentLive, _("a customer goes live")),
    Trigger("journey_closed", happenings.JourneyClosed, _("everything of an onboarding is done")),
    Trigger("journey_cancelled", happenings.JourneyCancelled, _("an onboarding is cancelled")),
)
for _one in SHIPPED:
    add_trigger(_one)
