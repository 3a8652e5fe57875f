"""A journey's course, without a database: nothing happened gives the plan, and what happens moves what follows."""

from datetime import date

import pytest

from boardwell.domain.journeys.duedates import Parties, WorkingTime, week_of
from boardwell.domain.journeys.plan import contracted_links, contracted_needs, included_keys, plan_for
from boardwell.domain.journeys.schedule import Link
from boardwell.domain.journeys.schedulecourse import Course, Known
from boardwell.domain.playbooks.document import Document, parse
from boardwell.domain.playbooks.shipped import shipped

KICKOFF = date(2026, 3, 2)
WEEK = Parties(WorkingTime())


def document(steps: str) -> Document:
    return parse(f"""
boardwell: 1
key: x
title: {{en: X}}
roles: {{we: {{side: ours, title: {{en: We}}}}, they: {{side: customer, title: {{en: They}}}}}}
facts: {{seats: {{type: number, title: {{en: S}}}}, wanted: {{type: date, title: {{en: W}}}}}}
stages: [{{key: s, title: {{en: S}}, steps: [{steps}]}}]
""")


def step(key: str, rest: str = "", side: str = "ours") -> str:
    owner = "we" if side == "ours" else "they"
    return f"{{key: {key}, kind: task, side: {side}, owner: {owner}, title: {{en: {key}}}{', ' if rest else ''}{rest}}}"


def days_of(book: Document, times: Parties = WEEK, **facts: object) -> dict[str, date | None]:
    return {one.key: one.due_on for one in plan_for(book, facts, KICKOFF, times)}


def course(book: Document, done: dict[str, date] | None = None, times: Parties = WEEK, **facts: object) -> Course:
    planned = plan_for(book, facts, KICKOFF, times)
    known = [Known(one.key, one.source.side, one.due_on, (done or {}).get(one.key)) for one in planned]
    return Course(
        book, contracted_links(book, frozenset(one.key for one in planned)), known, kickoff_on=KICKOFF, times=times, facts=facts
    )  # fmt: skip


CHAIN = document(
    ", ".join(
        [
            step("a", "due: {days: 2}"),
            step("b", "due: {days: 5}, needs: [a]"),
            step("c", "due: {days: 7}, needs: [b]"),
            step("d", "due: {days: 4}, needs: [a]"),
        ]
    )
)


def march(*numbers: int) -> list[date]:
    return [date(2026, 3, number) for number in numbers]


def test_when_nothing_has_happened_the_forecast_is_the_plan() -> None:
    assert list(days_of(CHAIN).values()) == march(4, 9, 11, 6)
    assert course(CHAIN).forecast_days() == days_of(CHAIN)


@pytest.mark.parametrize("country", ["", "BD", "IN"])
def test_every_shipped_playbook_forecasts_its_own_plan(country: str) -> None:
    times = Parties(WorkingTime(country="DE"), WorkingTime(weekdays=week_of(country), country=country))
    for text in shipped().values():
        book = parse(text)
        plan = {key: day for key, day in days_of(book, times).items() if day is not None}
        assert course(book, times=times).forecast_days() == plan
        assert len(plan) > 3


def test_an_early_and_a_late_end_move_what_follows_by_as_many_working_days() -> None:
    assert list(course(CHAIN, {"a": date(2026, 3, 2)}).forecast_days().values()) == march(2, 5, 9, 4)
    assert list(course(CHAIN, {"a": date(2026, 3, 6)}).forecast_days().values()) == march(6, 11, 13, 10)


def test_what_is_open_is_not_done_before_today() -> None:
    assert list(course(CHAIN).forecast_days(date(2026, 3, 6)).values()) == march(6, 11, 13, 10)


def test_a_moved_step_takes_along_what_follows_it_and_nothing_else() -> None:
    assert course(CHAIN).moves({"b": date(2026, 3, 11)}) == dict(zip(("b", "c"), march(11, 13), strict=True))
    assert course(CHAIN).moves({"a": date(2026, 3, 3)}) == dict(zip(("a", "b", "c", "d"), march(3, 6, 10, 5), strict=True))
    assert course(CHAIN, {"b": date(2026, 3, 9)}).moves({"a": date(2026, 3, 5)}) == dict(zip(("a", "c", "d"), march(5, 12, 9), strict=True))


def test_a_duration_with_a_due_day_leaves_slack_that_is_used_up_first() -> None:
    book = document(
        ", ".join(
            [step("a", "due: {days: 2}"), step("b", "duration: 3, due: {days: 9}, needs: [a]"), step("c", "due: {days: 10}, needs: [b]")]
        )
    )
    assert list(days_of(book).values()) == march(4, 13, 16)
    assert list(course(book, {"a": date(2026, 3, 10)}).forecast_days().values()) == march(10, 13, 16)
    assert list(course(book, {"a": date(2026, 3, 12)}).forecast_days().values()) == march(12, 17, 18)
    assert course(book).forecast()["a"].slack == 4
    assert course(book).forecast()["b"].slack == 0


def test_a_duration_without_a_due_day_is_planned_as_early_as_it_can_be() -> None:
    book = document(
        ", ".join([
            step("a", "duration: 2"), step("b", "duration: 3, needs: [{step: a, lag: 1}]"), step("c", "duration: 0, needs: [b]"),
            step("late", "duration: 1, not_before: {days: 10}"),
        ])
    )  # fmt: skip
    assert list(days_of(book).values()) == march(3, 9, 9, 16)
    assert list(course(book, {"a": date(2026, 3, 2)}).forecast_days().values()) == march(2, 6, 6, 16)


def test_a_fixed_day_stays_and_what_comes_before_it_loses_its_slack() -> None:
    book = document(
        ", ".join(
            [
                step("a", "duration: 2"),
                step("event", "due: {days: 6}, fixed: true, needs: [a]"),
                step("after", "duration: 1, needs: [event]"),
            ]
        )
    )
    late = course(book, {}).moves({"a": date(2026, 3, 12)})
    assert late == {"a": date(2026, 3, 12)}
    assert course(book).forecast()["a"].slack == 5
    assert course(book).forecast(date(2026, 3, 10))["a"].slack == 0


def test_a_day_that_is_counted_from_a_step_keeps_its_distance() -> None:
    book = document(
        ", ".join(
            [
                step("meeting", "due: {days: 5}, needs: [slides]"),
                step("slides", "due: {days: -2, from: step:meeting}"),
                step("notes", "due: {days: 1, from: step:meeting}"),
            ]
        )
    )
    assert list(days_of(book).values()) == march(9, 5, 10)
    assert course(book).moves({"meeting": date(2026, 3, 11)}) == dict(zip(("meeting", "notes", "slides"), march(11, 12, 9), strict=True))
    assert course(book, {"slides": date(2026, 3, 6)}).forecast_days() == dict(
        zip(("meeting", "slides", "notes"), march(10, 6, 11), strict=True)
    )


def test_each_party_works_on_its_own_days() -> None:
    times = Parties(WorkingTime(), WorkingTime(weekdays=week_of("BD")))
    book = document(", ".join([step("a", "due: {days: 3}"), step("b", "duration: 2, needs: [a]", side="customer")]))
    assert week_of("BD") == (0, 1, 2, 3, 6)
    assert list(days_of(book, times).values()) == march(5, 9)  # Sunday and Monday
    assert week_of("") == (0, 1, 2, 3, 4)


def test_a_left_out_step_hands_on_type_and_lag() -> None:
    book = document(
        ", ".join([
            step("a"), step("b", "needs: [{step: a, type: ss, lag: 2}], when: facts.seats > 5"), step("c", "needs: [{step: b, type: ff, lag: 1}]"),
        ])
    )  # fmt: skip
    assert contracted_links(book, included_keys(book, {}))["c"] == (Link("a", "sf", 3),)
    assert contracted_links(book, included_keys(book, {"seats": 6}))["c"] == (Link("b", "ff", 1),)


def test_what_waits_for_a_beginning_opens_with_it_and_what_holds_an_end_does_not_lock() -> None:
    book = document(
        ", ".join([
            step("a"), step("b", "needs: [a]"), step("with-b", "needs: [{step: b, type: ss}]"), step("ends-after-b", "needs: [{step: b, type: ff}]"),
        ])
    )  # fmt: skip
    assert contracted_needs(book, included_keys(book, {})) == {"a": (), "b": ("a",), "with-b": ("a",), "ends-after-b": ()}
