"""Every route of the house against every kind of visitor; generated from the URL configuration, so a new route cannot hide.

A route that takes ids of an organisation must answer strangers as if nothing were there, and must not change anything.
"""

from collections.abc import Iterator
from dataclasses import replace

import pytest
from django.db import transaction
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from boardwell.domain.audit.models import AuditEntry
from boardwell.domain.automations.actions.save_automation import save_automation
from boardwell.domain.automations.rules import Deed, Rule
from boardwell.domain.conversations.actions.post_message import post_message
from boardwell.domain.journeys.actions.complete_step import complete_step
from boardwell.domain.journeys.actions.rehearse_playbook import start_rehearsal
from boardwell.domain.journeys.models import ImportRun, Journey, LogImport, Step, VersionMove
from boardwell.domain.papers.actions.write_paper import draft_paper, send_paper
from boardwell.domain.people.models import Person
from boardwell.domain.people.queries import desk_at
from boardwell.domain.vault.models import StoredFile
from boardwell.kernel import tenancy
from boardwell.kernel.outgoing.mail import OutgoingMail, post

CANARY = "canary-7f3a"
PUBLIC = {
    "start", "alive", "set_up", "me", "sign_out", "set_language", "brand_css", "brand_logo", "gallery", "playbook_schema", "portal:choose", "portal:me", "portal:invitation",
    "portal:unsubscribe",
}  # fmt: skip
"""Routes that do not belong to one organisation or account; each has tests of its own."""


def routes() -> Iterator[tuple[str, list[str]]]:
    """(name, names of its path's parts) of every route of ours; allauth's are its own to test."""

    def walk(patterns: list, space: str, parts: list[str]) -> Iterator[tuple[str, list[str]]]:
        for pattern in patterns:
            own = [*parts, *pattern.pattern.converters]
            if isinstance(pattern, URLResolver):
                if str(pattern.pattern).startswith(("sign-in", "api")):  # tests/doors/test_api.py sweeps the API
                    continue
                name = f"{pattern.namespace}:" if pattern.namespace else space
                yield from walk(pattern.url_patterns, name, own)
            elif isinstance(pattern, URLPattern) and pattern.name:
                yield f"{space}{pattern.name}", own

    yield from walk(get_resolver().url_patterns, "", [])


ROUTES = dict(routes())
GUARDED = sorted(name for name in ROUTES if name not in PUBLIC)


@pytest.fixture
def world(house, other):
    """A house whose every text carries a canary, and ids for every kind of path part."""
    journey_id = house.start(title=f"{CANARY} journey")
    with house.as_owner():
        post_message(journey_id, house.account_id, body=f"{CANARY} message")
        kept = StoredFile(
            organisation_id=house.organisation_id, account_id=house.account_id, journey_id=journey_id, name=f"{CANARY}.txt",
            media_type="text/plain", size_bytes=1, sha256="0" * 64, storage_path="none", uploaded_by_kind="member", uploaded_by_id="x",
        )  # fmt: skip
        kept.save()
        run = ImportRun(organisation_id=house.organisation_id, file_id=kept.id, file_name=f"{CANARY}.csv", started_by=house.owner)
        run.save()
        target = Journey.objects.get(pk=journey_id).version
        VersionMove(
            organisation_id=house.organisation_id, account_id=house.account_id, journey_id=journey_id, run_id="run_swept", to_version=target
        ).save()
        paper_id = draft_paper(journey_id, "status_report")
        send_paper(paper_id, {"summary": f"{CANARY} report"}, revision=1)
        log = LogImport(
            organisation_id=house.organisation_id, file_id=kept.id, file_name=f"{CANARY}.csv", kind="csv", started_by=house.owner,
            options={"headers": [], "sample": [], "objects": {}},
        )  # fmt: skip
        log.save()
        rehearsal_id = start_rehearsal("small", number=1, customers=3)
        automation_id = save_automation("", name=f"{CANARY} rule", rule=Rule("journey_live", (), "", (Deed("note", text=CANARY),)))
        with transaction.atomic():
            mail_id = post(OutgoingMail(recipient="a@example.com", subject=f"{CANARY} mail", text=CANARY))
    parts = {
        "slug": house.slug, "journey_id": journey_id, "account_id": house.account_id, "contact_id": house.contact.id, "key": "welcome",
        "file_id": kept.id, "mail_id": mail_id, "member_id": house.owner.id, "tab": "plan", "section": "brand", "run_id": run.id, "moves_id": "run_swept", "rehearsal_id": rehearsal_id, "log_id": log.id,
        "paper_id": paper_id, "page_key": "hours", "name": "meeting.ics",
        "automation_id": automation_id,
    }  # fmt: skip
    return house, other, parts


def path_of(name: str, parts: dict[str, str]) -> str:
    values = {part: parts[part] for part in ROUTES[name]}
    if (name.startswith("workspace:playbook_") and "key" in values) or name == "workspace:playbook":
        values["key"] = "small"
    return reverse(name, kwargs=values)


def fingerprint(house) -> tuple[object, ...]:
    with house.as_owner():
        return (
            AuditEntry.objects.count(),
            tuple(Step.objects.order_by("id").values_list("id", "state", "revision")),
            tuple(Journey.objects.order_by("id").values_list("id", "state", "title")),
        )


def visit(client: Client, path: str) -> list[tuple[str, int, bytes]]:
    """Opens the path by GET, HEAD and POST with tempting values."""
    tempting = {
        "verb": "cancel",
        "reason": "x",
        "name": "planted",
        "body": "planted",
        "email": "x@example.com",
        "role": "owner",
        "source": "x",
    }
    found = []
    for method in ("get", "head", "post"):
        answer = getattr(client, method)(path, tempting if method == "post" else {})
        body = b"".join(answer.streaming_content) if answer.streaming else answer.content
        found.append((method, answer.status_code, body))
    return found


def test_every_route_is_known_to_this_table() -> None:
    assert len(GUARDED) >= 40
    assert set(ROUTES) >= PUBLIC


@pytest.mark.parametrize("name", GUARDED)
def test_a_member_of_another_organisation_finds_nothing_and_changes_nothing(world, signed_in, name: str) -> None:
    house, other, parts = world
    before = fingerprint(house)
    for method, status, body in visit(signed_in(other.owner.person), path_of(name, parts)):
        assert status in {404, 405}, f"{method} {name} answered {status}"
        assert CANARY.encode() not in body
    assert fingerprint(house) == before


@pytest.mark.parametrize("name", GUARDED)
def test_the_customer_of_another_organisation_finds_nothing(world, signed_in, name: str) -> None:
    house, other, parts = world
    before = fingerprint(house)
    for method, status, body in visit(signed_in(other.contact.person), path_of(name, parts)):
        assert status in {404, 405}, f"{method} {name} answered {status}"
        assert CANARY.encode() not in body
    assert fingerprint(house) == before


@pytest.mark.parametrize("name", GUARDED)
def test_nobody_gets_in_without_signing_in(world, name: str) -> None:
    house, _other, parts = world
    before = fingerprint(house)
    for method, status, body in visit(Client(), path_of(name, parts)):
        assert status in {302, 405}, f"{method} {name} answered {status}"
        assert CANARY.encode() not in body
    assert fingerprint(house) == before


@pytest.mark.parametrize("name", [name for name in GUARDED if name.startswith("workspace:")])
def test_a_customer_is_never_let_into_the_workspace(world, signed_in, name: str) -> None:
    house, _other, parts = world
    before = fingerprint(house)
    for method, status, _body in visit(signed_in(house.contact.person), path_of(name, parts)):
        assert status in {404, 405}, f"{method} {name} answered {status}"
    assert fingerprint(house) == before


@pytest.mark.parametrize("name", [name for name in GUARDED if name.startswith("portal:")])
def test_another_customer_of_the_same_organisation_finds_nothing(world, signed_in, name: str) -> None:
    from boardwell.domain.accounts.actions.save_account import create_account
    from boardwell.domain.accounts.actions.save_contact import add_contact
    from boardwell.domain.accounts.models import Contact

    house, _other, parts = world
    with house.as_owner():
        second = create_account(name="Second")
        person = Contact.objects.select_related("person").get(pk=add_contact(second, name="Second", email="s@second.example")).person
    before = fingerprint(house)
    for method, status, body in visit(signed_in(person), path_of(name, parts)):
        assert status in {404, 405}, f"{method} {name} answered {status}"
        assert CANARY.encode() not in body
    assert fingerprint(house) == before


@pytest.mark.parametrize("name", GUARDED)
def test_a_viewer_changes_nothing_anywhere(world, signed_in, name: str) -> None:
    house, _other, parts = world
    viewer = house.member("viewer")
    if name.startswith("portal:"):
        pytest.skip("members are not let into the portal; the tests above show it")
    before = fingerprint(house)
    for method, status, _body in visit(signed_in(viewer.person), path_of(name, parts)):
        assert status < 500, f"{method} {name} answered {status}"
    after = fingerprint(house)
    assert after[1:] == before[1:]
    # A viewer's own saved filter is the one thing that they may write.
    assert after[0] - before[0] == (1 if name == "workspace:view_save" else 0)


@pytest.mark.parametrize("name", GUARDED)
def test_the_owner_gets_an_answer_everywhere_and_a_get_changes_nothing(world, signed_in, name: str) -> None:
    house, _other, parts = world
    person = house.contact.person if name.startswith("portal:") else house.owner.person
    client = signed_in(Person.objects.get(pk=person.pk))
    values = {**parts, "key": "needs"} if name.startswith("portal:") else parts
    with house.as_owner():
        complete_step(parts["journey_id"], "welcome")
    before = fingerprint(house)
    if name in {"workspace:file", "portal:file", "workspace:picture", "portal:picture", "workspace:step_out", "portal:step_out"}:
        assert client.get(path_of(name, values)).status_code == 404  # neither its bytes nor a booked meeting are kept in this world
        return
    answer = client.get(path_of(name, values))
    assert answer.status_code in {200, 405}, f"{name} answered {answer.status_code}"
    assert fingerprint(house) == before


def test_a_planted_leak_is_caught(world, signed_in, monkeypatch, guard) -> None:
    """The sweep must be able to fail: with scoping switched off, and without the guard of the tests, the canary comes through."""
    house, other, parts = world
    monkeypatch.setattr(tenancy, "is_unscoped", lambda: True)
    desk = desk_at("acme", house.owner.person_id)
    monkeypatch.setattr("boardwell.doors.workspace.entry.desk_at", lambda slug, person_id: replace(desk, id=other.owner.id))
    with guard.letting(through=True):
        body = signed_in(other.owner.person).get(path_of("workspace:journey", parts)).content
    assert CANARY.encode() in body


@pytest.mark.parametrize("hostile", ["%00", "\ud800", "a" * 5000, "'--", "../..", "%ff"])
def test_no_hostile_id_or_query_breaks_a_page(world, signed_in, hostile: str) -> None:
    house, _other, parts = world
    client = signed_in(house.owner.person)
    for path in (
        f"/acme/accounts/{hostile}/", f"/acme/journeys/{hostile}/", f"/acme/files/{hostile}/", f"/acme/imports/{hostile}/",
        f"/acme/search/?q={hostile}", f"/acme/journeys/?search={hostile}&owner_id={hostile}&after={hostile}", f"/acme/audit/?before={hostile}",
        f"/p/{hostile}/", f"/p/i/{hostile}/{hostile}/", f"/{hostile}/",
    ):  # fmt: skip
        assert client.get(path.encode("utf-8", "surrogatepass").decode("latin-1")).status_code < 500, path
    for name in ("title", "owner_id", "playbook_key", "account_id", "account_name", "kickoff_on"):
        text = hostile.replace("%00", "\x00").encode("utf-8", "replace").decode()
        answer = client.post(
            "/acme/journeys/start/", {"playbook_key": "small", "owner_id": house.owner.id, "account_name": "X", name: text}
        )
        assert answer.status_code < 500, name
    assert parts
