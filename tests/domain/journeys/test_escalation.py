"""Ladders at work: told once for each rung, at working hours, never while the ball is elsewhere; what the step shows; who may set it."""

from datetime import datetime

import pytest
import time_machine

from boardwell.domain.audit.models import AuditEntry
from boardwell.domain.journeys.actions.change_ladder import change_ladder, suggested
from boardwell.domain.journeys.actions.complete_step import complete_step
from boardwell.domain.journeys.actions.hold_step import send_back
from boardwell.domain.journeys.actions.pause_journey import pause_journey
from boardwell.domain.journeys.actions.reopen_step import reopen_step
from boardwell.domain.journeys.actions.resume_journey import resume_journey
from boardwell.domain.journeys.clockwork import escalate_due
from boardwell.domain.journeys.escalationview import ladder_of
from boardwell.domain.journeys.kinds import kind_rules
from boardwell.domain.journeys.ladders import Ladder, Rung
from boardwell.domain.journeys.models import Escalation, Step
from boardwell.domain.organisations.models import AccessPolicy, Organisation
from boardwell.domain.people.actions.change_member import change_member
from boardwell.domain.people.roles import actor_for_member
from boardwell.domain.playbooks.actions.write_playbook import import_playbook
from boardwell.kernel import tenancy
from boardwell.kernel.errors import Invalid, NotAllowed
from boardwell.kernel.models import Mail
from boardwell.kernel.tasks.worker import run_until_idle
from boardwell.listeners.notifications.notices import send_waiting
from tests.conftest import SMALL

LADDER = Ladder((Rung(4, "hours", "our_turn", ("doer",)), Rung(2, "days", "our_overdue", ("owner", "managers"), "owner")))
MONDAY = datetime.fromisoformat("2026-03-02T09:00:00+00:00")


@pytest.fixture
def clock():
    with time_machine.travel(MONDAY, tick=False) as traveller:
        yield traveller


def set_ladder(house, ladder: Ladder = LADDER) -> None:
    with house.as_owner():
        change_ladder(ladder)
    run_until_idle()


def look(clock, when: str) -> None:
    clock.move_to(datetime.fromisoformat(f"{when}:00+00:00"), tick=False)
    escalate_due()
    run_until_idle()


def told(purpose: str = "notice") -> list[tuple[str, str]]:
    return sorted(Mail.objects.filter(purpose=purpose).values_list("recipient", "subject"))


def done(house) -> list[str]:
    with house.as_owner():
        return [one["key"] for row in Escalation.objects.all() for one in row.done]


def test_each_rung_tells_its_people_once_when_its_working_time_has_passed(house, clock) -> None:
    manager = house.member("manager")
    helper = house.member("specialist")
    set_ladder(house)
    journey_id = house.start(roles={"manager": helper.id})
    run_until_idle()
    look(clock, "2026-03-02T12:59")
    assert told() == []
    for _again in range(2):
        look(clock, "2026-03-02T13:00")
    assert told() == [("specialist@acme.example", "Customer of acme: “Welcome” takes too long")]
    look(clock, "2026-03-05T16:59")  # due on Tuesday; two working days later is the end of Thursday
    assert done(house) == ["our_turn:4:hours"]
    for _again in range(2):
        look(clock, "2026-03-05T17:00")
    assert done(house) == ["our_turn:4:hours", "our_overdue:2:days"]
    with house.as_owner():
        assert Step.objects.get(journey_id=journey_id, key="welcome").member_id == house.owner.id  # it was given on
        assert AuditEntry.objects.filter(verb="step.escalated", actor_kind="system").count() == 2
    assert {recipient for recipient, _subject in told()} == {"specialist@acme.example", "owner@acme.example", "manager@acme.example"}
    assert manager.id
    text = Mail.objects.filter(purpose="notice", recipient="owner@acme.example").get().text
    assert "It is our turn, and 2 working days overdue." in text


def test_the_clock_stands_still_while_the_customer_holds_the_ball(house, clock) -> None:
    set_ladder(house, Ladder((Rung(8, "hours", "our_turn", ("doer",)),)))
    journey_id = house.start()
    run_until_idle()
    clock.move_to(datetime.fromisoformat("2026-03-02T11:00:00+00:00"), tick=False)
    with house.as_owner():
        send_back(journey_id, "welcome", reason="Which one do you mean?")
    run_until_idle()
    look(clock, "2026-03-20T12:00")
    assert done(house) == []
    with house.as_owner():
        (rung,) = ladder_of(journey_id, "welcome")
        assert (rung.words, rung.due_at, rung.done_at) == ("It has been our turn for 8 working hours.", None, None)


def test_nothing_escalates_while_it_is_paused_and_it_goes_on_where_it_stood(house, clock) -> None:
    set_ladder(house, Ladder((Rung(4, "hours", "our_turn", ("doer",)),)))
    journey_id = house.start()
    run_until_idle()
    clock.move_to(datetime.fromisoformat("2026-03-02T12:00:00+00:00"), tick=False)
    with house.as_owner():
        pause_journey(journey_id, reason="Holidays")
    run_until_idle()
    look(clock, "2026-03-09T12:00")
    assert done(house) == []
    with house.as_owner():
        resume_journey(journey_id)
        run_until_idle()
        (rung,) = ladder_of(journey_id, "welcome")
        assert rung.due_at == datetime.fromisoformat("2026-03-09T13:00:00+00:00")
    look(clock, "2026-03-09T12:59")
    assert done(house) == []
    look(clock, "2026-03-09T13:00")
    assert done(house) == ["our_turn:4:hours"]


def test_what_is_done_in_time_escalates_nothing_and_what_is_reopened_begins_below(house, clock) -> None:
    set_ladder(house)
    journey_id = house.start()
    run_until_idle()
    look(clock, "2026-03-02T13:00")
    with house.as_owner():
        complete_step(journey_id, "welcome")
    run_until_idle()
    look(clock, "2026-03-12T13:00")
    assert done(house) == ["our_turn:4:hours"]
    with house.as_owner():
        reopen_step(journey_id, "welcome", reason="Once more")
    run_until_idle()
    look(clock, "2026-03-12T13:01")
    with house.as_owner():
        row = Escalation.objects.get(step__key="welcome")
        assert "our_turn:4:hours" not in [one["key"] for one in row.done]
    look(clock, "2026-03-13T09:00")
    assert "our_turn:4:hours" in done(house)


def test_mail_waits_for_the_end_of_the_quiet_hours(house, clock) -> None:
    with house.as_owner():
        AccessPolicy.objects.update(quiet_from_hour=12, quiet_until_hour=15)
    set_ladder(house)
    house.start()
    run_until_idle()
    look(clock, "2026-03-02T13:00")
    assert (done(house), told()) == (["our_turn:4:hours"], [])
    clock.move_to(datetime.fromisoformat("2026-03-02T15:00:00+00:00"), tick=False)
    send_waiting()
    assert len(told()) == 1
    send_waiting()
    assert len(told()) == 1


def test_a_customers_step_escalates_by_the_clock_that_is_meant_for_it(house, clock) -> None:
    set_ladder(house, Ladder((Rung(1, "hours", "our_turn", ("doer",)), Rung(1, "days", "their_overdue", ("owner",)))))
    journey_id = house.start()
    with house.as_owner():
        complete_step(journey_id, "welcome")
    run_until_idle()
    look(clock, "2026-03-06T16:59")  # the customer's step was due on Thursday
    assert done(house) == []
    look(clock, "2026-03-06T17:00")
    assert done(house) == ["their_overdue:1:days"]


def test_a_steps_own_escalation_is_one_rung_and_tells_nobody_twice(house, clock) -> None:
    book = SMALL.replace("key: small", "key: rungs").replace(
        "title: {en: Needs}\n        due: {days: 3}",
        "title: {en: Needs}\n        due: {days: 3}\n        remind: {on: true, after: [1], escalate: 2}",
    )
    with house.as_owner():
        import_playbook(book, kind_rules())
    journey_id = house.start(playbook_key="rungs")
    with house.as_owner():
        complete_step(journey_id, "welcome")
    run_until_idle()
    look(clock, "2026-03-09T17:00")
    assert done(house) == ["their_overdue:2:days"]
    assert told() == [("owner@acme.example", "Customer of acme: “Needs” takes too long")]


def test_without_a_ladder_nothing_is_wound(house, clock) -> None:
    house.start()
    run_until_idle()
    with house.as_owner():
        assert not Escalation.objects.exists()
    set_ladder(house)  # open steps get their place
    with house.as_owner():
        assert list(Escalation.objects.values_list("step__key", flat=True)) == ["welcome"]


def test_whoever_left_hears_nothing(house, clock) -> None:
    helper = house.member("specialist")
    set_ladder(house)
    house.start(roles={"manager": helper.id})
    run_until_idle()
    with house.as_owner():
        change_member(helper.id, active=False)
    run_until_idle()
    look(clock, "2026-03-02T14:00")
    assert [recipient for recipient, _subject in told() if recipient.startswith("specialist")] == []


def test_who_may_not_change_settings_changes_no_ladder_and_what_is_wrong_is_said(house) -> None:
    specialist = house.member("specialist")
    with tenancy.acting_for(house.organisation_id, actor_for_member(specialist)), pytest.raises(NotAllowed):
        change_ladder(LADDER)
    with house.as_owner():
        with pytest.raises(Invalid) as refused:
            change_ladder(Ladder((Rung(0, "weeks", "mine", ()), Rung(1, "days", "our_turn", ("mem_nobody",))), 17, 9))
        assert set(refused.value.fields) == {"from_hour", "rung0_after", "rung0_unit", "rung0_clock", "rung0_tell", "rung1_tell"}
        assert Organisation.objects.get(slug="acme").ladder == {}
        change_ladder(suggested())
        before = AuditEntry.objects.count()
        change_ladder(suggested())
        assert AuditEntry.objects.count() == before


def test_the_pages_show_the_ladder_and_take_a_new_one(house, signed_in) -> None:
    client = signed_in(house.owner.person)
    assert "Fill in the usual ladder" in client.get("/acme/settings/escalation/").content.decode()
    body = client.post("/acme/settings/escalation/", {"usual": "1"}).content.decode()
    assert "It is our turn, and 3 working days overdue." in body
    typed = {
        "from_hour": "8", "until_hour": "16", "rung0_after": "2", "rung0_unit": "hours", "rung0_clock": "our_turn", "rung0_tell": ["owner", house.owner.id],
        "rung0_reassign": "", "rung1_after": "",
    }  # fmt: skip
    assert client.post("/acme/settings/escalation/", {**typed, "rung0_after": "many"}).status_code == 422
    assert client.post("/acme/settings/escalation/", typed).status_code == 302
    with house.as_owner():
        kept = Organisation.objects.get(slug="acme").ladder
        assert (kept["from_hour"], kept["until_hour"], [rung["tell"] for rung in kept["rungs"]]) == (8, 16, [["owner", house.owner.id]])
    journey_id = house.start()
    run_until_idle()
    body = client.get(f"/acme/journeys/{journey_id}/steps/welcome/").content.decode()
    assert "If it takes longer" in body
    assert "It has been our turn for 2 working hours." in body
