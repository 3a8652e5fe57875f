"""Threads that share a flush: each whole by itself, none told before it is durable, all told when it is not."""

import os
import signal
import subprocess
import sys
import threading
import time
from contextlib import nullcontext

import pytest
from django.db import IntegrityError, OperationalError, connection, transaction
from test_turns import until

from boardwell.kernel.errors import Conflict, NotAllowed
from boardwell.kernel.flush import shared_flush
from boardwell.kernel.models import RateBucket
from boardwell.kernel.readonly import reading_only
from boardwell.kernel.sqlite import base
from boardwell.kernel.sqlite.base import desk_of


class Writer(threading.Thread):
    """A thread that goes into its transaction, tells when it is inside, and stays there until it is let out."""

    def __init__(self, name: str, *, shares: bool = True, act=lambda: None) -> None:
        super().__init__(daemon=True)
        self.key, self.shares, self.act = name, shares, act
        self.inside, self.out, self.ended = threading.Event(), threading.Event(), threading.Event()
        self.problem: BaseException | None = None
        self.start()

    def run(self) -> None:
        try:
            with shared_flush() if self.shares else nullcontext(), transaction.atomic():
                RateBucket.objects.create(key=self.key, full_at=1)
                self.inside.set()
                assert self.out.wait(10)
                self.act()
        except BaseException as problem:
            self.problem = problem
        finally:
            connection.close()
            self.ended.set()


def in_line(*writers: tuple[str, dict]) -> list[Writer]:
    """Writers of which the first is inside its transaction and the others wait behind it, in this order."""
    turnstile = desk_of(str(connection.settings_dict["NAME"])).turnstile
    made = []
    for name, more in writers:
        made.append(Writer(name, **more))
        if len(made) == 1:
            assert made[0].inside.wait(10)
        else:
            until(lambda: len(turnstile._waiting) == len(made) - 1)
    return made


def kept() -> set[str]:
    return set(RateBucket.objects.values_list("key", flat=True))


@pytest.mark.sqlite_only
@pytest.mark.django_db(transaction=True)
def test_who_shares_a_flush_goes_on_when_it_is_done_and_not_before() -> None:
    first, second, third = in_line(("a", {}), ("b", {}), ("c", {}))
    first.out.set()
    assert second.inside.wait(10)
    second.out.set()
    assert third.inside.wait(10)
    assert (first.ended.is_set(), second.ended.is_set(), kept()) == (False, False, set())
    third.out.set()
    for each in (first, second, third):
        assert each.ended.wait(10)
    assert ([first.problem, second.problem, third.problem], kept()) == ([None, None, None], {"a", "b", "c"})


@pytest.mark.sqlite_only
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("refused", ["a", "b", "c"])
def test_who_is_refused_takes_nothing_of_the_others_back(refused: str) -> None:
    def refuse() -> None:
        raise Conflict("no")

    writers = in_line(*((name, {"act": refuse} if name == refused else {}) for name in "abc"))
    for each in writers:
        assert each.inside.wait(10)
        each.out.set()
    for each in writers:
        assert each.ended.wait(10)
    assert [each.key for each in writers if isinstance(each.problem, Conflict)] == [refused]
    assert kept() == set("abc") - {refused}


@pytest.mark.sqlite_only
@pytest.mark.django_db(transaction=True)
def test_when_the_flush_fails_nobody_is_told_that_it_was_kept_and_the_next_writes_again() -> None:
    def break_a_reference() -> None:
        with connection.cursor() as cursor:
            cursor.execute("CREATE TABLE broken (of TEXT REFERENCES organisations_organisation DEFERRABLE INITIALLY DEFERRED)")
            cursor.execute("INSERT INTO broken VALUES ('org_nobody')")

    writers = in_line(("a", {}), ("b", {"act": break_a_reference}))
    for each in writers:
        assert each.inside.wait(10)
        each.out.set()
    for each in writers:
        assert each.ended.wait(10)
    assert [type(each.problem) for each in writers] == [OperationalError, IntegrityError]
    assert kept() == set()
    (after,) = in_line(("d", {}))
    after.out.set()
    assert after.ended.wait(10)
    assert kept() == {"d"}


@pytest.mark.sqlite_only
@pytest.mark.django_db(transaction=True)
def test_when_sqlite_gives_the_transaction_up_those_before_are_told() -> None:
    def give_up() -> None:
        connection.connection.rollback()

    first, second = in_line(("a", {}), ("b", {"act": give_up}))
    first.out.set()
    assert second.inside.wait(10)
    second.out.set()
    for each in (first, second):
        assert each.ended.wait(10)
        assert isinstance(each.problem, OperationalError)
    assert kept() == set()


@pytest.mark.sqlite_only
@pytest.mark.django_db(transaction=True)
def test_after_a_flush_for_many_the_next_gives_those_on_their_way_a_moment_and_alone_nobody_waits(monkeypatch) -> None:
    desk, late = desk_of(str(connection.settings_dict["NAME"])), []

    def somebody_comes(_seconds: float) -> None:
        late.append(Writer("late"))
        late[0].out.set()
        until(lambda: len(desk.turnstile._waiting) == 1)

    monkeypatch.setattr(base, "time", type("Moments", (), {"sleep": staticmethod(somebody_comes), "monotonic": time.monotonic}))
    for crowd, name, seen in ((0, "alone", []), (3, "first", ["late"])):
        desk.crowd = crowd
        (writer,) = in_line((name, {}))
        writer.out.set()
        assert writer.ended.wait(10)
        assert [each.key for each in late] == seen
    assert late[0].ended.wait(10)
    assert (kept(), desk.crowd) == ({"alone", "first", "late"}, 1)


@pytest.mark.sqlite_only
@pytest.mark.django_db(transaction=True)
def test_nobody_waits_for_somebody_who_does_not_share() -> None:
    first, second = in_line(("a", {}), ("b", {"shares": False}))
    first.out.set()
    assert first.ended.wait(10)
    assert kept() == {"a"}
    second.out.set()
    assert second.ended.wait(10)
    assert kept() == {"a", "b"}


@pytest.mark.sqlite_only
@pytest.mark.django_db(transaction=True)
def test_who_may_only_look_cannot_write_with_the_shared_connection_either() -> None:
    (before,) = in_line(("a", {}))
    before.out.set()
    assert before.ended.wait(10)
    with pytest.raises(NotAllowed), reading_only(), shared_flush(), transaction.atomic():
        RateBucket.objects.create(key="b", full_at=1)
    with shared_flush(), transaction.atomic():
        RateBucket.objects.create(key="c", full_at=1)
    assert kept() == {"a", "c"}


SHARERS = """
import sys, threading, django; django.setup()
from django.db import transaction
from boardwell.kernel.flush import shared_flush
from boardwell.kernel.models import RateBucket

def write(thread):
    for number in range(10_000):
        with shared_flush(), transaction.atomic():
            RateBucket.objects.create(key=f"{thread}-{number}", full_at=1)
        sys.stdout.write(f"{thread}-{number}\\n")
        sys.stdout.flush()

for thread in range(6):
    threading.Thread(target=write, args=[thread]).start()
"""


@pytest.mark.sqlite_only
@pytest.mark.django_db(transaction=True)
def test_after_kill_nine_everything_acknowledged_is_there_and_nothing_has_a_gap() -> None:
    name = str(connection.settings_dict["NAME"]).lstrip("/")
    env = {**os.environ, "DJANGO_SETTINGS_MODULE": "boardwell.config.settings", "BOARDWELL_DATABASE_URL": f"sqlite:////{name}"}
    process = subprocess.Popen([sys.executable, "-c", SHARERS], env=env, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    acknowledged = [process.stdout.readline().strip() for _line in range(200)]
    process.send_signal(signal.SIGKILL)
    acknowledged += [line.strip() for line in process.stdout if line.endswith("\n")]
    process.wait()
    there = kept()
    assert set(acknowledged) <= there
    numbers = {thread: sorted(int(key.split("-")[1]) for key in there if key.startswith(f"{thread}-")) for thread in range(6)}
    assert all(found == list(range(len(found))) for found in numbers.values())
    assert len(there) <= len(acknowledged) + 6
