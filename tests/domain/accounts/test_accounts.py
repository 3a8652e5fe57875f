"""Accounts come in once, faulty ones not at all, and strangers find nothing."""

import math

import pytest

from boardwell.domain.accounts.actions.save_account import (
    archive_account,
    create_account,
    restore_account,
    update_account,
    upsert_account,
)
from boardwell.domain.accounts.models import Account
from boardwell.domain.accounts.queries import account_by_id, account_list, contacts_of, seats_of
from boardwell.domain.audit.models import AuditEntry
from boardwell.domain.people.actions.manage_api_keys import create_api_key
from boardwell.domain.people.models import ApiKey
from boardwell.domain.people.roles import actor_for_key, actor_for_member
from boardwell.kernel import tenancy
from boardwell.kernel.errors import Conflict, Invalid, NotAllowed, NotFound


def test_every_fault_is_named_and_nothing_is_kept(house) -> None:
    with house.as_owner():
        before = (Account.objects.count(), AuditEntry.objects.count())
        with pytest.raises(Invalid) as refusal:
            create_account(
                name="\x00 \ud800", party=["customer"], country="ßx", time_zone={"a": 1}, language="xx", website="w" * 201,
                notes="n" * 10_001, email_domains=["example.com", "no domain"], owner_id="mem_x", external_id="x" * 121, secret="x",
            )  # fmt: skip
        assert set(refusal.value.fields) == {
            "name", "party", "country", "time_zone", "language", "website", "notes", "email_domains", "owner_id", "external_id", "secret",
        }  # fmt: skip
        assert (Account.objects.count(), AuditEntry.objects.count()) == before


@pytest.mark.parametrize(
    "fields",
    [
        "text", [], {"a": {"b": 1}}, {"a": math.nan}, {"a": math.inf}, {"a": 10**400}, {"a": "x" * 2_001}, {"k" * 81: 1},
        {str(n): n for n in range(101)},
    ],
)  # fmt: skip
def test_fields_of_ones_own_are_flat_and_small(house, fields) -> None:
    with house.as_owner(), pytest.raises(Invalid) as refusal:
        create_account(name="A", fields=fields)
    assert list(refusal.value.fields) == ["fields"]


def test_hostile_characters_are_cleaned_away(house) -> None:
    with house.as_owner():
        account_id = create_account(name="Ac\x00me\u2028 \ud800Ltd", fields={"a\x00": "b\udfff\nc", "n": 2.5, "yes": True})
        kept = Account.objects.get(pk=account_id)
        assert (kept.name, kept.fields) == ("Acme Ltd", {"a": "b\nc", "n": 2.5, "yes": True})


def test_the_same_external_id_makes_one_account(house) -> None:
    with house.as_owner():
        account_id, word = upsert_account(source="crm", external_id="  A-1\x00", name="One")
        assert word == "created"
        assert upsert_account(source="crm", external_id="A-1", name="One") == (account_id, "same")
        assert upsert_account(source="crm", external_id="A-1", name="Two") == (account_id, "updated")
        assert upsert_account(source="other", external_id="A-1", name="Two")[1] == "created"
        assert Account.objects.get(pk=account_id).name == "Two"


def test_of_two_who_bring_the_same_external_id_at_once_one_creates_and_the_other_changes(house, monkeypatch) -> None:
    """The other request commits between our look and our insert."""
    from boardwell.domain.accounts.actions import save_account

    ours = save_account.create_account
    with house.as_owner():

        def overtaken(**values: object) -> str:
            monkeypatch.setattr(save_account, "create_account", ours)
            ours(**{**values, "name": "Theirs"})
            return ours(**values)

        monkeypatch.setattr(save_account, "create_account", overtaken)
        account_id, word = upsert_account(source="crm", external_id="A-1", name="Ours")
        assert (word, Account.objects.get(pk=account_id).name) == ("updated", "Ours")
        assert Account.objects.filter(source="crm").count() == 1


@pytest.mark.parametrize("external_id", ["", "  ", "\x00", "x" * 121])
def test_an_external_id_that_names_nothing_or_would_be_cut_is_refused(house, external_id) -> None:
    with house.as_owner():
        create_account(name="Without", source="crm")
        before = Account.objects.count()
        with pytest.raises(Invalid) as refusal:
            upsert_account(source="crm", external_id=external_id, name="Mallory")
        assert list(refusal.value.fields) == ["external_id"]
        assert (Account.objects.count(), Account.objects.filter(name="Mallory").exists()) == (before, False)


def test_an_external_id_cannot_be_taken_over(house) -> None:
    with house.as_owner():
        create_account(name="One", source="crm", external_id="A-1")
        with pytest.raises(Conflict):
            create_account(name="Two", source="crm", external_id="A-1")
        with pytest.raises(Conflict):
            update_account(house.account_id, source="crm", external_id="A-1")
        assert Account.objects.get(pk=house.account_id).external_id == ""


def test_what_does_not_differ_writes_nothing(house) -> None:
    with house.as_owner():
        before = AuditEntry.objects.count()
        assert update_account(house.account_id, name=f"Customer of {house.slug}") is False
        assert AuditEntry.objects.count() == before


def test_archiving_closes_the_portal_and_restoring_opens_it(house) -> None:
    person = house.contact.person_id
    with house.as_owner():
        archive_account(house.account_id)
        archive_account(house.account_id)
        assert AuditEntry.objects.filter(verb="account.archived").count() == 1
        assert house.account_id not in {account.id for account in account_list()[0]}
        assert [account.id for account in account_list(archived=True)[0]] == [house.account_id]
        assert seats_of(person) == []
        restore_account(house.account_id)
        assert [seat.contact_id for seat in seats_of(person)] == [house.contact.id]


def test_pages_lose_and_repeat_nothing(house) -> None:
    names = ["A|B", "A|B", "ß", "a", "Zed", "漢字"]
    with house.as_owner():
        for name in names:
            create_account(name=name)
        seen, after = [], ""
        while True:
            rows, after = account_list(after=after, size=2)
            seen += [row.id for row in rows]
            if not after:
                break
        assert sorted(seen) == sorted(set(seen)) == sorted(Account.objects.values_list("id", flat=True))


@pytest.mark.parametrize("words", ["\x00", "\ud800", "%", "_", "'; --", "x" * 10_000])
def test_hostile_words_find_nothing_and_break_nothing(house, words) -> None:
    with house.as_owner():
        assert len(account_list(search=words)[0]) == (1 if words in "\x00\ud800" else 0)
        account_list(after=words, party=words, country=words, size=10**9)


def test_filters_narrow(house) -> None:
    with house.as_owner():
        vendor = create_account(name="Vendor", party="vendor", country="mn")
        assert [row.id for row in account_list(party="vendor")[0]] == [vendor]
        assert [row.id for row in account_list(country="MN")[0]] == [vendor]
        assert account_list(owner_id="mem_x")[0] == []


def test_strangers_find_nothing(house, other) -> None:
    with other.as_owner():
        for verb in (account_by_id, archive_account, restore_account, lambda one: update_account(one, name="Mallory")):
            with pytest.raises(NotFound):
                verb(house.account_id)
        assert contacts_of(house.account_id) == []


def test_a_contact_may_do_none_of_this_and_sees_only_the_own_account(house) -> None:
    with house.as_owner():
        foreign = create_account(name="Other customer")
    with house.as_contact():
        for verb in (archive_account, restore_account, lambda one: update_account(one, name="x"), lambda one: create_account(name=one)):
            with pytest.raises(NotAllowed):
                verb(house.account_id)
        with pytest.raises(NotAllowed):
            account_list()
        with pytest.raises(NotFound):
            account_by_id(foreign)
        assert account_by_id(house.account_id).name == "Customer of acme"


@pytest.mark.parametrize("role", ["viewer", "trainer", "compliance"])
def test_who_may_only_look_changes_nothing(house, role) -> None:
    member = house.member(role)
    with tenancy.acting_for(house.organisation_id, actor_for_member(member)):
        for verb in (archive_account, lambda one: update_account(one, name="x"), lambda one: create_account(name=one)):
            with pytest.raises(NotAllowed):
                verb(house.account_id)
        assert account_by_id(house.account_id).archived_at is None


def test_a_key_without_the_scope_sees_no_account(house) -> None:
    with house.as_owner():
        key_id, _secret = create_api_key(name="x", scopes=["journeys:view"])
        key = ApiKey.objects.get(pk=key_id)
    with tenancy.acting_for(house.organisation_id, actor_for_key(key)), pytest.raises(NotAllowed):
        account_by_id(house.account_id)
