"""Setting a sign-in service up: what is kept, what is refused, and that no address inside is ever called."""

import pytest
from django.test import Client

from boardwell.domain.audit.models import AuditEntry
from boardwell.domain.people.actions.manage_providers import add_provider
from boardwell.domain.people.models import IdentityProvider
from boardwell.domain.people.queries import provider_by_id
from boardwell.kernel.errors import Invalid, NotAllowed
from boardwell.kernel.ids import new_id
from tests.doors.sign_in.openid import CLIENT, SECRET, set_up


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
        {"issuer": "https://evil.example"}, {"issuer": "https://evil.example/{tenantid}/v2.0"}, {"issuer": None}, {"token_endpoint": "https://127.0.0.1/token"}, {"jwks_uri": 7},
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


def test_microsoft_needs_a_tenant_or_the_word_for_all(house) -> None:
    for tenant in ("", "a b", "../x", "{tenantid}"):
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
