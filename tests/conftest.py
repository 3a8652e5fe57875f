"""What every test may use: an organisation with its team, a customer, and contexts to act in."""

import socket
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import pytest
from django.conf import settings as django_settings
from django.contrib.sessions.backends.base import SessionBase
from django.core.cache import cache
from django.db.backends.base.operations import BaseDatabaseOperations
from django.test import Client
from hypothesis import settings as hypothesis_settings

from boardwell.domain.accounts.actions.save_account import create_account
from boardwell.domain.accounts.actions.save_contact import add_contact
from boardwell.domain.accounts.models import Contact
from boardwell.domain.journeys.actions.start_journey import start_journey
from boardwell.domain.journeys.kinds import kind_rules
from boardwell.domain.journeys.orders import StartOrder
from boardwell.domain.organisations.actions.found_organisation import found_organisation
from boardwell.domain.people.actions.invite_member import invite_member
from boardwell.domain.people.models import Member, Person
from boardwell.domain.people.roles import actor_for_contact, actor_for_member
from boardwell.domain.playbooks.actions.write_playbook import import_playbook
from boardwell.kernel import tenancy
from boardwell.kernel.schema import append_only_lifted
from tests.guard import Guard

hypothesis_settings.register_profile("house", deadline=None)  # the first use of a calendar reads it from disk
hypothesis_settings.load_profile("house")
ROOT = Path(__file__).resolve().parent.parent
SMALL = (Path(__file__).parent / "small.yaml").read_text(encoding="utf-8")


class House:
    """One organisation with an owner, a customer and its administrator, made through the public actions."""

    def __init__(self, slug: str) -> None:
        self.slug = slug
        self.organisation_id = found_organisation(slug=slug, name=f"House {slug}", country="GB")
        with tenancy.acting_for(self.organisation_id):
            self.owner = Member.objects.get(pk=invite_member(email=f"owner@{slug}.example", name=f"Owner {slug}", role="owner"))
        with self.as_owner():
            import_playbook(SMALL, kind_rules())
            self.account_id = create_account(name=f"Customer of {slug}", email_domains=[f"{slug}-customer.example"])
            contact_id = add_contact(self.account_id, name=f"Lead {slug}", email=f"lead@{slug}-customer.example", role="admin")
            self.contact = Contact.objects.get(pk=contact_id)

    def as_owner(self) -> AbstractContextManager[tenancy.Context]:
        """Acting as the owner."""
        return tenancy.acting_for(self.organisation_id, actor_for_member(self.owner))

    def as_contact(self) -> AbstractContextManager[tenancy.Context]:
        """Acting as the customer's administrator."""
        contact = self.contact
        actor = actor_for_contact(contact.id, contact.name, contact.person_id, "admin", [contact.account_id])
        return tenancy.acting_for(self.organisation_id, actor)

    def member(self, role: str) -> Member:
        """A new member with a role."""
        with self.as_owner():
            return Member.objects.get(pk=invite_member(email=f"{role}@{self.slug}.example", name=f"{role} {self.slug}", role=role))

    def start(self, **more: object) -> str:
        """Starts the small playbook for the customer."""
        order = {"playbook_key": "small", "account_id": self.account_id, "owner_id": self.owner.id, "welcome": False, **more}
        with self.as_owner():
            return start_journey(StartOrder(**order)).journey_id  # type: ignore[arg-type]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Marks as `unit` what needs neither a database nor a browser, so that it can run alone, in seconds."""
    for item in items:
        fixtures = getattr(item, "fixturenames", ())
        if not {"db", "transactional_db", "live_server"} & set(fixtures) and not any(
            map(item.get_closest_marker, ("django_db", "browser", "outside"))
        ):
            item.add_marker("unit")


@pytest.fixture(scope="session", autouse=True)
def _flush_may_empty_the_log(guard: Guard) -> Iterator[None]:
    """A test with real commits empties every table afterwards, also those that refuse to lose a row."""
    execute = BaseDatabaseOperations.execute_sql_flush

    def flush(self: BaseDatabaseOperations, sql_list: list[str]) -> None:
        with append_only_lifted(self.connection.alias):
            execute(self, sql_list)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(BaseDatabaseOperations, "execute_sql_flush", guard.excusing(flush))
        yield


@pytest.fixture(scope="session", autouse=True)
def guard() -> Iterator[Guard]:
    """A statement that nothing holds to one organisation fails there and then; see `tests/guard.py`."""
    with pytest.MonkeyPatch.context() as patch, Guard().installed(patch) as guard:
        yield guard


@pytest.fixture(autouse=True)
def _no_statement_leaks(guard: Guard) -> Iterator[None]:
    """Fails the test also when what it drives swallowed the refusal."""
    guard.leaks.clear()
    yield
    assert guard.leaks == []


@pytest.fixture(scope="session", autouse=True)
def _nothing_leaves_the_machine() -> Iterator[None]:
    """A test that connects to another machine fails there and then."""
    connect = socket.socket.connect

    def near(self: socket.socket, address: tuple[str, int] | str) -> None:
        if self.family in (socket.AF_INET, socket.AF_INET6) and address[0] not in ("127.0.0.1", "::1", "localhost"):
            raise AssertionError(f"a test tried to reach {address[0]}")
        connect(self, address)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket.socket, "connect", near)
        yield


@pytest.fixture(autouse=True)
def _scratch(settings, tmp_path: Path) -> Iterator[None]:
    """Files and keys of a test lie in a folder of its own; hashing passwords is quick."""
    settings.FILES_ROOT = tmp_path / "files"
    settings.VAR = tmp_path
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    yield


@pytest.fixture
def house(db: None) -> House:
    cache.clear()  # what was counted for the same people in another test
    return House("acme")


@pytest.fixture
def other(db: None) -> House:
    return House("rival")


def prove(session: SessionBase, person: Person, method: str = "password") -> None:
    """Writes down what every real sign-in leaves behind: how, and when."""
    session["account_authentication_methods"] = [{"method": method, "at": time.time()}]
    session["account_authentication_methods_user"] = str(person.pk)
    session.save()


@pytest.fixture
def signed_in() -> Callable[[Person], Client]:
    def make(person: Person) -> Client:
        client = Client()
        client.force_login(person, backend="allauth.account.auth_backends.AuthenticationBackend")
        prove(client.session, person)
        return client

    return make


assert django_settings.configured
