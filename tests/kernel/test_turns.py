"""Writers of one process take turns in the order in which they came, and background work makes room for them."""

import threading
import time

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.db import OperationalError, connection, transaction

from boardwell.config import env
from boardwell.kernel.sqlite import turns
from boardwell.kernel.sqlite.turns import Turnstile
from boardwell.kernel.tasks import worker


def until(condition, seconds: float = 10) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.001)


def test_the_turn_goes_to_whoever_has_waited_longest() -> None:
    turnstile, order, threads = Turnstile(), [], []
    assert turnstile.enter(0)

    def take(number: int) -> None:
        assert turnstile.enter(10)
        order.append(number)
        turnstile.leave()

    for number in range(5):
        threads.append(threading.Thread(target=take, args=[number]))
        threads[-1].start()
        until(lambda: len(turnstile._waiting) == len(threads))
    turnstile.leave()
    for thread in threads:
        thread.join(10)
    assert order == [0, 1, 2, 3, 4]
    assert turnstile.enter(0)


def test_who_gave_up_waiting_is_not_handed_the_turn() -> None:
    turnstile = Turnstile()
    assert turnstile.enter(0)
    assert not turnstile.enter(0.01)
    assert not turnstile.is_wanted
    turnstile.leave()
    assert turnstile.enter(0)


def test_a_rush_is_many_turns_within_a_second_and_is_over_two_seconds_later(monkeypatch) -> None:
    second = [10.0]
    monkeypatch.setattr(turns, "time", type("Stopped", (), {"monotonic": staticmethod(lambda: second[0])}))
    turnstile, seen = Turnstile(), []
    for _turn in range(turns.RUSH + 1):
        seen.append(turnstile.in_rush)
        turnstile.enter(0)
        turnstile.leave()
    for second[0] in (10.9, 11.9, 12.0):
        seen.append(turnstile.in_rush)
    assert seen == [False] * (turns.RUSH + 1) + [True, True, False]


@pytest.mark.sqlite_only
@pytest.mark.django_db(transaction=True)
def test_a_second_writer_waits_for_the_first_and_the_first_can_see_it() -> None:
    done: list[str] = []

    def second() -> None:
        with transaction.atomic():
            done.append("second")
        connection.close()

    with transaction.atomic():
        assert connection.others_wait is False
        thread = threading.Thread(target=second)
        thread.start()
        until(lambda: connection.others_wait)
        done.append("first")
    thread.join(10)
    assert done == ["first", "second"]
    assert connection.others_wait is False


@pytest.mark.sqlite_only
@pytest.mark.django_db(transaction=True)
def test_a_turn_ends_with_a_rollback_with_a_failed_begin_and_with_a_closed_connection(monkeypatch) -> None:
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        raise ZeroDivisionError
    with pytest.raises(OperationalError), transaction.atomic():
        connection.close()
        raise OperationalError
    connection.close()
    connection.ensure_connection()
    monkeypatch.setattr(connection, "transaction_mode", "NONSENSE")
    with pytest.raises(OperationalError), transaction.atomic():
        pass
    monkeypatch.undo()
    connection.close()
    with transaction.atomic():
        assert connection.others_wait is False


def test_background_work_stops_early_when_somebody_waits_and_never_before_its_first_row(monkeypatch) -> None:
    monkeypatch.setattr(worker, "POLITE_SECONDS", -1)
    for others_wait, taken in ((True, [1]), (False, [1, 2, 3])):
        monkeypatch.setattr(worker, "others_wait", lambda answer=others_wait: answer)
        assert list(worker.shares([1, 2, 3])) == taken


def test_the_broker_is_an_amqp_address_or_nothing(monkeypatch) -> None:
    monkeypatch.delenv("BOARDWELL_QUEUE", raising=False)
    assert env.broker("QUEUE") == ""
    monkeypatch.setenv("BOARDWELL_QUEUE", "amqps://u:p@broker.example/v")
    assert env.broker("QUEUE") == "amqps://u:p@broker.example/v"
    monkeypatch.setenv("BOARDWELL_QUEUE", "redis://u:secret@broker.example")
    with pytest.raises(ImproperlyConfigured, match=r"BOARDWELL_QUEUE must start with amqp:// or amqps://, not 'redis'$"):
        env.broker("QUEUE")
