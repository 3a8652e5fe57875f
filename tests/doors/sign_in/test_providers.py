"""Google, Microsoft and any OpenID provider: the whole round trip, and every lie that must open nothing."""

import re
import time
from html import unescape

import jwt
import pytest
from allauth.socialaccount.models import SocialAccount
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from django.test import Client

from boardwell.domain.people.actions import manage_providers
from boardwell.domain.people.actions.change_member import change_member
from boardwell.domain.people.actions.invite_member import invite_member
from boardwell.domain.people.actions.manage_providers import change_provider, remove_provider
from boardwell.domain.people.models import IdentityProvider, Person
from boardwell.kernel.ids import new_id
from boardwell.kernel.models import Mail
from tests.doors.sign_in.openid import CLIENT, KEY, SECRET, STRANGERS_KEY, Provider, set_up


def set_off(client: Client, provider_id: str, **more: str) -> str:
    return led_to(client.post(f"/sign-in/with/{provider_id}/?process=login", more))


def led_to(answer) -> str:
    """Where the page leads: no form may end up elsewhere, so it is no redirect."""
    assert answer.status_code == 200
    return unescape(re.search(r'http-equiv="refresh" content="0;url=([^"]+)"', answer.content.decode())[1])


def come_back(client: Client, provider_id: str, brought: dict[str, str], **more: str):
    return client.get(f"/sign-in/with/{provider_id}/callback/", {**brought, **more})


def is_in(client: Client) -> bool:
    return "_auth_user_id" in client.session


def trip(provider: Provider, provider_id: str, email: str, **changes: object) -> Client:
    client = Client()
    come_back(client, provider_id, provider.sign_in(set_off(client, provider_id), email=email, **changes))
    return client


def test_a_member_comes_in_and_the_second_time_by_the_subject_alone(house, provider) -> None:
    provider_id = set_up(house, provider)
    client = trip(provider, provider_id, house.owner.person.email)
    assert client.get("/acme/").status_code == 200
    link = SocialAccount.objects.get()
    assert (link.provider, link.uid, link.user_id) == (provider_id, "subject-1", house.owner.person_id)
    assert Mail.objects.get(purpose="notice").recipient == house.owner.person.email
    assert trip(provider, provider_id, "renamed@acme.example", verified=False).get("/acme/").status_code == 200
    assert SocialAccount.objects.count() == 1
    assert Person.objects.count() == 2


def test_a_contact_comes_into_the_portal(house, provider) -> None:
    journey_id = house.start()
    client = trip(provider, set_up(house, provider, side="contacts"), house.contact.email)
    assert client.get(f"/p/{journey_id}/").status_code == 200


LIES = {
    "another issuer": {"iss": "https://evil.example"},
    "another audience": {"aud": "somebody-else"},
    "two audiences without a party": {"aud": [CLIENT, "somebody-else"]},
    "another authorised party": {"azp": "somebody-else"},
    "another nonce": {"nonce": "not yours"},
    "no nonce": {"nonce": None},
    "expired": {"exp": int(time.time()) - 3600},
    "no expiry": {"exp": None},
    "old": {"iat": int(time.time()) - 3600},
    "no subject": {"sub": None},
    "subject that is no text": {"sub": 7},
    "unverified address": {"verified": False},
    "address said to be verified in words": {"verified": "false"},
    "nothing said about the address": {"verified": None},
    "no address": {"email": None},
    "a stranger's address": {"email": "stranger@nowhere.example"},
    "an address that is no text": {"email": ["owner@acme.example"]},
}


@pytest.mark.parametrize("name", LIES)
def test_a_lying_token_opens_nothing_and_links_nobody(house, provider, name: str) -> None:
    provider_id = set_up(house, provider)
    changes = {"email": house.owner.person.email, **LIES[name]}
    client = trip(provider, provider_id, **changes)
    assert not is_in(client)
    assert client.get("/acme/").status_code == 302
    assert (SocialAccount.objects.count(), Person.objects.count()) == (0, 2)


TENANT, OTHER = "72f988bf-86f1-41af-91ab-2d7cd011db47", "9188040d-6c67-4c5b-b112-36a304b66dad"


@pytest.fixture
def of_all(house, provider, monkeypatch) -> str:
    """Microsoft for every tenant: its discovery names a pattern instead of an issuer."""
    monkeypatch.setattr(manage_providers, "MICROSOFT", f"{provider.issuer}/{{}}/v2.0")
    provider.discovery = {"issuer": f"{provider.issuer}/{{tenantid}}/v2.0"}
    return set_up(house, provider, kind="microsoft", issuer="common")


def of_tenant(provider: Provider, tenant: str = TENANT) -> dict[str, object]:
    return {"iss": f"{provider.issuer}/{tenant}/v2.0", "tid": tenant, "xms_edov": True, "verified": None}


def test_a_member_of_any_tenant_comes_in_by_the_address_that_its_domains_owner_confirmed(house, provider, of_all) -> None:
    provider.key_says = {"issuer": f"{provider.issuer}/{{tenantid}}/v2.0"}
    assert trip(provider, of_all, house.owner.person.email, **of_tenant(provider)).get("/acme/").status_code == 200
    assert SocialAccount.objects.get().uid == f"{TENANT}:subject-1"
    again = trip(provider, of_all, "renamed@acme.example", **{**of_tenant(provider), "xms_edov": None})
    assert again.get("/acme/").status_code == 200


def test_the_same_subject_of_another_tenant_is_somebody_else(house, provider, of_all) -> None:
    trip(provider, of_all, house.owner.person.email, **of_tenant(provider))
    client = trip(provider, of_all, "stranger@nowhere.example", **of_tenant(provider, OTHER))
    assert not is_in(client)
    assert SocialAccount.objects.count() == 1


TENANTS_LIES = {
    "another tenant's issuer": lambda place: {"iss": f"{place}/{OTHER}/v2.0"},
    "no tenant": lambda place: {"tid": None},
    "the pattern itself": lambda place: {"iss": f"{place}/{{tenantid}}/v2.0", "tid": "{tenantid}"},
    "a tenant that is none": lambda place: {"iss": f"{place}/common/v2.0", "tid": "common"},
    "a tenant that leads elsewhere": lambda place: {"iss": f"{place}/../x/v2.0", "tid": "../x"},
    "a tenant that is no text": lambda place: {"tid": [TENANT]},
    "another place": lambda place: {"iss": f"https://evil.example/{TENANT}/v2.0"},
    "an address that the tenant calls verified": lambda place: {"xms_edov": None, "verified": True},
    "an address whose domain is not confirmed": lambda place: {"xms_edov": False, "verified": True},
}


@pytest.mark.parametrize("name", TENANTS_LIES)
def test_a_token_that_lies_about_its_tenant_opens_nothing(house, provider, of_all, name: str) -> None:
    client = trip(provider, of_all, house.owner.person.email, **{**of_tenant(provider), **TENANTS_LIES[name](provider.issuer)})
    assert not is_in(client)
    assert SocialAccount.objects.count() == 0


def test_a_key_signs_for_the_issuer_that_it_names(house, provider, of_all) -> None:
    provider.key_says = {"issuer": f"{provider.issuer}/{OTHER}/v2.0"}
    assert not is_in(trip(provider, of_all, house.owner.person.email, **of_tenant(provider)))
    provider.key_says = {"issuer": f"{provider.issuer}/{TENANT}/v2.0"}
    assert is_in(trip(provider, of_all, house.owner.person.email, **of_tenant(provider)))


@pytest.mark.parametrize(("tenant", "opens"), [(TENANT, True), ("common", False), ("", False)])
def test_an_answer_in_a_tenants_name_is_one_of_the_pattern(house, provider, of_all, tenant: str, opens: bool) -> None:
    client = Client()
    brought = provider.sign_in(set_off(client, of_all), email=house.owner.person.email, **of_tenant(provider))
    come_back(client, of_all, brought, iss=f"{provider.issuer}/{tenant}/v2.0")
    assert is_in(client) is opens


SIGNATURES = {
    "none": lambda claims: jwt.encode(claims, None, algorithm="none"),
    "somebody else's key": lambda claims: jwt.encode(claims, STRANGERS_KEY, algorithm="RS256", headers={"kid": "one"}),
    "an unknown key": lambda claims: jwt.encode(claims, STRANGERS_KEY, algorithm="RS256", headers={"kid": "two"}),
    "the client secret": lambda claims: jwt.encode(claims, SECRET, algorithm="HS256", headers={"kid": "one"}),
    "the public key as a secret": lambda claims: forged(claims),  # noqa: PLW0108 - it stands below
    "cut off": lambda claims: jwt.encode(claims, KEY, algorithm="RS256", headers={"kid": "one"})[:-20],
    "no token": lambda claims: "",
    "not a token": lambda claims: "a.b.c",
}


def forged(claims: dict[str, object]) -> str:
    import base64
    import hmac
    import json

    def part(value: object) -> bytes:
        return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=")

    body = part({"alg": "HS256", "kid": "one"}) + b"." + part(claims)
    key = KEY.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    return (body + b"." + base64.urlsafe_b64encode(hmac.digest(key, body, "sha256")).rstrip(b"=")).decode()


@pytest.mark.parametrize("name", SIGNATURES)
def test_a_token_that_the_provider_did_not_sign_opens_nothing(house, provider, name: str) -> None:
    provider_id = set_up(house, provider)
    provider.signing = SIGNATURES[name]
    assert not is_in(trip(provider, provider_id, house.owner.person.email))
    assert SocialAccount.objects.count() == 0


def test_a_state_is_used_once_and_by_the_browser_that_has_it(house, provider) -> None:
    provider_id = set_up(house, provider)
    client, other = Client(), Client()
    brought = provider.sign_in(set_off(client, provider_id), email=house.owner.person.email)
    assert come_back(other, provider_id, brought).status_code == 401
    assert not is_in(other)
    come_back(client, provider_id, brought)
    assert is_in(client)
    client.post("/sign-out/")
    assert come_back(client, provider_id, brought).status_code == 401
    assert not is_in(client)


def test_the_state_of_one_provider_is_none_for_another(house, provider) -> None:
    first = set_up(house, provider)
    with house.as_owner():
        row = IdentityProvider.objects.get()
        row.pk, row.client_id, row._state.adding = new_id("idp"), "second", True
        row.save(force_insert=True)
    client = Client()
    brought = provider.sign_in(set_off(client, first), email=house.owner.person.email)
    assert come_back(client, row.pk, brought).status_code == 401
    assert not is_in(client)


def test_an_answer_in_another_issuers_name_is_no_answer(house, provider) -> None:
    provider_id = set_up(house, provider)
    client = Client()
    brought = provider.sign_in(set_off(client, provider_id), email=house.owner.person.email)
    assert come_back(client, provider_id, brought, iss="https://evil.example").status_code == 401
    assert not is_in(client)
    come_back(client, provider_id, brought, iss=provider.issuer)
    assert is_in(client)


def test_calling_it_off_and_failing_say_so_in_our_words(house, provider) -> None:
    provider_id = set_up(house, provider)
    client = Client()
    brought = provider.sign_in(set_off(client, provider_id), email=house.owner.person.email)
    answer = client.get(f"/sign-in/with/{provider_id}/callback/", {"state": brought["state"], "error": "access_denied"}, follow=True)
    assert "You called it off" in answer.content.decode()
    provider.token_status = 500
    client = Client()
    answer = come_back(client, provider_id, provider.sign_in(set_off(client, provider_id), email=house.owner.person.email))
    assert (answer.status_code, "Nothing was changed" in answer.content.decode()) == (401, True)
    assert SECRET not in answer.content.decode()


def test_what_a_link_adds_to_the_question_is_not_asked(house, provider) -> None:
    provider_id = set_up(house, provider)
    client = Client()
    asked = client.post(f"/sign-in/with/{provider_id}/?scope=admin&auth_params=prompt%3Dnone%26nonce%3Dmine&process=login").content.decode()
    assert ("admin" in asked, "prompt" in asked, "nonce=mine" in asked) == (False, False, False)
    assert client.get(f"/sign-in/with/{provider_id}/").status_code == 405


@pytest.mark.parametrize(("side", "member", "contact"), [("members", True, False), ("contacts", False, True), ("both", True, True)])
def test_a_service_is_for_its_side_only(house, provider, side: str, member: bool, contact: bool) -> None:
    provider_id = set_up(house, provider, side=side)
    assert is_in(trip(provider, provider_id, house.owner.person.email, sub="m")) == member
    assert is_in(trip(provider, provider_id, house.contact.email, sub="c")) == contact


def test_only_listed_domains_come_in_also_by_an_old_link(house, provider) -> None:
    provider_id = set_up(house, provider)
    assert is_in(trip(provider, provider_id, house.owner.person.email))
    with house.as_owner():
        change_provider(
            provider_id, name="X", side="both", allowed_domains=["other.example"], asks_second_factor=False, active=True,
        )  # fmt: skip
    assert not is_in(trip(provider, provider_id, house.owner.person.email))


def test_who_left_does_not_come_in_by_an_old_link(house, provider) -> None:
    provider_id, member = set_up(house, provider), house.member("specialist")
    assert is_in(trip(provider, provider_id, member.person.email))
    with house.as_owner():
        change_member(member.id, active=False)
    assert not is_in(trip(provider, provider_id, member.person.email))


def test_what_one_organisations_service_opens_reaches_that_organisation_only(house, other, provider) -> None:
    """A malicious administrator runs a provider that says it is somebody of another organisation."""
    with other.as_owner():
        invite_member(email=house.owner.person.email, name="Lured", role="viewer")
    provider_id = set_up(other, provider)
    client = trip(provider, provider_id, house.owner.person.email)
    assert client.get("/rival/").status_code == 200
    journey_id = house.start()
    for path in ("/acme/", f"/acme/journeys/{journey_id}/", "/acme/settings/"):
        assert client.get(path).status_code == 404
    assert "House acme" not in client.get("/", follow=True).content.decode()
    for path in ("2fa/", "2fa/webauthn/add/", "2fa/totp/activate/", "password/set/", "email/", "connections/", "sessions/", "passkey/"):
        assert client.get(f"/sign-in/{path}").status_code == 403, path
    before = Person.objects.get(pk=house.owner.person_id).name
    client.post("/me/", {"name": "Renamed", "language": "en", "time_zone": "", "theme": "auto"})
    assert Person.objects.get(pk=house.owner.person_id).name == before


def test_removing_a_service_ends_its_sessions_and_its_links(house, provider) -> None:
    provider_id = set_up(house, provider)
    client = trip(provider, provider_id, house.owner.person.email)
    assert client.get("/acme/").status_code == 200
    with house.as_owner():
        remove_provider(provider_id)
    assert client.get("/acme/").status_code == 404
    assert SocialAccount.objects.count() == 0


@pytest.mark.parametrize("asks", [True, False])
def test_a_service_that_asks_for_a_second_factor_itself_counts_as_one(house, provider, asks: bool) -> None:
    from boardwell.domain.organisations.models import AccessPolicy

    with house.as_owner():
        AccessPolicy.objects.update(second_factor="everyone")
    client = trip(provider, set_up(house, provider, asks_second_factor=asks), house.owner.person.email)
    assert client.get("/acme/").status_code == (200 if asks else 302)


def test_an_own_second_factor_is_asked_after_the_service(house, provider) -> None:
    from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret

    TOTP.activate(house.owner.person, generate_totp_secret())
    provider_id, client = set_up(house, provider), Client()
    answer = come_back(client, provider_id, provider.sign_in(set_off(client, provider_id), email=house.owner.person.email))
    assert answer.url == "/sign-in/2fa/authenticate/"
    assert not is_in(client)


def test_the_address_may_come_from_userinfo_of_the_same_subject_only(house, provider) -> None:
    provider_id = set_up(house, provider)
    provider.userinfo = {"sub": "somebody else", "email": house.owner.person.email, "email_verified": True}
    assert not is_in(trip(provider, provider_id, None))  # type: ignore[arg-type]
    provider.userinfo["sub"] = "subject-1"
    assert is_in(trip(provider, provider_id, None))  # type: ignore[arg-type]


# --- setting up -------------------------------------------------------------------------------------------------------


def test_connecting_from_ones_own_profile_needs_no_confirmed_address(house, provider, signed_in) -> None:
    provider_id = set_up(house, provider)
    client = signed_in(house.owner.person)
    session = client.session
    session["account_authentication_methods"] = [{"method": "password", "at": time.time(), "reauthenticated": True}]
    session.save()
    asked = led_to(client.post(f"/sign-in/with/{provider_id}/?process=connect"))
    come_back(client, provider_id, provider.sign_in(asked, email="private@home.example", verified=False))
    assert SocialAccount.objects.get().user_id == house.owner.person_id
    page = client.get("/sign-in/connections/").content.decode()
    assert "private@home.example" in page
    assert client.post("/sign-in/connections/", {"account": SocialAccount.objects.get().pk}).status_code == 302
    assert SocialAccount.objects.count() == 0


def test_nobody_connects_a_service_of_an_organisation_that_they_are_not_of(house, other, provider, signed_in) -> None:
    provider_id = set_up(other, provider)
    client = signed_in(house.owner.person)
    asked = led_to(client.post(f"/sign-in/with/{provider_id}/?process=connect"))
    come_back(client, provider_id, provider.sign_in(asked, email=house.owner.person.email))
    assert SocialAccount.objects.count() == 0
