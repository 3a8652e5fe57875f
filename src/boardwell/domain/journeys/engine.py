"""Moves states on a few set-based statements and says what happened; the one place where steps open and end.

The hot verb (complete a step) must cost little more than its rows: everything here is SQL prepared on the driver
(`kernel/sql`), inside the caller's transaction. Order of effects: the step, then what it unlocks, then the journey's counters.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from django.db.models import F
from django.db.models.expressions import Combinable
from django.utils.translation import gettext as _

from boardwell.domain.journeys.access import refuse_strangers
from boardwell.domain.journeys.duedates import as_day
from boardwell.domain.journeys.events import StepEvent, StepOpened
from boardwell.domain.journeys.health import HealthInput, health_of, rules_from
from boardwell.domain.journeys.models import OPEN_STATES
from boardwell.kernel import tenancy
from boardwell.kernel.errors import Conflict, NotFound
from boardwell.kernel.events import encode
from boardwell.kernel.sql import Answer, Statement, change, fetch_all, for_update, instant, slots, together, written_back

_IS_OPEN = "(" + " OR ".join(f"state = '{state}'" for state in OPEN_STATES) + ")"
"""Exactly the condition of the partial indexes on open steps (`models.IS_OPEN`), so that they are used."""


class LockedStep(NamedTuple):
    """A step and what the engine needs of its journey, read under the journey's lock."""

    id: str
    key: str
    kind: str
    side: str
    visibility: str
    state: str
    account_id: str
    required: bool
    blockers: int
    was_late: bool
    unlocks: str
    member_id: str | None
    contact_id: str | None
    journey_id: str
    journey_state: str
    version_id: str
    owner_id: str
    paused: bool
    steps_total: int
    steps_done: int
    overdue_steps: int
    required_late: int
    committed_live_on: Any
    forecast_live_on: Any
    satisfaction: float | None
    is_forecast_stale: bool
    marks: str
    health_rules: str

    @property
    def closes_journey(self) -> bool:
        """Whether ending this step leaves nothing to do on a journey that is live."""
        return self.journey_state == "live" and self.steps_done + 1 >= self.steps_total

    def event(self, kind_of_event: type[StepEvent]) -> StepEvent:
        """An event about this step."""
        return kind_of_event(
            journey_id=self.journey_id,
            account_id=self.account_id,
            step_id=self.id,
            step_key=self.key,
            kind=self.kind,
            side=self.side,
            visibility=self.visibility,
        )


_LOCK = """
SELECT s.id, s.key, s.kind, s.side, s.visibility, s.state, s.account_id, s.required, s.blockers, s.late_at IS NOT NULL,
       s.unlocks, s.member_id, s.contact_id, j.id, j.state, j.version_id, j.owner_id, j.paused_at IS NOT NULL, j.steps_total,
       j.steps_done, j.overdue_steps, j.required_late, j.committed_live_on, j.forecast_live_on, j.satisfaction,
       j.forecast_stale_at IS NOT NULL, s.marks, (SELECT o.health_rules FROM organisations_organisation o WHERE o.id = j.organisation_id)
FROM journeys_step s JOIN journeys_journey j ON j.id = s.journey_id
WHERE s.journey_id = %s AND s.key = %s AND s.organisation_id = %s AND j.organisation_id = %s
"""


def lock_step(journey_id: str, step_key: str) -> LockedStep:
    """The step, with its journey locked until the transaction ends; NotFound when absent or not the reader's."""
    organisation_id = tenancy.current().organisation_id
    (found,) = together((_LOCK + for_update("j, s"), [journey_id, step_key, organisation_id, organisation_id]))
    if not found.rows:
        raise NotFound(_("There is no such step."))
    step = LockedStep._make(found.rows[0])
    refuse_strangers(step.account_id, step.visibility)
    return step


def require_running(step: LockedStep) -> None:
    """Conflict unless the journey is active or live."""
    if step.journey_state == "paused":
        raise Conflict(_("This onboarding is paused. Resume it first."))
    if step.journey_state in {"cancelled", "closed"}:
        raise Conflict(_("This onboarding has ended."))


_END = f"""
UPDATE journeys_step
SET state = %s, outcome = %s, reason = %s, ended_at = %s, done_on = %s, ended_by_id = %s, ended_by_name = %s,
    next_due_at = NULL, late_at = NULL, revision = revision + 1, changed_at = %s
WHERE id = %s AND organisation_id = %s AND ({_IS_OPEN} OR (state = 'locked' AND %s = 'skipped'))
"""

_UNLOCK = """
UPDATE journeys_step
SET blockers = blockers - 1,
    opened_at = CASE WHEN blockers = 1 AND state = 'locked' THEN %s ELSE opened_at END,
    next_due_at = CASE WHEN blockers = 1 AND state = 'locked' THEN nudge_at ELSE next_due_at END,
    state = CASE WHEN blockers = 1 AND state = 'locked' THEN 'ready' ELSE state END,
    changed_at = %s
WHERE journey_id = %s AND organisation_id = %s AND key IN ({keys})
RETURNING id, key, kind, side, visibility, state, blockers
"""


def take_blocker(journey_id: str, account_id: str, keys: Sequence[str], at: datetime) -> list[StepEvent]:
    """One thing less stands in the way of these steps: a gate. Opens those for which it was the last; the caller refreshes the journey."""
    stamp = instant(at)
    rows = (
        fetch_all(_UNLOCK.format(keys=slots(len(keys))), [stamp, stamp, journey_id, tenancy.current().organisation_id, *keys])
        if keys
        else []
    )
    return [
        StepOpened(
            journey_id=journey_id, account_id=account_id, step_id=row[0], step_key=row[1], kind=row[2], side=row[3], visibility=row[4]
        )
        for row in rows if row[5] == "ready" and row[6] == 0
    ]  # fmt: skip


class Ending(NamedTuple):
    """A step that has ended, before its journey has been told."""

    opened: list[StepEvent]
    counting: Statement
    """Keeps the journey's counters, whom it waits for and its health in step; must run in the same transaction."""
    answers: list[Answer]
    """What the caller's own statements gave."""


def end_step(step: LockedStep, state: str, *, outcome: dict[str, Any] | None, reason: str, at: datetime) -> list[StepEvent]:
    """Ends an open step (done, skipped or cancelled), opens what hung on it, and returns the StepOpened events.

    Conflict when the step is not open any more: somebody was faster, or it is still locked.
    """
    ending = begin_ending(step, state, outcome=outcome, reason=reason, at=at)
    change(*ending.counting)
    return ending.opened


def begin_ending(
    step: LockedStep, state: str, *, outcome: dict[str, Any] | None, reason: str, at: datetime, along: Sequence[Statement] = ()
) -> Ending:
    """`end_step` but for its last statement, which the caller runs; `along` are statements of the caller's that go on the same trip."""
    # Read under the lock, so it holds: what follows is sent together and must not open anything for a step that had ended.
    if step.state not in OPEN and not (step.state == "locked" and state == "skipped"):
        raise Conflict(_("This step is not open any more. Reload the page to see what happened."))
    context = tenancy.current()
    actor, ours = context.actor, context.organisation_id
    stamp = instant(at)
    end = (
        _END,
        [state, encode(outcome) if outcome is not None else None, reason, stamp, at.date().isoformat(), actor.id, actor.name,
         stamp, step.id, ours, state],
    )  # fmt: skip
    later = step.unlocks.split()
    unlock = [(_UNLOCK.format(keys=slots(len(later))), [stamp, stamp, step.journey_id, ours, *later])] if later else []
    answers = together(end, *unlock, (_WAITING, [step.journey_id, ours, step.journey_id, ours]), *along)
    ended, *unlocked, waiting = answers[: 2 + len(unlock)]
    if ended.touched != 1:
        raise Conflict(_("This step is not open any more. Reload the page to see what happened."))
    opened: list[StepEvent] = [
        StepOpened(
            journey_id=step.journey_id, account_id=step.account_id, step_id=row[0], step_key=row[1], kind=row[2],
            side=row[3], visibility=row[4],
        )
        for answer in unlocked for row in answer.rows if row[5] == "ready" and row[6] == 0
    ]  # fmt: skip
    return Ending(opened, _count_of_ended(step, state, _as_waiting(waiting.rows), stamp, at), answers[2 + len(unlock) :])


def _health(
    state: str,
    owner_id: str | None,
    overdue: int,
    waiting: "Waiting",
    at: datetime,
    committed_on: Any,
    forecast_on: Any,
    satisfaction: float | None,
    rules: str,
) -> tuple[str, list[dict[str, Any]]]:
    since = as_day(waiting.since_at)
    return health_of(
        HealthInput(
            today=at.date(),
            state=state,
            has_owner=bool(owner_id),
            overdue_steps=overdue,
            waiting_side=waiting.side,
            waiting_days=(at.date() - since).days if since else 0,
            forecast_live_on=as_day(forecast_on),
            committed_live_on=as_day(committed_on),
            satisfaction=satisfaction,
        ),
        rules_from(rules),
    )


class Waiting(NamedTuple):
    """Whom a journey waits for, since when, and the stage it is in."""

    side: str
    name: str
    since_at: Any
    stage_key: str


_WAITING = f"""
SELECT s.side, COALESCE(c.name, m.name, ''), s.opened_at,
       (SELECT stage_key FROM journeys_step WHERE journey_id = %s AND organisation_id = %s AND {_IS_OPEN} ORDER BY position LIMIT 1)
FROM journeys_step s
LEFT JOIN accounts_contact c ON c.id = s.contact_id
LEFT JOIN people_member m ON m.id = s.member_id
WHERE s.journey_id = %s AND s.organisation_id = %s AND {_IS_OPEN.replace("state", "s.state")}
ORDER BY CASE s.side WHEN 'customer' THEN 1 WHEN 'third' THEN 2 ELSE 3 END, s.opened_at, s.position
LIMIT 1
"""


def waiting_of(journey_id: str) -> Waiting:
    """The customer's open steps count first, then a third party's, then ours: that is what holds everything up."""
    ours = tenancy.current().organisation_id
    return _as_waiting(fetch_all(_WAITING, [journey_id, ours, journey_id, ours]))


def _as_waiting(rows: list[tuple[Any, ...]]) -> Waiting:
    if not rows:
        return Waiting("", "", None, "")
    side, name, since_at, stage_key = rows[0]
    return Waiting(side, name, written_back(since_at), stage_key)


_COUNT = """
UPDATE journeys_journey
SET steps_done = steps_done + 1, customer_done = customer_done + %s, required_done = required_done + %s,
    required_waived = required_waived + %s, required_late = %s, overdue_steps = %s, waiting_side = %s, waiting_name = %s,
    waiting_since_at = %s, stage_key = %s, health = %s, health_reasons = %s,
    last_customer_activity_at = COALESCE(%s, last_customer_activity_at), revision = revision + 1, changed_at = %s{more}
WHERE id = %s AND organisation_id = %s
"""
_CLOSES = ", state = 'closed', ended_at = %s"
_STALE = ", forecast_stale_at = %s"
"""An early or late end moves what follows, but ending a step must not wait for two hundred dates: the forecast comes after it.

Both are named only when they change: SQLite writes the entries of every index on a column that a statement names.
"""


def _count_of_ended(step: LockedStep, state: str, waiting: Waiting, stamp: Any, at: datetime) -> Statement:
    context = tenancy.current()
    by_customer = context.actor.kind == "contact"
    overdue = max(0, step.overdue_steps - (1 if step.was_late else 0))
    word, reasons = _health(
        step.journey_state,
        step.owner_id,
        overdue,
        waiting,
        at,
        step.committed_live_on,
        step.forecast_live_on,
        step.satisfaction,
        step.health_rules,
    )
    more = (_CLOSES if step.closes_journey else "") + ("" if step.is_forecast_stale else _STALE)
    return (
        _COUNT.format(more=more),
        [1 if step.side != "ours" else 0, 1 if step.required and state == "done" else 0,
         1 if step.required and state == "skipped" else 0,
         max(0, step.required_late - (1 if step.was_late and step.required else 0)), overdue, waiting.side, waiting.name, waiting.since_at,
         waiting.stage_key, word, encode(reasons), stamp if by_customer else None, stamp, *[stamp] * more.count("%s"),
         step.journey_id, context.organisation_id],
    )  # fmt: skip


_REOPEN = """
UPDATE journeys_step
SET state = 'ready', outcome = NULL, reason = '', ended_at = NULL, done_on = NULL, ended_by_id = '', ended_by_name = '',
    opened_at = %s, next_due_at = nudge_at, revision = revision + 1, changed_at = %s
WHERE id = %s AND organisation_id = %s AND state IN ('done', 'skipped')
"""

_LOCK_AGAIN = """
UPDATE journeys_step
SET blockers = blockers + 1,
    next_due_at = CASE WHEN state = 'ready' THEN NULL ELSE next_due_at END,
    state = CASE WHEN state = 'ready' THEN 'locked' ELSE state END,
    changed_at = %s
WHERE journey_id = %s AND organisation_id = %s AND key IN ({keys})
"""


def open_again(step: LockedStep, at: datetime) -> None:
    """Makes an ended step ready again and locks those of its successors that nobody has begun."""
    stamp, ours = instant(at), tenancy.current().organisation_id
    if change(_REOPEN, [stamp, stamp, step.id, ours]) != 1:
        raise Conflict(_("This step has changed meanwhile. Reload the page to see what happened."))
    if waiting := step.unlocks.split():
        change(_LOCK_AGAIN.format(keys=slots(len(waiting))), [stamp, step.journey_id, ours, *waiting])
    refresh_journey(step.journey_id, at)


_TALLY = f"""
SELECT COUNT(*) FILTER (WHERE state <> 'cancelled'),
       COUNT(*) FILTER (WHERE state IN ('done', 'skipped')),
       COUNT(*) FILTER (WHERE state <> 'cancelled' AND side <> 'ours'),
       COUNT(*) FILTER (WHERE state IN ('done', 'skipped') AND side <> 'ours'),
       COUNT(*) FILTER (WHERE late_at IS NOT NULL AND {_IS_OPEN}),
       COUNT(*) FILTER (WHERE required AND state <> 'cancelled'),
       COUNT(*) FILTER (WHERE required AND state = 'done'),
       COUNT(*) FILTER (WHERE required AND state = 'skipped'),
       COUNT(*) FILTER (WHERE required AND late_at IS NOT NULL AND {_IS_OPEN})
FROM journeys_step WHERE journey_id = %s AND organisation_id = %s
"""

_PROMISES = """
SELECT j.state, j.owner_id, j.committed_live_on, j.forecast_live_on, j.satisfaction, o.health_rules
FROM journeys_journey j JOIN organisations_organisation o ON o.id = j.organisation_id
WHERE j.id = %s AND j.organisation_id = %s
"""

_REFRESH = """
UPDATE journeys_journey
SET steps_total = %s, steps_done = %s, customer_total = %s, customer_done = %s, overdue_steps = %s, required_total = %s,
    required_done = %s, required_waived = %s, required_late = %s, waiting_side = %s, waiting_name = %s, waiting_since_at = %s, stage_key = %s, health = %s, health_reasons = %s,
    revision = revision + 1, changed_at = %s
WHERE id = %s AND organisation_id = %s
"""


def refresh_journey(journey_id: str, at: datetime) -> None:
    """Counts a journey's steps anew and sets everything that follows from them; for the verbs that are not hot."""
    ours = tenancy.current().organisation_id
    ((total, done, customer_total, customer_done, overdue, *required),) = fetch_all(_TALLY, [journey_id, ours])
    ((state, owner_id, committed_on, forecast_on, satisfaction, rules),) = fetch_all(_PROMISES, [journey_id, ours])
    waiting = waiting_of(journey_id)
    word, reasons = _health(state, owner_id, overdue, waiting, at, committed_on, forecast_on, satisfaction, rules)
    change(
        _REFRESH,
        [total, done, customer_total, customer_done, overdue, *required, waiting.side, waiting.name, waiting.since_at,
         waiting.stage_key, word, encode(reasons), instant(at), journey_id, ours],
    )  # fmt: skip


def health_if_promised(journey_id: str, committed_on: Any, at: datetime) -> tuple[str, list[dict[str, Any]]]:
    """The health that the journey would have if this day were the promised go-live."""
    ours = tenancy.current().organisation_id
    ((_total, _done, _customer_total, _customer_done, overdue, *_required),) = fetch_all(_TALLY, [journey_id, ours])
    ((state, owner_id, _committed_on, forecast_on, satisfaction, rules),) = fetch_all(_PROMISES, [journey_id, ours])
    return _health(state, owner_id, overdue, waiting_of(journey_id), at, committed_on, forecast_on, satisfaction, rules)


def next_revision() -> Combinable:
    """The expression that counts a journey's revision up; pages kept in memory are known stale by it."""
    return F("revision") + 1


OPEN = frozenset(OPEN_STATES)
