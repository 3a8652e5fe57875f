"""The clocks of escalation without a database: working time, what stands still, and that nothing is ever early."""

from datetime import UTC, datetime, timedelta

from hypothesis import assume, given
from hypothesis import strategies as st

from boardwell.domain.journeys.duedates import WorkingTime
from boardwell.domain.journeys.ladders import (
    Hours,
    Ladder,
    Rung,
    kept_ladder,
    ladder_from,
    next_rung,
    reached_at,
    rungs_for,
    running,
    worked,
)
from boardwell.domain.playbooks.document import parse

LONDON = Hours(WorkingTime(country="GB", time_zone="Europe/London"))
MONDAY = datetime(2026, 3, 2, 8, tzinfo=UTC)


def at(day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 3, day, hour, minute, tzinfo=UTC)


def test_working_hours_are_those_of_the_calendar_and_the_clock_of_the_place() -> None:
    assert worked(LONDON, [(MONDAY, None)], at(2, 12)) == 3 * 3600  # from nine
    assert worked(LONDON, [(at(6, 16), None)], at(9, 10)) == 2 * 3600  # over the weekend
    assert worked(LONDON, [(at(27, 16), None)], datetime(2026, 3, 30, 8, 30, tzinfo=UTC)) == 3600 + 1800  # the clocks went forward
    assert reached_at(LONDON, [(MONDAY, None)], 8 * 3600) == at(2, 17)
    assert reached_at(LONDON, [(MONDAY, None)], 8 * 3600 + 60) == at(3, 9, 1)
    assert LONDON.seconds_of(Rung(2, "days")) == 16 * 3600
    assert LONDON.seconds_of(Rung(4, "hours")) == 4 * 3600


def test_public_holidays_are_no_working_time() -> None:
    easter = datetime(2026, 4, 2, 16, tzinfo=UTC)  # five in the afternoon by London time; Good Friday follows
    assert reached_at(LONDON, [(easter, None)], 2 * 3600) == datetime(2026, 4, 6, 10, tzinfo=UTC)


def test_each_clock_runs_while_the_right_side_holds_the_ball() -> None:
    waits = [(at(3, 9), at(4, 9))]
    assert running("our_turn", "ours", MONDAY, None, waits, []) == [(MONDAY, at(3, 9)), (at(4, 9), None)]
    assert running("our_turn", "customer", MONDAY, None, waits, []) == [(at(3, 9), at(4, 9))]
    assert running("our_overdue", "ours", MONDAY, at(3, 12), waits, []) == [(at(4, 9), None)]
    assert running("their_overdue", "customer", MONDAY, at(2, 23), waits, []) == [(at(2, 23), at(3, 9)), (at(4, 9), None)]
    assert running("their_overdue", "ours", MONDAY, at(2, 23), waits, []) == []
    assert running("our_overdue", "ours", MONDAY, None, [], []) == []


def test_a_pause_stops_every_clock() -> None:
    pauses = [(at(2, 12), None)]
    assert running("our_turn", "ours", MONDAY, None, [], pauses) == [(MONDAY, at(2, 12))]
    assert reached_at(LONDON, running("our_turn", "ours", MONDAY, None, [], pauses), 3 * 3600) == at(2, 12)
    assert reached_at(LONDON, running("our_turn", "ours", MONDAY, None, [], pauses), 3 * 3600 + 1) is None


instants = st.integers(0, 30 * 24 * 4).map(lambda quarter: MONDAY + timedelta(minutes=15 * quarter))


@st.composite
def spans(draw) -> list:
    times = sorted(draw(st.sets(instants, max_size=6)))
    found = [(start, end) for start, end in zip(times[::2], times[1::2], strict=False)]
    return [*found, (times[-1], None)] if len(times) % 2 and draw(st.booleans()) else found


@given(spans(), spans(), st.integers(1, 60 * 3600), st.sampled_from(["our_turn", "our_overdue"]))
def test_it_never_escalates_while_it_is_paused_or_the_other_side_holds_the_ball(waits, pauses, seconds, clock) -> None:
    reached = reached_at(LONDON, running(clock, "ours", MONDAY, MONDAY + timedelta(days=2), waits, pauses), seconds)
    assume(reached is not None)
    for start, end in [*waits, *pauses]:
        assert not (start < reached and (end is None or reached < end))


@given(spans(), spans(), st.integers(1, 60 * 3600))
def test_when_it_is_reached_exactly_so_much_time_has_been_worked(waits, pauses, seconds) -> None:
    clock = running("our_turn", "ours", MONDAY, None, waits, pauses)
    reached = reached_at(LONDON, clock, seconds)
    if reached is not None:
        assert worked(LONDON, clock, reached) == seconds
        assert worked(LONDON, clock, reached - timedelta(seconds=1)) == seconds - 1


@given(spans(), spans(), st.integers(1, 40 * 3600), st.integers(0, 20 * 3600))
def test_a_later_rung_never_comes_before_an_earlier_one(waits, pauses, seconds, more) -> None:
    clock = running("our_turn", "ours", MONDAY, None, waits, pauses)
    first, second = reached_at(LONDON, clock, seconds), reached_at(LONDON, clock, seconds + more)
    assert second is None or (first is not None and first <= second)


@given(spans(), spans(), instants, st.integers(1, 96), st.integers(1, 40 * 3600))
def test_one_more_pause_makes_nothing_earlier(waits, pauses, start, quarters, seconds) -> None:
    more = [*pauses, (start, start + timedelta(minutes=15 * quarters))]
    before = reached_at(LONDON, running("our_turn", "ours", MONDAY, None, waits, pauses), seconds)
    after = reached_at(LONDON, running("our_turn", "ours", MONDAY, None, waits, more), seconds)
    assert after is None or (before is not None and before <= after)


def test_the_first_rung_that_is_not_done_comes_next() -> None:
    rungs = (Rung(2, "days", "our_turn"), Rung(4, "hours", "our_turn"), Rung(1, "days", "our_overdue"))
    clocks = {"our_turn": [(MONDAY, None)], "our_overdue": [(at(2, 23), None)]}
    assert next_rung(LONDON, rungs, [], clocks) == (at(2, 13), rungs[1])
    assert next_rung(LONDON, rungs, [rungs[1].key], clocks) in [(at(3, 17), rungs[0]), (at(3, 17), rungs[2])]
    assert next_rung(LONDON, rungs, [rung.key for rung in rungs], clocks) is None


BOOK = """boardwell: 1
key: climbing
title: {en: Climbing}
roles: {manager: {side: ours, title: {en: Manager}}, lead: {side: customer, title: {en: Lead}}}
escalation: [{after: 4, unit: hours, clock: our_turn, tell: [doer, manager]}]
stages:
  - key: one
    title: {en: One}
    steps:
      - {key: a, kind: task, side: ours, owner: manager, title: {en: A}, due: {days: 1}}
      - {key: b, kind: task, side: customer, owner: lead, title: {en: B}, due: {days: 1}, remind: {escalate: 5}}
"""


def test_a_playbooks_own_ladder_takes_the_place_of_the_houses_and_a_steps_own_rung_stands_beside_it() -> None:
    house = Ladder((Rung(1, "days", "our_overdue", ("owner",)),), 8, 18)
    document = parse(BOOK)
    own = Rung(4, "hours", "our_turn", ("doer", "manager"))
    assert rungs_for(house, document, document.step("a")) == (own,)
    assert rungs_for(house, document, document.step("b")) == (own, Rung(5, "days", "their_overdue", ("owner", "managers")))
    plain = parse(BOOK.replace("escalation: [{after: 4, unit: hours, clock: our_turn, tell: [doer, manager]}]\n", ""))
    assert rungs_for(house, plain, plain.step("a")) == house.rungs
    none = parse(BOOK.replace("[{after: 4, unit: hours, clock: our_turn, tell: [doer, manager]}]", "[]"))
    assert rungs_for(house, none, none.step("a")) == ()
    assert ladder_from(kept_ladder(house)) == house
