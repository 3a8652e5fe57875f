"""The plan over time as geometry: a day is a column, a step is a row."""

from datetime import date

from boardwell.ui.gantt import LABEL, ROW, TOP, Item, lay_out

MONDAY = date(2026, 3, 2)


def item(key: str, first: int, last: int, **more: object) -> Item:
    return Item(key, key.title(), date(2026, 3, first), date(2026, 3, last), f"{key} in words", **more)  # type: ignore[arg-type]


def test_bars_stand_under_their_days_and_rows_below_their_stage() -> None:
    gantt = lay_out([("Begin", [item("a", 2, 4), item("b", 5, 5, waits_for=("a", "gone"))]), ("Empty", [])], today=MONDAY)
    day = gantt.marks[0].width / 3
    assert [heading.title for heading in gantt.headings] == ["Begin"]
    assert [(mark.item.key, mark.y) for mark in gantt.marks] == [("a", TOP + ROW), ("b", TOP + 2 * ROW)]
    assert (gantt.marks[0].x, gantt.marks[1].x) == (LABEL, LABEL + 3 * day)
    assert gantt.marks[1].width == day
    assert len(gantt.lines) == 1
    assert gantt.critical == []
    assert gantt.bottom == TOP + 3 * ROW


def test_the_first_plan_today_the_promise_and_days_without_work_are_drawn() -> None:
    late = item("a", 9, 10, baseline_starts_on=date(2026, 3, 2), baseline_on=date(2026, 3, 4), is_critical=True)
    gantt = lay_out([("S", [late])], today=date(2026, 3, 9), days_off=[date(2026, 3, 7), date(2026, 5, 1)], promised_on=date(2026, 3, 11))
    day = gantt.marks[0].width / 2
    assert (gantt.marks[0].base_x, gantt.marks[0].base_width) == (LABEL, 3 * day)
    assert [band.first for band in gantt.idle] == [date(2026, 3, 7)]
    assert gantt.today_x == LABEL + 7.5 * day
    assert gantt.promised_x == LABEL + 10 * day


def test_a_plan_of_years_stays_drawable_and_an_empty_one_too() -> None:
    long = lay_out([("S", [Item("a", "A", MONDAY, date(2029, 3, 2), "")])], today=MONDAY)
    assert 5_000 < long.width < 7_000
    assert len(long.weeks) == 158
    assert lay_out([], today=MONDAY).marks == []
