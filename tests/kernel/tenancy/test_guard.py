"""What the guard of all tests takes for a statement of one organisation, and what not."""

import pytest
from django.db import connection

from boardwell.domain.accounts.models import Account
from boardwell.kernel import tenancy
from boardwell.kernel.sql import fetch_all, together
from tests.guard import Guard, loose_tables

MINE = "organisation_id = %s"
VERDICTS = {
    # statement: the tables that nothing holds
    f"SELECT id FROM journeys_step WHERE {MINE}": (),
    "SELECT id FROM journeys_step WHERE id = %s": ("journeys_step",),
    "SELECT organisation_id FROM journeys_step WHERE id = %s": ("journeys_step",),
    "SELECT id FROM journeys_step ORDER BY organisation_id": ("journeys_step",),
    f"SELECT id FROM journeys_step WHERE {MINE} OR id = %s": ("journeys_step",),
    f"SELECT id FROM journeys_step WHERE NOT ({MINE})": ("journeys_step",),
    f"SELECT id FROM journeys_step WHERE ({MINE} AND (id = %s OR key = %s))": (),
    "SELECT id FROM journeys_step WHERE organisation_id IN (%s, %s)": (),
    "SELECT id FROM journeys_step WHERE organisation_id = organisation_id": ("journeys_step",),
    f"SELECT s.id FROM journeys_step s JOIN journeys_journey j ON j.id = s.journey_id WHERE j.{MINE}": (),
    f"SELECT s.id FROM journeys_step s JOIN journeys_journey j ON j.key = s.key WHERE j.{MINE}": ("journeys_step s",),
    "SELECT s.id FROM journeys_step s JOIN journeys_journey j ON j.id = s.journey_id": ("journeys_step s", "journeys_journey j"),
    f"SELECT s.id FROM journeys_step s, journeys_journey j WHERE j.{MINE} AND s.organisation_id = j.organisation_id": (),
    # Two rows of one person may be of two organisations.
    f"SELECT c.id FROM accounts_contact c JOIN people_member m ON m.person_id = c.person_id WHERE m.{MINE}": ("accounts_contact c",),
    # An outer join's condition binds the joined side only.
    f"SELECT s.id FROM journeys_step s LEFT JOIN journeys_journey j ON j.id = s.journey_id AND s.{MINE}": ("journeys_step s", "journeys_journey j"),
    f"SELECT s.id FROM journeys_step s LEFT JOIN journeys_journey j ON j.id = s.journey_id WHERE s.{MINE}": (),
    f"SELECT id, (SELECT count(*) FROM journeys_step s WHERE s.journey_id = j.id) FROM journeys_journey j WHERE {MINE}": (),
    f"SELECT id, (SELECT count(*) FROM journeys_step) FROM journeys_journey j WHERE {MINE}": ("journeys_step",),
    f"SELECT id FROM journeys_journey j WHERE {MINE} AND EXISTS (SELECT 1 FROM journeys_step s WHERE s.id = %s)": ("journeys_step s",),
    f"SELECT id FROM journeys_step WHERE journey_id IN (SELECT id FROM journeys_journey WHERE {MINE})": (),
    f"SELECT id FROM journeys_step WHERE journey_id IN (SELECT account_id FROM journeys_journey WHERE {MINE})": ("journeys_step",),
    "SELECT id FROM journeys_step WHERE journey_id IN (SELECT id FROM journeys_journey)": ("journeys_journey",),
    f"SELECT id FROM journeys_step WHERE {MINE} UNION SELECT id FROM journeys_journey": ("journeys_journey",),
    f"SELECT x.id FROM (SELECT id FROM journeys_journey WHERE {MINE}) x JOIN journeys_step s ON s.journey_id = x.id": (),
    f"WITH x AS (SELECT id FROM journeys_journey WHERE {MINE}) SELECT s.id FROM x JOIN journeys_step s ON s.journey_id = x.id": (),
    "WITH x AS (SELECT id FROM journeys_journey) SELECT id FROM x": ("journeys_journey",),
    "SELECT o.id, a.id FROM organisations_organisation o JOIN accounts_account a ON a.organisation_id = o.id WHERE o.id = %s": (),
    "SELECT o.id, a.id FROM organisations_organisation o JOIN accounts_account a ON a.organisation_id = o.id": ("accounts_account a",),
    f"UPDATE journeys_step SET state = %s WHERE id = %s AND {MINE}": (),
    "UPDATE journeys_step SET organisation_id = %s WHERE id = %s": ("journeys_step",),
    f"UPDATE journeys_step SET state = %s WHERE id IN (SELECT u.id FROM journeys_step u WHERE u.{MINE})": (),
    "DELETE FROM journeys_step WHERE id IN (%s, %s)": ("journeys_step",),
    f"DELETE FROM journeys_step WHERE {MINE}": (),
    "INSERT INTO journeys_step (id, organisation_id) VALUES (%s, %s), (%s, %s)": (),
    "INSERT INTO journeys_step (id) VALUES (%s)": ("journeys_step",),
    "INSERT INTO journeys_step (id, organisation_id) SELECT id, organisation_id FROM journeys_journey": ("journeys_journey",),
    "SELECT id FROM people_person WHERE email = %s": (),
    "SAVEPOINT x": (),
    'ALTER TABLE "journeys_step" ADD COLUMN x text': (),
}  # fmt: skip


@pytest.mark.parametrize("statement", VERDICTS)
def test_every_tenant_table_is_held_where_it_is_read(statement: str) -> None:
    assert loose_tables(statement) == VERDICTS[statement]


def test_a_statement_that_cannot_be_read_is_no_excuse() -> None:
    (fault,) = loose_tables("SELECT FROM WHERE journeys_step ((")
    assert fault.startswith("not understood")


def test_a_list_of_any_length_is_one_shape() -> None:
    assert loose_tables(f"SELECT id FROM journeys_step WHERE id IN ({', '.join(['%s'] * 999)}) AND {MINE}") == ()
    assert loose_tables(f"SELECT id FROM journeys_step WHERE id IN ({', '.join(['%s'] * 999)})") == ("journeys_step",)


@pytest.mark.parametrize("way", ["cursor", "past it", "several in one trip", "model"])
def test_a_leak_fails_there_and_then_whatever_way_it_goes(house, guard: Guard, way: str) -> None:
    leak = "SELECT name FROM accounts_account WHERE id = %s"
    with house.as_owner(), pytest.raises(AssertionError, match="accounts_account: SELECT"):
        if way == "cursor":
            with connection.cursor() as cursor:
                cursor.execute(leak, [house.account_id])
        elif way == "past it":
            fetch_all(leak, [house.account_id])
        elif way == "several in one trip":
            together((f"{leak} AND organisation_id = %s", [house.account_id, house.organisation_id]), (leak, [house.account_id]))
        else:
            list(Account.objects.raw("SELECT * FROM accounts_account WHERE id = %s", [house.account_id]))
    assert len(guard.leaks) == 1
    guard.leaks.clear()


def test_looking_across_needs_a_reason_that_stands_in_the_source(house, guard: Guard) -> None:
    leak = "SELECT name FROM accounts_account WHERE id = %s"
    with tenancy.unscoped("test: one account, whoever has it"):
        assert fetch_all(leak, [house.account_id]) == [("Customer of acme",)]
    reason = " ".join(["made", "up"])
    with tenancy.unscoped(reason), pytest.raises(AssertionError, match="accounts_account"):
        fetch_all(leak, [house.account_id])
    guard.leaks.clear()
