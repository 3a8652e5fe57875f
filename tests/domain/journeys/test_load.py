"""The load: effort by week and member, exact to the minute; capacity less holidays and days off; who has room."""

from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from boardwell.domain.journeys.calendars import calendar_without
from boardwell.domain.journeys.duedates import WorkingTime
from boardwell.domain.journeys.load import Hands, Share, WeekLoad, Work, load_of, monday_of, spread, weeks_from, with_room
from boardwell.domain.organisations.absences import Absence, absences_from, days_in, kept_from

PLAIN = WorkingTime()
MONDAY = date(2026, 3, 2)


def work(minutes: int, starts_on: date, due_on: date, *, member: str = "anna", step: str = "stp") -> Work:
    return Work(step, member, minutes, starts_on, due_on)


def test_effort_is_spread_evenly_over_the_worked_days_of_its_weeks() -> None:
    thursday_to_tuesday = work(480, date(2026, 3, 5), date(2026, 3, 10))
    assert spread(thursday_to_tuesday, calendar_without(PLAIN, ()), MONDAY) == {date(2026, 3, 2): 240, date(2026, 3, 9): 240}


def test_days_off_and_holidays_get_nothing_and_the_rest_gets_more() -> None:
    off = (Absence(date(2026, 3, 5), date(2026, 3, 5)),)
    british = WorkingTime(country="GB", subdivision="ENG")
    assert spread(work(480, date(2026, 3, 5), date(2026, 3, 10)), calendar_without(PLAIN, off), MONDAY) == {
        date(2026, 3, 2): 160, date(2026, 3, 9): 320,
    }  # fmt: skip
    good_friday_and_easter_monday = work(600, date(2026, 4, 2), date(2026, 4, 7))
    assert spread(good_friday_and_easter_monday, calendar_without(british, ()), MONDAY) == {date(2026, 3, 30): 300, date(2026, 4, 6): 300}


def test_what_has_begun_or_is_overdue_is_still_whole_and_lies_ahead() -> None:
    calendar = calendar_without(PLAIN, ())
    assert spread(work(300, date(2026, 2, 16), date(2026, 3, 6)), calendar, date(2026, 3, 4)) == {MONDAY: 300}
    assert spread(work(300, date(2026, 2, 2), date(2026, 2, 6)), calendar, date(2026, 3, 4)) == {MONDAY: 300}


def test_without_a_day_to_work_on_it_all_falls_on_the_due_week_where_it_shows() -> None:
    away = Hands(2400, PLAIN, (Absence(date(2026, 3, 9), date(2026, 3, 13)),))
    found = load_of([work(120, date(2026, 3, 9), date(2026, 3, 13))], {"anna": away}, weeks_from(MONDAY, 2), MONDAY)
    assert found["anna"] == (
        WeekLoad(MONDAY, 0, 2400), WeekLoad(date(2026, 3, 9), 120, 0, (Share("stp", 120),)),
    )  # fmt: skip
    assert (found["anna"][1].over, found["anna"][0].free) == (120, 2400)


def test_capacity_counts_from_today_less_days_off() -> None:
    hands = Hands(2400, PLAIN, (Absence(date(2026, 3, 12), date(2026, 3, 20)),))
    wednesday = date(2026, 3, 4)
    assert [hands.capacity(monday, wednesday) for monday in weeks_from(date(2026, 2, 23), 4)] == [0, 1440, 1440, 0]


def test_four_days_a_week_are_a_whole_week_of_that_calendar() -> None:
    assert Hands(1800, WorkingTime(weekdays=(0, 1, 2, 3))).capacity(MONDAY, MONDAY) == 1800


def test_shares_are_listed_with_the_largest_first_and_strangers_left_out() -> None:
    works = [
        work(60, MONDAY, date(2026, 3, 6), step="small"), work(90, MONDAY, date(2026, 3, 6), step="large"),
        work(999, MONDAY, date(2026, 3, 6), member="nobody"), work(50, date(2026, 3, 9), date(2026, 3, 9), step="later"),
    ]  # fmt: skip
    found = load_of(works, {"anna": Hands(120, PLAIN)}, (MONDAY,), MONDAY)
    assert found == {"anna": (WeekLoad(MONDAY, 150, 120, (Share("large", 90), Share("small", 60))),)}
    assert found["anna"][0].over == 30


def test_room_has_who_stays_within_the_capacity_in_every_week_most_first() -> None:
    next_monday = date(2026, 3, 9)
    loads = {
        "full": (WeekLoad(MONDAY, 590, 600), WeekLoad(next_monday, 0, 600)), "some": (WeekLoad(MONDAY, 300, 600), WeekLoad(next_monday, 300, 600)),
        "idle": (WeekLoad(MONDAY, 0, 600), WeekLoad(next_monday, 0, 600)), "untouched": (WeekLoad(MONDAY, 0, 600),),
    }  # fmt: skip
    more = {name: {MONDAY: 60, next_monday: 30} for name in ("full", "some", "idle")}
    assert with_room(loads, more) == [("idle", 1110), ("some", 510)]


days = st.dates(date(2026, 1, 1), date(2026, 12, 31))


@given(minutes=st.integers(0, 20_000), first=days, last=days, today=days, off=st.lists(st.tuples(days, st.integers(0, 40)), max_size=4))
def test_what_is_spread_always_adds_up_and_never_lies_in_the_past_or_on_a_day_off(minutes, first, last, today, off) -> None:
    absences = tuple(Absence(day, date.fromordinal(day.toordinal() + more)) for day, more in off)
    calendar = calendar_without(PLAIN, absences)
    found = spread(work(minutes, min(first, last), max(first, last)), calendar, today)
    assert sum(found.values()) == minutes
    assert all(monday == monday_of(monday) >= monday_of(today) for monday in found)
    if len(found) > 1:
        assert all(calendar.between(monday.toordinal(), monday.toordinal() + 7) for monday in found)


def test_absences_are_kept_and_read_again_in_order() -> None:
    found = (Absence(date(2026, 5, 1), date(2026, 5, 3), "Trip"), Absence(date(2026, 4, 1), date(2026, 4, 1), side="third"))
    kept = kept_from(found)
    assert kept == [
        {"first_on": "2026-04-01", "last_on": "2026-04-01", "words": "", "side": "third"},
        {"first_on": "2026-05-01", "last_on": "2026-05-03", "words": "Trip"},
    ]
    assert absences_from(kept) == (found[1], found[0])
    assert days_in((*found, Absence(date(2026, 5, 3), date(2026, 5, 4)))) == [
        "2026-04-01", "2026-05-01", "2026-05-02", "2026-05-03", "2026-05-04",
    ]  # fmt: skip
