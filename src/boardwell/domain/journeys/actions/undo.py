"""Undo: take back one's own last act by its inverse, as long as nothing has happened that rests on it."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext as _

from boardwell.domain.accounts.models import Contact
from boardwell.domain.audit.actions import Entry, record_many
from boardwell.domain.audit.queries import Line, act_at, first_since
from boardwell.domain.journeys import engine, learning
from boardwell.domain.journeys.access import require_end_step
from boardwell.domain.journeys.actions.move_to_version import restore
from boardwell.domain.journeys.actions.moving import DATE_FIELDS, write_moves
from boardwell.domain.journeys.documents import document_of_version
from boardwell.domain.journeys.duedates import as_day
from boardwell.domain.journeys.events import DayPromised, JourneyResumed, OwnerChanged, StepAssigned, StepReopened, StepRescheduled
from boardwell.domain.journeys.health import satisfaction_in
from boardwell.domain.journeys.models import Fact, Journey, Step
from boardwell.domain.journeys.queries.undoing import allowed_time, main_of
from boardwell.domain.journeys.redating import date_from_facts, set_planned_day
from boardwell.domain.journeys.rows import lock_journey
from boardwell.domain.people.models import Member
from boardwell.kernel import tenancy
from boardwell.kernel.clock import now
from boardwell.kernel.errors import Conflict, NotAllowed, NotFound
from boardwell.kernel.events import Event, emit

_STEP_VERBS = (
    "step.completed",
    "step.skipped",
    "step.reopened",
    "step.saved",
    "step.waiting",
    "step.blocked",
    "step.ready",
    "step.assigned",
    "step.rescheduled",
    "step.undone",
    "step.answers_changed",
    "step.given_back",
)
_PROMISE_VERBS = ("journey.committed", "step.committed")  # fmt: skip
_BEGUN_VERBS = ("step.completed", "step.skipped", "step.saved", "step.waiting", "step.blocked", "step.given_back")
_JOURNEY_VERBS = (
    "journey.paused",
    "journey.resumed",
    "journey.cancelled",
    "journey.go_live",
    "plan.changed",
    "journey.moved",
    "journey.undone",
    "gate.opened",
    "gate.overridden",
)


def undo(journey_id: str, position: int) -> str:
    """Takes back the act at a position of the log, in one transaction, and returns the verb that was undone.

    Raises NotFound (not there, or somebody else's), NotAllowed (the role has changed), Conflict (too late, or something has
    happened since: the words say what and who).
    """
    actor = tenancy.current().actor
    with transaction.atomic():
        journey = lock_journey(journey_id)
        act = act_at(journey_id, position)
        main = main_of(act)
        if main is None or main.actor_id != actor.id:
            raise NotFound(_("There is nothing of yours to undo here."))
        if any(line.verb == "journey.go_live" for line in act):
            raise Conflict(_("Going live cannot be taken back: the customer has been told."))
        if main.at + allowed_time() < now():
            raise Conflict(_("It is too late to undo this. You can still put it right by hand."))
        _refuse_when_built_upon(journey_id, main, act)
        happenings = _REVERSE[main.verb](journey, main, act, now())
        engine.refresh_journey(journey_id, now())
        record_many(
            [_entry(journey, line) for line in act if line.verb in (_PROMISE_VERBS if main.verb in _PROMISE_VERBS else (main.verb,))]
        )
        emit(*happenings)
    return main.verb


def _entry(journey: Journey, line: Line) -> Entry:
    kind = "journey" if line.verb.startswith("journey.") else "step"
    return Entry(
        f"{kind}.undone", object_kind=kind, object_id=line.object_id, account_id=journey.account_id, journey_id=journey.id,
        label=line.label, before=line.after, after={**line.before, "undoes": line.position},
    )  # fmt: skip


def _refuse_when_built_upon(journey_id: str, main: Line, act: list[Line]) -> None:
    last = act[-1].position
    steps = [line.object_id for line in act if line.verb.startswith("step.")]
    since = first_since(journey_id, last, [journey_id], _JOURNEY_VERBS if steps else (*_JOURNEY_VERBS, "journey.handed_over"))
    if main.verb in _PROMISE_VERBS:  # nothing rests on a promise but a newer one
        verbs = (*_PROMISE_VERBS, "journey.undone", "step.undone")
        since = first_since(journey_id, last, [line.object_id for line in act if line.verb in _PROMISE_VERBS], verbs)
    elif since is None and steps:
        since = first_since(journey_id, last, steps, _STEP_VERBS)
    if since is None and main.verb in {"step.completed", "step.skipped"}:
        keys = " ".join(Step.objects.filter(id__in=steps).values_list("unlocks", flat=True)).split()
        after_it = list(Step.objects.filter(journey_id=journey_id, key__in=keys).values_list("id", flat=True))
        since = first_since(journey_id, last, after_it, _BEGUN_VERBS)
    if since is None:
        return
    if since.verb.endswith(".undone"):
        raise Conflict(_("This has been undone already."))
    raise Conflict(_("This cannot be undone any more: %(name)s %(did)s since then.") % {"name": since.actor_name, "did": since.words})


def _open_again(journey: Journey, main: Line, act: list[Line], at: datetime) -> list[Event]:
    """Completed or skipped: the step is as open as it was, its successors are locked again, its facts and marks are gone."""
    if journey.state == "closed":
        Journey.objects.filter(pk=journey.pk).update(state="live", ended_at=None)
    step = engine.lock_step(journey.id, main.label)
    if main.verb == "step.skipped":
        tenancy.require("journeys:skip")
    else:
        require_end_step(step.side)
    engine.require_running(step)
    row = Step.objects.get(pk=step.id)
    opened_at = row.opened_at
    engine.open_again(step, at)
    Step.objects.filter(journey=journey, state="locked").exclude(opened_at=None).update(opened_at=None)
    row.refresh_from_db()
    row.state, row.opened_at = main.before.get("state", "ready"), opened_at
    set_planned_day(row, row.planned_on, journey.time_zone, document_of_version(journey.version_id))
    if row.state == "locked":
        row.opened_at = row.next_due_at = None
    elif row.due_at is not None and row.due_at < at:
        row.late_at = at
    row.save(update_fields=["state", "opened_at", *DATE_FIELDS])
    marks = {line.verb.partition(".")[2] for line in act if line.verb in {"journey.kickoff", "journey.first_value"}}
    fields = {"kickoff": "kicked_off_at", "first_value": "first_value_at"}
    if marks:
        Journey.objects.filter(pk=journey.pk).update(**{fields[mark]: None for mark in marks})
    _forget_facts(journey, [line for line in act if line.verb == "fact.recorded"], at)
    return [step.event(StepReopened)]


def _forget_facts(journey: Journey, lines: list[Line], at: datetime) -> None:
    """Each fact gets its former value again, or none; what is dated from it moves along, and what the plan would be is proposed anew."""
    actor = tenancy.current().actor
    for line in lines:
        current = Fact.objects.filter(journey=journey, key=line.label, superseded_at=None).first()
        if current is None or current.value != line.after.get(line.label):
            continue  # somebody has recorded a newer value since: theirs stands
        current.superseded_at = at
        current.save()
        if line.before:
            Fact.objects.create(
                organisation_id=journey.organisation_id, account_id=journey.account_id, journey=journey, key=line.label,
                value=line.before.get(line.label), visibility=current.visibility, recorded_by_kind=actor.kind, recorded_by_id=actor.id,
                recorded_by_name=actor.name, recorded_at=at,
            )  # fmt: skip
    if any(line.label == "satisfaction" for line in lines):
        Journey.objects.filter(pk=journey.pk).update(satisfaction=satisfaction_in(learning.facts_now(journey.id)))
    if lines:
        entries: list[Entry] = []
        document = document_of_version(journey.version_id)
        date_from_facts(journey.id, document, {line.label for line in lines}, learning.facts_now(journey.id), entries)
        record_many(entries)
        learning.propose(journey.id, because={line.label: {"before": line.after.get(line.label), "after": line.before.get(line.label)}
                                              for line in lines})  # fmt: skip


def _move_back(journey: Journey, main: Line, act: list[Line], at: datetime) -> list[Event]:
    tenancy.require("journeys:reschedule")
    document = document_of_version(journey.version_id)
    moved = [line for line in act if line.verb == main.verb]
    steps = {step.key: step for step in Step.objects.filter(id__in=[line.object_id for line in moved])}
    write_moves(journey, document, steps, {line.label: as_day(line.before.get("planned_on")) for line in moved}, "")
    return [engine.lock_step(journey.id, main.label).event(StepRescheduled)]


def _promise_back(journey: Journey, main: Line, act: list[Line], at: datetime) -> list[Event]:
    tenancy.require("journeys:reschedule")
    former = as_day(main.before.get("committed_on") or "")
    for line in act:
        if line.verb == "journey.committed":
            Journey.objects.filter(pk=journey.pk).update(committed_live_on=former)
        elif line.verb == "step.committed":
            Step.objects.filter(pk=line.object_id).update(committed_on=as_day(line.before.get("committed_on") or ""))
    key = next((line.label for line in act if line.verb == "step.committed"), "")
    return [
        DayPromised(
            journey_id=journey.id, account_id=journey.account_id, step_key=key, committed_on=former.isoformat() if former else None
        )
    ]  # fmt: skip


def _give_back(journey: Journey, main: Line, act: list[Line], at: datetime) -> list[Event]:
    actor = tenancy.current().actor
    step = engine.lock_step(journey.id, main.label)
    if actor.is_insider:
        tenancy.require("journeys:assign")
    elif not actor.may("portal:hand_over") or step.side == "ours":
        raise NotAllowed(_("Only your company's administrator can hand a step over."))
    former: str | None = main.before.get("doer") or None
    model: Any = Member if step.side == "ours" else Contact
    if former is not None and not model.objects.filter(pk=former, active=True).exists():
        raise Conflict(_("Whoever had this before is not there any more. Give it to somebody else."))
    doer = {"member_id": former} if step.side == "ours" else {"contact_id": former}
    Step.objects.filter(pk=step.id).update(**doer)
    return [step.event(StepAssigned)]


def _hand_back(journey: Journey, main: Line, act: list[Line], at: datetime) -> list[Event]:
    tenancy.require("journeys:assign")
    former = Member.objects.filter(pk=main.before.get("owner"), active=True).first()
    if former is None:
        raise Conflict(_("Whoever had this before is not there any more. Give it to somebody else."))
    now_with = main.after.get("owner")
    Step.objects.filter(journey=journey, key__in=main.after.get("steps", []), member_id=now_with).update(member=former)
    journey.roles = {**journey.roles, **dict.fromkeys(main.after.get("roles", []), former.id)}
    journey.owner = former
    journey.save(update_fields=["owner", "roles", "changed_at"])
    return [OwnerChanged(journey_id=journey.id, account_id=journey.account_id)]


def _run_on(journey: Journey, main: Line, act: list[Line], at: datetime) -> list[Event]:
    """Paused: as if it had not been. No day moves, because none was lost."""
    tenancy.require("journeys:pause")
    document = document_of_version(journey.version_id)
    Journey.objects.filter(pk=journey.pk).update(
        state=main.before.get("state", "active"), paused_at=None, pause_reason="", revision=F("revision") + 1
    )
    steps = list(Step.objects.filter(journey=journey, state__in=engine.OPEN))
    for step in steps:
        late_at = step.late_at
        set_planned_day(step, step.planned_on, journey.time_zone, document)
        step.late_at = late_at
    Step.objects.bulk_update(steps, ["next_due_at"])
    return [JourneyResumed(journey_id=journey.id, account_id=journey.account_id)]


def _move_version_back(journey: Journey, main: Line, act: list[Line], at: datetime) -> list[Event]:
    """The plan as the move found it, unless anybody has worked on a step of it since."""
    tenancy.require("journeys:edit")
    steps = list(Step.objects.filter(journey=journey).values_list("id", flat=True))
    since = first_since(journey.id, act[-1].position, steps, _STEP_VERBS)
    if since is not None:
        raise Conflict(_("This cannot be undone any more: %(name)s %(did)s since then.") % {"name": since.actor_name, "did": since.words})
    return [restore(journey, main.after["move"])]


_REVERSE: dict[str, Callable[[Journey, Line, list[Line], datetime], list[Event]]] = {
    "step.completed": _open_again,
    "step.skipped": _open_again,
    "step.rescheduled": _move_back,
    "step.committed": _promise_back,
    "journey.committed": _promise_back,
    "step.assigned": _give_back,
    "journey.handed_over": _hand_back,
    "journey.paused": _run_on,
    "journey.moved": _move_version_back,
}
