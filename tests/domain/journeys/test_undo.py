"""Undo: one's own last act is taken back whole by its inverse, once, in time, and only while nothing rests on it."""

from datetime import date, timedelta

import pytest
import time_machine

from boardwell.domain.audit.models import AuditEntry
from boardwell.domain.journeys.actions.assign_step import assign_step
from boardwell.domain.journeys.actions.change_owner import change_owner
from boardwell.domain.journeys.actions.complete_step import complete_step
from boardwell.domain.journeys.actions.go_live import go_live
from boardwell.domain.journeys.actions.pause_journey import pause_journey
from boardwell.domain.journeys.actions.reschedule_step import preview_move, reschedule_step, shift_plan
from boardwell.domain.journeys.actions.save_progress import save_progress
from boardwell.domain.journeys.actions.skip_step import skip_step
from boardwell.domain.journeys.actions.undo import undo
from boardwell.domain.journeys.models import Fact, Journey, PlanProposal, Step
from boardwell.domain.journeys.orders import Outcome
from boardwell.domain.journeys.queries.undoing import last_undoable
from boardwell.kernel.clock import now
from boardwell.kernel.errors import Conflict, Invalid, NotFound

STEP = (
    "key", "state", "blockers", "planned_on", "due_at", "opened_at", "member_id", "contact_id", "outcome", "reason", "late_at",
    "ended_at",
)  # fmt: skip
JOURNEY = (
    "state", "owner_id", "roles", "paused_at", "pause_reason", "planned_live_on", "steps_done", "customer_done", "waiting_side",
    "waiting_since_at", "overdue_steps", "required_done", "required_waived", "required_late", "health", "stage_key", "kicked_off_at", "live_at", "ended_at",
)  # fmt: skip


def seen(journey_id: str) -> tuple[object, ...]:
    facts = Fact.objects.filter(journey_id=journey_id, superseded_at=None).order_by("key").values_list("key", "value")
    return (
        list(Step.objects.filter(journey_id=journey_id).order_by("position").values(*STEP)),
        Journey.objects.filter(pk=journey_id).values(*JOURNEY).get(),
        list(facts),
        PlanProposal.objects.filter(journey_id=journey_id, state="open").count(),
    )


def take_back(journey_id: str) -> str:
    offer = last_undoable(journey_id)
    assert offer is not None
    return undo(journey_id, offer.position)


ACTS = {
    "complete": lambda house, journey_id: complete_step(journey_id, "welcome"),
    "skip": lambda house, journey_id: skip_step(journey_id, "welcome", reason="Known"),
    "skip a locked one": lambda house, journey_id: skip_step(journey_id, "signoff", reason="Known"),
    "reschedule": lambda house, journey_id: reschedule_step(journey_id, "welcome", due_on=date(2027, 3, 3), reason="Later"),
    "shift": lambda house, journey_id: shift_plan(journey_id, working_days=5, reason="Later"),
    "assign": lambda house, journey_id: assign_step(journey_id, "welcome", member_id=house.member("manager").id),
    "pause": lambda house, journey_id: pause_journey(journey_id, reason="Wait"),
    "change owner": lambda house, journey_id: change_owner(journey_id, house.member("specialist").id),
}


@pytest.mark.parametrize("name", ACTS)
def test_everything_is_as_it_was_and_the_log_says_that_it_was_undone(house, name: str) -> None:
    journey_id = house.start(kickoff_on=date(2026, 12, 1))
    with house.as_owner():
        before, entries = seen(journey_id), AuditEntry.objects.filter(journey_id=journey_id).count()
        ACTS[name](house, journey_id)
        assert seen(journey_id) != before
        written = AuditEntry.objects.filter(journey_id=journey_id).count() - entries
        verb = take_back(journey_id)
        assert seen(journey_id) == before
        undone = AuditEntry.objects.filter(journey_id=journey_id, verb=f"{verb.partition('.')[0]}.undone")
        assert undone.count() == written
        assert last_undoable(journey_id) is None


def test_a_second_undo_changes_nothing(house) -> None:
    journey_id = house.start()
    with house.as_owner():
        complete_step(journey_id, "welcome")
        offer = last_undoable(journey_id)
        assert offer is not None
        undo(journey_id, offer.position)
        before, entries = seen(journey_id), AuditEntry.objects.count()
        with pytest.raises(Conflict, match="already"):
            undo(journey_id, offer.position)
        assert (seen(journey_id), AuditEntry.objects.count()) == (before, entries)


def test_facts_of_the_step_get_their_former_value_and_their_proposal_goes(house) -> None:
    journey_id = house.start(facts={"seats": 3})
    with house.as_owner():
        complete_step(journey_id, "welcome")
        complete_step(journey_id, "needs", Outcome(facts={"seats": 80}))
        assert PlanProposal.objects.filter(state="open").count() == 1
        take_back(journey_id)
        assert list(Fact.objects.filter(superseded_at=None).values_list("key", "value")) == [("seats", 3)]
        assert PlanProposal.objects.filter(state="open").count() == 0
        assert Step.objects.get(journey_id=journey_id, key="needs").state == "ready"


def test_it_is_refused_with_who_and_what_when_somebody_has_gone_on(house) -> None:
    journey_id = house.start()
    with house.as_owner():
        complete_step(journey_id, "welcome")
        offer = last_undoable(journey_id)
    with house.as_contact():
        save_progress(journey_id, "needs", {"seats": 4})
    with house.as_owner():
        before = seen(journey_id)
        assert offer is not None
        with pytest.raises(Conflict, match="Lead acme worked on a step"):
            undo(journey_id, offer.position)
        assert seen(journey_id) == before


def test_what_others_do_elsewhere_does_not_stand_in_the_way(house) -> None:
    journey_id, second = house.start(), house.start()
    with house.as_owner():
        complete_step(journey_id, "welcome")
        offer = last_undoable(journey_id)
        complete_step(second, "welcome")
        assert offer is not None
        undo(journey_id, offer.position)
        assert Step.objects.get(journey_id=journey_id, key="welcome").state == "ready"
        assert Step.objects.get(journey_id=second, key="welcome").state == "done"


def test_it_is_offered_to_the_one_who_did_it_and_for_a_short_time_only(house) -> None:
    journey_id = house.start()
    with house.as_owner():
        complete_step(journey_id, "welcome")
        offer = last_undoable(journey_id)
    assert offer is not None
    with house.as_contact():
        assert last_undoable(journey_id) is None
        with pytest.raises(NotFound):
            undo(journey_id, offer.position)
        complete_step(journey_id, "needs", Outcome(facts={"seats": 4}))
        own = last_undoable(journey_id)
    assert own is not None
    with time_machine.travel(now() + timedelta(minutes=11), tick=False), house.as_contact():
        assert last_undoable(journey_id) is None
        with pytest.raises(Conflict, match="too late"):
            undo(journey_id, own.position)
    with house.as_contact():
        undo(journey_id, own.position)
    with house.as_owner():
        assert Step.objects.get(journey_id=journey_id, key="needs").state == "ready"
        assert Fact.objects.filter(superseded_at=None).count() == 0


def test_going_live_is_never_taken_back(house) -> None:
    journey_id = house.start()
    with house.as_owner():
        for key in ("welcome", "needs", "signoff"):
            complete_step(journey_id, key)
        go_live(journey_id)
        assert last_undoable(journey_id) is None
        position = AuditEntry.objects.filter(verb="step.completed").order_by("-position").values_list("position", flat=True)[0]
        with pytest.raises(Conflict, match="Going live"):
            undo(journey_id, position)
        assert Journey.objects.get(pk=journey_id).live_at is not None


def test_a_preview_names_what_moves_and_moves_nothing(house) -> None:
    journey_id = house.start(kickoff_on=date(2026, 12, 1), committed_live_on=date(2026, 12, 14))
    with house.as_owner():
        before, entries = seen(journey_id), AuditEntry.objects.count()
        shown = preview_move(journey_id, "live", due_on=date(2026, 12, 18))
        assert [(one.title, one.before, one.after) for one in shown.moves] == [("Live", date(2026, 12, 14), date(2026, 12, 18))]
        assert (shown.live_before, shown.live_after, shown.breaks_promise) == (date(2026, 12, 14), date(2026, 12, 18), True)
        assert (seen(journey_id), AuditEntry.objects.count()) == (before, entries)
        reschedule_step(journey_id, "live", due_on=date(2026, 12, 18), reason="Asked for")
        assert Journey.objects.get(pk=journey_id).planned_live_on == shown.live_after


@pytest.mark.parametrize("days", [0, 251, -251])
def test_a_shift_by_no_or_too_many_days_is_refused(house, days: int) -> None:
    journey_id = house.start()
    with house.as_owner():
        before = seen(journey_id)
        with pytest.raises(Invalid):
            shift_plan(journey_id, working_days=days, reason="x")
        assert seen(journey_id) == before
