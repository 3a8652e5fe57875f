"""What is a person's own: proof before what can hurt, sessions, passkeys, password, address; and nothing that we do not want."""

import re
import time

import pytest
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.test import Client
from django.urls import get_resolver

from boardwell.domain.accounts.models import Account, Contact
from boardwell.domain.audit.models import AuditEntry
from boardwell.domain.organisations.models import AccessPolicy
from boardwell.domain.people.models import ApiKey, IdentityProvider, Member, Person
from boardwell.kernel.models import Mail

PASSWORD = "an honest long one"
OPEN = {
    "account_login", "account_request_login_code", "account_confirm_login_code", "account_logout", "account_inactive",
    "account_reauthenticate", "account_email", "account_email_verification_sent", "account_change_password", "account_set_password",
    "account_reset_password", "account_confirm_password_reset_code", "account_complete_password_reset", "account_password_reset_completed",
    "mfa_index", "mfa_authenticate", "mfa_reauthenticate", "mfa_activate_totp", "mfa_deactivate_totp", "mfa_view_recovery_codes",
    "mfa_generate_recovery_codes", "mfa_download_recovery_codes", "mfa_list_webauthn", "mfa_add_webauthn", "mfa_login_webauthn",
    "mfa_reauthenticate_webauthn", "mfa_edit_webauthn", "mfa_remove_webauthn", "socialaccount_connections",
    "socialaccount_login_cancelled", "socialaccount_login_error", "usersessions_list",
}  # fmt: skip


def came_in(person: Person, *, ago: float = 0, **record: object) -> Client:
    client = Client()
    client.force_login(person, backend="allauth.account.auth_backends.AuthenticationBackend")
    session = client.session
    session["account_authentication_methods"] = [{"method": "password", "at": time.time() - ago, **record}]
    session["account_authentication_methods_user"] = str(person.pk)
    session.save()
    return client


def with_password(person: Person) -> Person:
    person.set_password(PASSWORD)
    person.save()
    return person


def newest(purpose: str, recipient: str) -> Mail:
    return Mail.objects.filter(purpose=purpose, recipient=recipient).latest("created_at", "id")


def code_in(mail: Mail) -> str:
    return re.search(r"\b\d{6}\b", mail.text)[0]


def test_only_these_of_allauths_pages_are_open() -> None:
    found = set()

    def walk(patterns, space: str) -> None:
        for pattern in patterns:
            if hasattr(pattern, "url_patterns"):
                walk(pattern.url_patterns, pattern.namespace or space)
            elif str(getattr(pattern.callback, "__module__", "")).startswith(("allauth", "boardwell.doors.sign_in")) and not space:
                found.add(pattern.name)

    walk(get_resolver().url_patterns, "")
    assert found == OPEN


@pytest.mark.parametrize(
    "path",
    ["signup/", "signup/passkey/", "3rdparty/", "3rdparty/signup/", "confirm-email/x/", "google/login/", "oidc/x/login/", "phone/verify/"],
)
def test_what_we_do_not_want_is_not_there(house, path: str) -> None:
    assert Client().get(f"/sign-in/{path}").status_code == 404


def test_signing_out_needs_a_post(house, signed_in) -> None:
    client = signed_in(house.owner.person)
    assert client.get("/sign-in/logout/").status_code == 405
    assert client.get("/acme/").status_code == 200


SENSITIVE = {
    "a new API key": ("/acme/settings/keys/", {"name": "CRM", "scopes": ["journeys:view"]}),
    "a role": ("/acme/people/{member}/", {"verb": "role", "role": "viewer"}),
    "taking access away": ("/acme/people/{member}/", {"verb": "deactivate"}),
    "an invitation": ("/acme/people/", {"email": "new@acme.example", "name": "New", "role": "viewer"}),
    "the access policy": (
        "/acme/settings/access/",
        {"second_factor": "everyone", "portal_session_hours": "1"},
    ),
    "a sign-in service": ("/acme/settings/sign-in/", {"verb": "add"}),
    "removing a passkey": ("/sign-in/2fa/webauthn/keys/{key}/remove/", {}),
    "a new password": ("/sign-in/password/change/", {"oldpassword": PASSWORD, "password1": "another long one", "password2": "another long one"}),
    "a new address": ("/sign-in/email/", {"email": "new@acme.example", "action_add": "1"}),
}  # fmt: skip


def state(house) -> tuple[object, ...]:
    with house.as_owner():
        return (
            ApiKey.objects.count(), list(Member.objects.order_by("id").values_list("role", "active")), IdentityProvider.objects.count(),
            AccessPolicy.objects.get().second_factor, Authenticator.objects.count(), Person.objects.get(pk=house.owner.person_id).password,
            AuditEntry.objects.count(), Mail.objects.count(),
        )  # fmt: skip


@pytest.mark.parametrize("name", SENSITIVE)
def test_what_can_hurt_needs_a_fresh_proof(house, name: str) -> None:
    member = house.member("specialist")
    person = with_password(house.owner.person)
    key = Authenticator.objects.create(user=person, type="webauthn", data={"name": "Mine", "credential": {}})
    path, values = SENSITIVE[name]
    path = path.format(member=member.id, key=key.pk)
    before = state(house)
    answer = came_in(person, ago=16 * 60).post(path, values)
    assert answer.status_code == 302
    assert "reauthenticate" in answer.url
    assert state(house) == before


def test_what_was_typed_goes_on_after_the_proof(house) -> None:
    client = came_in(with_password(house.owner.person), ago=16 * 60)
    asked = client.post("/acme/settings/keys/", {"name": "CRM", "scopes": ["journeys:view"]}).url
    assert asked == "/sign-in/reauthenticate/?next=%2Facme%2Fsettings%2Fkeys%2F"
    assert client.post(asked, {"password": "wrong", "next": "/acme/settings/keys/"}).status_code == 200
    answer = client.post(asked, {"password": PASSWORD, "next": "/acme/settings/keys/"})
    assert "bwk_" in answer.content.decode()
    with house.as_owner():
        assert ApiKey.objects.get().name == "CRM"


def test_who_has_only_a_mailbox_proves_it_with_a_code(house) -> None:
    client = came_in(house.owner.person, ago=16 * 60)
    values = {"email": "new@acme.example", "name": "New", "role": "viewer"}
    asked = client.post("/acme/people/", values).url
    assert asked == "/sign-in/confirm/?next=%2Facme%2Fpeople%2F"
    assert Mail.objects.count() == 0
    client.post(asked, {"send": "1", "next": "/acme/people/"})
    code = code_in(newest("sign_in", house.owner.person.email))
    client.post(asked, {"code": f"{(int(code) + 1) % 1_000_000:06d}", "next": "/acme/people/"})
    with house.as_owner():
        assert Member.objects.count() == 1
    assert client.post(asked, {"code": code, "next": "/acme/people/"}).status_code == 302
    with house.as_owner():
        assert Member.objects.count() == 2


def test_a_confirmation_has_three_tries(house) -> None:
    client = came_in(house.owner.person, ago=16 * 60)
    client.post("/sign-in/confirm/", {"send": "1"})
    code = code_in(newest("sign_in", house.owner.person.email))
    for _try in range(3):
        client.post("/sign-in/confirm/", {"code": f"{(int(code) + 1) % 1_000_000:06d}"})
    client.post("/sign-in/confirm/", {"code": code})
    assert client.get("/acme/settings/sign-in/").status_code == 302


@pytest.mark.parametrize("wanted", ["https://evil.example/", "//evil.example", "javascript:alert(1)"])
def test_nobody_is_sent_away_after_a_proof(house, wanted: str) -> None:
    client = came_in(house.owner.person, ago=16 * 60)
    client.post("/sign-in/confirm/", {"send": "1", "next": wanted})
    answer = client.post("/sign-in/confirm/", {"code": code_in(newest("sign_in", house.owner.person.email)), "next": wanted})
    assert answer.url == "/"


# --- sessions ---------------------------------------------------------------------------------------------------------


def signed_in_by_password(person: Person, agent: str) -> Client:
    client = Client(headers={"User-Agent": agent})
    client.post("/sign-in/login/", {"login": person.email, "password": PASSWORD})
    assert "_auth_user_id" in client.session
    return client


FIREFOX = "Mozilla/5.0 (Windows NT 10.0; rv:140.0) Gecko/20100101 Firefox/140.0"
SAFARI = "Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) AppleWebKit/605.1.15 Version/19.0 Mobile/15E148 Safari/604.1"


def test_one_session_or_every_other_one_ends_at_once(house) -> None:
    person = with_password(house.owner.person)
    here, there, phone = (signed_in_by_password(person, agent) for agent in (FIREFOX, FIREFOX, SAFARI))
    text = here.get("/sign-in/sessions/").content.decode()
    assert (text.count("Firefox · Windows"), text.count("Safari · iPhone"), text.count("this one")) == (2, 1, 1)
    assert here.post(f"/sign-in/sessions/{UserSession.objects.get(user_agent=SAFARI).pk}/end/").status_code == 302
    assert [client.get("/acme/").status_code for client in (here, there, phone)] == [200, 200, 302]
    here.post("/sign-in/sessions/")
    assert [client.get("/acme/").status_code for client in (here, there)] == [200, 302]


def test_nobody_ends_somebody_elses_session(house, other) -> None:
    mine = signed_in_by_password(with_password(house.owner.person), FIREFOX)
    theirs = signed_in_by_password(with_password(other.owner.person), SAFARI)
    number = UserSession.objects.get(user_agent=SAFARI).pk
    assert mine.post(f"/sign-in/sessions/{number}/end/").status_code == 404
    assert mine.get(f"/sign-in/sessions/{number}/end/").status_code == 405
    assert theirs.get("/rival/").status_code == 200


def test_a_new_session_gets_a_new_key(house) -> None:
    person = with_password(house.owner.person)
    client = Client()
    client.get("/sign-in/login/code/")
    client.post("/sign-in/login/code/", {"email": person.email})
    before = client.session.session_key
    client.post("/sign-in/login/code/confirm/", {"code": code_in(newest("sign_in", person.email))})
    assert client.session.session_key != before


# --- password, address, factors ---------------------------------------------------------------------------------------


def test_a_new_password_by_code_leaves_the_second_factor_and_tells_the_person(house) -> None:
    from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret

    person = with_password(house.owner.person)
    TOTP.activate(person, generate_totp_secret())
    client = Client()
    client.post("/sign-in/password/reset/", {"email": person.email})
    client.post("/sign-in/password/reset/confirm/", {"code": code_in(newest("sign_in", person.email))})
    new = {"password1": "quite another long one", "password2": "quite another long one"}
    assert client.post("/sign-in/password/reset/complete/", new).url == "/sign-in/password/reset/done/"
    assert "_auth_user_id" not in client.session
    assert newest("notice", person.email).subject == "Your password was changed"
    answer = Client().post("/sign-in/login/", {"login": person.email, "password": new["password1"]})
    assert answer.url == "/sign-in/2fa/authenticate/"


def test_asking_for_a_new_password_says_the_same_for_an_unknown_address(house) -> None:
    answers = []
    for address in (house.owner.person.email, "nobody@nowhere.example"):
        client = Client()
        asked = client.post("/sign-in/password/reset/", {"email": address})
        shown = re.sub(r'value="[^"]*"|[\w.-]+@[\w.-]+', "", client.get(asked.url).content.decode())
        answers.append((asked.status_code, asked.url, shown))
    assert answers[0] == answers[1]
    assert Mail.objects.count() == 1


def test_a_weak_password_is_refused_with_the_reason(house) -> None:
    client = came_in(with_password(house.owner.person), reauthenticated=True)
    for weak, why in (("short", "at least 12 characters"), ("password1234", "too common")):
        answer = client.post("/sign-in/password/change/", {"oldpassword": PASSWORD, "password1": weak, "password2": weak})
        assert why in answer.content.decode()
    assert Person.objects.get(pk=house.owner.person_id).check_password(PASSWORD)


def test_a_changed_address_is_confirmed_by_code_carried_along_and_told_to_the_old_one(house) -> None:
    old, new = house.contact.email, "lead2@acme-customer.example"
    client = came_in(house.contact.person, method="code")
    assert client.post("/sign-in/email/", {"email": new, "action_add": "1"}).url == "/sign-in/email/confirm/"
    assert Person.objects.filter(email=new).count() == 0
    client.post("/sign-in/email/confirm/", {"code": code_in(newest("sign_in", new))})
    assert Person.objects.get(pk=house.contact.person_id).email == new
    with house.as_owner():
        assert Contact.objects.get(pk=house.contact.pk).email == new
        assert AuditEntry.objects.filter(verb="contact.changed").count() == 1
    assert newest("notice", old).subject == "Your sign-in address was changed"
    client = Client()
    client.post("/sign-in/login/code/", {"email": old})
    assert Mail.objects.filter(purpose="sign_in", recipient=old).count() == 0


def test_a_contact_does_not_move_to_an_address_outside_the_accounts_domains(house) -> None:
    with house.as_owner():
        assert Account.objects.get().email_domains == ["acme-customer.example"]
    answer = came_in(house.contact.person, method="code").post("/sign-in/email/", {"email": "lead@home.example", "action_add": "1"})
    assert "Use one of those" in answer.content.decode()
    assert Mail.objects.count() == 0


def test_an_address_of_somebody_else_is_not_given_away_and_not_taken(house, other) -> None:
    client = came_in(house.owner.person, method="code")
    taken = client.post("/sign-in/email/", {"email": other.owner.person.email, "action_add": "1"})
    assert (taken.status_code, taken.url) == (302, "/sign-in/email/confirm/")
    answer = client.post(taken.url, {"code": code_in(newest("sign_in", other.owner.person.email))})
    assert "This address cannot be used" in answer.content.decode()
    assert Person.objects.get(pk=house.owner.person_id).email == "owner@acme.example"


def test_removing_the_second_factor_and_a_passkey_tells_the_person(house) -> None:
    from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret

    person = with_password(house.owner.person)
    TOTP.activate(person, generate_totp_secret())
    key = Authenticator.objects.create(user=person, type="webauthn", data={"name": "Mine", "credential": {}})
    client = came_in(person, reauthenticated=True)
    client.post("/sign-in/2fa/totp/deactivate/")
    assert newest("notice", person.email).subject == "Your second factor was removed"
    client.post(f"/sign-in/2fa/webauthn/keys/{key.pk}/remove/")
    assert newest("notice", person.email).subject == "A passkey was removed"
    assert Authenticator.objects.count() == 0


def test_nobody_removes_somebody_elses_passkey(house, other) -> None:
    key = Authenticator.objects.create(user=other.owner.person, type="webauthn", data={"name": "Theirs", "credential": {}})
    client = came_in(with_password(house.owner.person), reauthenticated=True)
    for path in (f"keys/{key.pk}/remove/", f"keys/{key.pk}/edit/"):
        assert client.post(f"/sign-in/2fa/webauthn/{path}", {"name": "x"}).status_code == 404
    assert Authenticator.objects.get().data["name"] == "Theirs"


def test_a_code_by_mail_still_opens_the_portal_where_the_passkey_is_not(house) -> None:
    Authenticator.objects.create(user=house.contact.person, type="webauthn", data={"name": "Phone", "credential": {}})
    client = Client()
    client.post("/sign-in/login/code/", {"email": house.contact.email})
    client.post("/sign-in/login/code/confirm/", {"code": code_in(newest("sign_in", house.contact.email))})
    assert "_auth_user_id" in client.session


def test_a_member_with_a_passkey_needs_it_also_after_a_code(house) -> None:
    Authenticator.objects.create(user=house.owner.person, type="webauthn", data={"name": "Phone", "credential": {}})
    client = Client()
    client.post("/sign-in/login/code/", {"email": house.owner.person.email})
    answer = client.post("/sign-in/login/code/confirm/", {"code": code_in(newest("sign_in", house.owner.person.email))})
    assert answer.url == "/sign-in/2fa/authenticate/"
    assert "_auth_user_id" not in client.session


def test_too_many_wrong_passwords_slow_down_in_our_words(house) -> None:
    person = with_password(house.owner.person)
    for _try in range(6):
        answer = Client().post("/sign-in/login/", {"login": person.email, "password": "wrong and long"})
    assert "Too many wrong tries" in answer.content.decode()
    assert "_auth_user_id" not in Client().session
