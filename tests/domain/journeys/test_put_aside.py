"""A row that makes room for another keeps its history under a key that fits its column."""

import pytest

from boardwell.domain.journeys.inserting import put_aside
from boardwell.domain.journeys.models import Step

MOST = Step._meta.get_field("key").max_length


@pytest.mark.parametrize(
    ("key", "aside"),
    [
        ("welcome", "welcome~12345678"),
        ("welcome~87654321", "welcome~12345678"),
        ("k" * 51, f"{'k' * 51}~12345678"),
        ("k" * 60, f"{'k' * 51}~12345678"),
    ],
)
def test_however_long_the_key_is(key: str, aside: str) -> None:
    assert put_aside(key, "stp_0000000000000012345678") == aside
    assert len(aside) <= (MOST or 0)
