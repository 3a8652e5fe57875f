"""Google, Microsoft and any OpenID provider: the whole round trip, and every lie that must open nothing."""

import re
import time
from collections.abc import Iterator
from html import unescape

import jwt
import pytest
from allauth.socialaccount.models import SocialAccount
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from django.test import Client

from boardwell.domain.audit.models import AuditEntry
from boardwell.domain.people.actions.change_member import change_member
from boardwell.domain.people.actions.invite_member import invite_member
from boardwell.domain.people.actions.manage_providers import add_provider, change_provider, remove_provider
from boardwell.domain.people.models import IdentityProvider, Person
from boardwell.domain.people.queries import provider_by_id
from boardwell.kernel.errors import Invalid, NotAllowed
from boardwell.kernel.ids import new_id
from boardwell.kernel.models import Mail
from tests.doors.sign_in.openid import CLIENT, KEY, SECRET, STRANGERS_KEY, Provider


@pytest.fixture
def provider(settings) -> Iterator[Provider]:
    made = Provider()
    settings.OUTGOING_ALLOWED = [made.place]
    settings.BASE_URL = "http://testserver"
    yield made
    made.close()


def set_up(house, provider: Provider, **more: object) -> str:
    values = {
        "kind": "oidc", "name": "Company login", "issuer": provider.issuer, "client_id": CLIENT, "secret": SECRET, "side": "both", **more,
    }  # fmt: skip
    with house.as_owner():
        return add_provider(new_id("idp"), **values)  # type: ignore[arg-type]


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


def test_the_form_keeps_a_service_whose_secret_is_never_shown_again(house, provider, signed_in) -> None:
    client = signed_in(house.owner.person)
    page = client.get("/acme/settings/sign-in/").content.decode()
    new = page.partition('name="provider_id" value="')[2].partition('"')[0]
    assert f"/sign-in/with/{new}/callback/" in page
    values = {
        "verb": "add", "provider_id": new, "kind": "oidc", "name": "Company login", "issuer": provider.issuer + "/", "client_id": CLIENT,
        "secret": SECRET, "side": "members", "allowed_domains": "Acme.example\n@acme.org",
    }  # fmt: skip
    assert client.post("/acme/settings/sign-in/", values).status_code == 302
    view = provider_by_id(new)
    assert view is not None
    assert (view.side, view.allowed_domains, view.issuer) == ("members", ("acme.example", "acme.org"), provider.issuer)
    with house.as_owner():
        assert SECRET not in IdentityProvider.objects.get().secret_sealed
        assert SECRET not in str(list(AuditEntry.objects.values_list("body", flat=True)))
    assert SECRET not in client.get("/acme/settings/sign-in/").content.decode()
    assert "Company login" in Client().get("/sign-in/login/?next=/acme/").content.decode()
    assert "Company login" not in Client().get("/sign-in/login/").content.decode()
    remembered = Client()
    assert remembered.get("/sign-in/at/acme/").url == "/sign-in/login/"
    assert "Company login" in remembered.get("/sign-in/login/").content.decode()


def test_a_wrong_form_says_what_is_wrong_keeps_what_was_typed_and_keeps_no_service(house, provider, signed_in) -> None:
    client = signed_in(house.owner.person)
    values = {"verb": "add", "provider_id": new_id("idp"), "kind": "oidc", "name": "Typed name", "issuer": "login", "side": "members"}
    answer = client.post("/acme/settings/sign-in/", values)
    text = answer.content.decode()
    assert answer.status_code == 422
    assert "such as https://login.example.com" in text
    assert "Enter the client secret" in text
    assert 'value="Typed name"' in text
    with house.as_owner():
        assert IdentityProvider.objects.count() == 0


def refused(house, **more: object) -> dict[str, list[str]]:
    values = {"kind": "oidc", "name": "X", "issuer": "", "client_id": CLIENT, "secret": SECRET, "side": "both", **more}
    with house.as_owner():
        with pytest.raises(Invalid) as caught:
            add_provider(new_id("idp"), **values)  # type: ignore[arg-type]
        assert IdentityProvider.objects.count() == 0
    return caught.value.fields


INSIDE = [
    "https://127.0.0.1", "https://localhost", "https://[::1]", "https://10.0.0.1", "https://192.168.1.1", "https://172.16.0.1",
    "https://169.254.169.254", "https://100.64.0.1", "https://0.0.0.0", "https://[::]", "https://[::ffff:127.0.0.1]", "https://[fe80::1]",
    "https://[fd00::1]", "https://[64:ff9b::7f00:1]", "https://[2002:7f00:1::]", "https://2130706433", "https://0x7f000001",
    "https://0177.0.0.1", "https://127.1", "https://224.0.0.1", "https://255.255.255.255", "http://example.com", "https://example.com:22",
    "https://user@example.com", "ftp://example.com", "https://", "https://[", "https://127.0.0.1.nip.invalid", "https://example.com:99999",
    "https://\x00", "https://192.0.2.1", "https://198.18.0.1", "https://[2001:db8::1]", "https://[2001::1]",
]  # fmt: skip


@pytest.mark.parametrize("issuer", INSIDE)
def test_an_address_inside_is_never_called(house, provider, issuer: str) -> None:
    assert set(refused(house, issuer=issuer)) == {"issuer"}
    assert provider.calls == []


def test_a_name_that_leads_inside_is_not_called_and_a_second_answer_changes_nothing(house, monkeypatch) -> None:
    import socket

    asked: list[str] = []

    def leads(host: str, port: int, **_more: object):
        asked.append(host)
        where = "93.184.216.34" if len(asked) == 1 else "127.0.0.1"
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (where, port))]

    monkeypatch.setattr(socket, "getaddrinfo", leads)
    assert set(refused(house, issuer="https://rebinding.example")) == {"issuer"}
    assert len(asked) == 2  # looked at once before, once for the connection: the second answer was refused, not called


def test_a_provider_that_sends_us_elsewhere_is_not_followed(house, provider) -> None:
    assert "We do not call that address" in refused(house, issuer=f"{provider.issuer}/elsewhere")["issuer"][0]


@pytest.mark.parametrize(
    "said",
    [
        {"issuer": "https://evil.example"}, {"issuer": None}, {"token_endpoint": "https://127.0.0.1/token"}, {"jwks_uri": 7},
        {"userinfo_endpoint": "https://169.254.169.254/latest"}, {"authorization_endpoint": "javascript:alert(1)"},
        {"token_endpoint": "https://" + "a" * 600},
    ],
)  # fmt: skip
def test_a_discovery_document_that_lies_is_refused(house, provider, said) -> None:
    provider.discovery = said
    assert set(refused(house, issuer=provider.issuer)) == {"issuer"}


def test_only_who_may_change_settings_sets_a_service_up(house, provider) -> None:
    from boardwell.domain.people.roles import actor_for_member
    from boardwell.kernel import tenancy

    with tenancy.acting_for(house.organisation_id, actor_for_member(house.member("manager"))), pytest.raises(NotAllowed):
        add_provider(new_id("idp"), kind="oidc", name="X", issuer=provider.issuer, client_id="a", secret="b", side="both")
    assert provider.calls == []


def test_the_same_service_twice_is_refused(house, provider) -> None:
    set_up(house, provider)
    with house.as_owner(), pytest.raises(Invalid) as caught:
        add_provider(new_id("idp"), kind="oidc", name="X", issuer=provider.issuer, client_id=CLIENT, secret="b", side="both")
    assert set(caught.value.fields) == {"client_id"}


def test_microsoft_needs_a_tenant_and_not_everybodys(house) -> None:
    for tenant in ("", "common", "organizations", "a b", "../x"):
        assert set(refused(house, kind="microsoft", issuer=tenant)) == {"issuer"}


def test_a_sealed_secret_moved_to_another_row_opens_nothing(house, provider) -> None:
    from boardwell.kernel import sealed

    provider_id = set_up(house, provider)
    with house.as_owner():
        kept = IdentityProvider.objects.get().secret_sealed
    assert sealed.unseal(kept, provider_id) == SECRET
    for place, text in ((new_id("idp"), kept), (provider_id, kept[:-4] + "AAAA"), (provider_id, "s1."), (provider_id, "x")):
        with pytest.raises(sealed.Broken):
            sealed.unseal(text, place)


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
