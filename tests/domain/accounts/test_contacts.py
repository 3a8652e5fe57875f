"""Contacts come in by invitation, within the rules of their account, and are out at once."""

import hashlib
import json

import pytest
import time_machine

from boardwell.domain.accounts.access import is_allowed_domain
from boardwell.domain.accounts.actions.invite_contact import (
    accept_invitation,
    invite_colleague,
    invite_contact,
    issue_invitation_token,
    withdraw_invitation,
)
from boardwell.domain.accounts.actions.save_account import create_account, update_account
from boardwell.domain.accounts.actions.save_contact import add_contact, change_contact, remove_contact, touch_contact_seen
from boardwell.domain.accounts.models import Contact, Invitation
from boardwell.domain.accounts.queries import contacts_of, invitation_for, seats_of
from boardwell.domain.audit.models import AuditEntry
from boardwell.domain.organisations.actions.change_settings import update_access
from boardwell.domain.people.models import Person
from boardwell.domain.people.roles import actor_for_contact
from boardwell.kernel import tenancy
from boardwell.kernel.errors import Invalid, NotAllowed, NotFound
from boardwell.kernel.models import OutboxEvent


def contact_of(house, contact_id) -> Contact:
    with tenancy.acting_for(house.organisation_id):
        return Contact.objects.get(pk=contact_id)


@pytest.fixture
def letter(house) -> tuple[str, str]:
    with house.as_owner():
        invitation_id = invite_contact(house.contact.id)
    with tenancy.acting_for(house.organisation_id):
        return invitation_id, issue_invitation_token(invitation_id)


@pytest.mark.parametrize(
    ("email", "allowed"),
    [
        ("a@example.com", True), ("a@EXAMPLE.com", True), ("a@mail.example.com", True), ("a@evilexample.com", False),
        ("a@example.com.evil.org", False), ("a@com", False), ("example.com", True), ("", False), ("a@example.com@evil.org", False),
    ],
)  # fmt: skip
def test_a_domain_allows_itself_and_what_lies_below(email, allowed) -> None:
    assert is_allowed_domain(email, ["example.com", ""]) is allowed


def test_the_secret_stands_nowhere_but_in_the_letter(house, letter) -> None:
    invitation_id, token = letter
    assert len(token) >= 43
    with tenancy.acting_for(house.organisation_id):
        assert Invitation.objects.get(pk=invitation_id).token_hash == hashlib.sha256(token.encode()).hexdigest()
        assert all(token not in entry.body for entry in AuditEntry.objects.all())
    assert all(token not in json.dumps(event.body) for event in OutboxEvent.objects.all())


def test_only_the_house_learns_a_secret(house) -> None:
    with house.as_owner():
        invitation_id = invite_contact(house.contact.id)
        with pytest.raises(NotAllowed):
            issue_invitation_token(invitation_id)
    with house.as_contact(), pytest.raises(NotAllowed):
        issue_invitation_token(invitation_id)


def test_looking_consumes_nothing(house, letter) -> None:
    for _look in range(3):
        assert invitation_for(*letter) is not None
    assert invitation_for(letter[0], letter[1] + "x") is None
    assert invitation_for(letter[0], "\ud800") is None
    assert contact_of(house, house.contact.id).joined_at is None


def test_coming_in_counts_once(house, letter) -> None:
    with tenancy.acting_for(house.organisation_id):
        accept_invitation(letter[0])
        accept_invitation(letter[0])
        assert AuditEntry.objects.filter(verb="contact.joined").count() == 1
        assert OutboxEvent.objects.filter(name="ContactJoined").count() == 1


def test_a_newer_letter_voids_the_older(house, letter) -> None:
    with house.as_owner():
        invite_contact(house.contact.id)
    assert invitation_for(*letter) is None
    with tenancy.acting_for(house.organisation_id), pytest.raises(NotFound):
        accept_invitation(letter[0])
    assert contact_of(house, house.contact.id).joined_at is None


def test_a_withdrawn_letter_opens_nothing(house, letter) -> None:
    with house.as_owner():
        withdraw_invitation(letter[0])
        withdraw_invitation(letter[0])
        assert AuditEntry.objects.filter(verb="contact.changed").count() == 1
    assert invitation_for(*letter) is None
    with tenancy.acting_for(house.organisation_id):
        for verb in (accept_invitation, issue_invitation_token):
            with pytest.raises(NotFound):
                verb(letter[0])


def test_a_letter_lasts_fourteen_days(house, letter) -> None:
    with tenancy.acting_for(house.organisation_id):
        ends = Invitation.objects.get(pk=letter[0]).expires_at
        with time_machine.travel(ends, tick=False):
            assert invitation_for(*letter) is None
            with pytest.raises(NotFound):
                accept_invitation(letter[0])
            with pytest.raises(NotFound):
                issue_invitation_token(letter[0])


def test_who_is_removed_is_out_and_an_old_letter_stays_dead(house, letter) -> None:
    with house.as_owner():
        remove_contact(house.contact.id)
        assert (seats_of(house.contact.person_id), invitation_for(*letter)) == ([], None)
        again = add_contact(house.account_id, name="Lead again", email=house.contact.email)
        assert (again, contact_of(house, again).role) == (house.contact.id, "participant")
    assert invitation_for(*letter) is None


def test_a_customers_administrator_brings_in_colleagues_of_the_accounts_domains(house) -> None:
    with house.as_contact():
        contact_id = invite_colleague(house.account_id, name="Colleague", email="New@mail.acme-customer.example")
        made = contact_of(house, contact_id)
        assert (made.email, made.role, made.side) == ("new@mail.acme-customer.example", "participant", "customer")
        assert Invitation.objects.filter(contact=made).count() == 1


@pytest.mark.parametrize("email", ["x@evil.example", "x@evilacme-customer.example", "x@acme-customer.example.evil.example", "x"])
def test_nobody_else_comes_in_by_them(house, email) -> None:
    persons = Person.objects.count()
    with house.as_contact():
        for verb in (invite_colleague, add_contact):
            with pytest.raises(Invalid) as refusal:
                verb(house.account_id, name="X", email=email)
            assert list(refusal.value.fields) == ["email"]
        assert (Contact.objects.count(), Person.objects.count()) == (1, persons)


def test_they_make_no_administrators_nor_reach_other_accounts(house) -> None:
    with house.as_owner():
        foreign = create_account(name="Other", email_domains=["acme-customer.example"])
    with house.as_contact():
        with pytest.raises(NotAllowed):
            add_contact(house.account_id, name="X", email="x@acme-customer.example", role="admin")
        with pytest.raises(NotFound):
            invite_colleague(foreign, name="X", email="x@acme-customer.example")
        with pytest.raises(NotAllowed):
            change_contact(house.contact.id, role="admin")
    with house.as_owner():
        assert len(contacts_of(house.account_id)) == 1


def test_without_listed_domains_ones_own_counts(house) -> None:
    with house.as_owner():
        update_account(house.account_id, email_domains=[])
    with house.as_contact():
        with pytest.raises(Invalid):
            invite_colleague(house.account_id, name="X", email="x@evil.example")
        assert invite_colleague(house.account_id, name="X", email="x@acme-customer.example").startswith("con_")


def test_inviting_can_be_switched_off(house) -> None:
    with house.as_owner():
        update_access(second_factor="offered", contacts_may_invite=False, portal_session_hours=12)
    with house.as_contact():
        with pytest.raises(NotAllowed):
            invite_colleague(house.account_id, name="X", email="x@acme-customer.example")
        with pytest.raises(NotAllowed):
            invite_contact(house.contact.id)
        assert Contact.objects.count() == 1


def test_a_participant_invites_and_removes_nobody(house) -> None:
    with house.as_owner():
        other_id = add_contact(house.account_id, name="P", email="p@acme-customer.example")
    participant = contact_of(house, other_id)
    actor = actor_for_contact(participant.id, participant.name, participant.person_id, "participant", [house.account_id])
    with tenancy.acting_for(house.organisation_id, actor):
        verbs = [
            lambda: invite_colleague(house.account_id, name="X", email="x@acme-customer.example"),
            lambda: add_contact(house.account_id, name="X", email="x@acme-customer.example"),
            lambda: invite_contact(house.contact.id),
            lambda: remove_contact(house.contact.id),
            lambda: change_contact(house.contact.id, name="Mallory"),
            lambda: withdraw_invitation("inv_x"),
        ]
        for verb in verbs:
            with pytest.raises(NotAllowed):
                verb()
        change_contact(participant.id, name="Petra", language="bn", reminders_off=True)
    kept = contact_of(house, other_id)
    assert (kept.name, kept.language, kept.reminders_off, contact_of(house, house.contact.id).name) == ("Petra", "bn", True, "Lead acme")


def test_an_administrator_cannot_remove_themselves_but_the_team_can(house) -> None:
    with house.as_contact(), pytest.raises(NotAllowed):
        remove_contact(house.contact.id)
    assert contact_of(house, house.contact.id).active is True
    with house.as_owner():
        remove_contact(house.contact.id)
        with pytest.raises(NotFound):
            change_contact(house.contact.id, name="Ghost")


def test_every_fault_is_named_and_nothing_is_kept(house) -> None:
    with house.as_owner():
        before = AuditEntry.objects.count()
        with pytest.raises(Invalid) as refusal:
            change_contact(
                house.contact.id, name=" ", phone="1" * 41, job_title="x" * 121, language="xx", role="king", email="new@acme.example"
            )
        assert set(refusal.value.fields) == {"name", "phone", "job_title", "language", "role", "email"}
        change_contact(house.contact.id, name=house.contact.name)
        assert AuditEntry.objects.count() == before


def test_the_same_address_is_there_once(house) -> None:
    with house.as_owner(), pytest.raises(Invalid) as refusal:
        add_contact(house.account_id, name="Twin", email=house.contact.email.upper())
    assert list(refusal.value.fields) == ["email"]


def test_strangers_find_nothing(house, other, letter) -> None:
    with other.as_owner():
        for verb in (remove_contact, invite_contact, lambda one: change_contact(one, name="x")):
            with pytest.raises(NotFound):
                verb(house.contact.id)
        with pytest.raises(NotFound):
            withdraw_invitation(letter[0])
    assert invitation_for(*letter) is not None


def test_a_visit_is_noted_every_five_minutes(house) -> None:
    with house.as_contact():
        for at in ("10:00:00", "10:04:59"):
            with time_machine.travel(f"2026-03-01T{at}Z", tick=False):
                touch_contact_seen(house.contact.id)
        assert Contact.objects.get(pk=house.contact.id).last_seen_at.isoformat() == "2026-03-01T10:00:00+00:00"
        with time_machine.travel("2026-03-01T10:05:01Z", tick=False):
            touch_contact_seen(house.contact.id)
        assert Contact.objects.get(pk=house.contact.id).last_seen_at.isoformat() == "2026-03-01T10:05:01+00:00"
