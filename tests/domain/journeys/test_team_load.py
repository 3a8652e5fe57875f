"""The team's load as it is read: from real onboardings, with days off, over-booking and who has room; the queries stay the same."""

from datetime import UTC, date, datetime

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext

from boardwell.domain.audit.queries import entries_for_object
from boardwell.domain.journeys.actions.complete_step import complete_step
from boardwell.domain.journeys.actions.pause_journey import pause_journey
from boardwell.domain.journeys.kinds import kind_rules
from boardwell.domain.journeys.models import Step
from boardwell.domain.journeys.queries.load import member_load, overbooked_by, team_load
from boardwell.domain.organisations.actions.change_settings import save_calendar
from boardwell.domain.organisations.models import WorkCalendar
from boardwell.domain.people.actions.change_member import change_member
from boardwell.domain.people.actions.plan_time import add_time_off, change_week, remove_time_off, undo_time
from boardwell.domain.people.models import Member
from boardwell.domain.people.roles import actor_for_member
from boardwell.domain.playbooks.actions.write_playbook import import_playbook
from boardwell.kernel import tenancy
from boardwell.kernel.errors import Conflict, Invalid, NotAllowed, NotFound

LADEN = """
boardwell: 1
key: laden
title: {en: Laden}
roles:
  manager: {side: ours, title: {en: Manager}}
  lead: {side: customer, title: {en: Lead}}
stages:
  - key: all
    title: {en: All}
    steps:
      - {key: setup, kind: task, side: ours, owner: manager, effort: 10, title: {en: Set up}, due: {days: 4}}
      - {key: answers, kind: task, side: customer, owner: lead, effort: 99, title: {en: Answer}, needs: [setup], due: {days: 9}}
      - {key: build, kind: task, side: ours, owner: manager, effort: 20, title: {en: Build}, needs: [setup], due: {days: 9}}
      - {key: teach, kind: task, side: ours, owner: manager, minutes: 90, title: {en: Teach}, needs: [build], duration: 1, due: {days: 14}}
      - {key: sometime, kind: task, side: ours, owner: manager, effort: 2.5, title: {en: Some time}}
      - {key: live, kind: milestone, side: ours, owner: manager, title: {en: Live}, needs: [build], due: {days: 15}, settings: {marks: go_live}}
"""
WEEKS = [date(2026, 3, 2), date(2026, 3, 9), date(2026, 3, 16)]


@pytest.fixture(autouse=True)
def monday():
    with time_machine.travel(datetime(2026, 3, 2, 9, tzinfo=UTC), tick=False):
        yield


@pytest.fixture
def laden(house):
    """A house without holidays whose owner has ten hours a week, and one onboarding."""
    with house.as_owner():
        calendar = WorkCalendar.objects.get(is_default=True)
        save_calendar(calendar_id=calendar.id, name=calendar.name, country="", weekdays=[0, 1, 2, 3, 4], is_default=True)
        import_playbook(LADEN, kind_rules())
        change_week(house.owner.id, hours=10)
    house.journey_id = house.start(playbook_key="laden", kickoff_on=date(2026, 3, 2))
    return house


def hours(house, weeks: int = 3) -> list[tuple[float, float]]:
    with house.as_owner():
        (found,) = member_load(house.owner.id, weeks=weeks).members
    return [(week.minutes / 60, week.capacity / 60) for week in found.weeks]


def test_effort_goes_from_the_playbook_to_the_week_in_which_it_is_done(laden) -> None:
    # Set up: 10 hours until Friday. Build: 20 hours over the next five days. Teach: an hour and a half on the 20th. Ours only.
    assert hours(laden) == [(10, 10), (20, 10), (1.5, 10)]
    with laden.as_owner():
        (found,) = member_load(laden.owner.id, weeks=3).members
        load = member_load(laden.owner.id, weeks=3)
        assert found.undated == 150
        assert (found.most_over.monday, found.most_over.over) == (date(2026, 3, 9), 600)
        assert [(load.steps[one.step_id].title, one.minutes) for one in found.most_over.shares] == [("Build", 1200)]
    with laden.as_owner():
        kept = dict(Step.objects.filter(journey_id=laden.journey_id, effort_minutes__gt=0).values_list("key", "effort_minutes"))
    assert kept == {"setup": 600, "build": 1200, "teach": 90, "sometime": 150}


def test_what_is_done_or_paused_costs_nothing_more_and_what_follows_can_begin(laden) -> None:
    with laden.as_owner():
        complete_step(laden.journey_id, "setup")
    # Set up was done on the 2nd, so Build can begin on the 3rd: nine days, four of them in the first week.
    assert hours(laden) == [(533 / 60, 10), (667 / 60, 10), (1.5, 10)]
    with laden.as_owner():
        pause_journey(laden.journey_id, reason="Summer")
    assert hours(laden) == [(0, 10)] * 3


def test_days_off_take_capacity_and_work_moves_to_the_days_that_are_left(laden) -> None:
    with laden.as_owner():
        add_time_off(laden.owner.id, first_on=date(2026, 3, 4), last_on=date(2026, 3, 9), words="Hiking")
        build = Step.objects.get(journey_id=laden.journey_id, key="build")
    assert build.planned_on == date(2026, 3, 13)
    assert hours(laden)[:2] == [(10, 4), (20, 8)]


def test_time_off_is_ones_own_to_say_or_a_managers_and_can_be_taken_back(laden) -> None:
    specialist, colleague, manager = laden.member("specialist"), laden.member("trainer"), laden.member("manager")
    with tenancy.acting_for(laden.organisation_id, actor_for_member(specialist)):
        add_time_off(specialist.id, first_on=date(2026, 5, 4), last_on=None)
        with pytest.raises(NotAllowed):
            add_time_off(colleague.id, first_on=date(2026, 5, 4), last_on=None)
        with pytest.raises(NotAllowed):
            change_week(colleague.id, hours=1)
        with pytest.raises(Invalid) as refused:
            add_time_off(specialist.id, first_on=date(2026, 5, 8), last_on=date(2026, 5, 4))
        assert list(refused.value.fields) == ["last_on"]
    with tenancy.acting_for(laden.organisation_id, actor_for_member(manager)):
        add_time_off(specialist.id, first_on=date(2026, 6, 1), last_on=date(2026, 6, 5))
        remove_time_off(specialist.id, first_on=date(2026, 5, 4), last_on=date(2026, 5, 4))
        with pytest.raises(NotFound):
            remove_time_off(specialist.id, first_on=date(2026, 5, 4), last_on=date(2026, 5, 4))
        undo_time(specialist.id)
        change_week(specialist.id, hours=37.4)
    with laden.as_owner():
        specialist.refresh_from_db()
        assert [one["first_on"] for one in specialist.time_off] == ["2026-05-04", "2026-06-01"]
        assert specialist.week_minutes == 2250
        assert Member.objects.get(pk=colleague.id).time_off == []
        assert [line.verb for line in entries_for_object(specialist.id)] == ["member.time_changed"] * 5 + ["member.invited"]


def test_what_was_changed_since_is_not_taken_back(laden) -> None:
    manager = laden.member("manager")
    with tenancy.acting_for(laden.organisation_id, actor_for_member(manager)):
        add_time_off(laden.owner.id, first_on=date(2026, 5, 4), last_on=None)
    with laden.as_owner():
        with pytest.raises(NotFound):
            undo_time(manager.id)
        add_time_off(laden.owner.id, first_on=date(2026, 5, 5), last_on=None)
    with tenancy.acting_for(laden.organisation_id, actor_for_member(manager)), pytest.raises(Conflict):
        undo_time(laden.owner.id)
    with laden.as_owner():
        laden.owner.refresh_from_db()
    assert [one["first_on"] for one in laden.owner.time_off] == ["2026-05-04", "2026-05-05"]


def test_over_booking_names_the_week_the_hours_and_who_has_room_for_it(laden) -> None:
    able, small, viewer = laden.member("specialist"), laden.member("trainer"), laden.member("viewer")
    with laden.as_owner():
        change_week(small.id, hours=5)
        found = overbooked_by(laden.owner.id, laden.journey_id, ["build"])
        assert found is not None
        assert (found.name, found.monday, found.sunday, found.minutes, found.capacity) == (
            laden.owner.name, date(2026, 3, 9), date(2026, 3, 15), 1200, 600,
        )  # fmt: skip
        assert found.others == ((able.name, 2400 - 1200),)
        assert overbooked_by(laden.owner.id, laden.journey_id, ["setup"]) is None
        assert overbooked_by(viewer.id, laden.journey_id) is None


def test_the_most_burdened_stand_on_top_and_former_members_are_left_out(laden) -> None:
    gone = laden.member("manager")
    laden.member("specialist")
    with laden.as_owner():
        change_member(gone.id, active=False)
        assert [one.name for one in team_load().members] == ["Owner acme", "specialist acme"]
        assert [one.name for one in team_load(role="specialist").members] == ["specialist acme"]
        assert member_load(gone.id).members[0].weeks[0].minutes == 0
        with pytest.raises(NotFound):
            member_load("mem_nobody")


def test_the_queries_are_the_same_for_one_onboarding_and_for_many(laden) -> None:
    with laden.as_owner():
        team_load()
        with CaptureQueriesContext(
            connection,
        ) as one:
            team_load()
    for number in range(4):
        laden.start(playbook_key="laden", title=f"No. {number}")
    laden.member("specialist")
    with laden.as_owner(), CaptureQueriesContext(connection) as many:
        team_load()
    assert len(one) == len(many) <= 5
