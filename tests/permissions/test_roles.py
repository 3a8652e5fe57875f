"""The table on the page "Roles" is the truth: every role against every route of the workspace, each route by its declared permission."""

import pytest
from django.test import Client
from django.urls import get_resolver

from boardwell.domain.people.roles import CONTACT_PERMISSIONS, CONTACT_ROLES, PERMISSIONS, ROLES
from tests.permissions.test_routes import ROUTES, fingerprint, path_of, world  # noqa: F401 - a fixture

WORKSPACE = sorted(name for name in ROUTES if name.startswith("workspace:"))


def declared() -> dict[str, str]:
    """Route → permission that its view declares."""
    found = {}

    def walk(patterns, space: str) -> None:
        for pattern in patterns:
            if hasattr(pattern, "url_patterns"):
                walk(pattern.url_patterns, f"{pattern.namespace}:" if pattern.namespace else space)
            elif pattern.name and space == "workspace:":
                found[f"{space}{pattern.name}"] = getattr(pattern.callback, "permission", None)

    walk(get_resolver().url_patterns, "")
    return found


DECLARED = declared()


def test_every_route_declares_its_permission_and_the_catalogue_knows_it() -> None:
    assert set(DECLARED) == set(WORKSPACE)
    assert {name for name, permission in DECLARED.items() if permission is None} == set()
    assert set(DECLARED.values()) - {""} <= set(PERMISSIONS)


def test_every_permission_is_worded_and_held_by_somebody() -> None:
    assert set().union(*ROLES.values()) == set(PERMISSIONS)
    assert set().union(*CONTACT_ROLES.values()) == set(CONTACT_PERMISSIONS)
    assert list(ROLES) == ["owner", "admin", "manager", "specialist", "compliance", "trainer", "viewer"]
    assert list(CONTACT_ROLES) == ["participant", "admin"]


@pytest.mark.parametrize("role", ROLES)
def test_a_role_opens_exactly_the_routes_that_its_permissions_name(world, signed_in, role: str) -> None:  # noqa: F811
    house, _other, parts = world
    member = house.owner if role == "owner" else house.member(role)
    client: Client = signed_in(member.person)
    before = fingerprint(house)
    wrong = {}
    for name in WORKSPACE:
        if name in {"workspace:file", "workspace:picture", "workspace:import_refused", "workspace:step_out"}:
            continue  # neither its bytes nor a booked meeting are in this world
        status = client.get(path_of(name, parts)).status_code
        may = not DECLARED[name] or DECLARED[name] in ROLES[role]
        if (status != 404) != may and name != "workspace:settings_section":
            wrong[name] = status
    assert wrong == {}
    assert fingerprint(house)[1:] == before[1:]


def test_the_page_shows_the_table(house, signed_in) -> None:
    text = signed_in(house.owner.person).get("/acme/settings/roles/").content.decode()
    rows = text.count('<th scope="row">')
    assert rows == len(PERMISSIONS) + len(CONTACT_PERMISSIONS)
    assert text.count('aria-label="yes"') == sum(map(len, ROLES.values())) + sum(map(len, CONTACT_ROLES.values()))


def test_a_viewer_sees_the_table_and_nothing_to_change(house, signed_in) -> None:
    client = signed_in(house.member("viewer").person)
    assert client.get("/acme/settings/roles/").status_code == 200
    assert client.get("/acme/settings/sign-in/").status_code == 404
    assert client.get("/acme/settings/keys/").status_code == 404
