"""Looking through a customer's eyes: the portal as the contact sees it, and nothing that can be written; generated from the portal's routes."""

import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse

from boardwell.domain.accounts.actions.save_account import create_account
from boardwell.domain.accounts.actions.save_contact import add_contact, remove_contact
from boardwell.domain.audit.models import AuditEntry
from boardwell.domain.audit.queries import log
from boardwell.domain.conversations.actions.post_message import mark_read, post_message
from boardwell.domain.journeys.actions.complete_step import complete_step
from boardwell.domain.journeys.queries import looks
from boardwell.domain.journeys.queries.looks import COOKIE
from boardwell.domain.people.actions.change_member import change_member
from boardwell.domain.people.actions.invite_member import invite_member
from boardwell.domain.people.models import Member
from boardwell.domain.people.roles import actor_for_member
from boardwell.domain.vault.models import StoredFile
from boardwell.kernel import tenancy
from boardwell.kernel.errors import NotAllowed
from boardwell.kernel.readonly import reading_only
from boardwell.kernel.sealedstream import sealed
from tests.permissions.test_routes import CANARY, ROUTES, path_of, world  # noqa: F401 - a fixture

OF_A_JOURNEY = sorted(name for name, parts in ROUTES.items() if name.startswith("portal:") and "journey_id" in parts)


def rows_of_every_table() -> dict[str, list[tuple[object, ...]]]:
    """Every row of every table but the sessions', so that no write can hide, whichever table it is in."""
    found = {}
    with connection.cursor() as cursor, tenancy.unscoped("a test compares every row of every table"):
        for table in connection.introspection.table_names(cursor):
            if table not in {"django_session", "django_cache"}:
                cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)}")
                found[table] = sorted(cursor.fetchall(), key=repr)
    return found


def look(house, client: Client, journey_id: str, contact_id: str = "") -> int:
    path = reverse("workspace:view_as", kwargs={"slug": house.slug, "journey_id": journey_id, "contact_id": contact_id or house.contact.id})
    return client.post(path).status_code


@pytest.fixture
def looking(world, signed_in):  # noqa: F811
    house, other, parts = world
    client = signed_in(house.owner.person)
    with house.as_owner():
        complete_step(parts["journey_id"], "welcome")
    assert look(house, client, parts["journey_id"]) == 302
    return house, other, client, {**parts, "key": "needs"}


def test_the_sweep_knows_the_portals_routes() -> None:
    assert len(OF_A_JOURNEY) >= 10


@pytest.mark.parametrize("name", OF_A_JOURNEY)
@pytest.mark.parametrize("method", ["post", "put", "patch", "delete"])
def test_nothing_that_is_sent_while_looking_writes_anything(looking, name: str, method: str) -> None:
    house, _other, client, parts = looking
    before = rows_of_every_table()
    tempting = {"body": "planted", "person": house.contact.id, "name": "planted", "email": "p@acme-customer.example", "position": "1"}
    answer = getattr(client, method)(path_of(name, parts), tempting)
    assert answer.status_code == 403
    assert f"You are looking through the eyes of {house.contact.name}: nothing can be changed here" in answer.content.decode()
    assert rows_of_every_table() == before


@pytest.mark.parametrize("name", [name for name in OF_A_JOURNEY if name not in {"portal:file", "portal:picture", "portal:step_out"}])
def test_reading_while_looking_writes_nothing_either(looking, name: str) -> None:
    _house, _other, client, parts = looking
    before = rows_of_every_table()
    assert client.get(path_of(name, parts)).status_code in {200, 405}
    assert rows_of_every_table() == before


@pytest.mark.parametrize("name", [name for name in OF_A_JOURNEY if name not in {"portal:file", "portal:picture", "portal:step_out"}])
def test_the_second_wall_holds_when_the_first_is_down(looking, monkeypatch, name: str) -> None:
    """Were the method not refused at the door, the actor's permissions and the database itself would still refuse."""
    house, _other, client, parts = looking
    monkeypatch.setattr("boardwell.doors.portal.looking.SAFE", {"GET", "HEAD", "POST"})
    before = rows_of_every_table()
    client.post(path_of(name, parts), {"body": "planted", "person": house.contact.id, "name": "p", "email": "p@acme-customer.example"})
    assert rows_of_every_table() == before


def test_the_database_refuses_to_write_while_reading_only(house) -> None:
    journey_id = house.start()
    with house.as_owner():
        before = AuditEntry.objects.count()
        with pytest.raises(NotAllowed), reading_only():
            mark_read(journey_id)
        with pytest.raises(NotAllowed), reading_only():
            complete_step(journey_id, "welcome")
        assert AuditEntry.objects.count() == before
        complete_step(journey_id, "welcome")
        assert AuditEntry.objects.count() > before


def body_of(client: Client, path: str) -> str:
    text = client.get(path).content.decode()
    text = re.sub(r"<aside class=\"looking\".*?</aside>", "", text, flags=re.S)
    text = re.sub(r"name=\"csrfmiddlewaretoken\" value=\"\w+\"|nonce=\"[^\"]+\"|req_\w+", "", text)
    main = re.search(r"<main.*</main>", text, flags=re.S)
    assert main is not None
    return main.group()


@pytest.mark.parametrize("name", ["portal:home", "portal:plan", "portal:messages", "portal:files", "portal:people", "portal:step"])
def test_the_pages_are_the_very_ones_that_the_contact_sees(looking, signed_in, name: str) -> None:
    house, _other, client, parts = looking
    path = path_of(name, parts)
    assert body_of(client, path) == body_of(signed_in(house.contact.person), path)
    assert f"You see this as {house.contact.name} (Customer of acme) sees it." in client.get(path).content.decode()


def test_the_log_says_who_looked_as_whom_at_what_and_until_when(looking) -> None:
    house, _other, client, parts = looking
    with house.as_owner():
        line = next(one for one in log() if one.verb == "contact.looked_as")
    assert (line.actor_id, line.object_id, line.label, line.journey_id) == (
        house.owner.id, house.contact.id, house.contact.name, parts["journey_id"],
    )  # fmt: skip
    assert "until" in line.after
    way_out = reverse("workspace:view_as_end", kwargs={"slug": "acme", "journey_id": parts["journey_id"], "contact_id": house.contact.id})
    assert client.post(way_out).status_code == 302
    with house.as_owner():
        assert log()[0].verb == "contact.look_ended"
    assert client.get(path_of("portal:home", parts)).status_code == 404


def test_the_members_session_stays_what_it_was(world, signed_in) -> None:  # noqa: F811
    house, _other, parts = world
    client = signed_in(house.owner.person)
    client.get(f"/{house.slug}/")
    key, kept = client.session.session_key, dict(client.session)
    look(house, client, parts["journey_id"])
    client.get(path_of("portal:home", parts))
    assert (client.session.session_key, dict(client.session)) == (key, kept)
    assert client.get(f"/{house.slug}/").status_code == 200
    assert client.cookies[COOKIE]["path"] == f"/p/{parts['journey_id']}/"
    assert (client.cookies[COOKIE]["httponly"], client.cookies[COOKIE]["samesite"]) == (True, "Strict")


def test_a_look_is_over_after_half_an_hour(looking, monkeypatch) -> None:
    _house, _other, client, parts = looking
    later = looks.now() + timedelta(minutes=30)
    assert client.get(path_of("portal:home", parts)).status_code == 200
    monkeypatch.setattr(looks, "now", lambda: later)
    assert client.get(path_of("portal:home", parts)).status_code == 404


def test_a_look_opens_one_journey_for_one_member_in_one_session(looking, signed_in) -> None:
    house, other, client, parts = looking
    second = house.start(title="Another")
    assert client.get(reverse("portal:home", kwargs={"journey_id": second})).status_code == 404
    text = client.cookies[COOKIE].value
    for person in (house.owner.person, house.member("specialist").person, other.owner.person):
        thief = signed_in(person)
        thief.cookies[COOKIE] = text
        assert thief.get(path_of("portal:home", parts)).status_code == 404
    client.cookies[COOKIE] = text[:-2] + "xx"
    assert client.get(path_of("portal:home", parts)).status_code == 404


def test_a_look_never_reaches_another_account_or_organisation(world, signed_in) -> None:  # noqa: F811
    house, other, parts = world
    client = signed_in(house.owner.person)
    with house.as_owner():
        stranger = add_contact(create_account(name="Second"), name="Second", email="s@second.example")
        before = AuditEntry.objects.count()
    foreign = other.start()
    assert look(house, client, parts["journey_id"], stranger) == 404
    assert look(house, client, parts["journey_id"], other.contact.id) == 404
    assert look(house, client, foreign, other.contact.id) == 404
    assert look(other, client, foreign, other.contact.id) == 404
    with house.as_owner():
        assert AuditEntry.objects.count() == before
    assert COOKIE not in client.cookies


def test_a_look_ends_with_the_contact_or_with_the_right_to_it(looking) -> None:
    house, _other, client, parts = looking
    with house.as_owner():
        second = Member.objects.get(pk=invite_member(email="second@acme.example", name="Second", role="owner"))
    path = path_of("portal:home", parts)
    assert client.get(path).status_code == 200
    with tenancy.acting_for(house.organisation_id, actor_for_member(second)):
        change_member(house.owner.id, role="trainer")
    assert client.get(path).status_code == 404
    with tenancy.acting_for(house.organisation_id, actor_for_member(second)):
        change_member(house.owner.id, role="manager")
    assert client.get(path).status_code == 200
    with house.as_owner():
        remove_contact(house.contact.id)
    assert client.get(path).status_code == 404


def test_no_internal_word_is_seen_and_no_read_mark_is_left(looking, signed_in) -> None:
    house, _other, client, parts = looking
    with house.as_owner():
        post_message(parts["journey_id"], house.account_id, body="only for us", visibility="internal")
    page = client.get(path_of("portal:messages", parts)).content.decode()
    assert f"{CANARY} message" in page
    assert "only for us" not in page
    own = signed_in(house.contact.person)
    home = own.get(path_of("portal:home", parts)).content.decode()
    assert '<span class="badge info">1</span>' in home  # the message still waits for the contact


def test_a_file_that_is_opened_while_looking_is_logged_in_the_members_own_name(looking, settings) -> None:
    house, _other, client, parts = looking
    settings.FILES_ROOT.mkdir(parents=True, exist_ok=True)
    with house.as_owner():
        kept = StoredFile.objects.get(pk=parts["file_id"])
        (settings.FILES_ROOT / "none").write_bytes(b"".join(sealed([b"x"], "none")))
    answer = client.get(reverse("portal:file", kwargs={"journey_id": parts["journey_id"], "file_id": kept.id}))
    assert answer.status_code == 200
    with house.as_owner():
        line = log()[0]
    assert (line.verb, line.object_id, line.actor_id, line.actor_kind) == ("file.opened", kept.id, house.owner.id, "member")
