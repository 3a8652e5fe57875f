"""PostgreSQL is told who acts: before the statement that needs it, once, and again after whatever takes it back."""

from collections.abc import Iterator

import pytest
from django.db import DatabaseError, connection, transaction

from boardwell.domain.accounts.models import Account
from boardwell.kernel import rowlevel, tenancy
from boardwell.kernel.rowlevel import announcer_of
from boardwell.kernel.schema import rowlevel_problems

pytestmark = pytest.mark.skipif(connection.vendor != "postgresql", reason="PostgreSQL's own wall")


def told() -> int:
    announcer = announcer_of(connection)
    assert announcer is not None
    return announcer.told


def setting() -> str:
    """What the database compares with, asked of the driver, so that asking tells it nothing."""
    return connection.connection.execute("SELECT current_setting('boardwell.organisation', true)").fetchone()[0]


def touch() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('boardwell.organisation', true)")
        return str(cursor.fetchone()[0])


@pytest.fixture
def committing(transactional_db) -> Iterator[None]:
    connection.close()
    connection.ensure_connection()
    yield


def test_contexts_without_statements_cost_nothing(committing) -> None:
    before = told()
    for number in range(50):
        with tenancy.acting_for(f"org_{number}"), tenancy.unscoped("test: nothing is read"):
            pass
    assert told() == before


def test_many_statements_are_told_once(committing) -> None:
    with tenancy.acting_for("org_a"):
        touch()
        before = told()
        for _turn in range(5):
            assert touch() == "org_a"
            with transaction.atomic():
                assert touch() == "org_a"
                with transaction.atomic():
                    assert touch() == "org_a"
        assert told() == before


def test_a_rolled_back_transaction_does_not_leave_the_wrong_organisation_behind(committing) -> None:
    with tenancy.acting_for("org_a"):
        assert touch() == "org_a"
        with pytest.raises(ZeroDivisionError), transaction.atomic(), tenancy.acting_for("org_b"):
            assert touch() == "org_b"
            _ = 1 // 0
        assert touch() == "org_a"
    with transaction.atomic():
        with tenancy.acting_for("org_b"):
            assert touch() == "org_b"
        transaction.set_rollback(True)
    assert touch() == rowlevel.NOBODY


def test_a_committed_transaction_does_not_leave_the_wrong_organisation_behind(committing) -> None:
    with transaction.atomic(), tenancy.acting_for("org_b"):
        assert touch() == "org_b"
    assert touch() == rowlevel.NOBODY
    with tenancy.acting_for("org_a"), transaction.atomic():
        assert touch() == "org_a"


def test_a_rolled_back_savepoint_is_told_again(committing) -> None:
    with transaction.atomic(), tenancy.acting_for("org_a"):
        assert touch() == "org_a"
        with tenancy.acting_for("org_b"):
            with pytest.raises(ZeroDivisionError), transaction.atomic():
                with tenancy.acting_for("org_c"):
                    assert touch() == "org_c"
                assert touch() == "org_b"
                _ = 1 // 0
            assert setting() == "org_a"  # PostgreSQL took it back
            assert touch() == "org_b"
        assert touch() == "org_a"


def test_a_transaction_that_begins_with_a_savepoint_forgets_the_one_before(committing) -> None:
    with tenancy.acting_for("org_a"), transaction.atomic():
        assert touch() == "org_a"
    with tenancy.acting_for("org_a"), transaction.atomic(), transaction.atomic():
        assert touch() == "org_a"


def test_leaving_a_context_in_an_aborted_transaction_hides_no_error(committing) -> None:
    with (
        pytest.raises(DatabaseError, match="nonsense"),
        tenancy.acting_for("org_a"),
        transaction.atomic(),
        tenancy.acting_for("org_b"),
        connection.cursor() as cursor,
    ):
        cursor.execute("SELECT nonsense")
    with tenancy.acting_for("org_c"):
        assert touch() == "org_c"


def test_one_organisation_over_many_transactions_is_told_once(committing) -> None:
    with tenancy.acting_for("org_a"):
        before = told()
        for _turn in range(5):
            with transaction.atomic():
                assert touch() == "org_a"
            with pytest.raises(ZeroDivisionError), transaction.atomic():
                assert touch() == "org_a"
                _ = 1 // 0
        assert (told() - before, setting()) == (1, "org_a")


def test_a_lost_connection_is_told_as_one(committing) -> None:
    touch()
    connection.connection.close()
    with pytest.raises(DatabaseError), tenancy.acting_for("org_a"):
        touch()
    connection.close()
    with tenancy.acting_for("org_a"):
        assert touch() == "org_a"


def test_a_new_connection_knows_at_once(committing) -> None:
    with tenancy.acting_for("org_a"):
        touch()
        connection.close()
        assert touch() == "org_a"
    connection.close()
    assert touch() == rowlevel.NOBODY
    assert len([wrapper for wrapper in connection.execute_wrappers if isinstance(wrapper, rowlevel.Announcer)]) == 1


def test_a_cursor_that_is_still_being_read_keeps_its_rows(house, other) -> None:
    with house.as_owner():
        Account.objects.bulk_create([Account(name=f"Customer {number}") for number in range(30)])
    found = 0
    with tenancy.unscoped("test: one organisation after another"):
        for account in Account.objects.order_by("id").iterator(chunk_size=5):
            with tenancy.acting_for(account.organisation_id):
                assert Account.objects.filter(pk=account.pk).count() == 1
            found += 1
    assert found == 32


def test_the_tests_run_under_a_role_that_policies_apply_to(db) -> None:
    assert rowlevel_problems() == []
