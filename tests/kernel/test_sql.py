"""Our own statements: prepared on the driver, and yet everything that Django's cursor promises."""

from datetime import UTC, datetime

import pytest
from django.db import DataError, IntegrityError, OperationalError, connection, transaction
from django.db.transaction import TransactionManagementError
from django.test.utils import CaptureQueriesContext

from boardwell.kernel.models import OutboxEvent, RecurringWork
from boardwell.kernel.sql import at_once, change, fetch_all, fetch_one, insert_plain_rows, insert_rows, insertion, instant, together

COLUMNS = ("organisation_id", "name", "body", "happened_at")
AT = datetime(2026, 3, 1, 9, 30, 0, 120, tzinfo=UTC)
ADD = "INSERT INTO kernel_recurringwork (name, next_run_at) VALUES (%s, %s)"


def events(count: int) -> list[tuple[object, ...]]:
    return [("org_1", f"Event{number:03}", '{"half": "50 %"}', instant(AT)) for number in range(count)]


@pytest.mark.parametrize("count", [0, 1, 8, 9, 300])
def test_few_rows_and_many_are_inserted_alike(db, count: int) -> None:
    assert insert_rows("kernel_outboxevent", COLUMNS, events(count)) == count
    found = list(OutboxEvent.objects.order_by("name").values_list("name", "body", "happened_at"))
    assert found == [(f"Event{number:03}", {"half": "50 %"}, AT) for number in range(count)]


@pytest.mark.parametrize("count", [1, 300])
def test_plain_rows_keep_their_text_their_instants_and_their_nothing(db, count: int) -> None:
    rows = [(f'job \u2028"%{number:03}', instant(AT), None) for number in range(count)]
    assert insert_plain_rows("kernel_recurringwork", ("name", "next_run_at", "last_run_at"), rows) == count
    found = RecurringWork.objects.filter(name__startswith="job").order_by("name").values_list("name", "next_run_at", "last_run_at")
    assert list(found) == [(f'job \u2028"%{number:03}', AT, None) for number in range(count)]


def test_statements_that_run_together_see_each_other_and_answer_in_order(db) -> None:
    with transaction.atomic():
        added, moved, seen = together(
            (ADD, ["one", instant(AT)]),
            ("UPDATE kernel_recurringwork SET name = %s WHERE name = %s RETURNING name", ["two", "one"]),
            ("SELECT name FROM kernel_recurringwork WHERE name IN (%s, %s)", ["one", "two"]),
        )
    assert (added.rows, added.touched) == ([], 1)
    assert moved.rows == [("two",)]
    assert seen.rows == [("two",)]


def test_one_of_several_that_fails_takes_all_of_them_back(db) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        together((ADD, ["one", instant(AT)]), (ADD, ["one", instant(AT)]), (ADD, ["two", instant(AT)]))
    assert not RecurringWork.objects.filter(name__in=["one", "two"]).exists()


def test_values_of_every_kind_arrive_and_a_percent_sign_stays_one(db) -> None:
    stamp = "CAST(%s AS text)" if connection.vendor == "sqlite" else "CAST(%s AS timestamptz)"
    given = [None, "half 50 % ü", 7, 7.5, b"\x00\xff", instant(AT)]
    answer, literal = together(
        (f"SELECT CAST(%s AS text), CAST(%s AS text), %s + 0, %s + 0.0, %s, {stamp}", given),
        ("SELECT '50 %%', 1 WHERE 'ab' LIKE 'a%%'", []),
    )
    (row,) = answer.rows
    assert (*row[:4], bytes(row[4]), row[5]) == (None, "half 50 % ü", 7, 7.5, b"\x00\xff", instant(AT))
    assert literal.rows == [("50 %", 1)]


def test_what_could_not_run_after_a_failure_runs_the_next_time(db) -> None:
    """On PostgreSQL it was not prepared either, and must not be taken for prepared."""
    late = ("SELECT name, 'first seen behind a failure' FROM kernel_recurringwork WHERE name = %s", ["one"])
    change(ADD, ["one", instant(AT)])
    for _ in range(2):
        with pytest.raises(IntegrityError), transaction.atomic():
            together((ADD, ["one", instant(AT)]), late)
    with transaction.atomic():
        assert together(late)[0].rows == [("one", "first seen behind a failure")]


def test_a_value_that_no_database_takes_is_refused_before_anything_runs(db) -> None:
    with pytest.raises((DataError, ValueError, UnicodeEncodeError)), transaction.atomic():
        together((ADD, ["one", instant(AT)]), (ADD, ["\ud800", instant(AT)]))
    assert not RecurringWork.objects.filter(name="one").exists()


@pytest.mark.django_db(transaction=True)
def test_the_first_statement_begins_the_transaction_and_a_rollback_takes_it_back() -> None:
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        together((ADD, ["lost", instant(AT)]))
        raise ZeroDivisionError
    with transaction.atomic():
        together((ADD, ["kept", instant(AT)]))
    together((ADD, ["alone", instant(AT)]))
    assert set(RecurringWork.objects.filter(name__in=["lost", "kept", "alone"]).values_list("name", flat=True)) == {"kept", "alone"}


@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif(connection.vendor == "sqlite", reason="there is no server to lose")
def test_a_lost_server_is_an_error_of_the_database_and_the_next_transaction_connects_anew() -> None:
    with pytest.raises(OperationalError), transaction.atomic():
        ((answer,),) = together(("SELECT pg_backend_pid()", []))[0].rows
        assert answer == connection.connection.info.backend_pid
        together((ADD, ["lost", instant(AT)]), ("SELECT pg_terminate_backend(%s)", [answer]))
    with transaction.atomic():
        assert together(("SELECT COUNT(*) FROM kernel_recurringwork WHERE name = %s", ["lost"]))[0].rows == [(0,)]


@pytest.mark.skipif(connection.vendor == "sqlite", reason="SQLite's driver bounds its own cache")
def test_a_connection_keeps_so_many_statements_prepared_and_runs_the_others_all_the_same(db, monkeypatch) -> None:
    monkeypatch.setattr("boardwell.kernel.onetrip._MOST_PREPARED", 3)
    for _ in range(2):
        for number in range(9):
            assert together((f"SELECT {number} + %s", [1]))[0].rows == [(number + 1,)]
    kept = fetch_all("SELECT statement FROM pg_prepared_statements WHERE name LIKE 'boardwell%%' ORDER BY prepare_time", [])
    assert kept[-1][0].startswith("SELECT statement")
    assert [statement for (statement,) in kept[:-1]] == ["SELECT 6 + $1", "SELECT 7 + $1", "SELECT 8 + $1"]


@pytest.mark.django_db(transaction=True)
def test_what_is_prepared_outlives_a_rollback() -> None:
    asked = ("SELECT name FROM kernel_recurringwork WHERE name = %s", ["nobody"])
    for _ in range(3):
        for _ in range(7):
            assert fetch_all(*asked) == []
        with pytest.raises(ZeroDivisionError), transaction.atomic():
            together(asked, (ADD, ["lost", instant(AT)]))
            RecurringWork.objects.filter(name="nobody").update(name="somebody")
            raise ZeroDivisionError


def test_changes_at_once_are_all_made_or_none(db) -> None:
    change(ADD, ["old", instant(AT)])
    rename = "UPDATE kernel_recurringwork SET name = %s WHERE name = %s"
    at_once((rename, ["new", "old"]), (ADD, ["one", instant(AT)]), insertion("kernel_outboxevent", COLUMNS, events(2)))
    assert set(RecurringWork.objects.filter(name__in=["old", "new", "one"]).values_list("name", flat=True)) == {"new", "one"}
    assert OutboxEvent.objects.count() == 2
    with pytest.raises(IntegrityError), transaction.atomic():
        at_once((rename, ["newer", "new"]), insertion("kernel_outboxevent", COLUMNS, events(1)), (ADD, ["one", instant(AT)]))
    assert RecurringWork.objects.filter(name="new").exists()
    assert OutboxEvent.objects.count() == 2


def test_a_broken_transaction_refuses_the_next_statement(db) -> None:
    with transaction.atomic():
        change(ADD, ["one", instant(AT)])
        with pytest.raises(IntegrityError), transaction.atomic():
            change(ADD, ["one", instant(AT)])
        assert fetch_one("SELECT name FROM kernel_recurringwork WHERE name = %s", ["one"]) == ("one",)
        transaction.set_rollback(True)
        with pytest.raises(TransactionManagementError):
            fetch_all("SELECT name FROM kernel_recurringwork", [])


def test_who_watches_the_statements_sees_these_too(db) -> None:
    with CaptureQueriesContext(
        connection,
    ) as seen:
        touched = change("UPDATE kernel_recurringwork SET name = name WHERE name = %s", ["nobody"])
        together(("SELECT 1 WHERE 1 = %s", [1]), ("SELECT 2 WHERE 1 = %s", [1]))
    assert touched == 0
    assert len(seen) == 3
