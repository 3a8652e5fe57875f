"""Rows of another organisation or customer are never read or written, whichever way one tries."""

import pytest
from django.core.exceptions import ObjectDoesNotExist

from boardwell.domain.accounts.actions.save_account import create_account
from boardwell.domain.accounts.models import Account, Contact
from boardwell.domain.journeys.models import Journey, Step
from boardwell.domain.people.roles import actor_for_contact
from boardwell.kernel import tenancy

WAYS = {
    "all": lambda house: list(Account.objects.all()),
    "get": lambda house: list(Account.objects.filter(pk=house.account_id)),
    "values": lambda house: list(Account.objects.filter(pk=house.account_id).values("name")),
    "count": lambda house: [None] * Account.objects.filter(pk=house.account_id).count(),
    "update": lambda house: [None] * Account.objects.filter(pk=house.account_id).update(name="stolen"),
    "delete": lambda house: [None] * Contact.objects.filter(account_id=house.account_id).delete()[0],
    "exists": lambda house: [None] * Account.objects.filter(pk=house.account_id).exists(),
}
TRIPWIRE_WAYS = {
    "base manager": lambda house: Account._base_manager.get(pk=house.account_id),
    "raw": lambda house: list(Account.objects.raw("SELECT * FROM accounts_account WHERE id = %s", [house.account_id])),
    "select_related": lambda house: Contact._base_manager.select_related("account").get(pk=house.contact.id),
    "related object": lambda house: house.contact.account,
}


@pytest.mark.parametrize("way", [*WAYS, *TRIPWIRE_WAYS])
def test_without_a_context_no_tenant_row_can_be_reached(house, way: str) -> None:
    fresh = {**WAYS, **TRIPWIRE_WAYS}[way]
    with tenancy.unscoped("test: a contact whose account was not loaded"):
        house.contact = Contact.objects.get(pk=house.contact.id)
    with pytest.raises(tenancy.NoContext):
        fresh(house)


@pytest.mark.parametrize("way", WAYS)
def test_managers_see_nothing_of_another_organisation(house, other, way: str) -> None:
    with other.as_owner():
        seen = WAYS[way](house)
        assert all(row is not None and row.pk == other.account_id for row in seen) if way == "all" else seen == []
    with house.as_owner():
        assert Account.objects.get(pk=house.account_id).name == "Customer of acme"


@pytest.mark.parametrize("way", TRIPWIRE_WAYS)
def test_the_tripwire_stops_what_goes_round_the_managers(house, other, way: str) -> None:
    with tenancy.unscoped("test: a contact whose account was not loaded"):
        house.contact = Contact.objects.get(pk=house.contact.id)
    with other.as_owner(), pytest.raises((tenancy.Trespass, ObjectDoesNotExist)):
        TRIPWIRE_WAYS[way](house)


def test_a_row_cannot_be_written_for_another_organisation(house, other) -> None:
    with other.as_owner(), pytest.raises(tenancy.Trespass):
        Account(organisation_id=house.organisation_id, name="planted").save()
    with house.as_owner():
        assert Account.objects.count() == 1


def test_a_customer_never_sees_another_customer_of_the_same_organisation(house) -> None:
    journey_id = house.start()
    with house.as_owner():
        second = create_account(name="Second customer")
    stranger = actor_for_contact("con_x", "Stranger", None, "admin", [second])
    with tenancy.acting_for(house.organisation_id, stranger):
        assert Journey.objects.count() == 0
        assert Step.objects.count() == 0
        assert [account.id for account in Account.objects.all()] == [second]
        with pytest.raises((tenancy.Trespass, ObjectDoesNotExist)):
            Journey._base_manager.get(pk=journey_id)


def test_a_nested_context_gives_the_outer_one_back(house, other) -> None:
    with house.as_owner():
        with other.as_owner():
            assert tenancy.current().organisation_id == other.organisation_id
        assert tenancy.current().organisation_id == house.organisation_id
