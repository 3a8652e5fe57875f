"""The schedule by hand-counted days, and what must hold of every plan."""

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from boardwell.domain.journeys.calendars import Calendar, calendar_of
from boardwell.domain.journeys.duedates import WorkingTime
from boardwell.domain.journeys.schedule import CAUSES, Activity, CircleError, Dates, Link, network_of

MONDAY = date(2026, 3, 2).toordinal()
WEEK = calendar_of(WorkingTime())
SUNDAY_TO_THURSDAY = calendar_of(WorkingTime(weekdays=(6, 0, 1, 2, 3)))


def planned(*activities: Activity, calendars: tuple[Calendar, ...] = (WEEK,), today: int | None = None) -> dict[str, Dates]:
    return network_of(activities, calendars).schedule(MONDAY, today=today)


def days(dates: dict[str, Dates]) -> dict[str, tuple[str, str]]:
    return {key: (_day(one.starts_on), _day(one.on)) for key, one in dates.items()}


def _day(ordinal: int) -> str:
    return date.fromordinal(ordinal).strftime("%a %-d")


def test_a_chain_follows_the_working_days_over_a_weekend() -> None:
    found = planned(Activity(key="a", duration=3), Activity(key="b", duration=3, links=(Link("a"),)))
    assert days(found) == {"a": ("Mon 2", "Wed 4"), "b": ("Thu 5", "Mon 9")}


@pytest.mark.parametrize(
    ("link", "expected"),
    [
        (Link("a", "fs"), ("Thu 5", "Fri 6")),
        (Link("a", "fs", 2), ("Mon 9", "Tue 10")),
        (Link("a", "fs", 2, "calendar"), ("Mon 9", "Tue 10")),
        (Link("a", "fs", 5, "calendar"), ("Tue 10", "Wed 11")),
        (Link("a", "fs", -1), ("Wed 4", "Thu 5")),
        (Link("a", "ss"), ("Mon 2", "Tue 3")),
        (Link("a", "ss", 1), ("Tue 3", "Wed 4")),
        (Link("a", "ff"), ("Tue 3", "Wed 4")),
        (Link("a", "ff", 3), ("Fri 6", "Mon 9")),
        (Link("a", "ff", -2), ("Mon 2", "Tue 3")),
        (Link("a", "sf", 5), ("Thu 5", "Fri 6")),
        (Link("a", "sf", 5, "calendar"), ("Thu 5", "Fri 6")),
        (Link("a", "sf", 7, "calendar"), ("Fri 6", "Mon 9")),
    ],
)
def test_each_type_of_link_with_its_lag(link: Link, expected: tuple[str, str]) -> None:
    found = planned(Activity(key="a", duration=3), Activity(key="b", duration=2, links=(link,)))
    assert days(found)["b"] == expected


def test_each_party_works_its_own_week() -> None:
    ours = Activity(key="ours", duration=4)
    theirs = Activity(key="theirs", duration=2, calendar=1, links=(Link("ours"),))
    back = Activity(key="back", duration=1, links=(Link("theirs"),))
    found = planned(ours, theirs, back, calendars=(WEEK, SUNDAY_TO_THURSDAY))
    assert days(found) == {"ours": ("Mon 2", "Thu 5"), "theirs": ("Sun 8", "Mon 9"), "back": ("Tue 10", "Tue 10")}


def test_a_milestone_is_done_with_what_it_follows_and_begins_with_what_it_begins() -> None:
    found = planned(
        Activity(key="kickoff"),
        Activity(key="work", duration=5, links=(Link("kickoff"),)),
        Activity(key="live", links=(Link("work"),)),
        Activity(key="opened", links=(Link("work", "ss", 2),)),
    )
    assert {key: _day(one.on) for key, one in found.items()} == {
        "kickoff": "Mon 2", "work": "Fri 6", "live": "Fri 6", "opened": "Wed 4",
    }  # fmt: skip


def test_constraints_hold_a_date_or_only_judge_it() -> None:
    found = planned(
        Activity(key="a", duration=1),
        Activity(key="not-before", duration=1, links=(Link("a"),), not_before=MONDAY + 5),  # a Saturday
        Activity(key="due", duration=2, links=(Link("a"),), due_on=MONDAY + 8),
        Activity(key="fixed", duration=2, links=(Link("a"),), fixed_on=MONDAY + 1),
        Activity(key="deadline", duration=4, links=(Link("a"),), deadline_on=MONDAY + 2),
    )
    assert days(found) == {
        "a": ("Mon 2", "Mon 2"), "not-before": ("Mon 9", "Mon 9"), "due": ("Mon 9", "Tue 10"), "fixed": ("Mon 2", "Tue 3"),
        "deadline": ("Tue 3", "Fri 6"),
    }  # fmt: skip
    assert {key: CAUSES.get(one.cause, "link") for key, one in found.items()} == {
        "a": "start", "not-before": "not_before", "due": "due", "fixed": "fixed", "deadline": "link",
    }  # fmt: skip
    assert found["deadline"].slack == -2
    assert found["a"].slack == -2  # the deadline cannot be kept, and here is where the two days would have to come from


def test_what_really_happened_moves_what_follows_both_ways() -> None:
    def after(finished: int) -> tuple[str, str]:
        return days(planned(Activity(key="a", duration=3, finished_on=finished), Activity(key="b", duration=2, links=(Link("a"),))))["b"]

    assert after(MONDAY) == ("Tue 3", "Wed 4")
    assert after(MONDAY + 2) == ("Thu 5", "Fri 6")
    assert after(MONDAY + 8) == ("Wed 11", "Thu 12")


def test_what_is_not_done_yet_ends_today_at_the_earliest() -> None:
    late = planned(Activity(key="a", duration=3), Activity(key="b", duration=2, links=(Link("a"),)), today=MONDAY + 7)
    assert days(late) == {"a": ("Mon 2", "Mon 9"), "b": ("Tue 10", "Wed 11")}
    assert CAUSES[late["a"].cause] == "today"
    assert days(planned(Activity(key="a", fixed_on=MONDAY), today=MONDAY + 1))["a"][1] == "Tue 3"


def test_the_critical_path_is_where_a_lost_day_is_lost_at_the_end() -> None:
    found = planned(
        Activity(key="a", duration=2),
        Activity(key="long", duration=5, links=(Link("a"),)),
        Activity(key="short", duration=1, links=(Link("a"),)),
        Activity(key="end", links=(Link("long"), Link("short"))),
    )
    assert {key: one.slack for key, one in found.items()} == {"a": 0, "long": 0, "short": 4, "end": 0}
    assert _day(found["short"].late_on) == "Tue 10"
    assert [key for key, one in found.items() if one.is_critical] == ["a", "long", "end"]


def test_a_circle_is_named_and_a_link_to_nowhere_counts_for_nothing() -> None:
    with pytest.raises(CircleError) as caught:
        network_of([Activity(key="a", links=(Link("b", "ff"),)), Activity(key="b", links=(Link("a", "ss"),))], [WEEK])
    assert caught.value.keys == ("a", "b")
    assert days(planned(Activity(key="a", duration=1, links=(Link("gone"),))))["a"] == ("Mon 2", "Mon 2")


def test_ten_thousand_steps_in_a_row_need_no_recursion_and_a_plan_beyond_time_ends_at_its_end() -> None:
    chain = [Activity(key="0", duration=1)] + [Activity(key=str(n), duration=1, links=(Link(str(n - 1)),)) for n in range(1, 10_000)]
    assert planned(*chain)["9999"].on == WEEK.after(MONDAY, 10_000) - 1
    assert date.fromordinal(planned(Activity(key="a", duration=10**9))["a"].on).year == 2300


CALENDARS = st.builds(
    lambda weekdays, off: calendar_of(
        WorkingTime(weekdays=tuple(sorted(weekdays)), days_off=tuple(sorted(date.fromordinal(MONDAY + day).isoformat() for day in off)))
    ),
    st.sets(st.integers(0, 6), min_size=1),
    st.sets(st.integers(0, 60), max_size=12),
)


@st.composite
def plans(draw: st.DrawFn) -> tuple[list[Activity], list[Calendar]]:
    """Up to nine steps with links of every type to earlier ones, on up to three calendars."""
    calendars = draw(st.lists(CALENDARS, min_size=1, max_size=3))
    activities: list[Activity] = []
    for number in range(draw(st.integers(1, 9))):
        links = draw(
            st.lists(
                st.builds(
                    Link, st.sampled_from([str(n) for n in range(number)] or ["gone"]), st.sampled_from(["fs", "ss", "ff", "sf"]),
                    st.integers(-4, 6), st.sampled_from(["working", "calendar"]),
                ),
                max_size=3,
            )
        )  # fmt: skip
        activities.append(
            Activity(
                key=str(number), duration=draw(st.integers(0, 6)), calendar=draw(st.integers(0, len(calendars) - 1)), links=tuple(links),
                not_before=draw(st.none() | st.integers(MONDAY, MONDAY + 30)),
                due_on=draw(st.none() | st.integers(MONDAY, MONDAY + 30)),
            )
        )  # fmt: skip
    return activities, calendars


@given(plans())
def test_every_link_and_constraint_is_kept_and_something_decided_every_date(plan: tuple[list[Activity], list[Calendar]]) -> None:
    activities, calendars = plan
    network = network_of(activities, calendars)
    spans = network.forward(MONDAY)
    by_key = dict(zip((one.key for one in activities), spans, strict=True))
    for activity, span in zip(activities, spans, strict=True):
        calendar = calendars[activity.calendar]
        assert calendar.between(span.start, span.finish) == activity.duration
        assert span.start >= MONDAY
        assert activity.not_before is None or span.start >= activity.not_before
        assert activity.due_on is None or span.finish > activity.due_on
        for link in activity.links:
            if link.before in by_key:
                other = by_key[link.before]
                at = other.finish if link.type in {"fs", "ff"} else other.start
                if link.unit == "calendar":
                    at += link.lag
                elif link.lag:
                    at = calendars[0].after(at, link.lag) if link.lag > 0 else calendars[0].back(at, -link.lag)
                assert (span.start if link.type in {"fs", "ss"} else span.finish) >= at
        assert span.cause in CAUSES or span.cause < len(activity.links)


@given(plans(), st.integers(0, 60), st.integers(0, 2))
def test_another_day_off_makes_nothing_earlier(plan: tuple[list[Activity], list[Calendar]], off: int, which: int) -> None:
    activities, calendars = plan
    which %= len(calendars)
    # Only links that count forwards from an end: a step held by its end begins earlier when a day falls out, as it should.
    later = {"ss": "fs", "sf": "ff"}
    activities = [
        replace(one, links=tuple(Link(link.before, later.get(link.type, link.type), abs(link.lag), link.unit) for link in one.links))
        for one in activities
    ]
    before = network_of(activities, calendars).forward(MONDAY)
    was = calendars[which]
    fewer = [*calendars]
    fewer[which] = Calendar(lambda day: was.is_worked(day.toordinal()) and day.toordinal() != MONDAY + off)
    after = network_of(activities, fewer).forward(MONDAY)
    assert all(new.finish >= old.finish for old, new in zip(before, after, strict=True))


@given(plans(), st.data())
def test_a_longer_step_makes_no_end_earlier_and_repeating_gives_the_same(
    plan: tuple[list[Activity], list[Calendar]], pick: st.DataObject
) -> None:
    activities, calendars = plan
    network = network_of(activities, calendars)
    before = network.forward(MONDAY)
    assert network_of(activities, calendars).forward(MONDAY) == before
    place = pick.draw(st.integers(0, len(activities) - 1))
    longer = [one.duration + (1 if number == place else 0) for number, one in enumerate(activities)]
    after = network.forward(MONDAY, durations=longer)
    assert after[place].finish >= before[place].finish
    if all(link.type in {"fs", "ff"} for one in activities for link in one.links):
        assert all(new.finish >= old.finish for old, new in zip(before, after, strict=True))


@given(plans(), st.data())
def test_slack_can_be_used_up_but_not_one_day_more(plan: tuple[list[Activity], list[Calendar]], pick: st.DataObject) -> None:
    activities, calendars = plan
    network = network_of(activities, calendars)
    spans, dates = network.forward(MONDAY), network.schedule(MONDAY)
    the_end = max(span.finish for span in spans)
    place = pick.draw(st.integers(0, len(activities) - 1))
    activity = activities[place]
    if not activity.duration:
        return
    found = dates[activity.key]
    assert found.slack is not None
    assert found.slack >= 0

    def end_when(starts: int) -> int:
        moved = [replace(one, not_before=starts) if number == place else one for number, one in enumerate(activities)]
        return max(span.finish for span in network_of(moved, calendars).forward(MONDAY))

    assert end_when(max(found.late_starts_on, found.starts_on)) == the_end
    assert end_when(calendars[activity.calendar].begin(found.late_starts_on + 1)) > the_end
