"""Days as each language writes them; the year only when it is another one."""

from datetime import date

import pytest
import time_machine
from django.utils import translation

from boardwell.ui.templatetags.ui import on_day


@pytest.mark.parametrize(
    ("language", "near", "far"),
    [
        ("en", "5 May", "4 March 2027"),
        ("hi", "5 मई", "4 मार्च 2027"),
        ("bn", "5 মে", "4 মার্চ, 2027"),
        ("az", "5 may", "4 mart 2027"),
        ("ms", "5 Mei", "4 Mac 2027"),
        ("mn", "5-р сарын 5", "2027 оны 3-р сарын 4"),
    ],
)
@time_machine.travel("2026-11-01", tick=False)
def test_a_day_reads_as_its_language_writes_it(language: str, near: str, far: str) -> None:
    with translation.override(language):
        assert (on_day(date(2026, 5, 5)), on_day(date(2027, 3, 4))) == (near, far)
