"""Every date explains itself: codes from the schedule, sentences for the team and for the customer."""

from datetime import UTC, date, datetime

import time_machine

from boardwell.domain.journeys.actions.complete_step import complete_step
from boardwell.domain.journeys.actions.reschedule_step import reschedule_step
from boardwell.domain.journeys.models import Step
from boardwell.domain.journeys.queries.dates import dated_plan, explained_day
from boardwell.domain.journeys.schedulewhy import Reason, why
from boardwell.kernel.tasks.worker import run_until_idle
from tests.domain.journeys.test_schedule_course import CHAIN, course, document, march, step


def at(day: int) -> time_machine.travel:
    return time_machine.travel(datetime(2026, 3, day, 9, tzinfo=UTC), tick=False)


def reasons(found, key: str, today: date, book=CHAIN) -> tuple[tuple[Reason, ...], ...]:
    one = why(found, book.step(key), found.forecast(today), key, today)
    return one.basis, one.moved, one.back


def test_a_late_end_is_named_with_its_days_and_what_would_have_to_be_regained() -> None:
    basis, moved, back = reasons(course(CHAIN, {"a": date(2026, 3, 6)}), "c", date(2026, 3, 6))
    assert basis == (Reason("after", "b", 2, date(2026, 3, 11)), Reason("from_kickoff"))
    assert moved == (Reason("late", "a", 2, date(2026, 3, 6)),)
    assert back == (Reason("regain", "", 2, date(2026, 3, 11), ("b", "c")), Reason("critical"))


def test_an_early_end_an_overdue_step_and_slack() -> None:
    assert reasons(course(CHAIN, {"a": date(2026, 3, 2)}), "b", date(2026, 3, 2))[1] == (Reason("early", "a", 2, date(2026, 3, 2)),)
    basis, moved, back = reasons(course(CHAIN), "d", date(2026, 3, 5))
    assert basis == (Reason("after", "a", 2, date(2026, 3, 5)), Reason("from_kickoff"))
    assert moved == (Reason("open_late", "a", 1, date(2026, 3, 4)),)
    assert back == (Reason("regain", "", 1, date(2026, 3, 6), ("a", "d")), Reason("slack", days=3))
    assert reasons(course(CHAIN), "a", date(2026, 3, 5))[0][0] == Reason("overdue", on=date(2026, 3, 4))


def test_constraints_say_so() -> None:
    book = document(
        ", ".join([
            step("held", "duration: 2, not_before: {days: 3}"), step("event", "due: {days: 9}, fixed: true, needs: [held]"),
            step("ends", "duration: 1, needs: [{step: held, type: ff, lag: 2}]"), step("begins", "duration: 1, needs: [{step: held, type: ss}]"),
        ])
    )  # fmt: skip
    first = march(2)[0]
    assert reasons(course(book), "held", first, book)[0] == (Reason("not_before", on=date(2026, 3, 5)), Reason("takes", days=2))
    assert reasons(course(book), "event", first, book)[0] == (Reason("fixed"), Reason("from_kickoff"))
    assert reasons(course(book), "ends", first, book)[0][0] == Reason("with_end", "held", 2, date(2026, 3, 6))
    assert reasons(course(book), "begins", first, book)[0][0] == Reason("after_begin", "held", 1, date(2026, 3, 5))


def test_the_team_reads_who_moved_it_and_with_which_step(house) -> None:
    with at(2), house.as_owner():
        journey_id = house.start(kickoff_on=date(2026, 3, 2))
        reschedule_step(journey_id, "needs", due_on=date(2026, 3, 6), reason="Asked for")
        mine, following = explained_day(journey_id, "needs"), explained_day(journey_id, "live")
        assert mine is not None
        assert following is not None
        assert mine.moved == (("2 March 2026: from 5 March 2026 to 6 March 2026, by Owner acme.", "Asked for"),)
        assert following.moved == (("2 March 2026: from 13 March 2026 to 16 March 2026, with “Needs”, by Owner acme.", "Asked for"),)
        assert following.back[-1] == "To have the first day again, move “Needs” back to 5 March 2026."
        assert (following.planned_on, following.baseline_on, following.is_moved) == (date(2026, 3, 16), date(2026, 3, 13), True)


def test_the_customer_reads_why_without_what_is_internal(house) -> None:
    with at(2):
        journey_id = house.start(kickoff_on=date(2026, 3, 2))
    with at(5), house.as_owner():
        reschedule_step(journey_id, "signoff", due_on=date(2026, 3, 16), reason="A secret of ours")
        Step.objects.filter(journey_id=journey_id, key="welcome").update(visibility="internal")
        complete_step(journey_id, "welcome")
        run_until_idle()
    with at(5), house.as_contact():
        needs, signoff = explained_day(journey_id, "needs"), explained_day(journey_id, "signoff")
        assert needs is not None
        assert signoff is not None
        assert needs.basis[0] == "Our team does something else first."
        assert needs.moved == (("Our team does something else first.", ""),)
        assert signoff.basis[0] == "7 working days after “Needs” is done, 9 March 2026."
        told = " ".join(
            [*needs.basis, *signoff.basis, *(line for line, _why in (*needs.moved, *signoff.moved)), *needs.back, *signoff.back]
        )
        assert "Welcome" not in told
        assert "secret" not in told
        assert "Owner" not in told


def test_the_plan_over_time_knows_the_critical_path_and_costs_the_same_for_any_length(house, django_assert_num_queries) -> None:
    with at(2), house.as_owner():
        journey_id = house.start(kickoff_on=date(2026, 3, 2))
        dated_plan(journey_id)
        with django_assert_num_queries(5):
            plan = dated_plan(journey_id)
        steps = [one for _title, inside in plan.stages for one in inside]
        assert [(one.key, one.starts_on.day, one.on.day, one.is_critical) for one in steps] == [
            ("welcome", 2, 3, True), ("needs", 4, 5, True), ("signoff", 6, 12, True), ("live", 13, 13, True),
        ]  # fmt: skip
        assert plan.live_on == date(2026, 3, 13)
        assert date(2026, 3, 7) in plan.days_off
