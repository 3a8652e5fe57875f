"""The verbs of a journey: what they change, what they refuse, and that a refusal changes nothing."""

import threading
from datetime import UTC, date, datetime

import pytest
import time_machine
from django.db import connection

from boardwell.domain.audit.models import AuditEntry
from boardwell.domain.journeys.actions.complete_step import complete_step
from boardwell.domain.journeys.actions.go_live import go_live
from boardwell.domain.journeys.actions.pause_journey import pause_journey
from boardwell.domain.journeys.actions.record_facts import apply_proposal, dismiss_proposal, record_facts
from boardwell.domain.journeys.actions.reopen_step import reopen_step
from boardwell.domain.journeys.actions.reschedule_step import reschedule_step
from boardwell.domain.journeys.actions.resume_journey import resume_journey
from boardwell.domain.journeys.actions.skip_step import skip_step
from boardwell.domain.journeys.models import Journey, PlanProposal, Step
from boardwell.domain.journeys.orders import Outcome
from boardwell.domain.journeys.queries.pages import journey_page, portal_home
from boardwell.kernel.errors import Conflict, Invalid, NotAllowed, NotFound
from boardwell.kernel.models import OutboxEvent


def states(journey_id: str) -> dict[str, str]:
    return dict(Step.objects.filter(journey_id=journey_id).order_by("position").values_list("key", "state"))


def fingerprint(journey_id: str) -> tuple[object, ...]:
    rows = Step.objects.filter(journey_id=journey_id).order_by("id").values_list("id", "state", "blockers", "revision", "reason")
    return (tuple(rows), AuditEntry.objects.count(), OutboxEvent.objects.count())


def test_start_dates_the_plan_in_working_days_and_leaves_out_what_no_fact_asks_for(house) -> None:
    journey_id = house.start(kickoff_on=date(2026, 12, 21))
    with house.as_owner():
        days = dict(Step.objects.filter(journey_id=journey_id).values_list("key", "planned_on"))
    # 25 and 28 December 2026 are holidays in England; Saturday and Sunday are not worked.
    assert days == {
        "welcome": date(2026, 12, 22),
        "needs": date(2026, 12, 24),
        "signoff": date(2027, 1, 5),
        "live": date(2027, 1, 6),
    }


def test_the_same_external_id_makes_one_journey(house) -> None:
    first = house.start(source="crm", external_id="42")
    assert house.start(source="crm", external_id="42") == first
    with house.as_owner():
        assert Journey.objects.count() == 1
        assert AuditEntry.objects.filter(verb="journey.started").count() == 1


def test_completing_a_step_opens_what_waited_for_it_and_writes_audit_and_outbox(house) -> None:
    journey_id = house.start()
    with house.as_owner():
        before = AuditEntry.objects.count(), OutboxEvent.objects.count()
        complete_step(journey_id, "welcome")
        assert states(journey_id) == {"welcome": "done", "needs": "ready", "signoff": "locked", "live": "locked"}
        assert (AuditEntry.objects.count() - before[0], OutboxEvent.objects.count() - before[1]) == (1, 2)
        head = journey_page(journey_id).head
        assert (head.steps_done, head.steps_total, head.waiting_side, head.waiting_name) == (1, 4, "customer", "Lead acme")


def test_completing_twice_is_refused_and_changes_nothing(house) -> None:
    journey_id = house.start()
    with house.as_owner():
        complete_step(journey_id, "welcome")
        before = fingerprint(journey_id)
        with pytest.raises(Conflict):
            complete_step(journey_id, "welcome")
        assert fingerprint(journey_id) == before


def test_a_locked_step_is_refused_and_says_what_it_waits_for(house) -> None:
    journey_id = house.start()
    with house.as_owner():
        before = fingerprint(journey_id)
        with pytest.raises(Conflict):
            complete_step(journey_id, "signoff")
        assert fingerprint(journey_id) == before
        step = journey_page(journey_id).step("signoff")
        assert step is not None
        assert step.locked_because == ("Needs",)


@pytest.mark.parametrize("last", ["emission", "at_once"])
def test_an_effect_that_fails_leaves_neither_audit_nor_outbox(house, monkeypatch, last: str) -> None:
    journey_id = house.start()
    monkeypatch.setattr(f"boardwell.domain.journeys.actions.complete_step.{last}", lambda *_: 1 / 0)
    with house.as_owner():
        before = fingerprint(journey_id)
        with pytest.raises(ZeroDivisionError):
            complete_step(journey_id, "welcome")
        assert fingerprint(journey_id) == before


def test_a_fact_proposes_exact_additions_which_only_apply_when_somebody_says_so(house) -> None:
    journey_id = house.start()
    with house.as_owner():
        complete_step(journey_id, "welcome")
        complete_step(journey_id, "needs", Outcome(answers={"seats": 80}, facts={"seats": 80}))
        proposal = PlanProposal.objects.get(journey_id=journey_id, state="open")
        assert (proposal.additions, proposal.removals) == (["training"], [])
        assert "training" not in states(journey_id)
        apply_proposal(proposal.id)
        assert states(journey_id) == {"welcome": "done", "needs": "done", "training": "ready", "signoff": "locked", "live": "locked"}
        with pytest.raises(Conflict):
            apply_proposal(proposal.id)
        record_facts(journey_id, {"seats": 3})
        back = PlanProposal.objects.get(journey_id=journey_id, state="open")
        assert (back.additions, back.removals) == ([], ["training"])
        dismiss_proposal(back.id)
        assert states(journey_id)["training"] == "ready"


def test_skip_needs_a_reason_and_opens_what_followed(house) -> None:
    journey_id = house.start()
    with house.as_owner():
        before = fingerprint(journey_id)
        with pytest.raises(Invalid):
            skip_step(journey_id, "welcome", reason="  ")
        assert fingerprint(journey_id) == before
        skip_step(journey_id, "welcome", reason="They know us")
        assert states(journey_id)["needs"] == "ready"
        assert Step.objects.get(journey_id=journey_id, key="welcome").reason == "They know us"


def test_reopening_locks_what_nobody_has_begun(house) -> None:
    journey_id = house.start()
    with house.as_owner():
        complete_step(journey_id, "welcome")
        reopen_step(journey_id, "welcome", reason="It was the wrong customer")
        assert states(journey_id) == {"welcome": "ready", "needs": "locked", "signoff": "locked", "live": "locked"}
        complete_step(journey_id, "welcome")
        assert states(journey_id)["needs"] == "ready"


def test_pause_stops_clocks_and_resume_moves_open_days_by_the_working_days_lost(house, time_machine_at) -> None:
    with time_machine_at("2026-03-02T10:00:00+00:00"):  # a Monday
        journey_id = house.start(kickoff_on=date(2026, 3, 2))
        with house.as_owner():
            pause_journey(journey_id, reason="Waiting for their budget")
            assert not Step.objects.filter(journey_id=journey_id).exclude(next_due_at=None).exists()
            with pytest.raises(Conflict):
                complete_step(journey_id, "welcome")
            planned = Step.objects.get(journey_id=journey_id, key="needs").planned_on
            assert planned == date(2026, 3, 5)
    with time_machine_at("2026-03-09T10:00:00+00:00"), house.as_owner():
        assert resume_journey(journey_id) == 5
        assert Step.objects.get(journey_id=journey_id, key="needs").planned_on == date(2026, 3, 12)
        assert Step.objects.get(journey_id=journey_id, key="needs").baseline_on == date(2026, 3, 5)
        complete_step(journey_id, "welcome")


def test_going_live_needs_the_customers_sign_off(house) -> None:
    journey_id = house.start()
    with house.as_owner():
        with pytest.raises(Conflict):
            go_live(journey_id)
        complete_step(journey_id, "welcome")
        complete_step(journey_id, "needs")
    with house.as_contact():
        complete_step(journey_id, "signoff", Outcome(word="approved"))
    with house.as_owner():
        go_live(journey_id)
        journey = Journey.objects.get(pk=journey_id)
        assert journey.live_at is not None
        assert journey.state == "closed"


def test_reschedule_moves_the_day_and_keeps_the_baseline(house) -> None:
    with time_machine.travel(datetime(2026, 3, 2, 9, tzinfo=UTC)), house.as_owner():
        journey_id = house.start(kickoff_on=date(2026, 3, 2))
        assert reschedule_step(journey_id, "needs", due_on=date(2026, 3, 10), reason="Holiday at theirs") == 3
        days = {one.key: (one.planned_on, one.forecast_on, one.baseline_on) for one in Step.objects.filter(journey_id=journey_id)}
        assert days == {
            "welcome": (date(2026, 3, 3), date(2026, 3, 3), date(2026, 3, 3)),
            "needs": (date(2026, 3, 10), date(2026, 3, 10), date(2026, 3, 5)),
            "signoff": (date(2026, 3, 17), date(2026, 3, 17), date(2026, 3, 12)),
            "live": (date(2026, 3, 18), date(2026, 3, 18), date(2026, 3, 13)),
        }


def test_a_contact_does_their_own_side_only_and_never_sees_internal_steps(house) -> None:
    journey_id = house.start()
    with house.as_contact():
        before = fingerprint(journey_id)
        with pytest.raises(NotAllowed):
            complete_step(journey_id, "welcome")
        with pytest.raises(NotAllowed):
            skip_step(journey_id, "needs", reason="no")
        assert fingerprint(journey_id) == before
        Step.objects.filter(journey_id=journey_id, key="welcome").update(visibility="internal")
        with pytest.raises(NotFound):
            complete_step(journey_id, "welcome")
        assert [step.key for step in journey_page(journey_id).every_step] == ["needs", "signoff", "live"]


def test_the_portal_shows_one_next_action(house) -> None:
    journey_id = house.start()
    with house.as_owner():
        complete_step(journey_id, "welcome")
    with house.as_contact():
        home = portal_home(journey_id)
        assert home.next_step is not None
        assert (home.next_step.key, home.done, home.total) == ("needs", 0, 2)


def test_foreign_and_absent_journeys_answer_the_same(house, other) -> None:
    journey_id = house.start()
    said = []
    with other.as_owner():
        for wanted in (journey_id, "jrn_00000000000000000000000000"):
            with pytest.raises(NotFound) as refusal:
                complete_step(wanted, "welcome")
            said.append(str(refusal.value))
    assert said[0] == said[1]
    with house.as_owner():
        assert states(journey_id)["welcome"] == "ready"


@pytest.mark.django_db(transaction=True)
def test_of_many_who_complete_at_once_exactly_one_wins(house) -> None:
    journey_id = house.start()
    results: list[str] = []

    def attempt() -> None:
        try:
            with house.as_owner():
                complete_step(journey_id, "welcome")
            results.append("won")
        except Conflict:
            results.append("late")
        finally:
            connection.close()

    threads = [threading.Thread(target=attempt) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(results) == ["late"] * 7 + ["won"]
    with house.as_owner():
        assert AuditEntry.objects.filter(verb="step.completed").count() == 1


@pytest.fixture
def time_machine_at():
    import time_machine

    return lambda text: time_machine.travel(text, tick=False)


def test_an_overdue_step_makes_the_journey_at_risk_with_the_reason(house, time_machine_at) -> None:
    from boardwell.domain.journeys.tasks import due_tick

    with time_machine_at("2026-03-02T10:00:00+00:00"):
        journey_id = house.start(kickoff_on=date(2026, 3, 2))
    with time_machine_at("2026-03-05T10:00:00+00:00"):
        due_tick()
        with house.as_owner():
            head = journey_page(journey_id).head
            assert (head.health, head.overdue_steps, head.health_reasons) == ("at_risk", 1, [{"code": "overdue", "steps": 1}])
            complete_step(journey_id, "welcome")
            assert journey_page(journey_id).head.health == "on_track"
