"""Where the days of a slip went, as the log and the steps of a real onboarding tell it."""

from datetime import UTC, date, datetime

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext

from boardwell.domain.journeys.actions.complete_step import complete_step
from boardwell.domain.journeys.actions.hold_step import send_back
from boardwell.domain.journeys.actions.pause_journey import pause_journey
from boardwell.domain.journeys.actions.resume_journey import resume_journey
from boardwell.domain.journeys.forecasting import forecast_anew
from boardwell.domain.journeys.kinds import kind_rules
from boardwell.domain.journeys.models import Journey, Step
from boardwell.domain.journeys.queries.delays import delay_of
from boardwell.domain.playbooks.actions.write_playbook import import_playbook
from boardwell.kernel.errors import NotFound

CHAIN = """
boardwell: 1
key: chain
title: {en: Chain}
roles: {we: {side: ours, title: {en: We}}, you: {side: customer, title: {en: You}}}
stages:
  - key: s
    title: {en: S}
    steps:
      - {key: send, kind: task, side: customer, owner: you, title: {en: Send the papers}, due: {days: 4}}
      - {key: build, kind: task, side: ours, owner: we, title: {en: Build}, due: {days: 9}, needs: [send]}
      - {key: live, kind: milestone, side: ours, owner: we, title: {en: Live}, due: {days: 10}, needs: [build], settings: {marks: go_live}}
"""


def march(day: int) -> datetime:
    return datetime(2026, 3, day, 12, tzinfo=UTC)


def at(day: int):
    return time_machine.travel(march(day), tick=False)


@pytest.fixture
def journey_id(house) -> str:
    with house.as_owner():
        import_playbook(CHAIN, kind_rules())
    with at(2):
        return house.start(playbook_key="chain", kickoff_on=date(2026, 3, 2))


def test_late_days_go_to_the_step_and_to_whoever_held_the_ball(house, journey_id: str) -> None:
    with house.as_owner():
        with at(2):
            first = delay_of(journey_id)
        assert first is not None
        assert (first.slip, first.sentence, first.lines) == (0, "On the day of the first plan", ())
        with at(10):
            complete_step(journey_id, "send")  # planned for the 6th: two working days late
        with at(11):
            pause_journey(journey_id, reason="Holiday")
        with at(13):
            resume_journey(journey_id)  # two more
        with at(16):
            send_back(journey_id, "build", reason="Which one?")
        with at(19):
            complete_step(journey_id, "build")
            forecast_anew(journey_id)
            found = delay_of(journey_id)
    assert found is not None
    assert [(line.entry.step_key, line.entry.holder, line.entry.days, line.entry.made_up) for line in found.lines] == [
        ("send", "customer", 2, 0), ("build", "paused", 2, 0),
    ]  # fmt: skip
    assert found.sentence == "4 working days late: 2 with the customer in “Send the papers”, 2 paused during “Build”."
    assert found.totals == (("customer", 2), ("paused", 2))
    with house.as_owner(), at(24):
        complete_step(journey_id, "live")
        live = delay_of(journey_id)
    assert live is not None
    assert (live.is_live, live.live_on, live.slip, sum(line.entry.days for line in live.lines)) == (True, date(2026, 3, 24), 6, 6)
    assert live.sentence == (
        "6 working days late: 2 with the customer in “Send the papers”, 2 paused during “Build”, 2 with us in “Live”."
    )  # fmt: skip


def test_an_open_question_to_the_other_side_is_theirs_also_ahead(house, journey_id: str) -> None:
    with house.as_owner():
        with at(6):
            complete_step(journey_id, "send")
        with at(9):
            send_back(journey_id, "build", reason="Which one?")
        with at(18):
            forecast_anew(journey_id)
            found = delay_of(journey_id)
    assert found is not None
    assert found.sentence == "3 working days late: 3 with the customer in “Build”."


def test_the_sentence_tells_days_that_are_still_ahead_from_those_that_have_passed(house, journey_id: str) -> None:
    with house.as_owner():
        Step.objects.filter(journey_id=journey_id, key="send").update(forecast_on=date(2026, 3, 13))
        Step.objects.filter(journey_id=journey_id, key="build").update(forecast_on=date(2026, 3, 20))
        Step.objects.filter(journey_id=journey_id, key="live").update(forecast_on=date(2026, 3, 23))
        Journey.objects.filter(pk=journey_id).update(forecast_live_on=date(2026, 3, 23))
        with at(11):
            found = delay_of(journey_id)
    assert found is not None
    assert [(line.entry.step_key, line.entry.days, line.entry.ahead) for line in found.lines] == [("send", 5, 2)]
    assert found.sentence == "5 working days late: 5 with the customer in “Send the papers” (2 still ahead)."


def test_it_is_for_the_team_and_costs_three_queries(house, other, journey_id: str) -> None:
    with house.as_contact(), pytest.raises(NotFound):
        delay_of(journey_id)
    with other.as_owner(), pytest.raises(NotFound):
        delay_of(journey_id)
    with house.as_owner():
        delay_of(journey_id)
        with CaptureQueriesContext(connection) as queries:
            delay_of(journey_id)
    assert len(queries) == 3


def test_the_page_says_it_in_words_and_in_a_table(house, client, journey_id: str) -> None:
    with house.as_owner(), at(10):
        complete_step(journey_id, "send")
        forecast_anew(journey_id)
    with at(10):
        client.force_login(house.owner.person)
        page = client.get(f"/{house.slug}/journeys/{journey_id}/dates/")
    assert page.status_code == 200
    assert "2 working days late: 2 with the customer in “Send the papers”." in page.content.decode()
