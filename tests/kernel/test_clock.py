"""The one source of now."""

from datetime import UTC, date, datetime

import pytest

from boardwell.kernel import clock

SOME = datetime(2026, 3, 1, 23, 30, tzinfo=UTC)


def test_a_story_is_told_at_its_own_time_and_the_present_comes_back_even_after_a_fault() -> None:
    with pytest.raises(ZeroDivisionError), clock.at(SOME):
        assert (clock.now(), clock.today(), clock.today("Asia/Dhaka")) == (SOME, date(2026, 3, 1), date(2026, 3, 2))
        raise ZeroDivisionError
    assert clock.now() > SOME
