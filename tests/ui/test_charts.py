"""The geometry of charts."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from boardwell.ui import charts

PIECES = st.lists(st.tuples(st.text(max_size=5), st.integers(0, 10**6), st.sampled_from(charts.TONES)), max_size=5)


def test_bars_share_one_scale_and_leave_empty_pieces_out() -> None:
    long, short = charts.stacked(
        [("a", "/a", [("Good", 6, "good"), ("Bad", 2, "bad")]), ("b", "", [("Good", 0, "good"), ("Bad", 4, "bad")])]
    )
    assert [(part.label, part.start, part.size) for part in long.parts] == [("Good", 0.0, 75.0), ("Bad", 75.0, 25.0)]
    assert [(part.label, part.start, part.size) for part in short.parts] == [("Bad", 0.0, 50.0)]
    assert (long.total, short.total, long.href) == (8, 4, "/a")


@given(st.lists(PIECES, max_size=6))
def test_no_bar_leaves_its_frame_and_the_longest_fills_it(rows: list[list[tuple[str, int, str]]]) -> None:
    bars = charts.stacked(("row", "", pieces) for pieces in rows)
    ends = [bar.parts[-1].start + bar.parts[-1].size for bar in bars if bar.parts]
    assert [bar.total for bar in bars] == [sum(value for _label, value, _tone in pieces) for pieces in rows]
    if ends:
        assert max(ends) == pytest.approx(100, abs=0.01)


@pytest.mark.parametrize(("values", "heights"), [([0, 0], [0, 0]), ([1, 4], [25, 100]), ([], [])])
def test_columns_are_measured_by_the_tallest(values: list[int], heights: list[float]) -> None:
    assert [column.height for column in charts.columns((str(value), value) for value in values)] == heights


@pytest.mark.parametrize(("done", "total", "share"), [(0, 7, 0), (7, 7, 1), (3, 6, 0.5), (9, 7, 1), (0, 0, 0)])
def test_a_ring_is_drawn_as_far_as_the_work_is_done(done: int, total: int, share: float) -> None:
    drawn, left = charts.ring(done, total)
    around = 2 * math.pi * 42
    assert (drawn, left) == (round(around * share, 2), round(around * (1 - share), 2))
