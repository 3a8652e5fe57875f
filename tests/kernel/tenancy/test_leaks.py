"""Planted leaks: each way to reach another organisation's row, tried against each wall with all other walls down."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import pytest
from django.core.exceptions import ObjectDoesNotExist
from django.db import DatabaseError, connection, models, transaction
from django.db.models import prefetch_related_objects

from boardwell.domain.accounts.models import Account, Contact
from boardwell.domain.journeys.models import Journey, Step
from boardwell.kernel import rowlevel, rows, tenancy
from tests.guard import Guard

POSTGRES = connection.vendor == "postgresql"


@dataclass
class Loot:
    """What a thief knows of the other organisation: ids, and an object fetched before the context changed."""

    organisation_id: str
    account_id: str
    contact_id: str
    journey_id: str
    contact: Contact
    account: Account


def counted(rows_seen: object) -> int:
    return len(list(rows_seen))  # type: ignore[call-overload]


def by_sql(sql: str, *values: object) -> int:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return int(cursor.fetchone()[0]) if cursor.description else cursor.rowcount


def prefetched(loot: Loot) -> int:
    prefetch_related_objects([loot.account], "contacts")
    return loot.account.contacts.all().count() or len(loot.account._prefetched_objects_cache["contacts"])


LEAKS: dict[str, tuple[Callable[[Loot], int], str]] = {
    # shape: (attempt → how many foreign rows it got, which walls stop it alone: m manager, t tripwire, r row-level policy)
    "all": (lambda loot: sum(each.pk == loot.account_id for each in Account.objects.all()), "mtr"),
    "get": (lambda loot: bool(Account.objects.get(pk=loot.account_id)), "mtr"),
    "base manager": (lambda loot: bool(Account._base_manager.get(pk=loot.account_id)), "mtr"),
    "foreign key": (lambda loot: bool(loot.contact.account), "mtr"),
    "select_related": (lambda loot: counted(Contact.objects.select_related("account").filter(pk=loot.contact_id)), "mtr"),
    "prefetch_related": (prefetched, "mtr"),
    "related manager": (lambda loot: counted(loot.account.contacts.all()), "mtr"),
    "filter across a join": (lambda loot: counted(Step.objects.filter(journey__account__id=loot.account_id)), "mtr"),
    "refresh": (lambda loot: bool(loot.account.refresh_from_db() is None), "mtr"),
    "only": (lambda loot: counted(Account.objects.only("name", "organisation").filter(pk=loot.account_id)), "mtr"),
    "in_bulk": (lambda loot: len(Account.objects.in_bulk([loot.account_id])), "mtr"),
    "raw": (lambda loot: counted(Account.objects.raw("SELECT * FROM accounts_account WHERE id = %s", [loot.account_id])), "tr"),
    "deferred organisation": (lambda loot: counted(Account.objects.defer("organisation").filter(pk=loot.account_id)), "mr"),
    "values": (lambda loot: counted(Account.objects.filter(pk=loot.account_id).values("name")), "mr"),
    "values_list": (lambda loot: counted(Account.objects.filter(pk=loot.account_id).values_list("name")), "mr"),
    "count": (lambda loot: Account.objects.filter(pk=loot.account_id).count(), "mr"),
    "base manager count": (lambda loot: Account._base_manager.filter(pk=loot.account_id).count(), "mr"),
    "exists": (lambda loot: Account.objects.filter(pk=loot.account_id).exists(), "mr"),
    "aggregate": (lambda loot: Account.objects.filter(pk=loot.account_id).aggregate(n=models.Count("id"))["n"], "mr"),
    "update": (lambda loot: Account.objects.filter(pk=loot.account_id).update(name="stolen"), "mr"),
    "base manager update": (lambda loot: Account._base_manager.filter(pk=loot.account_id).update(name="stolen"), "mr"),
    "queryset delete": (lambda loot: Step.objects.filter(journey_id=loot.journey_id).delete()[0], "mtr"),
    "cascading delete": (lambda loot: Journey.objects.filter(pk=loot.journey_id).delete()[0], "mtr"),
    "SQL read": (lambda loot: by_sql("SELECT count(*) FROM accounts_account WHERE id = %s", loot.account_id), "r"),
    "SQL update": (lambda loot: by_sql("UPDATE accounts_account SET name = 'stolen' WHERE id = %s", loot.account_id), "r"),
    "SQL join": (
        lambda loot: by_sql(
            "SELECT count(*) FROM journeys_step s JOIN journeys_journey j ON j.id = s.journey_id WHERE j.id = %s", loot.journey_id
        ),
        "r",
    ),
}


@pytest.fixture
def loot(house) -> Loot:
    journey_id = house.start()
    with tenancy.unscoped("test: objects that were fetched before the context changed"):
        contact = Contact.objects.get(pk=house.contact.pk)
        account = Account.objects.get(pk=house.account_id)
    return Loot(house.organisation_id, house.account_id, contact.id, journey_id, contact, account)


@pytest.fixture(autouse=True)
def planted(guard: Guard) -> Iterator[None]:
    """The leaks here are meant; that the tests' own guard sees each of them is shown at the end."""
    with guard.letting(through=True):
        yield


@contextmanager
def only_wall(wall: str, patch: pytest.MonkeyPatch) -> Iterator[None]:
    """Takes down every wall but one ("" takes down all)."""
    if wall != "m":
        patch.setattr(rows.TenantManager, "get_queryset", lambda self: rows.TenantQuerySet(self.model, using=self._db))
    if wall != "t":
        patch.setattr(rows, "_refuse_foreign", lambda row: None)
        patch.setattr(rows, "_refuse_move", lambda model, values: None)
    lifted = rowlevel.announce(rowlevel.EVERYBODY) if wall != "r" else None
    try:
        yield
    finally:
        if lifted is not None:
            rowlevel.withdraw(lifted)
        patch.undo()


def attempt(shape: str, loot: Loot) -> int:
    """How many foreign rows the thief got; 0 when stopped in whatever way."""
    try:
        with transaction.atomic():
            got = int(LEAKS[shape][0](loot))
            transaction.set_rollback(True)
            return got
    except (tenancy.Trespass, ObjectDoesNotExist):
        return 0


@pytest.mark.parametrize("shape", LEAKS)
def test_with_all_walls_up_nothing_leaks(loot, other, shape: str) -> None:
    if LEAKS[shape][1] == "r" and not POSTGRES:
        pytest.skip("on SQLite nothing stands between our own SQL and the rows but its author: see decision 0007")
    with other.as_owner():
        assert attempt(shape, loot) == 0
    with tenancy.unscoped("test: looks at what is left"):
        assert Account.objects.get(pk=loot.account_id).name == "Customer of acme"
        assert Step.objects.filter(journey_id=loot.journey_id).exists()


@pytest.mark.parametrize("shape", LEAKS)
def test_with_all_walls_down_it_would_have_leaked(loot, other, monkeypatch, shape: str) -> None:
    with other.as_owner(), only_wall("", monkeypatch):
        assert attempt(shape, loot) > 0


@pytest.mark.parametrize("shape", LEAKS)
@pytest.mark.parametrize("wall", ["m", "t", pytest.param("r", marks=pytest.mark.skipif(not POSTGRES, reason="PostgreSQL's own wall"))])
def test_each_wall_alone_stops_what_it_is_for(loot, other, monkeypatch, wall: str, shape: str) -> None:
    with other.as_owner(), only_wall(wall, monkeypatch):
        stopped = attempt(shape, loot) == 0
    assert stopped == (wall in LEAKS[shape][1])


@pytest.mark.parametrize("shape", LEAKS)
def test_the_guard_of_all_tests_sees_it(loot, other, monkeypatch, guard: Guard, shape: str) -> None:
    with guard.letting(through=False), other.as_owner(), only_wall("", monkeypatch):
        with pytest.raises(AssertionError, match="another organisation's rows"):
            attempt(shape, loot)
        assert len(guard.leaks) == 1


@pytest.mark.parametrize("shape", LEAKS)
def test_without_a_context_nothing_is_got(loot, shape: str) -> None:
    if "m" in LEAKS[shape][1] or "t" in LEAKS[shape][1]:
        with pytest.raises(tenancy.NoContext), transaction.atomic():
            LEAKS[shape][0](loot)
    elif POSTGRES:
        assert attempt(shape, loot) == 0


# --- writing ----------------------------------------------------------------------------------------------------------


PLANTS: dict[str, Callable[[Loot, str], object]] = {
    "save": lambda loot, mine: Account(organisation_id=loot.organisation_id, name="planted").save(),
    "create": lambda loot, mine: Account.objects.create(organisation_id=loot.organisation_id, name="planted"),
    "get_or_create": lambda loot, mine: Account.objects.get_or_create(organisation_id=loot.organisation_id, name="planted"),
    "bulk_create": lambda loot, mine: Account.objects.bulk_create([Account(organisation_id=loot.organisation_id, name="planted")]),
    "bulk_update": lambda loot, mine: Account.objects.bulk_update([loot.account], ["name"]),
    "save of an old object": lambda loot, mine: loot.account.save(),
    "delete of an old object": lambda loot, mine: loot.contact.delete(),
    "update that moves away": lambda loot, mine: Account.objects.filter(pk=mine).update(organisation=loot.organisation_id),
}


@pytest.mark.parametrize("shape", PLANTS)
def test_nothing_is_written_for_another_organisation(loot, other, shape: str) -> None:
    with other.as_owner(), pytest.raises(tenancy.Trespass), transaction.atomic():
        PLANTS[shape](loot, other.account_id)
    with tenancy.unscoped("test: looks at what is left"):
        assert set(Account.objects.values_list("organisation_id", "name")) == {
            (loot.organisation_id, "Customer of acme"), (other.organisation_id, "Customer of rival"),
        }  # fmt: skip
        assert Contact.objects.filter(pk=loot.contact_id).exists()


def test_bulk_create_fills_in_the_organisation(house) -> None:
    with house.as_owner():
        [made] = Account.objects.bulk_create([Account(name="Second")])
        assert Account.objects.get(pk=made.pk).organisation_id == house.organisation_id


CROSSINGS: dict[str, Callable[[Loot, object], object]] = {
    "related manager": lambda loot, other: loot.account.contacts.create(name="Planted", email="p@x.example"),
    "foreign key": lambda loot, other: Contact.objects.create(account_id=loot.account_id, name="Planted", email="p@x.example"),
    "bulk_create": lambda loot, other: Contact.objects.bulk_create([Contact(account_id=loot.account_id, name="P", email="p@x.example")]),
    "update": lambda loot, other: Contact.objects.filter(account_id=other.account_id).update(account_id=loot.account_id),
    "SQL": lambda loot, other: by_sql(
        "UPDATE accounts_contact SET account_id = %s WHERE account_id = %s", loot.account_id, other.account_id
    ),
}


@pytest.mark.parametrize("shape", CROSSINGS)
def test_the_keys_refuse_a_row_that_points_into_another_organisation(loot, other, monkeypatch, shape: str) -> None:
    with other.as_owner(), only_wall("", monkeypatch), pytest.raises(DatabaseError), transaction.atomic():
        CROSSINGS[shape](loot, other)
        connection.check_constraints()  # PostgreSQL compares the composite keys at commit; this is that moment
    with tenancy.unscoped("test: looks at what is left"):
        assert not Contact.objects.exclude(account__organisation_id=models.F("organisation_id")).exists()


# --- the second boundary: another customer of the same organisation ---------------------------------------------------


@pytest.fixture
def neighbour(house) -> tenancy.Actor:
    """Somebody of a second customer."""
    with house.as_owner():
        second = Account.objects.create(name="Second customer")
    return tenancy.Actor(kind="contact", id="con_x", name="Stranger", role="admin", account_ids=frozenset([second.id]))


@pytest.mark.parametrize("shape", [shape for shape, (_try, walls) in LEAKS.items() if set("mt") & set(walls)])
def test_a_customer_gets_nothing_of_another_customer(loot, house, neighbour, shape: str) -> None:
    with tenancy.acting_for(house.organisation_id, neighbour):
        assert attempt(shape, loot) == 0


@pytest.mark.parametrize("shape", [shape for shape, (_try, walls) in LEAKS.items() if "t" in walls])
def test_the_tripwire_alone_keeps_customers_apart(loot, house, neighbour, monkeypatch, shape: str) -> None:
    with tenancy.acting_for(house.organisation_id, neighbour), only_wall("t", monkeypatch):
        assert attempt(shape, loot) == 0


def test_a_customer_writes_nothing_for_another_customer(loot, house, neighbour) -> None:
    with tenancy.acting_for(house.organisation_id, neighbour):
        with pytest.raises(tenancy.Trespass):
            Contact(account_id=loot.account_id, name="Planted", email="p@x.example").save()
        with pytest.raises(tenancy.Trespass):
            loot.contact.delete()
        with pytest.raises(tenancy.Trespass):
            Journey.objects.update(account=loot.account_id)
    with house.as_owner():
        assert Contact.objects.filter(account_id=loot.account_id).count() == 1


def test_a_step_of_one_customer_cannot_hang_on_a_journey_of_another(loot, house) -> None:
    with house.as_owner():
        second = Account.objects.create(name="Second customer")
        with pytest.raises(DatabaseError), transaction.atomic():
            Step.objects.filter(journey_id=loot.journey_id).update(account_id=second.id)
            connection.check_constraints()
