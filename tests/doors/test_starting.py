"""Starting from the workspace: the plan is shown before, the mail can be changed, and a double click starts one."""

import re
from datetime import date

import pytest
from django.test import Client

from boardwell.domain.accounts.actions.save_account import create_account
from boardwell.domain.accounts.models import Account, Contact
from boardwell.domain.audit.models import AuditEntry
from boardwell.domain.journeys.models import Fact, Journey, Step
from boardwell.kernel.models import Mail
from boardwell.kernel.tasks.worker import run_until_idle


@pytest.fixture
def owner(house, signed_in) -> Client:
    return signed_in(house.owner.person)


def order(house, **more: str) -> dict[str, str]:
    return {
        "account_name": "Neuland", "contact_name": "Nora", "contact_email": "nora@neuland.example", "playbook_key": "small",
        "owner_id": house.owner.id, "kickoff_on": "2026-12-01", "welcome": "1", **more,
    }  # fmt: skip


def test_the_plan_is_shown_with_days_and_what_is_left_out_and_nothing_is_written(house, owner: Client) -> None:
    with house.as_owner():
        before = (AuditEntry.objects.count(), Account.objects.count(), Journey.objects.count())
    body = owner.post("/acme/journeys/start/", order(house, go="preview")).content.decode()
    assert "4 steps" in body
    assert "1 left out" in body
    assert "<del>Training</del>" in body
    assert re.search(r"<td>Welcome</td>.*?2 December", body, re.DOTALL)
    assert "Owner acme of House acme will be with you" in body
    answered = owner.post("/acme/journeys/start/", order(house, go="preview", fact_seats="80")).content.decode()
    assert "5 steps" in answered
    assert "<del>" not in answered
    assert 'value="80"' in answered
    with house.as_owner():
        assert (AuditEntry.objects.count(), Account.objects.count(), Journey.objects.count()) == before


def test_answers_given_before_the_start_are_facts_of_the_onboarding(house, owner: Client) -> None:
    owner.post("/acme/journeys/start/", order(house, go="start", fact_seats="80", once="a" * 20))
    with house.as_owner():
        journey = Journey.objects.get()
        assert list(Fact.objects.values_list("key", "value", "recorded_by_name")) == [("seats", 80, "Owner acme")]
        assert Step.objects.filter(journey=journey, key="training").exists()
        assert journey.kickoff_on == date(2026, 12, 1)


def test_the_same_form_sent_twice_starts_one(house, owner: Client) -> None:
    sent = order(house, go="start", once="token-1234567890")
    first, second = owner.post("/acme/journeys/start/", sent), owner.post("/acme/journeys/start/", sent)
    assert first["Location"] == second["Location"]
    with house.as_owner():
        assert (Journey.objects.count(), Account.objects.filter(name="Neuland").count(), Contact.objects.filter(name="Nora").count()) == (
            1,
            1,
            1,
        )
    owner.post("/acme/journeys/start/", order(house, go="start", once="another-token-123"))
    with house.as_owner():
        assert Journey.objects.count() == 2


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("words", "said"), [("Dear all, *see you* on Monday.", "see you"), ("", "will be with you from the first day")])
def test_the_welcome_mail_says_what_was_written_for_it(house, owner: Client, words: str, said: str) -> None:
    owner.post("/acme/journeys/start/", order(house, go="start", welcome_words=words))
    run_until_idle()
    mail = Mail.objects.get(purpose="invitation")
    assert mail.recipient == "nora@neuland.example"
    assert said in mail.text
    assert said in mail.html
    assert ("from the first day" in mail.html) is (words == "")


@pytest.mark.parametrize(
    "wrong",
    [{"kickoff_on": "soon"}, {"playbook_key": "none"}, {"owner_id": "x"}, {"account_name": ""}, {"fact_seats": "many"},
     {"fact_seats": "inf"}, {"welcome_words": "x" * 3000}, {"contact_email": "nobody"}],
)  # fmt: skip
def test_a_refused_start_says_so_keeps_what_was_typed_and_writes_nothing(house, owner: Client, wrong: dict[str, str]) -> None:
    with house.as_owner():
        before = (AuditEntry.objects.count(), Account.objects.count())
    answer = owner.post("/acme/journeys/start/", order(house, go="start", **wrong))
    assert answer.status_code in {404, 422}
    if answer.status_code == 422:
        assert "nora@neuland.example" in answer.content.decode() or "contact_email" in wrong
    with house.as_owner():
        assert (AuditEntry.objects.count(), Account.objects.count(), Journey.objects.count()) == (*before, 0)


def test_among_many_accounts_the_one_meant_is_found_and_nothing_typed_is_lost(house, owner: Client, monkeypatch) -> None:
    monkeypatch.setattr("boardwell.doors.workspace.views.starting.MOST_CHOICES", 3)
    with house.as_owner():
        ids = {name: create_account(name=name) for name in ("Aba", "Abb", "Abc", "Zeta Works")}
    assert "Zeta Works" not in owner.get("/acme/journeys/start/").content.decode()
    found = owner.post(
        "/acme/journeys/start/", {"go": "find", "find": "zeta", "title": "Kept", "kickoff_on": "2026-12-01"}
    ).content.decode()
    assert (f'value="{ids["Zeta Works"]}"' in found, ids["Aba"] in found, 'value="2026-12-01"' in found) == (True, False, True)
    refused = owner.post("/acme/journeys/start/", {"account_id": ids["Zeta Works"], "kickoff_on": "soon", "playbook_key": "small"})
    assert (refused.status_code, f'value="{ids["Zeta Works"]}" selected' in refused.content.decode()) == (422, True)
    with house.as_owner():
        assert Journey.objects.count() == 0
