"""Days, reminders, health and states, without a database."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from boardwell.domain.journeys.duedates import WorkingTime
from boardwell.domain.journeys.health import HealthInput, health_of
from boardwell.domain.journeys.plan import contracted_needs, included_keys, next_ones
from boardwell.domain.journeys.reminders import due_instant, moments, passed_and_next
from boardwell.domain.journeys.states import STATES, VERBS, may
from boardwell.domain.playbooks.document import parse

DAYS = st.dates(date(2020, 1, 1), date(2035, 1, 1))
ENGLAND = WorkingTime(country="GB", subdivision="ENG")


@given(DAYS, st.integers(1, 60))
def test_working_days_are_worked_and_counted(day: date, days: int) -> None:
    landed = ENGLAND.add(day, days)
    assert ENGLAND.is_worked(landed)
    assert ENGLAND.working_days_between(day, landed) == days


@given(DAYS, st.integers(1, 60))
def test_going_back_undoes_going_forward_from_a_worked_day(day: date, days: int) -> None:
    start = ENGLAND.next_worked(day)
    assert ENGLAND.add(ENGLAND.add(start, days), -days) == start


@given(DAYS, st.integers(0, 40), st.integers(0, 40))
def test_more_days_never_land_earlier(day: date, fewer: int, more: int) -> None:
    low, high = sorted((fewer, more))
    assert ENGLAND.add(day, low) <= ENGLAND.add(day, high)


def test_christmas_is_not_worked_in_england() -> None:
    assert ENGLAND.add(date(2026, 12, 24), 1) == date(2026, 12, 29)  # 25th, substitute 28th, and a weekend


def test_a_week_without_working_days_is_refused() -> None:
    with pytest.raises(ValueError, match="at least one day"):
        WorkingTime(weekdays=())


def test_reminders_stand_before_on_and_after_the_day_at_nine_local_time() -> None:
    found = moments(date(2026, 7, 10), "Asia/Ulaanbaatar", before=[2], on=True, after=[3])
    assert [(m.phase, m.days, m.at.isoformat()) for m in found] == [
        ("before", -2, "2026-07-08T01:00:00+00:00"), ("on", 0, "2026-07-10T01:00:00+00:00"),
        ("late", 1, "2026-07-11T01:00:00+00:00"), ("after", 3, "2026-07-13T01:00:00+00:00"),
    ]  # fmt: skip


def test_a_missed_week_is_caught_up_once_and_looks_ahead() -> None:
    found = moments(date(2026, 7, 10), "UTC", after=[1, 2, 3])
    passed, following = passed_and_next(found, None, datetime(2026, 7, 12, 12, tzinfo=UTC))
    assert [m.days for m in passed] == [0, 1, 2]
    assert following == datetime(2026, 7, 13, 9, tzinfo=UTC)


@given(DAYS, st.sampled_from(["UTC", "Asia/Dhaka", "America/New_York", "Pacific/Auckland"]))
def test_a_step_is_due_until_the_last_moment_of_its_local_day(day: date, zone: str) -> None:
    from zoneinfo import ZoneInfo

    instant = due_instant(day, zone)
    assert instant.astimezone(ZoneInfo(zone)).date() == day
    assert (instant + timedelta(microseconds=1)).astimezone(ZoneInfo(zone)).date() == day + timedelta(days=1)


@pytest.mark.parametrize(
    ("seen", "word", "codes"),
    [
        ({}, "on_track", []),
        ({"overdue_steps": 1}, "at_risk", ["overdue"]),
        ({"overdue_steps": 3}, "off_track", ["overdue"]),
        ({"has_owner": False, "overdue_steps": 1}, "off_track", ["no_owner", "overdue"]),
        ({"waiting_side": "customer", "waiting_days": 10}, "at_risk", ["silent"]),
        ({"waiting_side": "ours", "waiting_days": 10}, "on_track", []),
        ({"state": "paused"}, "at_risk", ["paused"]),
        ({"state": "live", "overdue_steps": 5}, "on_track", []),
        ({"forecast_live_on": date(2026, 5, 2), "committed_live_on": date(2026, 5, 1)}, "off_track", ["past_commitment"]),
    ],
)  # fmt: skip
def test_health_has_a_word_and_its_reasons(seen: dict, word: str, codes: list[str]) -> None:
    found, reasons = health_of(HealthInput(today=date(2026, 5, 1), **seen))
    assert (found, [reason["code"] for reason in reasons]) == (word, codes)


def test_what_has_ended_can_only_be_reopened_or_its_answers_put_right() -> None:
    assert {verb for verb in VERBS if may(verb, "done")} == {"reopen", "change"}
    assert {verb for verb in VERBS if may(verb, "skipped")} == {"reopen"}
    assert {verb for verb in VERBS if may(verb, "cancelled")} == set()
    assert {"ready", "active", "waiting", "blocked", "locked", "done", "skipped", "cancelled"} == STATES


def test_where_a_needed_step_is_left_out_its_own_needs_take_its_place() -> None:
    document = parse(
        """
boardwell: 1
key: x
title: {en: X}
roles: {a: {side: ours, title: {en: A}}}
facts: {seats: {type: number, title: {en: S}}}
stages:
  - key: s
    title: {en: S}
    steps:
      - {key: one, kind: task, side: ours, owner: a, title: {en: One}}
      - {key: two, kind: task, side: ours, owner: a, title: {en: Two}, needs: [one], when: facts.seats > 5}
      - {key: three, kind: task, side: ours, owner: a, title: {en: Three}, needs: [two]}
"""
    )
    assert contracted_needs(document, included_keys(document, {})) == {"one": (), "three": ("one",)}
    assert contracted_needs(document, included_keys(document, {"seats": 6})) == {"one": (), "two": ("one",), "three": ("two",)}


def test_what_took_the_place_of_a_step_is_not_named_beside_what_waits_for_it_already() -> None:
    document = parse(
        """
boardwell: 1
key: x
title: {en: X}
roles: {a: {side: ours, title: {en: A}}}
facts: {seats: {type: number, title: {en: S}}}
stages:
  - key: s
    title: {en: S}
    steps:
      - {key: one, kind: task, side: ours, owner: a, title: {en: One}}
      - {key: two, kind: task, side: ours, owner: a, title: {en: Two}, needs: [one]}
      - {key: extra, kind: task, side: ours, owner: a, title: {en: Extra}, needs: [one], when: facts.seats > 5}
      - {key: last, kind: task, side: ours, owner: a, title: {en: Last}, needs: [extra, two]}
"""
    )
    needs = contracted_needs(document, included_keys(document, {}))
    assert needs["last"] == ("one", "two")
    assert next_ones("last", needs) == ("two",)
    assert next_ones("last", {**needs, "two": ()}) == ("one", "two")
    assert next_ones("one", needs) == ()


def behind(key: str, needs: dict[str, list[str]]) -> set[str]:
    """All that a step waits for, by the definition."""
    return {far for near in needs.get(key, ()) for far in {near, *behind(near, needs)}}


@given(st.lists(st.sets(st.integers(0, 8), max_size=6), min_size=1, max_size=9))
def test_the_next_ones_imply_all_the_rest_and_none_of_each_other(rows: list[set[int]]) -> None:
    needs = {str(at): [str(before) for before in sorted(row) if before < at] for at, row in enumerate(rows)}
    for key in needs:
        told = next_ones(key, needs)
        assert set(told) <= set(needs[key])
        assert {far for near in told for far in {near, *behind(near, needs)}} == behind(key, needs)
        assert not any(near in behind(other, needs) for near in told for other in told)
        assert list(told) == [near for near in needs[key] if near in told]
