"""Ids of rows carried between machines: sent after commit, harmless when doubled, sent again when lost."""

import importlib.util
import sys
from datetime import timedelta

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.db import transaction
from django.tasks import task

from boardwell.kernel import events, wake
from boardwell.kernel.clock import now
from boardwell.kernel.models import BackgroundTask, OutboxEvent

needs_celery = pytest.mark.skipif(importlib.util.find_spec("celery") is None, reason="the extra boardwell[celery] is not installed")
ran: list[str] = []


@task
def note(word: str) -> None:
    ran.append(word)


@task(queue_name="outside")
def call_out(word: str) -> None:
    ran.append(word)


class Kept:
    """A carrier that keeps what it was given."""

    def __init__(self) -> None:
        self.sent: list[int] = []

    def send(self, task_id: int) -> None:
        self.sent.append(task_id)


@pytest.fixture
def carrier(settings, monkeypatch) -> Kept:
    ran.clear()
    kept = Kept()
    settings.QUEUE_URL = "amqp://nobody@127.0.0.1:1//"
    monkeypatch.setattr(wake, "_carriers", [kept])
    return kept


def test_ids_are_sent_after_commit_and_never_after_a_rollback(house, carrier, monkeypatch, django_capture_on_commit_callbacks) -> None:
    monkeypatch.setitem(events._listeners, "Event", [("anybody", lambda event: None)])
    with django_capture_on_commit_callbacks(execute=True), house.as_owner():
        with pytest.raises(ZeroDivisionError), transaction.atomic():
            note.enqueue("a")
            raise ZeroDivisionError
        with transaction.atomic():
            wanted = int(note.enqueue("b").id)
            events.emit(events.Event())
            assert carrier.sent == []
    assert carrier.sent == [wanted, wake.EVENTS]


def test_a_broker_without_its_package_is_said_plainly(settings, monkeypatch) -> None:
    settings.QUEUE_URL = "amqp://nobody@127.0.0.1:1//"
    monkeypatch.setattr(wake, "_carriers", [])
    monkeypatch.setitem(sys.modules, "celery", None)
    monkeypatch.delitem(sys.modules, "boardwell.kernel.tasks.overcelery", raising=False)
    with pytest.raises(ImproperlyConfigured, match=r"boardwell\[celery\]"):
        wake.carrier()


@needs_celery
@pytest.mark.parametrize("kind", [note, call_out])
def test_a_doubled_message_runs_its_row_once(db, carrier, kind) -> None:
    from boardwell.kernel.tasks.overcelery import run_row

    task_id = int(kind.enqueue("a").id)
    for _message in range(3):
        run_row(task_id)
    run_row(task_id + 1000)
    assert (ran, BackgroundTask.objects.get(pk=task_id).state) == (["a"], "done")


@needs_celery
def test_the_sweep_sends_what_was_lost_once_and_leaves_alone_what_is_new_or_put_off(house, carrier) -> None:
    from boardwell.kernel.tasks.overcelery import Sweep

    OutboxEvent.objects.update(dispatched_at=now())
    late, new, later, dropped = (int(kind.enqueue("a").id) for kind in (note, note, note, call_out))
    BackgroundTask.objects.filter(pk=late).update(run_after=now() - timedelta(seconds=9))
    BackgroundTask.objects.filter(pk=later).update(run_after=now() + timedelta(hours=1))
    BackgroundTask.objects.filter(pk=dropped).update(state="running", leased_until=now() - timedelta(seconds=1))
    sweep = Sweep(carrier)
    assert (sweep.once(), sorted(carrier.sent)) == (2, [late, dropped])
    assert (sweep.once(), new in carrier.sent) == (0, False)


@needs_celery
def test_a_broker_that_is_away_costs_nothing_but_time(db) -> None:
    from boardwell.kernel.tasks.overcelery import CeleryCarrier, app

    app.conf.broker_url = "amqp://nobody@127.0.0.1:1//"
    CeleryCarrier().send(1)
