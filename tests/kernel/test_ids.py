"""Ids: their shape, their order, and that a batch of them collides with nothing."""

import time

import pytest

from boardwell.kernel.ids import is_id, new_id, new_ids


def test_an_id_has_its_prefix_and_26_characters_and_is_recognised_only_as_such() -> None:
    made = new_id("jrn")
    assert made.startswith("jrn_")
    assert len(made) == 30
    assert is_id(made, "jrn")
    assert not is_id(made, "stp")
    assert not is_id(made[:-1], "jrn")
    assert not is_id(made[:-1] + "u", "jrn")


def test_a_later_millisecond_sorts_after(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(time, "time_ns", lambda: 1_764_000_000_000_000_000)
    early = [new_id("stp"), *new_ids("stp", 3)]
    monkeypatch.setattr(time, "time_ns", lambda: 1_764_000_000_001_000_000)
    late = [new_id("stp"), *new_ids("stp", 3)]
    assert max(early) < min(late)
    assert {made[:14] for made in early} == {early[0][:14]}  # 48 bits of time stand in front


def test_a_batch_sorts_in_its_own_order_and_two_batches_share_nothing() -> None:
    one, two = new_ids("stp", 500), new_ids("stp", 500)
    assert one == sorted(one)
    assert two == sorted(two)
    assert len({*one, *two}) == 1_000
    assert all(is_id(made, "stp") for made in one)
    assert new_ids("stp", 0) == []


def test_a_batch_that_would_run_over_its_counter_is_refused() -> None:
    with pytest.raises(ValueError, match="too many ids"):
        new_ids("stp", 2**29 + 1)
