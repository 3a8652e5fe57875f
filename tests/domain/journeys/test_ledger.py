"""The delay ledger, without a database: every late day has a step and a holder, and the entries sum exactly to the slip."""

from dataclasses import replace
from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from boardwell.domain.journeys.calendars import calendar_of
from boardwell.domain.journeys.duedates import WorkingTime
from boardwell.domain.journeys.ledger import HOLDERS, Entry, Happened, Ledger, ledger_of

WEEK = WorkingTime()
KICKOFF = date(2026, 3, 2)  # a Monday


def march(day: int) -> date:
    return date(2026, 3, day)


SEND = Happened(key="send", side="customer", position=1, baseline_on=march(6), finish_on=march(6))
BUILD = Happened(key="build", side="ours", position=2, baseline_on=march(13), finish_on=march(13), after=("send",))
LIVE = Happened(key="live", side="ours", position=3, baseline_on=march(16), finish_on=march(16), after=("build",))


def ledger(*steps: Happened, live_on: date, today: date = date(2026, 12, 1), paused: tuple[tuple[date, date | None], ...] = ()) -> Ledger:
    return ledger_of(
        steps, calendar=calendar_of(WEEK), kickoff_on=KICKOFF, baseline_on=march(16), live_on=live_on, today=today, go_live="live",
        paused=paused,
    )  # fmt: skip


def test_a_plan_that_was_kept_has_no_entries() -> None:
    assert ledger(SEND, BUILD, LIVE, live_on=march(16)) == Ledger(0, (), ("send", "build", "live"))


def test_days_that_the_customer_took_are_theirs_and_those_that_we_took_are_ours() -> None:
    late_send = replace(SEND, finish_on=march(11))  # three working days
    late_build = replace(BUILD, finish_on=march(20))  # two more
    found = ledger(late_send, late_build, LIVE, live_on=march(23))
    assert found == Ledger(5, (Entry("send", "customer", 3, 0, 0), Entry("build", "ours", 2, 0, 0)), ("send", "build", "live"))


def test_a_pause_and_a_question_to_the_other_side_are_told_apart_from_the_steps_own_days() -> None:
    asked = replace(BUILD, finish_on=march(24), waited=((march(13), march(17)),))
    found = ledger(SEND, asked, LIVE, live_on=march(25), paused=((march(9), march(11)),))
    assert found.slip == 7
    assert found.entries == (Entry("build", "paused", 2, 0, 0), Entry("build", "customer", 2, 0, 0), Entry("build", "ours", 3, 0, 0))


def test_a_pause_that_the_step_had_room_for_costs_nothing() -> None:
    assert ledger(SEND, BUILD, LIVE, live_on=march(16), paused=((march(9), march(11)),)).entries == ()


def test_what_later_steps_make_up_takes_back_the_newest_days() -> None:
    late_send = replace(SEND, finish_on=march(11))
    swift_build = replace(BUILD, finish_on=march(16))  # had five days, took three
    found = ledger(late_send, swift_build, LIVE, live_on=march(17))
    assert (found.slip, found.entries) == (1, (Entry("send", "customer", 1, 0, 2),))


def test_an_early_go_live_is_told_below_nought() -> None:
    found = ledger(SEND, replace(BUILD, finish_on=march(11)), LIVE, live_on=march(12))
    assert (found.slip, found.entries) == (-2, (Entry("build", "ours", -2, 0, 0),))


def test_a_step_that_was_added_later_had_no_allowance() -> None:
    extra = Happened(key="extra", side="third", position=9, baseline_on=None, finish_on=march(18), after=("build",))
    found = ledger(SEND, BUILD, extra, replace(LIVE, after=("build", "extra")), live_on=march(19))
    assert (found.slip, found.entries, found.chain) == (3, (Entry("extra", "third", 3, 0, 0),), ("send", "build", "extra", "live"))


def test_days_that_have_not_come_yet_are_counted_apart() -> None:
    late_send, late_build = replace(SEND, finish_on=march(11)), replace(BUILD, finish_on=march(18))
    found = ledger(late_send, late_build, LIVE, live_on=march(19), today=march(10))
    assert found.entries == (Entry("send", "customer", 3, 1, 0),)


def test_only_the_step_that_ended_last_before_the_next_one_is_on_the_chain() -> None:
    beside = Happened(key="beside", side="third", position=2, baseline_on=march(4), finish_on=march(10), after=("send",))
    late_build = replace(BUILD, finish_on=march(17))
    found = ledger(SEND, beside, late_build, replace(LIVE, after=("build", "beside")), live_on=march(18))
    assert (found.entries, found.chain) == ((Entry("build", "ours", 2, 0, 0),), ("send", "build", "live"))


def test_without_steps_the_plan_itself_has_moved() -> None:
    assert ledger(live_on=march(18)) == Ledger(2, (Entry("", "ours", 2, 0, 0),), ())


days = st.integers(-20, 90).map(lambda number: KICKOFF + timedelta(days=number))
spans = st.lists(st.tuples(days, st.none() | st.integers(0, 15)), max_size=2).map(
    lambda found: tuple((start, None if long is None else start + timedelta(days=long)) for start, long in found)
)


@st.composite
def histories(draw: st.DrawFn) -> tuple[tuple[Happened, ...], dict[str, object]]:
    steps: list[Happened] = []
    for number in range(draw(st.integers(0, 12))):
        before = draw(st.lists(st.sampled_from(steps), max_size=3)) if steps else []
        steps.append(
            Happened(
                key=f"s{number}", side=draw(st.sampled_from(("ours", "customer", "third"))), position=number,
                baseline_on=draw(st.none() | days), finish_on=draw(st.none() | days), waited=draw(spans),
                after=tuple(one.key for one in before),
            )
        )  # fmt: skip
    rest = {
        "calendar": calendar_of(draw(st.sampled_from((WEEK, WorkingTime(weekdays=(6, 0, 1, 2, 3), days_off=("2026-03-17",)))))),
        "kickoff_on": draw(days), "baseline_on": draw(days), "live_on": draw(days), "today": draw(days), "paused": draw(spans),
        "go_live": draw(st.sampled_from(("", "s0", "s3", "absent"))),
    }  # fmt: skip
    return tuple(steps), rest


@given(histories(), st.randoms())
def test_whatever_happened_the_entries_sum_exactly_to_the_slip(history: tuple[tuple[Happened, ...], dict[str, object]], dice) -> None:
    steps, rest = history
    found = ledger_of(steps, **rest)  # type: ignore[arg-type]
    calendar, baseline_on, live_on = rest["calendar"], rest["baseline_on"], rest["live_on"]
    between = [baseline_on + timedelta(days=number) for number in range(1, (live_on - baseline_on).days + 1)]  # type: ignore[operator]
    back = [live_on + timedelta(days=number) for number in range(1, (baseline_on - live_on).days + 1)]  # type: ignore[operator]
    counted = sum(calendar.is_worked(day.toordinal()) for day in between) - sum(calendar.is_worked(day.toordinal()) for day in back)  # type: ignore[attr-defined]
    assert found.slip == counted == sum(entry.days for entry in found.entries)
    assert sum(found.total(holder) for holder in HOLDERS) == found.slip
    for entry in found.entries:
        assert entry.days * found.slip >= 0, "late days and days won do not stand side by side"
        assert 0 <= entry.ahead <= max(entry.days, 0)
        assert entry.made_up >= 0
        assert entry.holder in HOLDERS
        assert entry.step_key in {step.key for step in steps} | {""}
    shuffled = list(steps)
    dice.shuffle(shuffled)
    assert ledger_of(shuffled, **rest) == found  # type: ignore[arg-type]


@given(histories())
def test_no_more_days_are_called_paused_than_were_worked_days_of_a_pause(history: tuple[tuple[Happened, ...], dict[str, object]]) -> None:
    steps, rest = history
    found = ledger_of(steps, **rest)  # type: ignore[arg-type]
    calendar, paused = rest["calendar"], rest["paused"]
    first, last = KICKOFF - timedelta(days=30), KICKOFF + timedelta(days=100)
    stood = sum(
        any(start < day and (end is None or day <= end) for start, end in paused) and calendar.is_worked(day.toordinal())  # type: ignore[attr-defined]
        for day in (first + timedelta(days=number) for number in range((last - first).days))
    )  # fmt: skip
    assert found.total("paused") <= stood
