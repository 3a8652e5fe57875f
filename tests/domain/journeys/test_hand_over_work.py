"""A leaver's work handed over in one go: exactly what was shown moves, to whom it was said, with one entry, and back again."""

from datetime import UTC, date, datetime

import pytest
import time_machine

from boardwell.capabilities.meetings.booking import book, open_slots, place
from boardwell.capabilities.meetings.models import Meeting, TakenQuarter
from boardwell.domain.accounts.models import Account
from boardwell.domain.audit.queries import entries_for_object
from boardwell.domain.journeys.actions.assign_step import assign_step
from boardwell.domain.journeys.actions.cancel_journey import cancel_journey
from boardwell.domain.journeys.actions.complete_step import complete_step
from boardwell.domain.journeys.actions.hand_over_work import hand_over_work, undo_hand_over
from boardwell.domain.journeys.handing import Receivers, work_of
from boardwell.domain.journeys.handle import handle_for
from boardwell.domain.journeys.kinds import kind_rules
from boardwell.domain.journeys.models import Journey, Step
from boardwell.domain.journeys.queries.players import cast_of
from boardwell.domain.people.actions.change_member import change_member
from boardwell.domain.people.roles import actor_for_member
from boardwell.domain.playbooks.actions.write_playbook import import_playbook
from boardwell.kernel import tenancy
from boardwell.kernel.errors import Conflict, Invalid, NotAllowed, NotFound

MEETING = """
boardwell: 1
key: meet
title: {en: Meet}
roles:
  host: {side: ours, title: {en: Host}}
  boss: {side: ours, title: {en: Boss}}
  lead: {side: customer, title: {en: Lead}}
stages:
  - key: all
    title: {en: All}
    steps:
      - {key: talk, kind: meeting, side: customer, owner: lead, title: {en: Talk}, due: {days: 3}, settings: {minutes: 30, hosts: [host]}}
      - {key: prepare, kind: task, side: ours, owner: host, effort: 2, title: {en: Prepare}, due: {days: 2}}
      - {key: agree, kind: approval, side: ours, owner: boss, title: {en: Agree}, due: {days: 4}, settings: {question: {en: OK?}}}
"""


@pytest.fixture(autouse=True)
def monday():
    with time_machine.travel(datetime(2026, 3, 2, 9, tzinfo=UTC), tick=False):
        yield


@pytest.fixture
def leaving(house):
    """A specialist with two onboardings, one of them with a meeting that they host; a manager and a trainer who stay."""
    house.leaver, house.manager, house.trainer = house.member("specialist"), house.member("manager"), house.member("trainer")
    with house.as_owner():
        import_playbook(MEETING, kind_rules())
    house.small = house.start(owner_id=house.leaver.id, kickoff_on=date(2026, 3, 2), title="Small")
    house.meet = house.start(playbook_key="meet", owner_id=house.leaver.id, kickoff_on=date(2026, 3, 2), title="Meet")
    with house.as_contact():
        handle = handle_for(house.meet, "talk")
        book(handle, open_slots(handle)[0].start, time_zone="UTC")
    return house


def doers(journey_id: str) -> dict[str, str | None]:
    return dict(Step.objects.filter(journey_id=journey_id, side="ours").values_list("key", "member_id"))


def test_all_that_is_somebodys_is_found(leaving) -> None:
    with leaving.as_owner():
        cancelled = leaving.start(owner_id=leaving.leaver.id)
        cancel_journey(cancelled, reason="Gone")
        complete_step(leaving.small, "welcome")
        Account.objects.filter(pk=leaving.account_id).update(owner=leaving.leaver)
        work = work_of(leaving.leaver.id)
    assert [(one.title, one.is_owned, one.roles, [step.title for step in one.steps]) for one in work.journeys] == [
        ("Meet", True, ("boss", "host"), ["Prepare", "Agree"]), ("Small", True, ("manager",), ["Live"]),
    ]  # fmt: skip
    assert (work.owned, work.steps, work.waiting, work.held) == (2, 3, 1, 1)
    assert work.role_titles == {"boss": "Boss", "host": "Host", "manager": "Manager"}
    assert work.accounts == ((leaving.account_id, "Customer of acme"),)


def test_roles_are_people_from_the_start_and_follow_the_hand_over(leaving) -> None:
    with leaving.as_owner():
        assert cast_of(leaving.meet) == [("Host", "specialist acme"), ("Boss", "specialist acme"), ("Lead", "Lead acme")]
        hand_over_work(leaving.leaver.id, Receivers(leaving.manager.id, {"boss": leaving.owner.id}))
        assert cast_of(leaving.meet) == [("Host", "manager acme"), ("Boss", "Owner acme"), ("Lead", "Lead acme")]


def test_an_onboarding_goes_before_a_role_and_a_role_before_everything(leaving) -> None:
    with leaving.as_owner():
        complete_step(leaving.small, "welcome")
        given = Receivers(leaving.manager.id, {"boss": leaving.owner.id}, {leaving.small: leaving.trainer.id})
        assert hand_over_work(leaving.leaver.id, given) == 2
        assert doers(leaving.meet) == {"prepare": leaving.manager.id, "agree": leaving.owner.id}
        assert doers(leaving.small) == {"welcome": leaving.leaver.id, "live": leaving.trainer.id}
        meet, small = Journey.objects.get(pk=leaving.meet), Journey.objects.get(pk=leaving.small)
        assert (meet.owner_id, meet.roles["boss"], meet.roles["host"]) == (leaving.manager.id, leaving.owner.id, leaving.manager.id)
        assert (small.owner_id, small.roles["manager"]) == (leaving.trainer.id, leaving.trainer.id)
        meeting = Meeting.objects.get()
        assert (meeting.host_ids, meeting.sequence) == ([leaving.manager.id], 1)
        assert set(TakenQuarter.objects.values_list("member_id", flat=True)) == {leaving.manager.id}
        assert work_of(leaving.leaver.id).is_empty
        assert next(line.verb for line in entries_for_object(leaving.leaver.id)) == "member.work_handed_over"
        assert next(line.verb for line in entries_for_object(leaving.small)) == "journey.work_given"
        with pytest.raises(Conflict):
            hand_over_work(leaving.leaver.id, given)


def test_it_is_taken_back_as_far_as_it_is_where_it_went(leaving) -> None:
    with leaving.as_owner():
        hand_over_work(leaving.leaver.id, Receivers(leaving.manager.id))
        assign_step(leaving.meet, "agree", member_id=leaving.trainer.id)
        assert undo_hand_over(leaving.leaver.id) == 2
        assert doers(leaving.meet) == {"prepare": leaving.leaver.id, "agree": leaving.trainer.id}
        assert doers(leaving.small) == dict.fromkeys(("welcome", "live"), leaving.leaver.id)
        assert Journey.objects.get(pk=leaving.meet).owner_id == leaving.leaver.id
        assert Journey.objects.get(pk=leaving.meet).roles["host"] == leaving.leaver.id
        assert Meeting.objects.get().host_ids == [leaving.leaver.id]
        with pytest.raises(Conflict):
            undo_hand_over(leaving.leaver.id)


def test_a_meeting_stays_when_its_new_host_has_another_one_then(leaving) -> None:
    second = leaving.start(playbook_key="meet", owner_id=leaving.manager.id, title="Second")
    with leaving.as_owner():
        place(handle_for(second, "talk"), Meeting.objects.get().start_at, host_ids=[leaving.manager.id], time_zone="UTC")
        hand_over_work(leaving.leaver.id, Receivers(leaving.manager.id))
        assert Meeting.objects.get(journey_id=leaving.meet).host_ids == [leaving.leaver.id]
        assert work_of(leaving.leaver.id).held == 1


def test_what_would_go_to_nobody_is_refused_and_nothing_has_moved(leaving) -> None:
    with leaving.as_owner():
        change_member(leaving.trainer.id, active=False)
        for wrong in (
            Receivers(), Receivers(leaving.leaver.id), Receivers(leaving.trainer.id), Receivers("mem_nobody"),
            Receivers(by_role={"manager": leaving.manager.id}), Receivers(by_journey={leaving.small: leaving.manager.id}),
        ):  # fmt: skip
            with pytest.raises(Invalid):
                hand_over_work(leaving.leaver.id, wrong)
        with pytest.raises(NotFound):
            hand_over_work("mem_nobody", Receivers(leaving.manager.id))
    viewer = leaving.member("viewer")
    with tenancy.acting_for(leaving.organisation_id, actor_for_member(viewer)), pytest.raises(NotAllowed):
        hand_over_work(leaving.leaver.id, Receivers(leaving.manager.id))
    with leaving.as_owner():
        assert doers(leaving.meet) == dict.fromkeys(("prepare", "agree"), leaving.leaver.id)
        assert Meeting.objects.get().host_ids == [leaving.leaver.id]


def test_after_half_an_hour_or_when_the_leaver_has_left_since_it_stays(leaving) -> None:
    with leaving.as_owner():
        hand_over_work(leaving.leaver.id, Receivers(leaving.manager.id))
        with time_machine.travel(datetime(2026, 3, 2, 9, 31, tzinfo=UTC), tick=False), pytest.raises(Conflict):
            undo_hand_over(leaving.leaver.id)
        change_member(leaving.leaver.id, active=False)
        with pytest.raises(Conflict):
            undo_hand_over(leaving.leaver.id)
        assert doers(leaving.small)["live"] == leaving.manager.id


def test_the_page_shows_what_moves_before_it_does_and_is_offered_when_somebody_is_switched_off(leaving, signed_in) -> None:
    client, page = signed_in(leaving.owner.person), f"/acme/people/{leaving.leaver.id}/hand-over/"
    away = client.post(f"/acme/people/{leaving.leaver.id}/", {"verb": "deactivate"})
    assert away.url == page
    assert "They still have 4 open steps." in client.get(page).content.decode()
    assert client.post(page, {"verb": "look"}).status_code == 422
    choice = {"everything": leaving.manager.id, "role.boss": leaving.owner.id, f"journey.{leaving.small}": leaving.trainer.id}
    seen = client.post(page, {"verb": "look", **choice}).content.decode()
    assert "The onboarding itself" in seen
    with leaving.as_owner():
        assert doers(leaving.meet)["agree"] == leaving.leaver.id
    assert client.post(page, {"verb": "give", **choice}).status_code == 302
    with leaving.as_owner():
        assert doers(leaving.meet) == {"prepare": leaving.manager.id, "agree": leaving.owner.id}
    assert "Nothing to hand over" in client.get(page).content.decode()
    client.post(page, {"verb": "undo"})
    with leaving.as_owner():
        assert doers(leaving.meet) == dict.fromkeys(("prepare", "agree"), leaving.leaver.id)
