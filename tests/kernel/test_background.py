"""Background work: once inside, retried on failure, alive after kill -9."""

import os
import signal
import subprocess
import sys
import time
from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.tasks import task

from boardwell.kernel import events, recurring, tenancy
from boardwell.kernel.clock import now
from boardwell.kernel.models import BackgroundTask, Mail, OutboxEvent, RecurringWork
from boardwell.kernel.outgoing.mail import OutgoingMail, post
from boardwell.kernel.tasks import worker
from boardwell.kernel.tasks.backend import enqueue_once
from boardwell.kernel.tasks.worker import Worker, run_until_idle
from tests.conftest import ROOT

ran: list[str] = []


@task
def note(word: str) -> str:
    ran.append(word)
    return word.upper()


@task
def fail_once(word: str) -> None:
    ran.append(word)
    if ran.count(word) == 1:
        raise RuntimeError("not yet")


@task
def write_mail(number: int) -> None:
    post(OutgoingMail(recipient=f"n{number}@example.com", subject="x", text="x"))


@pytest.fixture(autouse=True)
def _fresh() -> None:
    ran.clear()


def test_a_task_runs_once_and_keeps_its_result(db) -> None:
    result = note.enqueue("a")
    run_until_idle()
    run_until_idle()
    assert ran == ["a"]
    assert note.get_result(result.id).return_value == "A"


def test_what_was_rolled_back_never_runs(db) -> None:
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        note.enqueue("a")
        raise ZeroDivisionError
    run_until_idle()
    assert ran == []


def test_a_key_enqueues_once(db) -> None:
    assert enqueue_once(note, "k", word="a") is True
    assert enqueue_once(note, "k", word="a") is False
    run_until_idle()
    assert ran == ["a"]


def test_a_failing_task_leaves_nothing_half_done_and_is_tried_again(db) -> None:
    fail_once.enqueue("b")
    run_until_idle()
    row = BackgroundTask.objects.get()
    assert (row.state, row.attempts, "not yet" in row.last_error) == ("waiting", 1, True)
    BackgroundTask.objects.update(run_after=now())
    run_until_idle()
    assert BackgroundTask.objects.get().state == "done"
    assert ran == ["b", "b"]


def test_a_failing_listener_gets_the_event_again_and_the_others_only_once(house, monkeypatch) -> None:
    heard: list[str] = []

    def good(event: events.Heard) -> None:
        heard.append("good")

    def bad(event: events.Heard) -> None:
        heard.append("bad")
        if heard.count("bad") == 1:
            raise RuntimeError("later")

    monkeypatch.setitem(events._listeners, "Event", [("good", good), ("bad", bad)])
    with house.as_owner(), transaction.atomic():
        events.emit(events.Event())
    run_until_idle()
    BackgroundTask.objects.update(run_after=now())
    run_until_idle()
    assert heard == ["good", "bad", "bad"]
    assert not OutboxEvent.objects.filter(dispatched_at=None).exists()


def test_a_listener_hears_several_events_in_one_savepoint_and_only_the_one_it_fails_on_comes_again(house, monkeypatch) -> None:
    heard: list[int] = []

    def picky(event: events.Heard) -> None:
        heard.append(event.id)
        if event.id == ids[1]:
            raise RuntimeError("not this one")
        write_mail.func(event.id)

    monkeypatch.setitem(events._listeners, "Event", [("picky", picky)])
    with house.as_owner(), transaction.atomic():
        events.emit(*[events.Event() for _number in range(3)])
    ids = list(OutboxEvent.objects.filter(name="Event").order_by("id").values_list("id", flat=True))
    run_until_idle()
    assert heard == [ids[0], ids[1], *ids]
    assert [row.arguments["args"] for row in BackgroundTask.objects.filter(key__startswith="deliver:")] == [[ids[1], "picky"]]
    assert sorted(Mail.objects.filter(subject="x").values_list("recipient", flat=True)) == sorted(
        f"n{ids[at]}@example.com" for at in (0, 2)
    )
    assert not OutboxEvent.objects.filter(dispatched_at=None).exists()


def test_an_event_that_nobody_listens_to_is_kept_as_delivered_and_wakes_no_worker(house, django_capture_on_commit_callbacks) -> None:
    with django_capture_on_commit_callbacks() as after, house.as_owner(), transaction.atomic():
        events.emit(events.Event())
    kept = OutboxEvent.objects.get(name="Event")
    assert (kept.dispatched_at, after) == (kept.happened_at, [])


def test_events_of_a_busy_moment_are_delivered_together_and_after_a_quiet_one_at_once(house, monkeypatch) -> None:
    rests: list[float] = []
    heard: list[str] = []
    monkeypatch.setitem(events._listeners, "Event", [("anybody", lambda event: heard.append(event.name))])
    run_until_idle()
    busy = Worker()
    monkeypatch.setattr(busy.stopping, "wait", rests.append)
    monkeypatch.setattr(worker, "GATHER_SECONDS", 60.0)
    for _turn in range(2):
        with house.as_owner(), transaction.atomic():
            events.emit(events.Event())
        busy.turn()
    assert heard == ["Event", "Event"]
    assert [0 < rest <= 60 for rest in rests] == [True]


def test_an_event_outside_a_transaction_is_refused(house, monkeypatch) -> None:
    with house.as_owner():
        monkeypatch.setattr(events, "connection", type("Outside", (), {"in_atomic_block": False}))
        with pytest.raises(RuntimeError, match="commit together"):
            events.emit(events.Event())


def test_a_missed_period_is_caught_up_once(db, monkeypatch) -> None:
    monkeypatch.setattr(recurring, "_jobs", {"hourly": (timedelta(hours=1), lambda: ran.append("tick"))})
    RecurringWork.objects.create(name="hourly", next_run_at=now() - timedelta(hours=30))
    for _turn in range(3):
        recurring.forget_next_look()
        recurring.run_due()
    assert ran == ["tick"]


def test_mail_without_a_server_is_kept_and_headers_cannot_be_injected(db) -> None:
    post(OutgoingMail(recipient="a@example.com\r\nBcc: x@example.com", subject="Hi\r\nX: y", text="t", key="k"))
    assert post(OutgoingMail(recipient="a@example.com", subject="again", text="t", key="k")) is None
    mail = Mail.objects.get()
    assert (mail.state, mail.subject, mail.recipient) == ("kept", "Hi X: y", "a@example.com Bcc: x@example.com")


def test_mail_goes_out_by_smtp_with_both_parts_and_a_constant_message_id(db, settings, mailoutbox) -> None:
    settings.MAIL_TRANSPORT = "smtp"
    import boardwell.kernel.outgoing.mail as mail_module

    mail_module.SMTP_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    mail_id = post(
        OutgoingMail(recipient="a@example.com", subject="Hi", text="plain", html="<p>rich</p>", unsubscribe_url="https://x.example/u")
    )
    run_until_idle()
    assert Mail.objects.get().state == "sent"
    message = mailoutbox[0]
    assert message.extra_headers["Message-ID"].startswith(f"<{mail_id}@")
    assert message.extra_headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert (message.body, message.alternatives[0][0]) == ("plain", "<p>rich</p>")


SCRIPT = """
import django; django.setup()
from boardwell.kernel.tasks.worker import run_forever
run_forever()
"""


@pytest.mark.django_db(transaction=True)
def test_after_kill_nine_nothing_is_lost_and_nothing_happens_twice() -> None:
    for number in range(90):
        write_mail.enqueue(number)
    name = str(connection.settings_dict["NAME"])
    url = (
        f"sqlite:///{name.lstrip('/')}"
        if connection.vendor == "sqlite"
        else os.environ["BOARDWELL_DATABASE_URL"].rsplit("/", 1)[0] + "/" + name
    )
    url = url.replace("sqlite:///", "sqlite:////") if connection.vendor == "sqlite" else url
    env = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "boardwell.config.settings",
        "BOARDWELL_DATABASE_URL": url,
        "PYTHONPATH": f"{ROOT}:{ROOT}/tests/kernel",
    }
    for _kill in range(3):
        process = subprocess.Popen([sys.executable, "-c", SCRIPT], env=env, cwd=ROOT)
        deadline = time.monotonic() + 15
        while time.monotonic() < deadline and not BackgroundTask.objects.filter(state="done").count() % 90:
            time.sleep(0.01)
        time.sleep(0.02)
        process.send_signal(signal.SIGKILL)
        process.wait()
    run_until_idle()
    assert BackgroundTask.objects.filter(state="done").count() == 90
    assert sorted(Mail.objects.values_list("recipient", flat=True)) == sorted(f"n{number}@example.com" for number in range(90))


def test_work_runs_for_the_organisation_that_asked_for_it(house) -> None:
    seen: list[str] = []
    row = BackgroundTask(organisation_id=house.organisation_id, function=f"{__name__}.remember", arguments={"args": [], "kwargs": {}})
    row.save()
    globals()["remember"] = lambda: seen.append(tenancy.current().organisation_id)
    Worker().run_inside()
    assert seen == [house.organisation_id]


def test_a_job_with_more_to_do_runs_again_at_once_in_a_transaction_of_its_own(db, monkeypatch) -> None:
    def job() -> recurring.Again | None:
        ran.append("batch")
        return recurring.AGAIN if len(ran) < 3 else None

    monkeypatch.setattr(recurring, "_jobs", {"batches": (timedelta(hours=1), job)})
    recurring.forget_next_look()
    assert [recurring.run_due() for _turn in range(5)] == [True, True, True, False, False]
    assert ran == ["batch"] * 3
    assert RecurringWork.objects.get(name="batches").next_run_at > now() + timedelta(minutes=59)
