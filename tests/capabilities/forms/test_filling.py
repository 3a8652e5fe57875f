"""Filling in a form in the portal: pages, saving, coming back, several people, what is known already, and hostile input."""

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from boardwell.domain.accounts.actions.save_contact import add_contact
from boardwell.domain.accounts.models import Contact
from boardwell.domain.audit.models import AuditEntry
from boardwell.domain.journeys.actions.record_facts import record_facts
from boardwell.domain.journeys.models import Fact, Step
from boardwell.domain.vault.models import StoredFile
from boardwell.kit.testing import Bench, playbook_of, signed_in
from tests.capabilities.forms.samples import FACTS, RICH, question

COMPANY = {
    "page": "company", "f_legal_name": "Padma Ltd", "f_seat.street": "1 Road", "f_seat.city": "Dhaka", "f_country": "BD", "f_regulated": "no",
    "f_phone": "+880 1711 123456",
}  # fmt: skip
OWNERS = {"page": "owners", "f_owners.0.name": "A", "f_owners.0.share": "60", "f_owners.1.name": "B", "f_owners.1.share": "40"}
MONEY = {"page": "money", "f_seats": "12", "f_price": "9.50", "f_items.0.what": "Chair", "f_items.0.count": "3", "f_items.0.cost": "10,25"}


class Place:
    """A customer with one form, and everybody's browsers."""

    def __init__(self, settings: dict[str, Any], *, side: str = "customer", slug: str = "suite") -> None:
        self.bench = Bench(slug)
        source = playbook_of("form", settings, facts=FACTS)
        self.journey_id = self.bench.start(source)
        self.portal = f"/p/{self.journey_id}/steps/step-1/"
        self.workspace = f"/{slug}/journeys/{self.journey_id}/steps/step-1/"
        self.customer, self.member = signed_in(self.bench.contact.person), signed_in(self.bench.member.person)

    def colleague(self, name: str = "Colleague") -> Client:
        with self.bench.as_member():
            added = add_contact(self.bench.contact.account_id, name=name, email=f"{name.lower()}@suite.example", role="participant")
            return signed_in(Contact.objects.select_related("person").get(pk=added).person)

    def post(self, typed: dict[str, Any], verb: str = "next", *, client: Client | None = None, path: str = "") -> Any:
        return (client or self.customer).post(path or self.portal, {"verb": verb, **typed})

    def step(self) -> Step:
        with self.bench.as_member():
            return Step.objects.get(journey_id=self.journey_id, key="step-1")

    def raw(self) -> dict[str, Any]:
        return (self.step().progress or {}).get("answers", {})

    def facts(self) -> dict[str, Any]:
        with self.bench.as_member():
            return dict(Fact.objects.filter(superseded_at=None).values_list("key", "value"))

    def entries(self, verb: str) -> int:
        with self.bench.as_member():
            return AuditEntry.objects.filter(verb=verb).count()


@pytest.fixture
def rich(db: None) -> Place:
    return Place(RICH)


def test_a_form_of_three_pages_is_filled_in_checked_and_sent(rich: Place) -> None:
    assert rich.post(COMPANY).headers["Location"] == f"{rich.portal}?page=owners"
    assert rich.post(OWNERS).headers["Location"] == f"{rich.portal}?page=money"
    assert rich.post(MONEY).headers["Location"] == f"{rich.portal}?page=_check"
    check = rich.customer.get(f"{rich.portal}?page=_check").content.decode()
    assert "Padma Ltd" in check
    assert "Name: A · Share: 60" in check
    assert "€9.50" in check
    sent = rich.post({"page": "_check"}, "complete")
    assert (sent.status_code, sent.headers["Location"]) == (302, f"/p/{rich.journey_id}/")
    step = rich.step()
    assert step.state == "done"
    assert step.outcome["answers"] == {
        "legal_name": "Padma Ltd", "seat": {"street": "1 Road", "city": "Dhaka"}, "country": "BD", "phone": "+8801711123456", "regulated": False,
        "owners": [{"name": "A", "share": 60}, {"name": "B", "share": 40}], "seats": 12, "price": {"minor": 950, "currency": "EUR"}, "total": 114,
        "items": [{"what": "Chair", "count": 3, "cost": {"minor": 1025, "currency": "EUR"}, "sum": 30.75}], "all_items": 30.75,
    }  # fmt: skip
    assert rich.facts() == {"legal_name": "Padma Ltd", "country": "BD", "seats": 12}
    assert rich.entries("step.completed") == 1


def test_a_wrong_page_comes_back_with_what_was_typed_and_keeps_nothing(rich: Place) -> None:
    answer = rich.post({**COMPANY, "f_legal_name": "", "f_phone": "none", "f_country": "XX1"})
    page = answer.content.decode()
    assert answer.status_code == 422
    assert 'href="#at-f_legal_name"' in page
    assert 'href="#at-f_phone"' in page
    assert 'value="none"' in page
    assert (rich.step().state, rich.raw()) == ("ready", {})


def test_a_rule_across_questions_is_said_at_its_question_in_words(rich: Place) -> None:
    answer = rich.post({**OWNERS, "f_owners.1.share": "30"})
    assert answer.status_code == 422
    assert "The shares have to come to 100." in answer.content.decode()
    assert 'href="#at-f_owners"' in answer.content.decode()


def test_what_was_saved_is_gone_on_with_on_another_device(rich: Place) -> None:
    rich.post(COMPANY)
    rich.post({"page": "owners", "f_owners.0.name": "A", "f_owners.0.share": "sixty"}, "save")
    elsewhere = signed_in(rich.bench.contact.person).get(rich.portal).content.decode()
    assert 'value="sixty"' in elsewhere
    assert "2 of 3" in elsewhere


def test_hidden_answers_are_dropped_by_the_server_on_every_save(rich: Place) -> None:
    rich.post({**COMPANY, "f_regulated": "yes", "f_licence": "L-1"})
    assert rich.raw()["licence"] == "L-1"
    rich.post({**COMPANY, "f_regulated": "no", "f_licence": "forged"}, "autosave")
    assert "licence" not in rich.raw()


def test_what_is_not_asked_here_is_not_taken(rich: Place) -> None:
    rich.post({**COMPANY, "f_seats": "99", "f_nothing": "x", "f_total": "1", "f_owners.0.name": "Forged"})
    assert {"seats", "nothing", "total", "owners"} & rich.raw().keys() == set()


def test_more_rows_than_there_may_be_are_refused_and_shown_again(rich: Place) -> None:
    rich.post(COMPANY)
    many = {f"f_owners.{n}.{part}": value for n in range(6) for part, value in (("name", f"Owner number {n}"), ("share", "1"))}
    answer = rich.post({"page": "owners", **many})
    assert answer.status_code == 422
    assert "Enter at most 4 rows." in answer.content.decode()
    assert "Owner number 5" in answer.content.decode()
    assert "owners" not in rich.raw()


def test_rows_are_added_and_taken_out_without_a_script(rich: Place) -> None:
    rich.post(COMPANY)
    added = rich.post({"page": "owners", "f_owners.0.name": "A"}, "add-row:owners")
    assert added.headers["Location"] == f"{rich.portal}?page=owners#at-f_owners"
    assert 'name="f_owners.1.name"' in rich.customer.get(f"{rich.portal}?page=owners").content.decode()
    rich.post({"page": "owners", "f_owners.0.name": "A", "f_owners.1.name": "B"}, "remove-row:owners.0")
    assert [row["name"] for row in rich.raw()["owners"]] == ["B"]


def test_a_change_from_the_check_page_leads_back_to_it(rich: Place) -> None:
    for page in (COMPANY, OWNERS, MONEY):
        rich.post(page)
    answer = rich.post({**COMPANY, "back": "1", "f_legal_name": "Padma plc"})
    assert answer.headers["Location"] == f"{rich.portal}?page=_check"
    opened = rich.post({**COMPANY, "back": "1", "f_regulated": "yes", "f_licence": ""})
    assert opened.status_code == 422  # the question that this opens has to be answered first


def test_sending_too_early_names_every_page_that_is_not_whole(rich: Place) -> None:
    rich.post(COMPANY)
    answer = rich.post({"page": "_check"}, "complete")
    assert answer.status_code == 422
    assert 'href="#at-f_owners"' in answer.content.decode()
    assert (rich.step().state, rich.facts()) == ("active", {})


def test_autosave_answers_with_the_form_alone_and_one_line_in_the_log(rich: Place) -> None:
    for name in ("Pad", "Padma", "Padma Ltd"):
        answer = rich.post({**COMPANY, "f_legal_name": name}, "autosave")
        assert answer.status_code == 200
        assert "<html" not in answer.content.decode()
    assert rich.raw()["legal_name"] == "Padma Ltd"
    assert rich.entries("step.saved") == 1


def test_two_people_at_once_take_nothing_away_from_each_other(rich: Place) -> None:
    other = rich.colleague()
    page = rich.customer.get(rich.portal).content.decode()
    marks = {"w_legal_name": _mark(page, "legal_name"), "w_email": _mark(page, "email")}
    rich.post({"page": "company", "f_legal_name": "By the colleague", "w_legal_name": marks["w_legal_name"]}, "autosave", client=other)
    untouched = rich.post({"page": "company", "f_legal_name": "", "f_email": "a@b.example", **marks}, "save")
    assert untouched.status_code == 302
    assert rich.raw() == {"legal_name": "By the colleague", "email": "a@b.example"}
    touched = rich.post({"page": "company", "f_legal_name": "By me", "w_legal_name": marks["w_legal_name"]}, "save")
    assert touched.status_code == 422
    assert "Colleague has answered this meanwhile: By the colleague. Send again to replace it." in touched.content.decode()
    assert rich.raw()["legal_name"] == "By the colleague"
    again = _mark(touched.content.decode(), "legal_name")
    rich.post({"page": "company", "f_legal_name": "By me", "w_legal_name": again}, "save")
    assert rich.raw()["legal_name"] == "By me"
    assert rich.step().progress["by"] == {"legal_name": "Contact", "email": "Contact"}


def _mark(page: str, key: str) -> str:
    return page.partition(f'name="w_{key}" value="')[2].partition('"')[0]


def test_a_part_is_handed_to_a_colleague_and_shows_who_did_what(rich: Place) -> None:
    other = rich.colleague("Rahima")
    with rich.bench.as_member():
        person = Contact.objects.get(name="Rahima").id
    assert rich.post({"person:owners": person}, "hand:owners").status_code == 302
    assert "Meant for Rahima" in other.get(rich.portal).content.decode()
    rich.post(OWNERS, "save", client=other)
    assert "Filled in by Rahima" in rich.customer.get(rich.portal).content.decode()
    stranger = Bench("rival").contact.id
    refused = rich.post({"person:owners": stranger}, "hand:owners")
    assert refused.status_code == 422
    assert rich.step().progress["people"] == {"owners": person}


def test_files_come_with_the_form_and_forged_ids_are_not_taken(rich: Place) -> None:
    upload = SimpleUploadedFile("deed.txt", b"the deed", "text/plain")
    assert rich.post({**COMPANY, "f_paper": upload}).status_code == 302
    (file_id,) = rich.raw()["paper"]
    assert "deed.txt" in rich.customer.get(f"{rich.portal}?page=company").content.decode()
    rich.post({**COMPANY, "f_paper": "fil_forged", "w_paper": "0"}, "save")
    assert rich.raw()["paper"] == [file_id]
    too_many = {"f_paper": [SimpleUploadedFile(f"{n}.txt", b"x", "text/plain") for n in range(2)]}
    assert rich.post({**COMPANY, **too_many}).status_code == 422
    rich.post(COMPANY, f"remove-file:paper.{file_id}")
    assert rich.raw()["paper"] == []
    with rich.bench.as_member():
        assert StoredFile.objects.filter(removed_at=None).count() == 0


def test_what_is_known_is_shown_with_who_said_it_and_not_asked_again(db: None) -> None:
    place = Place(
        {"fields": [question("legal_name", required=True, fact="legal_name"), question("seats", "number", required=True, fact="seats")]}
    )
    with place.bench.as_member():
        record_facts(place.journey_id, {"legal_name": "Known Ltd"})
    page = place.customer.get(place.portal).content.decode()
    assert "We already know: Known Ltd" in page
    assert "Member told us" in page
    assert place.post({"f_seats": "5"}, "complete").status_code == 302
    assert place.step().outcome["answers"] == {"legal_name": "Known Ltd", "seats": 5}


def test_what_another_onboarding_of_the_same_customer_learned_is_known_here(db: None) -> None:
    place = Place({"fields": [question("legal_name", required=True, fact="legal_name")]})
    place.post({"f_legal_name": "Told once"}, "complete")
    second = place.bench.start(
        playbook_of("form", {"fields": [question("name", required=True, fact="legal_name")]}, key="second", facts=FACTS), "second"
    )
    page = place.customer.get(f"/p/{second}/steps/step-1/").content.decode()
    assert "We already know: Told once" in page
    assert place.customer.post(f"/p/{second}/steps/step-1/", {"verb": "complete"}).status_code == 302


def test_an_answer_that_was_emptied_is_not_filled_in_again(db: None) -> None:
    place = Place({"fields": [question("legal_name", fact="legal_name")]})
    with place.bench.as_member():
        record_facts(place.journey_id, {"legal_name": "Known Ltd"})
    place.post({"f_legal_name": ""}, "save")
    assert place.raw() == {"legal_name": ""}
    assert "Known Ltd" not in place.customer.get(place.portal).content.decode()
