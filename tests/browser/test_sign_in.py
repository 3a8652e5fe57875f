"""Signing in as people do: a passkey that the device keeps, an invitation whose secret no server sees, pages that are clean."""

import re

import pytest
from allauth.mfa.models import Authenticator
from django.contrib.sessions.models import Session

from boardwell.domain.accounts.actions.invite_contact import invite_contact
from boardwell.domain.accounts.models import Contact
from boardwell.kernel.models import Mail
from boardwell.kernel.tasks.worker import run_until_idle

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def with_authenticator(page) -> None:
    """A device that keeps passkeys and knows its owner's finger."""
    line = page.context.new_cdp_session(page)
    line.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True, "isUserVerified": True,
        "automaticPresenceSimulation": True,
    }  # fmt: skip
    line.send("WebAuthn.addVirtualAuthenticator", {"options": options})


def newest_code(purpose: str = "sign_in") -> str:
    return re.search(r"\b\d{6}\b", Mail.objects.filter(purpose=purpose).latest("created_at").text)[0]


def letter(house) -> str:
    with house.as_owner():
        invite_contact(house.contact.id)
    run_until_idle()
    return re.search(r"http\S+?(/p/i/\S+)", Mail.objects.get(purpose="invitation").text)[1]


@pytest.fixture
def base_url(live_server, settings) -> str:
    settings.BASE_URL = live_server.url
    return live_server.url


def test_an_invitation_a_code_a_passkey_and_next_time_the_passkey_alone(house, open_as, base_url) -> None:
    house.start()
    page = open_as()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url + str(request.headers)))
    with_authenticator(page)
    link = letter(house)
    secret = link.partition("#")[2]
    page.goto(base_url.replace("127.0.0.1", "localhost") + link)
    assert "#" not in page.url
    assert page.is_hidden("#id_email")
    page.click("text=Send me the code")
    page.wait_for_url("**/login/code/confirm/")
    page.fill("#id_code", newest_code())
    page.click("main >> text=Sign in")
    page.wait_for_url("**/sign-in/passkey/**")
    page.click("text=Set up a passkey")
    page.wait_for_url("**/p/jrn_*/")
    assert Authenticator.objects.filter(user=house.contact.person, type="webauthn").count() == 1
    assert Mail.objects.get(purpose="notice").subject == "A new passkey was added"
    assert not any(secret in one for one in asked)
    page.context.clear_cookies()
    page.goto(base_url.replace("127.0.0.1", "localhost") + "/sign-in/login/")
    page.click("text=Sign in with a passkey")
    page.wait_for_url("**/p/jrn_*/")
    with house.as_owner():
        assert Contact.objects.get(pk=house.contact.pk).joined_at is not None


def test_a_passkey_can_be_declined_for_good_on_a_device(house, open_as, base_url) -> None:
    house.start()
    page = open_as()
    for round_number in range(2):
        page.goto("/sign-in/login/code/")
        page.fill("#id_email", house.contact.email)
        page.click("text=Send me the code")
        page.fill("#id_code", newest_code())
        page.click("main >> text=Sign in")
        if round_number == 0:
            page.wait_for_url("**/sign-in/passkey/**")
            page.click("text=Never on this device")
        page.wait_for_url("**/p/jrn_*/")
        page.context.clear_cookies(name="session")
    assert Authenticator.objects.count() == 0


def test_the_link_in_the_mail_is_one_click_in_the_same_browser_and_uses_nothing_up_in_another(house, open_as, base_url) -> None:
    house.start()
    page, other = open_as(), open_as()
    page.goto("/sign-in/login/code/")
    page.fill("#id_email", house.contact.email)
    page.click("text=Send me the code")
    link = re.search(r"http\S+confirm/#code=\d{6}", Mail.objects.get(purpose="sign_in").text)[0]
    other.goto(link)
    assert "Type the code where you asked for it" in other.content()
    page.goto("about:blank")
    page.goto(link)
    assert page.input_value("#id_code") == newest_code()
    assert "#" not in page.url
    page.click("main >> text=Sign in")
    page.wait_for_url("**/sign-in/passkey/**")
    assert sum("_auth_user_id" in session.get_decoded() for session in Session.objects.all()) == 1


def test_without_javascript_the_address_is_typed_and_the_answer_is_the_same_for_a_wrong_one(house, open_as, base_url) -> None:
    house.start()
    link = letter(house)
    answers = []
    for address in ("somebody@else.example", house.contact.email):
        page = open_as(javascript=False)
        page.goto(base_url + link)
        page.fill("#id_email", address)
        page.click("text=Send me the code")
        answers.append(re.sub(r"csrfmiddlewaretoken\S+ value=\S+|[\w.-]+@[\w.-]+", "", page.inner_html("main")))
    assert answers[0] == answers[1]
    assert Mail.objects.filter(purpose="sign_in").count() == 1
    page.fill("#id_code", newest_code())
    page.click("main >> text=Sign in")
    assert "/sign-in/passkey/" in page.url
    page.click("text=Not now")
    assert "/p/jrn_" in page.url


@pytest.mark.parametrize("javascript", [True, False])
def test_a_member_comes_in_through_a_provider_on_another_site(house, open_as, settings, base_url, javascript: bool) -> None:
    from boardwell.domain.people.actions.manage_providers import add_provider
    from boardwell.kernel.ids import new_id
    from tests.doors.sign_in.openid import CLIENT, SECRET, Provider

    provider = Provider()
    settings.OUTGOING_ALLOWED = [provider.place]
    provider.visitor = house.owner.person.email
    with house.as_owner():
        add_provider(
            new_id("idp"), kind="oidc", name="Company login", issuer=provider.issuer, client_id=CLIENT, secret=SECRET, side="members"
        )
    page = open_as(javascript=javascript)
    page.goto("/sign-in/at/acme/")
    page.click("text=Go on with Company login")
    page.wait_for_url("**/acme/")
    assert "Sign out" in page.content()
    provider.close()


@pytest.mark.parametrize(("width", "scheme"), [(375, "light"), (1280, "dark")])
def test_every_sign_in_page_is_clean(house, open_as, axe, base_url, width: int, scheme: str) -> None:
    found = {}
    page = open_as(width=width, scheme=scheme)
    house.owner.person.set_password("an honest long one")
    house.owner.person.save()
    outside = ("login/", "login/code/", "login/code/confirm/", "password/reset/", "inactive/", "with/cancelled/", "with/error/")
    inside = (
        "2fa/", "2fa/webauthn/", "2fa/webauthn/add/", "2fa/totp/activate/", "password/change/", "email/", "connections/", "sessions/",
        "second-factor/", "passkey/", "reauthenticate/", "../me/", "../p/me/",
    )  # fmt: skip
    for person, paths in ((None, outside), (house.owner.person, inside)):
        page = open_as(person, width=width, scheme=scheme, reauthenticated=True)
        for path in paths:
            answer = page.goto(f"/sign-in/{path}")
            assert answer is not None
            assert answer.status == (401 if path == "with/error/" else 200), path
            if problems := axe(page):
                found[path] = problems
            assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), f"{path} scrolls sideways at {width}"
    assert found == {}
