"""Gates in running onboardings: what keeps them shut, what opens them, who may, and what the customer reads."""

from datetime import date

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from boardwell.domain.audit.models import AuditEntry
from boardwell.domain.journeys.actions.complete_step import complete_step
from boardwell.domain.journeys.actions.hold_step import block_step, unblock_step
from boardwell.domain.journeys.actions.move_to_version import move_to_version
from boardwell.domain.journeys.actions.open_gate import override_gate, sign_gate
from boardwell.domain.journeys.actions.pause_journey import pause_journey
from boardwell.domain.journeys.actions.record_facts import apply_proposal, record_facts
from boardwell.domain.journeys.actions.reopen_step import reopen_step
from boardwell.domain.journeys.actions.resume_journey import resume_journey
from boardwell.domain.journeys.gatekeeping import open_what_may
from boardwell.domain.journeys.kinds import kind_rules
from boardwell.domain.journeys.models import Gate, Journey, PlanProposal, Step
from boardwell.domain.journeys.queries.pages import journey_page
from boardwell.domain.people.roles import actor_for_member
from boardwell.domain.playbooks.actions.write_playbook import import_playbook
from boardwell.kernel import tenancy
from boardwell.kernel.errors import Conflict, Invalid, NotAllowed, NotFound
from boardwell.kernel.tasks.worker import run_until_idle

BOOK = """boardwell: 1
key: gated
title: {en: Gated, ms: Berpagar}
languages: [en, ms]
roles:
  manager: {side: ours, title: {en: Manager, ms: Pengurus}}
  lead: {side: customer, title: {en: Lead, ms: Ketua}}
facts:
  seats: {type: number, title: {en: Seats, ms: Tempat}}
stages:
  - key: begin
    title: {en: Begin, ms: Mula}
    steps:
      - {key: needs, kind: task, side: customer, owner: lead, title: {en: Needs, ms: Keperluan}}
      - {key: check, kind: task, side: ours, owner: manager, visibility: internal, title: {en: Secret check, ms: Semakan}}
  - key: build
    title: {en: Build, ms: Bina}
    gate:
      - {if: facts.seats > 5, says: {en: You need more than five seats, ms: Anda perlukan lebih daripada lima tempat}, who: lead}
      - {done: check}
      - {nothing_blocked: true}
    steps:
      - {key: install, kind: task, side: ours, owner: manager, title: {en: Install, ms: Pasang}, needs: [needs]}
      - {key: train, kind: task, side: customer, owner: lead, title: {en: Train, ms: Latih}, needs: [install], when: facts.seats != 7}
  - key: end
    title: {en: End, ms: Tamat}
    steps:
      - key: live
        kind: milestone
        side: ours
        owner: manager
        title: {en: Live, ms: Hidup}
        needs: [install]
        gate: [{in_time: true}, {opened_by: manager}]
        settings: {marks: go_live}
"""


def states(house, journey_id: str) -> dict[str, str]:
    with house.as_owner():
        return dict(Step.objects.filter(journey_id=journey_id).order_by("position").values_list("key", "state"))


def gates(house, journey_id: str) -> dict[str, str]:
    with house.as_owner():
        return dict(Gate.objects.filter(journey_id=journey_id).order_by("key").values_list("key", "state"))


@pytest.fixture
def journey_id(house) -> str:
    with house.as_owner():
        import_playbook(BOOK, kind_rules())
    found = house.start(playbook_key="gated")
    run_until_idle()
    return found


def do(house, journey_id: str, *keys: str) -> None:
    for key in keys:
        with house.as_owner():
            complete_step(journey_id, key)
        run_until_idle()


def test_a_gate_keeps_its_steps_locked_until_its_last_condition_holds(house, journey_id: str) -> None:
    assert gates(house, journey_id) == {"stage:build": "shut", "step:live": "shut"}
    do(house, journey_id, "needs", "check")
    assert states(house, journey_id)["install"] == "locked"  # what it waits for is done; the gate is not open
    with house.as_owner(), pytest.raises(Conflict):
        complete_step(journey_id, "install")
    with house.as_owner():
        record_facts(journey_id, {"seats": 6})
    run_until_idle()
    assert states(house, journey_id) == {"needs": "done", "check": "done", "install": "ready", "train": "locked", "live": "locked"}
    assert gates(house, journey_id)["stage:build"] == "open"
    with house.as_owner():
        opened = AuditEntry.objects.get(verb="gate.opened")
        assert (opened.actor_kind, opened.journey_id) == ("system", journey_id)
        journey = Journey.objects.get(pk=journey_id)
        assert (journey.waiting_side, journey.stage_key) == ("ours", "build")
    do(house, journey_id, "install")
    assert states(house, journey_id)["train"] == "ready"  # the stage's gate stays open


def test_conditions_that_hold_before_what_comes_first_is_done_open_nothing_yet(house, journey_id: str) -> None:
    with house.as_owner():
        record_facts(journey_id, {"seats": 6})
    do(house, journey_id, "check")
    assert gates(house, journey_id)["stage:build"] == "shut"
    do(house, journey_id, "needs")
    assert gates(house, journey_id)["stage:build"] == "open"


def test_what_is_blocked_anywhere_keeps_it_shut_until_it_is_cleared(house, journey_id: str) -> None:
    with house.as_owner():
        record_facts(journey_id, {"seats": 6})
    do(house, journey_id, "check")
    with house.as_owner():
        block_step(journey_id, "needs", reason="No time")
    run_until_idle()
    with house.as_owner():
        (build, _live) = gates_of(journey_id, "install", "live")
        assert [(line.words, line.holds, line.who) for line in build.lines] == [
            ("You need more than five seats", True, ""), ("“Secret check” is done", True, ""), ("Nothing is blocked", False, "Lead acme"),
        ]  # fmt: skip
        unblock_step(journey_id, "needs")
    do(house, journey_id, "needs")
    assert gates(house, journey_id)["stage:build"] == "open"


def gates_of(journey_id: str, *keys: str):
    page = journey_page(journey_id)
    return [page.step(key).gates[0] for key in keys]


def test_it_says_why_it_is_shut_in_the_words_of_whoever_reads(house, journey_id: str) -> None:
    with house.as_owner():
        (build, live) = gates_of(journey_id, "train", "live")
        assert [(line.words, line.holds, line.who) for line in build.lines] == [
            ("You need more than five seats", False, "Lead acme"), ("“Secret check” is done", False, "Owner acme"), ("Nothing is blocked", True, ""),
        ]  # fmt: skip
        assert [(line.words, line.holds, line.who) for line in live.lines] == [
            ("The promised go-live has not passed", True, ""), ("It is opened by hand", False, "Owner acme"),
        ]  # fmt: skip
        assert (build.may_sign, build.may_override, live.may_sign, live.may_override) == (False, True, True, True)
    with house.as_contact():
        (build,) = gates_of(journey_id, "train")
        assert [(line.words, line.holds, line.who) for line in build.lines] == [
            ("You need more than five seats", False, "Lead acme"), ("Something is finished on our side", False, "House acme"),
            ("Nothing is blocked", True, ""),
        ]  # fmt: skip
        assert (build.may_sign, build.may_override) == (False, False)


def test_whoever_it_waits_for_says_yes_and_nobody_else(house, journey_id: str) -> None:
    manager = house.member("manager")
    do(house, journey_id, "needs", "check")
    with house.as_owner():
        record_facts(journey_id, {"seats": 6})
    run_until_idle()
    with tenancy.acting_for(house.organisation_id, actor_for_member(manager)), pytest.raises(NotAllowed):
        sign_gate(journey_id, "step:live")
    with house.as_contact(), pytest.raises(NotAllowed):
        sign_gate(journey_id, "step:live")
    with house.as_owner():
        assert sign_gate(journey_id, "step:live") is False  # what comes before is not done yet
        with pytest.raises(Conflict):
            sign_gate(journey_id, "step:live")
        with pytest.raises(Conflict):
            sign_gate(journey_id, "stage:build")
    do(house, journey_id, "install")
    assert (states(house, journey_id)["live"], gates(house, journey_id)["step:live"]) == ("ready", "open")


def test_it_is_opened_against_its_conditions_by_permission_with_a_reason_that_stays(house, journey_id: str) -> None:
    do(house, journey_id, "needs")
    specialist = house.member("specialist")
    with tenancy.acting_for(house.organisation_id, actor_for_member(specialist)), pytest.raises(NotAllowed):
        override_gate(journey_id, "stage:build", reason="In a hurry")
    with house.as_owner():
        with pytest.raises(Invalid):
            override_gate(journey_id, "stage:build", reason=" ")
        with pytest.raises(NotFound):
            override_gate(journey_id, "stage:nothing", reason="In a hurry")
        override_gate(journey_id, "stage:build", reason="In a hurry")
        with pytest.raises(Conflict):
            override_gate(journey_id, "stage:build", reason="Again")
        written = AuditEntry.objects.get(verb="gate.overridden")
        assert '"why":"In a hurry"' in written.body
        (build,) = gates_of(journey_id, "install")
        assert (build.is_shut, build.reason, build.opened_by_name) == (False, "In a hurry", "Owner acme")
    with house.as_contact():
        (build,) = gates_of(journey_id, "train")
        assert (build.reason, build.opened_by_name) == ("", "")
    assert states(house, journey_id)["install"] == "ready"


def test_a_promise_that_has_passed_keeps_it_shut(house) -> None:
    with house.as_owner():
        import_playbook(BOOK, kind_rules())
    journey_id = house.start(playbook_key="gated", facts={"seats": 6}, committed_live_on=date(2020, 1, 1))
    do(house, journey_id, "needs", "check", "install")
    with house.as_owner():
        assert sign_gate(journey_id, "step:live") is False
        (live,) = gates_of(journey_id, "live")
        assert [line.holds for line in live.lines] == [False, True]
        assert live.lines[0].words == "The promised go-live has not passed: 1 January 2020"
    assert states(house, journey_id)["live"] == "locked"


def test_a_paused_onboarding_opens_no_gate_until_it_goes_on(house, journey_id: str) -> None:
    do(house, journey_id, "needs", "check")
    with house.as_owner():
        record_facts(journey_id, {"seats": 5})
        pause_journey(journey_id, reason="Holidays")
        record_facts(journey_id, {"seats": 6})
    run_until_idle()
    assert gates(house, journey_id)["stage:build"] == "shut"
    with house.as_owner():
        resume_journey(journey_id)
    run_until_idle()
    assert gates(house, journey_id)["stage:build"] == "open"


def test_what_comes_before_may_be_reopened_and_the_gate_stays_open(house, journey_id: str) -> None:
    do(house, journey_id, "needs", "check")
    with house.as_owner():
        record_facts(journey_id, {"seats": 6})
    run_until_idle()
    with house.as_owner():
        reopen_step(journey_id, "needs", reason="Forgot something")
    assert states(house, journey_id)["install"] == "locked"
    do(house, journey_id, "needs")
    assert states(house, journey_id)["install"] == "ready"


def test_a_changed_plan_keeps_a_shut_gate_in_the_way(house, journey_id: str) -> None:
    with house.as_owner():
        record_facts(journey_id, {"seats": 7})
        apply_proposal(PlanProposal.objects.get(state="open").id)  # takes a step out
        record_facts(journey_id, {"seats": 2})
        apply_proposal(PlanProposal.objects.get(state="open").id)  # and puts it in again
    run_until_idle()
    do(house, journey_id, "needs", "check")
    with house.as_owner():
        assert dict(Step.objects.filter(journey_id=journey_id).exclude(state="cancelled").values_list("key", "blockers"))["train"] == 2
        assert states(house, journey_id)["install"] == "locked"
        record_facts(journey_id, {"seats": 9})
    run_until_idle()
    assert states(house, journey_id)["install"] == "ready"


def test_a_move_to_a_version_puts_up_its_gates_and_takes_others_away(house, journey_id: str) -> None:
    without = BOOK.replace("        gate: [{in_time: true}, {opened_by: manager}]\n", "")
    without = without.replace(
        "title: {en: Install, ms: Pasang}, needs: [needs]}", "title: {en: Install, ms: Pasang}, needs: [needs], gate: [{done: check}]}"
    )
    with house.as_owner():
        import_playbook(without, kind_rules())
        move_to_version(journey_id, number=2)
        record_facts(journey_id, {"seats": 6})
    run_until_idle()
    do(house, journey_id, "needs")
    assert states(house, journey_id)["install"] == "locked"
    do(house, journey_id, "check")
    assert states(house, journey_id)["install"] == "ready"
    do(house, journey_id, "install")
    assert states(house, journey_id)["live"] == "ready"  # its gate is not in the new version


def test_a_gate_before_everything_leaves_nothing_open_and_nobody_to_wait_for(house) -> None:
    book = BOOK.replace(
        "  - key: begin\n    title: {en: Begin, ms: Mula}\n",
        "  - key: begin\n    title: {en: Begin, ms: Mula}\n    gate: [{opened_by: manager}]\n",
    )
    with house.as_owner():
        import_playbook(book, kind_rules())
    journey_id = house.start(playbook_key="gated")
    run_until_idle()
    assert set(states(house, journey_id).values()) == {"locked"}
    with house.as_owner():
        journey = Journey.objects.get(pk=journey_id)
        assert (journey.waiting_side, journey.stage_key, journey.steps_total) == ("", "begin", 5)
        assert sign_gate(journey_id, "stage:begin") is True
    assert states(house, journey_id)["needs"] == "ready"


def test_an_onboarding_without_gates_pays_one_short_look(house) -> None:
    journey_id = house.start()
    with (
        house.as_owner(),
        CaptureQueriesContext(
            connection,
        ) as seen,
    ):
        assert open_what_may(journey_id) == []
    assert len(seen) <= 1  # none is counted when the statement is prepared on the driver
