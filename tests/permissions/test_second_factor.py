"""Where an organisation asks for a second factor, one factor opens nothing: every route of the workspace, from the URL configuration."""

import time

import pytest
from django.test import Client

from boardwell.domain.organisations.models import AccessPolicy
from boardwell.domain.people.roles import ROLES
from tests.permissions.test_routes import ROUTES, fingerprint, path_of, visit, world  # noqa: F401 - a fixture

WORKSPACE = sorted(name for name in ROUTES if name.startswith("workspace:"))


def asks(house, rule: str) -> None:
    with house.as_owner():
        AccessPolicy.objects.update(second_factor=rule)


def came_in(person, *records: dict[str, object]) -> Client:
    client = Client()
    client.force_login(person, backend="allauth.account.auth_backends.AuthenticationBackend")
    session = client.session
    session["account_authentication_methods"] = [{"at": time.time(), **record} for record in records]
    session["account_authentication_methods_user"] = str(person.pk)
    session.save()
    return client


@pytest.mark.parametrize("record", [{"method": "password"}, {"method": "code"}, {"method": "socialaccount", "provider": "x", "uid": "y"}])
def test_no_route_of_the_workspace_is_reached_with_one_factor(world, record) -> None:  # noqa: F811
    house, _other, parts = world
    asks(house, "everyone")
    before = fingerprint(house)
    client = came_in(house.owner.person, record)
    assert len(WORKSPACE) >= 50
    for name in WORKSPACE:
        for method, status, body in visit(client, path_of(name, parts)):
            assert (status, body) == (302, b""), f"{method} {name} answered {status}"
        assert client.get(path_of(name, parts)).url.startswith("/sign-in/second-factor/?next="), name
    assert fingerprint(house) == before


def test_two_factors_open_what_the_role_may(world) -> None:  # noqa: F811
    house, _other, parts = world
    asks(house, "everyone")
    for records in (
        [{"method": "mfa", "type": "webauthn", "passwordless": True}],
        [{"method": "password"}, {"method": "mfa", "type": "totp"}],
    ):
        assert came_in(house.owner.person, *records).get(path_of("workspace:home", parts)).status_code == 200


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("rule", ["offered", "leaders", "everyone"])
def test_the_rule_says_whom_it_asks(house, role: str, rule: str) -> None:
    asks(house, rule)
    member = house.owner if role == "owner" else house.member(role)
    stopped = came_in(member.person, {"method": "password"}).get("/acme/").status_code == 302
    assert stopped == (rule == "everyone" or (rule == "leaders" and role in {"owner", "admin", "compliance"}))


def test_who_has_none_is_shown_how_and_who_has_one_confirms_with_it(house) -> None:
    from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret

    asks(house, "everyone")
    client = came_in(house.owner.person, {"method": "password"})
    shown = client.get("/acme/", follow=True).content.decode()
    assert "/sign-in/2fa/webauthn/add/" in shown
    TOTP.activate(house.owner.person, generate_totp_secret())
    shown = client.get("/acme/journeys/", follow=True).content.decode()
    assert "/sign-in/2fa/reauthenticate/?next=/acme/journeys/" in shown
    assert "/sign-in/2fa/webauthn/add/" not in shown


def test_the_last_factor_does_not_open_another_organisations_rule(house, other) -> None:
    """One person, two organisations: each asks for itself."""
    from boardwell.domain.people.actions.invite_member import invite_member

    with other.as_owner():
        invite_member(email=house.owner.person.email, name="Both", role="viewer")
    asks(other, "everyone")
    client = came_in(house.owner.person, {"method": "password"})
    assert client.get("/acme/").status_code == 200
    assert client.get("/rival/").status_code == 302


def test_the_secret_of_an_authenticator_app_is_sealed_at_rest(house) -> None:
    from allauth.mfa.models import Authenticator
    from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret

    secret = generate_totp_secret()
    TOTP.activate(house.owner.person, secret)
    kept = Authenticator.objects.get().data["secret"]
    assert kept.startswith("s1.")
    assert secret not in kept
