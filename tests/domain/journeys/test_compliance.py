"""Required steps: counted as they end, waived with a name and a reason, late, and missed at go-live; every number leads to its onboardings."""

from datetime import timedelta

import pytest

from boardwell.domain.journeys.actions.complete_step import complete_step
from boardwell.domain.journeys.actions.pause_journey import pause_journey
from boardwell.domain.journeys.actions.reopen_step import reopen_step
from boardwell.domain.journeys.actions.skip_step import skip_step
from boardwell.domain.journeys.models import Journey, Step
from boardwell.domain.journeys.queries.compliance import RequiredFilters, required_of, required_slice, tallies, total_of
from boardwell.domain.journeys.queries.pages import journey_page
from boardwell.domain.journeys.tasks import due_tick
from boardwell.kernel.clock import now
from boardwell.kernel.errors import NotAllowed


def counters(journey_id: str) -> tuple[int, ...]:
    return Journey.objects.values_list("required_total", "required_done", "required_waived", "required_late").get(pk=journey_id)


def numbers(**asked: str) -> list[tuple[str, str, int, int, int, int, int, int]]:
    found = tallies(RequiredFilters(**asked))
    return [(one.playbook_key, one.owner_name, one.journeys, one.required, one.done, one.waived, one.missing, one.late) for one in found]


def test_the_counters_follow_every_end_and_every_way_back(house) -> None:
    journey_id = house.start()
    with house.as_owner():
        assert counters(journey_id) == (4, 0, 0, 0)
        complete_step(journey_id, "welcome")
        skip_step(journey_id, "needs", reason="told by phone")
        assert counters(journey_id) == (4, 1, 1, 0)
        reopen_step(journey_id, "needs", reason="not all of it")
        assert counters(journey_id) == (4, 1, 0, 0)


def test_an_optional_step_counts_nowhere(house) -> None:
    journey_id = house.start()
    with house.as_owner():
        Step.objects.filter(journey_id=journey_id, key="welcome").update(required=False)
        Journey.objects.filter(pk=journey_id).update(required_total=3)
        complete_step(journey_id, "welcome")
        assert counters(journey_id) == (3, 0, 0, 0)


def test_a_late_step_is_counted_until_it_ends(house) -> None:
    journey_id = house.start(kickoff_on=(now() - timedelta(days=30)).date())
    with house.as_owner():
        due_tick()
        assert counters(journey_id) == (4, 0, 0, 1)
        assert numbers() == [("small", "Owner acme", 1, 4, 0, 0, 4, 1)]
        complete_step(journey_id, "welcome")
        assert counters(journey_id) == (4, 1, 0, 0)


def test_numbers_are_by_playbook_and_owner_and_filters_narrow_them(house) -> None:
    other = house.member("specialist")
    mine, theirs = house.start(), house.start(owner_id=other.id, title="Second")
    with house.as_owner():
        complete_step(mine, "welcome")
        skip_step(theirs, "welcome", reason="knows us well")
        pause_journey(theirs, reason="holidays")
        both = [("small", "Owner acme", 1, 4, 1, 0, 3, 0), ("small", "specialist acme", 1, 4, 0, 1, 3, 0)]
        assert numbers() == both
        assert numbers(state="paused") == both[1:]
        assert numbers(owner_id=house.owner.id) == both[:1]
        assert numbers(playbook_key="small", state="open") == both
        assert numbers(playbook_key="none") == []
        whole = total_of(tallies(RequiredFilters()))
        assert (whole.journeys, whole.required, whole.done, whole.waived, whole.missing, whole.percent) == (2, 8, 1, 1, 6, 25)


def test_every_waived_step_stands_there_with_who_why_and_when(house) -> None:
    journey_id, _plain = house.start(), house.start(title="Second")
    with house.as_owner():
        skip_step(journey_id, "welcome", reason="knows us well")
        (row,) = required_slice(RequiredFilters(look="waived")).rows
        told = [(step.key, step.title, step.word, step.by, step.reason) for step in row.steps]
        assert (row.id, told) == (journey_id, [("welcome", "Welcome", "waived", "Owner acme", "knows us well")])
        assert row.steps[0].ended_at is not None


def test_a_late_step_is_told_and_one_in_a_pause_is_not_late_yet(house) -> None:
    journey_id, paused = (house.start(title=title, kickoff_on=(now() - timedelta(days=30)).date()) for title in ("A", "B"))
    with house.as_owner():
        pause_journey(paused, reason="holidays")
        due_tick()
        (row,) = required_slice(RequiredFilters(look="late")).rows
        assert (row.id, [(step.key, step.word) for step in row.steps]) == (journey_id, [("welcome", "late")])
        page = journey_page(paused)
        assert [step.word for step in required_of(page.every_step, page.head.state)[1]] == ["to_come"] * 4


def test_an_outsider_gets_no_numbers(house) -> None:
    house.start()
    with house.as_contact(), pytest.raises(NotAllowed):
        tallies(RequiredFilters())
