"""A day that counts from a fact comes, moves and goes with the fact; a proposal says in words which facts ask for it."""

from datetime import date

import pytest

from boardwell.domain.audit.models import AuditEntry
from boardwell.domain.journeys.actions.complete_step import complete_step
from boardwell.domain.journeys.actions.record_facts import record_facts
from boardwell.domain.journeys.actions.undo import undo
from boardwell.domain.journeys.kinds import kind_rules
from boardwell.domain.journeys.models import Journey, Step
from boardwell.domain.journeys.orders import Outcome
from boardwell.domain.journeys.queries.pages import journey_page
from boardwell.domain.journeys.queries.undoing import last_undoable
from boardwell.domain.playbooks.actions.write_playbook import import_playbook

SOURCE = """\
boardwell: 1
key: dated
title: {en: Dated}
roles:
  us: {side: ours, title: {en: Us}}
facts:
  ends_on: {type: date, title: {en: End of term}}
  size: {type: choice, title: {en: Size}, choices: {s: {en: Small}, l: {en: Large}}}
  remote: {type: yes_no, title: {en: Works remotely}}
stages:
  - key: one
    title: {en: One}
    steps:
      - {key: order, kind: task, side: ours, owner: us, title: {en: Order}, due: {days: 1}}
      - {key: live, kind: milestone, side: ours, owner: us, title: {en: Live}, needs: [order], due: {days: -30, unit: calendar, from: 'fact:ends_on'}, settings: {marks: go_live}}
      - {key: call, kind: task, side: ours, owner: us, title: {en: Call}, needs: [live], due: {days: 7, unit: calendar, from: 'step:live'}, remind: {on: true}}
      - {key: visit, kind: task, side: ours, owner: us, title: {en: Visit}, when: 'facts.size == "l" && facts.remote == false'}
"""


@pytest.fixture
def journey_id(house) -> str:
    with house.as_owner():
        import_playbook(SOURCE, kind_rules())
    return house.start(playbook_key="dated", kickoff_on=date(2026, 3, 2))


def days(journey_id: str) -> dict[str, date | None]:
    return dict(Step.objects.filter(journey_id=journey_id).values_list("key", "planned_on"))


def test_steps_that_count_from_a_fact_get_their_day_when_it_is_learnt(house, journey_id) -> None:
    with house.as_owner():
        assert days(journey_id) == {"order": date(2026, 3, 3), "live": None, "call": None}
        complete_step(journey_id, "order", Outcome(facts={"ends_on": "2026-12-31"}))
        assert days(journey_id) == {"order": date(2026, 3, 3), "live": date(2026, 12, 1), "call": date(2026, 12, 8)}
        assert Journey.objects.get(pk=journey_id).planned_live_on == date(2026, 12, 1)
        call = Step.objects.get(journey_id=journey_id, key="call")
        assert (call.state, call.next_due_at) == ("locked", None)
        assert None not in (call.due_at, call.nudge_at)
        assert AuditEntry.objects.filter(journey_id=journey_id, verb="step.dated").count() == 2


def test_a_corrected_fact_moves_what_is_open_and_leaves_what_has_ended(house, journey_id) -> None:
    with house.as_owner():
        complete_step(journey_id, "order", Outcome(facts={"ends_on": "2026-12-31"}))
        complete_step(journey_id, "live")
        record_facts(journey_id, {"ends_on": "2027-01-31"})
        assert days(journey_id) == {"order": date(2026, 3, 3), "live": date(2026, 12, 1), "call": date(2027, 1, 8)}
        record_facts(journey_id, {"size": "s"})
        assert AuditEntry.objects.filter(journey_id=journey_id, verb="step.dated").count() == 3


def test_undoing_the_step_that_recorded_the_fact_takes_the_days_away_again(house, journey_id) -> None:
    with house.as_owner():
        before = days(journey_id)
        complete_step(journey_id, "order", Outcome(facts={"ends_on": "2026-12-31"}))
        offer = last_undoable(journey_id)
        assert offer is not None
        undo(journey_id, offer.position)
        assert days(journey_id) == before


def test_recording_a_date_is_no_act_whose_days_can_be_moved_back_alone(house, journey_id) -> None:
    with house.as_owner():
        record_facts(journey_id, {"ends_on": "2026-12-31"})
        assert last_undoable(journey_id) is None


def test_a_proposal_names_in_words_only_the_facts_that_ask_for_it(house, journey_id) -> None:
    with house.as_owner():
        record_facts(journey_id, {"ends_on": "2026-12-31", "size": "l", "remote": False})
        [proposal] = journey_page(journey_id).proposals
    assert proposal.because == (("Size", "–", "Large"), ("Works remotely", "–", "No"))
    assert proposal.additions == ("Visit",)
