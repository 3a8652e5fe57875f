"""What a rule would have done on events that have happened: looks, and does nothing."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from boardwell.domain.automations.actions.fire import judge
from boardwell.domain.automations.circumstances import circumstances
from boardwell.domain.automations.queries import choices, journey_titles
from boardwell.domain.automations.rules import Rule
from boardwell.domain.automations.triggers import trigger_by_key
from boardwell.domain.automations.words import deeds_in_words, why_in_words
from boardwell.kernel import tenancy
from boardwell.kernel.clock import now
from boardwell.kernel.models import OutboxEvent

SPANS = (1, 7, 30)
"""Days back that can be looked at; events are kept for thirty."""
MOST_EVENTS = 200


@dataclass(frozen=True, slots=True)
class Rehearsed:
    """One event, and what would have been done: `deeds` in words, or `why` not."""

    at: datetime
    journey_id: str
    journey_title: str
    step_key: str
    deeds: tuple[str, ...]
    why: str


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """The newest events first; `more` when there were others before them."""

    days: int
    lines: tuple[Rehearsed, ...]
    more: bool

    @property
    def acted(self) -> int:
        """On how many of them the rule would have acted."""
        return sum(1 for line in self.lines if line.deeds)


def rehearse(rule: Rule, *, days: int) -> Rehearsal:
    """Looks at the events of the last days with the facts of their time, everything else as of now. Raises NotAllowed.

    `rule` has been checked.
    """
    tenancy.require("automations:view")
    trigger = trigger_by_key(rule.trigger)
    span = days if days in SPANS else SPANS[1]
    if trigger is None:
        return Rehearsal(span, (), more=False)
    rows = OutboxEvent.objects.filter(
        organisation_id=tenancy.current().organisation_id, name=trigger.event.__name__, happened_at__gte=now() - timedelta(days=span)
    )
    found = [row for row in rows.order_by("-id")[: MOST_EVENTS * 2] if trigger.fits(row.body)]
    names = choices().names
    titles = journey_titles({row.body.get("journey_id", "") for row in found[:MOST_EVENTS]})
    lines = tuple(_line(rule, row, names, titles) for row in found[:MOST_EVENTS])
    return Rehearsal(span, lines, more=len(found) > MOST_EVENTS)


def _line(rule: Rule, row: OutboxEvent, names: Mapping[str, str], titles: Mapping[str, str]) -> Rehearsed:
    trigger = trigger_by_key(rule.trigger)
    seen = circumstances(row.body, facts_at=row.happened_at)
    why = judge(rule, trigger, row.body, seen) if trigger else {"other": True}
    journey_id = row.body.get("journey_id", "")
    return Rehearsed(
        row.happened_at, journey_id, titles.get(journey_id, ""), seen.step.key if seen.step else "",
        () if why else tuple(deeds_in_words(rule, names)), why_in_words(rule, why, names),
    )  # fmt: skip
