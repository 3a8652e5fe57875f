"""Six digits by mail: for ten minutes, few tries, one winner; scanners of mail do no harm, and strangers learn nothing."""

import re
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.contrib.sessions.models import Session
from django.db import connection
from django.test import Client

from boardwell.domain.accounts.actions.invite_contact import invite_contact
from boardwell.domain.accounts.models import Contact, Invitation
from boardwell.kernel.models import Mail
from boardwell.kernel.tasks.worker import run_until_idle

CONFIRM = "/sign-in/login/code/confirm/"


def ask(client: Client, address: str) -> None:
    assert client.post("/sign-in/login/code/", {"email": address}).status_code == 302


def code_of(address: str) -> str:
    return re.search(r"\b\d{6}\b", Mail.objects.filter(purpose="sign_in", recipient=address).latest("created_at", "id").text)[0]


def other_code(code: str) -> str:
    return f"{(int(code) + 1) % 1_000_000:06d}"


def is_in(client: Client) -> bool:
    return "_auth_user_id" in client.session


def letter(house) -> tuple[str, str]:
    """(path, secret) of the letter of invitation."""
    with house.as_owner():
        invite_contact(house.contact.id)
    run_until_idle()
    return re.search(r"http://[^/]+(/p/i/[^#]+)#(\S+)", Mail.objects.get(purpose="invitation").text).groups()


def test_a_code_opens_the_portal_once_and_leaves_the_mail_in_nobodys_outbox(house) -> None:
    client = Client()
    ask(client, "LEAD@acme-customer.example")
    assert client.post(CONFIRM, {"code": code_of(house.contact.email)}).url == "/sign-in/passkey/?next=/"
    assert is_in(client)
    assert Mail.objects.get(purpose="sign_in").organisation_id == ""
    assert Mail.objects.get(purpose="sign_in").subject.startswith(code_of(house.contact.email))


@pytest.mark.parametrize(("seconds", "opens"), [(590, True), (605, False)])
def test_a_code_lives_ten_minutes(house, time_machine, seconds: int, opens: bool) -> None:
    time_machine.move_to("2026-03-02T10:00:00+00:00", tick=False)
    client = Client()
    ask(client, house.contact.email)
    time_machine.shift(seconds)
    client.post(CONFIRM, {"code": code_of(house.contact.email)})
    assert is_in(client) == opens


def test_the_fourth_try_is_none_even_with_the_right_digits(house) -> None:
    client = Client()
    ask(client, house.contact.email)
    code = code_of(house.contact.email)
    for _try in range(3):
        client.post(CONFIRM, {"code": other_code(code)})
    client.post(CONFIRM, {"code": code})
    assert not is_in(client)


def test_a_fourth_code_within_ten_minutes_is_refused_and_another_person_is_not(house) -> None:
    client = Client()
    for _time in range(3):
        ask(client, house.contact.email)
    answer = client.post("/sign-in/login/code/", {"email": house.contact.email})
    assert answer.status_code == 200
    assert "Too many wrong tries" in answer.content.decode()
    assert Mail.objects.filter(purpose="sign_in").count() == 3
    ask(Client(), house.owner.person.email)


def test_an_unknown_address_gets_the_same_answer_and_no_mail(house) -> None:
    answers = []
    for address in (house.contact.email, "nobody@nowhere.example"):
        client = Client()
        asked = client.post("/sign-in/login/code/", {"email": address})
        shown = client.get(CONFIRM)
        tried = client.post(CONFIRM, {"code": "000000" if code_of(house.contact.email) != "000000" else "111111"})
        texts = [re.sub(r'value="[^"]{20,}"|[\w.-]+@[\w.-]+', "", part.content.decode()) for part in (shown, tried)]
        answers.append((asked.status_code, asked.url, shown.status_code, tried.status_code, texts))
    assert answers[0] == answers[1]
    assert list(Mail.objects.filter(purpose="sign_in").values_list("recipient", flat=True)) == [house.contact.email]


def test_a_password_for_an_unknown_address_and_a_wrong_one_sound_the_same(house) -> None:
    house.owner.person.set_password("an honest long one")
    house.owner.person.save()
    said = []
    for address in (house.owner.person.email, "nobody@nowhere.example"):
        answer = Client().post("/sign-in/login/", {"login": address, "password": "wrong and long"})
        said.append((answer.status_code, re.sub(r'value="[^"]*"', "", answer.content.decode())))
    assert said[0] == said[1]
    assert "The address or the password is not right" in said[0][1]


SCANNERS = {
    "HEAD": lambda client, path: client.head(path),
    "GET twice": lambda client, path: [client.get(path), client.get(path)],
    "GET from elsewhere": lambda client, path: Client().get(path, REMOTE_ADDR="203.0.113.9"),
    "prefetch": lambda client, path: Client().get(path, headers={"Sec-Purpose": "prefetch", "Purpose": "prefetch"}),
    "OPTIONS": lambda client, path: Client().options(path),
    "rewritten link": lambda client, path: Client().get(f"{path}?url=aHR0cHM6Ly9leGFtcGxl"),
    "truncated link": lambda client, path: Client().get(path[:-6]),
    "form without the cookie": lambda client, path: Client().post(path, {"code": "123456"}),
    "form without anything": lambda client, path: Client(enforce_csrf_checks=True).post(path, {}),
}


@pytest.mark.parametrize("name", SCANNERS)
def test_a_scanner_of_the_codes_mail_uses_nothing_up(house, name: str) -> None:
    client = Client()
    ask(client, house.contact.email)
    link = re.search(r"http://[^/]+(/\S+)#code=", Mail.objects.get(purpose="sign_in").text)[1]
    SCANNERS[name](client, link)
    assert sum("_auth_user_id" in session.get_decoded() for session in Session.objects.all()) == 0
    client.post(CONFIRM, {"code": code_of(house.contact.email)})
    assert is_in(client)


@pytest.mark.parametrize("name", SCANNERS)
def test_a_scanner_of_the_invitation_uses_nothing_up_and_asks_for_no_code(house, name: str) -> None:
    path, secret = letter(house)
    SCANNERS[name](Client(), path)
    assert Mail.objects.filter(purpose="sign_in").count() == 0
    with house.as_owner():
        assert (Invitation.objects.get().accepted_at, Contact.objects.get().joined_at) == (None, None)
    client = Client()
    assert client.post(path, {"token": secret}).url == CONFIRM
    client.post(CONFIRM, {"code": code_of(house.contact.email)})
    assert client.get("/p/").status_code == 200
    with house.as_owner():
        assert None not in (Invitation.objects.get().accepted_at, Contact.objects.get().joined_at)


def test_a_code_typed_in_another_browser_opens_nothing_and_stays_good(house) -> None:
    client, other = Client(), Client()
    ask(client, house.contact.email)
    ask(other, "nobody@nowhere.example")
    code = code_of(house.contact.email)
    other.post(CONFIRM, {"code": code})
    assert Client().post(CONFIRM, {"code": code}).status_code == 409
    assert not is_in(other)
    client.post(CONFIRM, {"code": code})
    assert is_in(client)


def together(clients: list[Client], code: str) -> list[int]:
    def send(client: Client) -> int:
        try:
            return client.post(CONFIRM, {"code": code}).status_code
        finally:
            connection.close()

    with ThreadPoolExecutor(len(clients)) as pool:
        return list(pool.map(send, clients))


def copies(client: Client, count: int) -> list[Client]:
    found = [Client() for _one in range(count)]
    for one in found:
        one.cookies.load({name: morsel.value for name, morsel in client.cookies.items()})
    return found


@pytest.mark.django_db(transaction=True)
def test_of_thirty_two_uses_at_once_one_opens_a_session(house) -> None:
    client = Client()
    ask(client, house.contact.email)
    together(copies(client, 32), code_of(house.contact.email))
    assert sum("_auth_user_id" in session.get_decoded() for session in Session.objects.all()) == 1


@pytest.mark.django_db(transaction=True)
def test_guessing_at_once_gives_no_more_tries_than_guessing_in_turn(house) -> None:
    client = Client()
    ask(client, house.contact.email)
    code = code_of(house.contact.email)
    together(copies(client, 16), other_code(code))
    client.post(CONFIRM, {"code": code})
    assert not is_in(client)


@pytest.mark.parametrize("given", ["", "x", "0" * 5000, "\x00", "\ud800", "１２３４５６", "123 456"])
def test_strange_codes_are_wrong_codes(house, given: str) -> None:
    client = Client()
    ask(client, house.contact.email)
    assert client.post(CONFIRM, {"code": given.encode("utf-8", "surrogatepass").decode("utf-8", "replace")}).status_code in {200, 302}
    assert not is_in(client)


def test_a_withdrawn_letter_says_so_and_a_wrong_secret_is_over_too(house) -> None:
    path, secret = letter(house)
    assert Client().post(path, {"token": secret + "x"}).status_code == 410
    with house.as_owner():
        invite_contact(house.contact.id)
    assert Client().get(path).status_code == 410
    assert Client().post(path, {"token": secret}).status_code == 410
    assert Client().get("/p/i/inv_nobody/").status_code == 404
    assert Mail.objects.filter(purpose="sign_in").count() == 0


def test_the_secret_of_a_letter_stands_in_no_path(house) -> None:
    path, secret = letter(house)
    assert secret not in path
    assert re.fullmatch(r"/p/i/inv_[0-9a-z]{26}/", path)
    assert len(secret) == 43


def test_somebody_elses_letter_is_not_accepted_by_whoever_is_signed_in(house) -> None:
    from boardwell.domain.accounts.actions.save_contact import add_contact

    with house.as_owner():
        second = Contact.objects.get(pk=add_contact(house.account_id, name="Second", email="second@acme-customer.example"))
    path, secret = letter(house)
    client = Client()
    client.post(path, {"token": secret})
    ask(client, second.email)
    client.post(CONFIRM, {"code": code_of(second.email)})
    client.get("/p/")
    with house.as_owner():
        assert Invitation.objects.get().accepted_at is None


def test_a_session_of_the_portal_ends_when_the_organisation_says(house, time_machine) -> None:
    time_machine.move_to("2026-03-02T10:00:00+00:00", tick=False)
    journey_id = house.start()
    client = Client()
    ask(client, house.contact.email)
    client.post(CONFIRM, {"code": code_of(house.contact.email)})
    assert client.get(f"/p/{journey_id}/").status_code == 200
    time_machine.shift(11 * 3600)
    assert client.get(f"/p/{journey_id}/").status_code == 200
    time_machine.shift(2 * 3600)
    assert client.get(f"/p/{journey_id}/").url == f"/sign-in/login/code/?next=/p/{journey_id}/"
    assert not is_in(client)


@pytest.mark.parametrize("typed", ["right", "wrong"])
def test_a_letter_to_somebody_else_ends_nobodys_session_and_says_the_same_for_every_address(house, signed_in, typed: str) -> None:
    path, _secret = letter(house)
    client = signed_in(house.owner.person)
    sent = Mail.objects.filter(purpose="sign_in").count()
    answer = client.post(path, {"email": house.contact.email if typed == "right" else "nobody@nowhere.example"})
    assert (answer.status_code, answer.headers["Location"]) == (302, "/p/me/")
    assert "Sign out first" in client.get("/p/me/").content.decode()
    assert client.get("/acme/").status_code == 200
    assert Mail.objects.filter(purpose="sign_in").count() == sent
