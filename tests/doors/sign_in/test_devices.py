"""A device that is new with somebody is told to them, once; and a session says when it was last seen."""

from datetime import datetime, timedelta

import pytest
from allauth.usersessions.models import UserSession
from django.core.cache import caches
from django.test import Client

from boardwell.domain.people.actions.note_device import MOST_DEVICES, note_device
from boardwell.domain.people.models import Person
from boardwell.doors.sign_in.devices import device_of
from boardwell.kernel.clock import now
from boardwell.kernel.models import Mail
from tests.doors.sign_in.test_codes import code_of

FIREFOX = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:{}.0) Gecko/20100101 Firefox/{}.0"
PHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 26_0 like Mac OS X) AppleWebKit/605.1.15 Version/26.0 Mobile/15E148 Safari/604.1"


def comes_in(person: Person, agent: str) -> Client:
    """Signs in with a code from the mail, as anybody may."""
    client = Client(headers={"user-agent": agent})
    client.post("/sign-in/login/code/", {"email": person.email})
    assert client.post("/sign-in/login/code/confirm/", {"code": code_of(person.email)}).status_code == 302
    return client


def notices(person: Person) -> list[Mail]:
    return list(Mail.objects.filter(purpose="notice", recipient=person.email).order_by("created_at", "id"))


@pytest.mark.parametrize("who", ["member", "contact"])
def test_a_new_device_is_told_once_and_never_the_first_of_all(house, who: str) -> None:
    person = house.owner.person if who == "member" else house.contact.person
    comes_in(person, FIREFOX.format(140, 140))
    assert notices(person) == []
    comes_in(person, PHONE)
    comes_in(person, PHONE)
    (mail,) = notices(person)
    assert mail.subject == "A sign-in from a new device"
    assert "Safari · iPhone" in mail.text
    assert "/sign-in/sessions/" in mail.text
    assert Person.objects.get(pk=person.pk).devices == ["Firefox · Windows", "Safari · iPhone"]


def test_the_letter_speaks_the_persons_language(house) -> None:
    person = house.contact.person
    Person.objects.filter(pk=person.pk).update(language="bn")
    comes_in(person, FIREFOX.format(140, 140))
    comes_in(person, PHONE)
    (mail,) = notices(person)
    assert (mail.language, 'lang="bn"' in mail.html) == ("bn", True)


def test_who_hides_their_browser_is_told_of_too(house) -> None:
    person = house.owner.person
    comes_in(person, FIREFOX.format(140, 140))
    comes_in(person, "")
    assert [mail.subject for mail in notices(person)] == ["A sign-in from a new device"]


def test_a_wrong_code_makes_no_device_known(house) -> None:
    person = house.owner.person
    client = Client(headers={"user-agent": PHONE})
    client.post("/sign-in/login/code/", {"email": person.email})
    wrong = f"{(int(code_of(person.email)) + 1) % 1_000_000:06d}"
    client.post("/sign-in/login/code/confirm/", {"code": wrong})
    assert (Person.objects.get(pk=person.pk).devices, notices(person)) == ([], [])


def test_the_oldest_of_many_devices_is_forgotten(house) -> None:
    person = house.owner.person
    assert [note_device(person.pk, f"device {number}") for number in range(MOST_DEVICES + 1)] == [False, *[True] * MOST_DEVICES]
    assert Person.objects.get(pk=person.pk).devices == [f"device {number}" for number in range(1, MOST_DEVICES + 1)]


def test_an_update_of_the_browser_makes_no_new_device() -> None:
    assert device_of(FIREFOX.format(140, 140)) == device_of(FIREFOX.format(141, 141)) == "Firefox · Windows"


def test_an_unknown_browser_is_named_by_its_beginning() -> None:
    assert [device_of(agent) for agent in ("", "curl/8.5", "x" * 99)] == ["?", "curl/8.5", "x" * 60]


def aged(client: Client) -> tuple[datetime, datetime]:
    """Moves the session's beginning two hours back; (that moment, when the session ends)."""
    long_ago = now() - timedelta(hours=2)
    session = client.session
    session["signed_in_at"] = long_ago.timestamp()
    session.save()
    UserSession.objects.filter(session_key=session.session_key).update(last_seen_at=long_ago, created_at=long_ago)
    return long_ago, end_of(client)


def end_of(client: Client) -> datetime:
    return client.session._get_session_from_db().expire_date


def seen_at(client: Client) -> datetime:
    return UserSession.objects.get(session_key=client.session.session_key).last_seen_at


def test_a_session_says_when_it_was_last_seen_and_does_not_live_longer_for_it(house) -> None:
    caches["near"].clear()
    client = comes_in(house.owner.person, FIREFOX.format(140, 140))
    long_ago, ends_at = aged(client)
    assert client.get("/acme/").status_code == 200
    first = seen_at(client)
    assert first > long_ago + timedelta(hours=1)
    assert client.get("/acme/").status_code == 200
    assert (seen_at(client), end_of(client)) == (first, ends_at)  # once in a quarter of an hour, and the end stays
    other = comes_in(house.owner.person, PHONE)
    text = other.get("/sign-in/sessions/").content.decode()
    assert text.count("last seen") == 1  # of this one it is plain
