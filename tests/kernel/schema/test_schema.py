"""The database keeps tenants apart by itself, for every tenant table there is and will be."""

import pytest
from django.core.management import call_command
from django.db import DatabaseError, connection, transaction

from boardwell.kernel import schema, tenancy
from boardwell.kernel.schema import Reference
from tests.guard import Guard

SQLITE = connection.vendor == "sqlite"


def sql(statement: str, *values: object) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)


def standing() -> set[tuple]:
    with connection.cursor() as cursor:
        if SQLITE:
            cursor.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")
        else:
            cursor.execute(
                "SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint UNION ALL SELECT tgname, '' FROM pg_trigger WHERE NOT tgisinternal"
            )
        return set(cursor.fetchall())


def test_every_reference_between_tenant_tables_is_found() -> None:
    found = set(schema.references())
    assert Reference("accounts_contact", "account_id", "accounts_account", "id") in found
    assert Reference("journeys_step", "journey_id", "journeys_journey", "id", "account_id", "account_id") in found
    assert Reference("journeys_step", "member_id", "people_member", "id") in found
    assert not any(reference.target == "people_person" for reference in found)
    assert len(found) >= 19
    assert {"audit_auditentry", "journeys_journey", "kernel_idempotentreply"} <= {model._meta.db_table for model in schema.tenant_models()}


def test_everything_stands_after_migrate(db) -> None:
    assert schema.schema_problems() == []


def test_enforcing_again_changes_nothing(db) -> None:
    before = standing()
    schema.enforce()
    call_command("migrate", verbosity=0)
    assert standing() == before
    assert before != set()


@pytest.mark.skipif(not SQLITE, reason="SQLite's triggers")
def test_what_is_missing_is_told_and_put_back_and_what_is_old_is_dropped(db) -> None:
    before = standing()
    name = min(name for name, _sql in before)
    sql(f"DROP TRIGGER {name}")
    sql("CREATE TRIGGER boardwell_old BEFORE INSERT ON accounts_account BEGIN SELECT 1; END")
    assert schema.schema_problems() == [f"the trigger {name} is missing: run `boardwell migrate`"]
    schema.enforce()
    assert standing() == before


@pytest.mark.skipif(SQLITE, reason="PostgreSQL's keys and policies")
def test_what_is_missing_is_told_and_put_back(db) -> None:
    sql("ALTER TABLE accounts_account DISABLE ROW LEVEL SECURITY")
    sql("DROP POLICY boardwell_organisation ON accounts_contact")
    sql("ALTER TABLE audit_auditentry DISABLE TRIGGER boardwell_append_only_rows")
    [foreign] = [name for name, (table, text) in schema._postgres_constraints().items() if table == "people_apikey" and "FOREIGN" in text]
    sql(f"ALTER TABLE people_apikey DROP CONSTRAINT {foreign}")
    assert schema.schema_problems() == [
        f"the key {foreign} is missing: run `boardwell migrate`",
        "audit_auditentry is not append-only: run `boardwell migrate`",
        "accounts_account has no row-level policy: run `boardwell migrate`",
        "accounts_contact has no row-level policy: run `boardwell migrate`",
    ]
    sql("ALTER TABLE audit_auditentry ENABLE TRIGGER boardwell_append_only_rows")
    schema.enforce()
    assert schema.schema_problems() == []


@pytest.mark.skipif(not SQLITE, reason="SQLite rebuilds tables to alter them")
@pytest.mark.django_db(transaction=True)
def test_migrating_an_app_back_and_forth_leaves_everything_protected() -> None:
    before = standing()
    call_command("migrate", "journeys", "zero", verbosity=0)
    assert schema.schema_problems() != []  # its tables are gone
    call_command("migrate", verbosity=0)
    assert standing() == before


@pytest.mark.skipif(not SQLITE, reason="on PostgreSQL the policy says so")
def test_a_row_never_moves_to_another_organisation(house, other) -> None:
    with tenancy.unscoped("test: tampers"), pytest.raises(DatabaseError, match="never moves"), transaction.atomic():
        sql("UPDATE accounts_account SET organisation_id = %s WHERE id = %s", other.organisation_id, house.account_id)


@pytest.mark.skipif(SQLITE, reason="PostgreSQL's policies")
def test_a_policy_refuses_rows_written_for_another_organisation(house, other, guard: Guard) -> None:
    statement = "UPDATE accounts_account SET organisation_id = %s WHERE id = %s"
    with guard.letting(through=True), other.as_owner(), pytest.raises(DatabaseError, match="row-level security"), transaction.atomic():
        sql(statement, house.organisation_id, other.account_id)


def test_append_only_is_back_after_it_was_lifted_even_when_that_fails(house) -> None:
    with pytest.raises(ZeroDivisionError), transaction.atomic(), schema.append_only_lifted():
        _ = 1 // 0
    assert schema.schema_problems() == []
    with tenancy.unscoped("test: tampers"), pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        sql("DELETE FROM audit_auditentry")


def test_names_fit_the_database() -> None:
    names = [*schema._sqlite_triggers(), *schema._postgres_constraints()]
    assert len(set(names)) == len(names)
    assert max(len(name) for name in names) <= 63
