"""Rehearsals: made-up customers go every declared way, and what comes out adds up."""

from datetime import date

import pytest

from boardwell.domain.journeys.rehearsal import rehearse
from boardwell.domain.playbooks.document import Document, parse

MONDAY = date(2026, 3, 2)


def book(steps: str) -> Document:
    return parse(f"""
boardwell: 1
key: try
title: {{en: Try}}
roles:
  manager: {{side: ours, title: {{en: Manager}}}}
facts:
  seats: {{type: number, title: {{en: Seats}}}}
  region: {{type: choice, title: {{en: Region}}, choices: {{eu: {{en: EU}}, us: {{en: US}}}}}}
stages:
  - key: one
    title: {{en: One}}
    steps:
{steps}
""")


def step(key: str, more: str) -> str:
    return f"      - {{key: {key}, kind: task, side: ours, owner: manager, title: {{en: {key}}}, {more}}}\n"


def exactly(_key: str, _side: str, given: int, _dice: object) -> int:
    return given


def test_with_the_planned_durations_it_takes_what_the_plan_says() -> None:
    document = book(step("a", "duration: 3") + step("b", "duration: 4, needs: [a]"))
    found = rehearse(document, customers=20, kickoff_on=MONDAY, drawn=exactly)
    assert (found.p10, found.p50, found.p95, found.planned) == (9, 9, 9, 9)  # Monday the 2nd to Tuesday the 10th, both counted
    assert [(stuck.key, stuck.share, stuck.days) for stuck in found.stuck] == [("b", 100, 4.0), ("a", 100, 3.0)]


def test_what_is_beside_the_longest_way_decides_nothing() -> None:
    document = book(step("a", "duration: 5") + step("quick", "duration: 1") + step("end", "duration: 1, needs: [a, quick]"))
    assert [stuck.key for stuck in rehearse(document, customers=5, kickoff_on=MONDAY, drawn=exactly).stuck] == ["a", "end"]


def test_customers_go_on_every_side_of_a_limit_and_nobody_where_nobody_can() -> None:
    document = book(
        step("all", "duration: 1")
        + step("large", "duration: 1, when: facts.seats > 50")
        + step("eu", "duration: 1, when: facts.region == 'eu'")
        + step("nowhere", "duration: 1, when: facts.region == 'mars'")
    )
    found = rehearse(document, customers=600, kickoff_on=MONDAY)
    shares = {branch.key: branch.share for branch in found.branches}
    assert found.never == ("nowhere",)
    assert shares["nowhere"] == 0
    assert 20 < shares["large"] < 50  # a third of the places lie above the limit
    assert 40 < shares["eu"] < 60


def test_facts_of_real_customers_are_taken_whole() -> None:
    document = book(step("large", "duration: 1, when: facts.seats > 50") + step("eu", "duration: 1, when: facts.region == 'eu'"))
    found = rehearse(document, customers=50, kickoff_on=MONDAY, past=[{"seats": 80, "region": "us"}])
    assert found.from_past
    assert {branch.key: branch.share for branch in found.branches} == {"large": 100, "eu": 0}


def test_effort_is_booked_to_the_role_in_the_weeks_of_the_step() -> None:
    document = book(step("a", "duration: 10, minutes: 60") + step("b", "duration: 5, minutes: 30, needs: [a]") + step("c", "duration: 1"))
    found = rehearse(document, customers=10, kickoff_on=MONDAY, drawn=exactly)
    assert found.load == {"manager": [30.0, 30.0, 30.0]}
    assert found.untimed == ("c",)


def test_the_same_seed_makes_the_same_customers_and_another_one_others() -> None:
    document = book(step("a", "duration: 8") + step("large", "duration: 3, needs: [a], when: facts.seats > 50"))
    assert rehearse(document, customers=80, kickoff_on=MONDAY) == rehearse(document, customers=80, kickoff_on=MONDAY)
    assert rehearse(document, customers=80, kickoff_on=MONDAY) != rehearse(document, customers=80, kickoff_on=MONDAY, seed=1)


@pytest.mark.parametrize("customers", [0, 5001])
def test_no_customers_and_too_many_are_refused(customers: int) -> None:
    with pytest.raises(ValueError, match="between 1 and 5000 customers"):
        rehearse(book(step("a", "duration: 1")), customers=customers, kickoff_on=MONDAY)


def test_a_playbook_of_which_nobody_gets_a_step_takes_no_time() -> None:
    found = rehearse(book(step("a", "duration: 1, when: facts.region == 'mars'")), customers=3, kickoff_on=MONDAY)
    assert (found.p50, found.planned, found.stuck, found.never) == (0, 0, (), ("a",))
