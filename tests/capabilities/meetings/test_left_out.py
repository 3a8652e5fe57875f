"""A step that is skipped, taken out or cancelled with the onboarding takes its meeting out of everybody's calendar."""

from datetime import UTC, datetime, timedelta

import icalendar
import pytest
import time_machine

from boardwell.capabilities.meetings import booking
from boardwell.capabilities.meetings.models import Meeting, TakenQuarter
from boardwell.domain.journeys.actions.cancel_journey import cancel_journey
from boardwell.domain.journeys.actions.skip_step import skip_step
from boardwell.domain.journeys.handle import handle_for
from boardwell.domain.journeys.kinds import kind_rules
from boardwell.domain.playbooks.problems import lint
from boardwell.kernel.models import Mail
from boardwell.kernel.tasks.worker import run_until_idle
from boardwell.kit.testing import Bench, playbook_of

MONDAY = datetime(2026, 3, 2, 6, 0, tzinfo=UTC)
SETTINGS = {"minutes": 60, "notice_hours": 24, "horizon_days": 7}


@pytest.fixture(autouse=True)
def _early_on_a_monday():
    with time_machine.travel(MONDAY, tick=False):
        yield


@pytest.fixture
def bench(db) -> Bench:
    return Bench("meet")


@pytest.fixture
def booked(bench) -> str:
    journey_id = bench.start(playbook_of("meeting", SETTINGS))
    with bench.as_contact():
        handle = handle_for(journey_id, "step-1")
        booking.book(handle, booking.open_slots(handle)[0].start, time_zone="Asia/Dhaka")
    run_until_idle()
    return journey_id


def cancelled_mails(bench: Bench) -> list[tuple[str, int]]:
    found = [
        mail for mail in Mail.objects.filter(organisation_id=bench.organisation_id, purpose="meeting") if "METHOD:CANCEL" in mail.calendar
    ]
    return sorted((mail.recipient, int(icalendar.Calendar.from_ical(mail.calendar).walk("VEVENT")[0]["SEQUENCE"])) for mail in found)


@pytest.mark.parametrize("verb", ["skip", "cancel"])
def test_a_calendar_message_takes_it_out_and_the_hour_is_free_again(bench, booked: str, verb: str) -> None:
    with bench.as_member():
        if verb == "skip":
            skip_step(booked, "step-1", reason="they are no good")
        else:
            cancel_journey(booked, reason="they are no good")
    run_until_idle()
    run_until_idle()
    assert cancelled_mails(bench) == [("c@meet.example", 1), ("m@meet.example", 1)]
    with bench.as_member():
        assert list(Meeting.objects.values_list("state", "reason", "sequence")) == [("cancelled", "", 1)]
        assert not TakenQuarter.objects.exists()
    told = [mail.text for mail in Mail.objects.filter(recipient="c@meet.example", purpose="meeting")]
    assert not any("no good" in text for text in told), "why a step is left out is the team's"


def test_what_was_held_already_stays_as_it_was(bench, booked: str) -> None:
    with time_machine.travel(MONDAY + timedelta(days=3), tick=False):
        with bench.as_member():
            skip_step(booked, "step-1", reason="it was enough")
        run_until_idle()
    assert cancelled_mails(bench) == []
    with bench.as_member():
        assert Meeting.objects.values_list("state", flat=True).get() == "booked"


@pytest.mark.parametrize(
    ("hosts", "faults"), [(["team"], []), (["nobody"], ["meeting.host_unknown"]), (["client"], ["meeting.host_outside"])]
)
def test_the_linter_knows_who_can_host(hosts: list[str], faults: list[str]) -> None:
    source = f"""
boardwell: 1
key: hosts
title: {{en: Hosts}}
roles: {{team: {{side: ours, title: {{en: Team}}}}, client: {{side: customer, title: {{en: Client}}}}}}
stages:
  - key: s
    title: {{en: S}}
    steps:
      - {{key: call, kind: meeting, side: customer, owner: client, title: {{en: Call}}, due: {{days: 1}}, settings: {{minutes: 30, hosts: [{", ".join(hosts)}]}}}}
"""
    assert [(problem.fault, problem.path) for problem in lint(source, kinds=kind_rules()) if problem.severity == "error"] == [
        (fault, "stages.0.steps.0.settings.hosts.0") for fault in faults
    ]
