"""Rate limits: what a bucket grants, when it is full again, and that processes share it."""

import threading

import pytest
import time_machine
from django.core.cache import caches
from django.db import connection

from boardwell.kernel import rates
from boardwell.kernel.models import RateBucket
from boardwell.kernel.rates import Limit, TooMany, require, spend

FIVE = Limit("five", 5, 50)


@pytest.fixture(autouse=True)
def _another_process(db) -> None:
    """What an earlier test took is forgotten, as in a new process."""
    rates._held.clear()


def test_a_bucket_grants_its_amount_then_says_how_long_to_wait_and_fills_evenly() -> None:
    with time_machine.travel("2026-11-25T10:00:00Z", tick=False) as clock:
        assert [(verdict.granted, verdict.left) for verdict in (spend(FIVE, "a") for _ in range(5))] == [
            (True, 4), (True, 3), (True, 2), (True, 1), (True, 0),
        ]  # fmt: skip
        refused = spend(FIVE, "a")
        assert (refused.granted, refused.left, refused.wait_seconds) == (False, 0, 10)
        clock.shift(9)
        with pytest.raises(TooMany) as problem:
            require(FIVE, "a")
        assert (problem.value.status, problem.value.wait_seconds) == (429, 1)
        clock.shift(1)
        assert (spend(FIVE, "a").granted, spend(FIVE, "a").granted) == (True, False)
        clock.shift(10_000)
        assert sum(spend(FIVE, "a").granted for _ in range(10)) == 5


def test_one_persons_bucket_is_not_anothers_and_zero_is_no_limit() -> None:
    for _turn in range(6):
        spend(FIVE, "loud")
    assert not spend(FIVE, "loud").granted
    assert spend(FIVE, "quiet").left == 4
    assert all(spend(Limit("none", 0), "loud").granted for _turn in range(100))


def test_a_block_is_taken_in_one_statement_and_never_more_than_there_is() -> None:
    limit = Limit("block", 25, 50, block=10)
    with time_machine.travel("2026-11-25T10:00:00Z", tick=False):
        granted = 0
        for _turn in range(40):
            if _turn == 7:
                rates._held.clear()  # a second process, which takes a block of its own; three asks of the first are lost
            granted += spend(limit, "a").granted
        assert granted == 22


@pytest.mark.django_db(transaction=True)
def test_threads_with_connections_of_their_own_share_one_bucket() -> None:
    granted: list[bool] = []

    def ask() -> None:
        granted.extend(spend(Limit("shared", 7, 3600), "a").granted for _turn in range(10))
        connection.close()

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(granted) == 7


def test_full_buckets_are_swept() -> None:
    from boardwell.kernel.tasks.worker import sweep

    with time_machine.travel("2026-11-25T10:00:00Z", tick=False) as clock:
        spend(FIVE, "old")
        clock.shift(60)
        spend(FIVE, "new")
        sweep()
    assert list(RateBucket.objects.values_list("key", flat=True)) == ["five:new"]


def test_the_counters_of_sign_in_are_shared_and_cannot_be_pushed_out(settings) -> None:
    assert settings.CACHES["default"]["BACKEND"] == "django.core.cache.backends.db.DatabaseCache"
    cache = caches["default"]
    cache.set("counter", 1)
    for number in range(400):
        cache.set(f"other-{number}", number)
    assert cache.get("counter") == 1
