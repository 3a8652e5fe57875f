"""Who may change whom on the team; keys, views and habits."""

import pytest
import time_machine

from boardwell.domain.audit.models import AuditEntry
from boardwell.domain.people import keyring
from boardwell.domain.people.actions.change_habits import change_habits
from boardwell.domain.people.actions.change_member import change_member
from boardwell.domain.people.actions.invite_member import invite_member
from boardwell.domain.people.actions.manage_api_keys import create_api_key, note_key_used, revoke_api_key
from boardwell.domain.people.actions.save_view import delete_view, save_view
from boardwell.domain.people.keyring import known_key
from boardwell.domain.people.models import ApiKey, Member, Person, SavedView
from boardwell.domain.people.queries import member_of_person, memberships_of, person_by_email, saved_views
from boardwell.domain.people.roles import CONTACT_ROLES, PERMISSIONS, ROLE_LABELS, ROLES, actor_for_key, actor_for_member
from boardwell.kernel import tenancy
from boardwell.kernel.clock import now
from boardwell.kernel.errors import Conflict, Invalid, NotAllowed, NotFound


def acting(house, member):
    return tenancy.acting_for(house.organisation_id, actor_for_member(member))


def entries(house) -> int:
    with tenancy.acting_for(house.organisation_id):
        return AuditEntry.objects.count()


def role_of(house, member) -> tuple[str, bool]:
    with tenancy.acting_for(house.organisation_id):
        return Member.objects.values_list("role", "active").get(pk=member.id)


def test_every_role_has_a_label_and_carries_only_known_permissions() -> None:
    assert set(ROLE_LABELS) == set(ROLES)
    assert all(carried <= set(PERMISSIONS) for carried in ROLES.values())
    assert set(PERMISSIONS) & CONTACT_ROLES["admin"] == {"messages:write", "files:upload", "files:view"}


@pytest.mark.parametrize("change", [{"role": "viewer"}, {"active": False}])
def test_the_last_owner_stays(house, change) -> None:
    before = entries(house)
    with house.as_owner(), pytest.raises(Conflict):
        change_member(house.owner.id, **change)
    assert (role_of(house, house.owner), entries(house)) == (("owner", True), before)


def test_an_owner_may_go_once_another_is_there(house) -> None:
    second = house.member("specialist")
    with house.as_owner():
        change_member(second.id, role="owner")
        change_member(house.owner.id, role="admin")
    assert (role_of(house, house.owner), role_of(house, second)) == (("admin", True), ("owner", True))


def test_an_owner_who_is_switched_off_does_not_count(house) -> None:
    second = house.member("specialist")
    with house.as_owner():
        change_member(second.id, role="owner")
        change_member(second.id, active=False)
        with pytest.raises(Conflict):
            change_member(house.owner.id, active=False)
    assert role_of(house, house.owner) == ("owner", True)


@pytest.mark.parametrize("change", [{"role": "viewer"}, {"active": False}])
def test_an_administrator_touches_no_owner(house, change) -> None:
    second = house.member("specialist")
    with house.as_owner():
        change_member(second.id, role="owner")
    admin = house.member("admin")
    with acting(house, admin):
        with pytest.raises(NotAllowed):
            change_member(second.id, **change)
        with pytest.raises(NotAllowed):
            change_member(admin.id, role="owner")
        with pytest.raises(NotAllowed):
            invite_member(email="new@acme.example", name="New", role="owner")
    assert (role_of(house, second), role_of(house, admin)) == (("owner", True), ("admin", True))
    assert person_by_email("new@acme.example") is None


def test_a_key_that_manages_people_makes_nobody_more_powerful_than_itself(house) -> None:
    viewer = house.member("viewer")
    with house.as_owner():
        key_id, _secret = create_api_key(name="HR", scopes=["people:manage", "people:view", *ROLES["viewer"]])
        key = ApiKey.objects.get(pk=key_id)
    with tenancy.acting_for(house.organisation_id, actor_for_key(key)):
        for role in ("owner", "admin", "manager"):
            with pytest.raises(NotAllowed):
                change_member(viewer.id, role=role)
            with pytest.raises(NotAllowed):
                invite_member(email="evil@acme.example", name="Evil", role=role)
        with pytest.raises(NotAllowed):
            change_member(house.owner.id, active=False)
        assert invite_member(email="fine@acme.example", name="Fine", role="viewer").startswith("mem_")
    assert (role_of(house, viewer), person_by_email("evil@acme.example")) == (("viewer", True), None)


def test_members_change_their_own_profile_and_nothing_else(house) -> None:
    trainer, viewer = house.member("trainer"), house.member("viewer")
    with acting(house, trainer):
        change_member(trainer.id, name="  Tara\tTrainer ", job_title="Trainer", phone="+44 1")
        for change in ({"role": "admin"}, {"active": True}, {"team_roles": ["lead"]}):
            with pytest.raises(NotAllowed):
                change_member(trainer.id, **change)
        with pytest.raises(NotAllowed):
            change_member(viewer.id, name="Mallory")
        kept = Member.objects.get(pk=trainer.id)
        assert (kept.name, kept.job_title, kept.phone, kept.role) == ("Tara Trainer", "Trainer", "+44 1", "trainer")


def test_what_does_not_differ_writes_nothing(house) -> None:
    before = entries(house)
    with house.as_owner():
        change_member(house.owner.id, name=house.owner.name, role="owner")
    assert entries(house) == before


def test_a_faulty_member_is_refused_with_every_fault_and_nothing_is_kept(house) -> None:
    before = entries(house)
    with house.as_owner(), pytest.raises(Invalid) as refusal:
        invite_member(email="a@\ud800.example", name="\x00\u2028", role="king", job_title="x" * 121)
    assert set(refusal.value.fields) == {"email", "name", "role", "job_title"}
    assert entries(house) == before


@pytest.mark.parametrize(
    "email", ["", "x", "a@b", "a b@c.example", "a@c.example\x00", "\ud800@c.example", "a@\udfff.example", f"{'a' * 400}@c.example"]
)
def test_what_is_no_address_is_refused(house, email) -> None:
    with house.as_owner(), pytest.raises(Invalid) as refusal:
        invite_member(email=email, name="Name", role="viewer")
    assert list(refusal.value.fields) == ["email"]


def test_nobody_joins_a_team_twice_but_may_join_two_teams(house, other) -> None:
    with house.as_owner():
        with pytest.raises(Invalid) as refusal:
            invite_member(email="OWNER@acme.example", name="Again", role="viewer")
        assert list(refusal.value.fields) == ["email"]
        invite_member(email=f"owner@{other.slug}.example", name="Guest", role="viewer")
    assert [(seat.slug, seat.role) for seat in memberships_of(other.owner.person_id)] == [("acme", "viewer"), ("rival", "owner")]


def test_a_member_of_another_organisation_is_not_there(house, other) -> None:
    with house.as_owner(), pytest.raises(NotFound):
        change_member(other.owner.id, name="Mallory")
    with other.as_owner():
        assert Member.objects.get(pk=other.owner.id).name == "Owner rival"


def test_who_is_switched_off_is_out_at_once(house) -> None:
    viewer = house.member("viewer")
    with house.as_owner():
        change_member(viewer.id, active=False)
        assert member_of_person(viewer.person_id) is None
        viewer.refresh_from_db()
        assert actor_for_member(viewer).permissions == frozenset()
        change_member(viewer.id, active=True)
        assert member_of_person(viewer.person_id) == viewer


def test_a_contact_may_do_none_of_this(house) -> None:
    before = entries(house)
    verbs = [
        lambda: invite_member(email="x@acme.example", name="X", role="viewer"),
        lambda: change_member(house.owner.id, name="X"),
        lambda: change_member(house.owner.id, role="viewer"),
        lambda: create_api_key(name="x", scopes=["journeys:view"]),
        lambda: save_view(page="journeys", name="x", query="a=b"),
        lambda: delete_view("view_x"),
        lambda: revoke_api_key("key_x"),
    ]
    with house.as_contact():
        for verb in verbs:
            with pytest.raises(NotAllowed):
                verb()
    assert entries(house) == before


def test_a_key_works_until_it_is_revoked_or_expires(house) -> None:
    with house.as_owner():
        key_id, secret = create_api_key(name="CRM", scopes=["journeys:view"], expires_in_days=1)
        known = known_key(secret)
        assert known is not None
        found = known.key
        assert known.actor.permissions == {"journeys:view"}
        assert (found.id, found.organisation_id, found.scopes, found.hint) == (key_id, house.organisation_id, ["journeys:view"], secret[:8])
        assert ApiKey.objects.get(pk=key_id).secret_hash != secret
        with time_machine.travel(found.expires_at):
            assert known_key(secret) is None
        revoke_api_key(key_id)
        revoke_api_key(key_id)
        assert AuditEntry.objects.filter(verb="api_key.revoked").count() == 1
    assert known_key(secret) is None
    assert known_key("bwk_\ud800") is None


def test_a_key_that_another_process_revoked_is_refused_half_a_second_later_and_a_new_reading_costs_one_statement(
    house, monkeypatch, django_assert_num_queries
) -> None:
    clock = [100.0]
    monkeypatch.setattr(keyring, "time", type("Stopped", (), {"monotonic": staticmethod(lambda: clock[0])}))
    with house.as_owner():
        key_id, secret = create_api_key(name="CRM", scopes=["journeys:view"])
        with django_assert_num_queries(1):
            assert known_key(secret) == known_key(secret)
        ApiKey.objects.filter(pk=key_id).update(revoked_at=now())
    clock[0] += 0.5
    assert known_key(secret) is not None
    clock[0] += 0.01
    with django_assert_num_queries(2):
        assert known_key(secret) is known_key(secret) is None


def test_a_key_cannot_make_keys_nor_carry_what_its_maker_lacks(house) -> None:
    with house.as_owner():
        key_id, _secret = create_api_key(name="All", scopes=sorted(PERMISSIONS))
        for scopes in ([], ["everything"]):
            with pytest.raises(Invalid):
                create_api_key(name="x", scopes=scopes)
        for days in (0, -1, 10**12):
            with pytest.raises(Invalid):
                create_api_key(name="x", scopes=["journeys:view"], expires_in_days=days)
        key = ApiKey.objects.get(pk=key_id)
    with tenancy.acting_for(house.organisation_id, actor_for_key(key)), pytest.raises(NotAllowed):
        create_api_key(name="child", scopes=["journeys:view"])


def test_the_use_of_a_key_is_noted_once_a_minute(house) -> None:
    with house.as_owner():
        key_id, _secret = create_api_key(name="CRM", scopes=["journeys:view"])
        with time_machine.travel("2026-03-01T10:00:00Z", tick=False):
            note_key_used(key_id)
        with time_machine.travel("2026-03-01T10:00:30Z", tick=False):
            note_key_used(key_id)
        assert ApiKey.objects.get(pk=key_id).last_used_at.isoformat() == "2026-03-01T10:00:00+00:00"
        with time_machine.travel("2026-03-01T10:01:30Z", tick=False):
            note_key_used(key_id)
        assert ApiKey.objects.get(pk=key_id).last_used_at.isoformat() == "2026-03-01T10:01:30+00:00"


def test_views_are_ones_own_unless_shared(house) -> None:
    viewer = house.member("viewer")
    with house.as_owner():
        save_view(page="journeys", name="Mine", query="state=live")
        shared = save_view(page="journeys", name="Ours", query="state=live", shared=True)
        with pytest.raises(Invalid):
            save_view(page="journeys", name="Long", query="x" * 1001)
    with acting(house, viewer):
        assert [view.name for view in saved_views("journeys")] == ["Ours"]
        with pytest.raises(NotFound):
            delete_view(shared)
        assert SavedView.objects.count() == 2


def test_habits_are_checked(house) -> None:
    person = house.owner.person_id
    with pytest.raises(Invalid) as refusal:
        change_habits(person, language="xx", time_zone="Moon/Base", theme="pink", name=" ")
    assert set(refusal.value.fields) == {"language", "time_zone", "theme", "name"}
    change_habits(person, language="bn", time_zone="Asia/Dhaka", theme="dark", name="Anna")
    kept = Person.objects.get(pk=person)
    assert (kept.language, kept.time_zone, kept.theme, kept.name) == ("bn", "Asia/Dhaka", "dark", "Anna")
    change_habits(person)
