"""A form in a real browser: questions that come and go, totals, what is saved as it is typed, the keyboard, and a phone."""

import pytest

from boardwell.domain.accounts.actions.save_contact import add_contact
from boardwell.kit.testing import Bench, playbook_of
from tests.capabilities.forms.samples import FACTS, RICH

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
LONG_NAME = "মোসাম্মৎ রহিমা খাতুন চৌধুরী মজুমদার (হিসাব ও কর বিভাগ)"


@pytest.fixture
def form(db):
    bench = Bench("suite")
    with bench.as_member():
        add_contact(bench.contact.account_id, name=LONG_NAME, email="b@suite.example", role="participant")
    return bench, f"/p/{bench.start(playbook_of('form', RICH, facts=FACTS))}/steps/step-1/"


def test_it_follows_what_is_typed_and_is_gone_on_with_on_a_phone(form, open_as, axe) -> None:
    bench, path = form
    page = open_as(bench.contact.person)
    page.goto(path)
    assert page.locator("[name=f_licence]").count() == 0
    page.check("[name=f_regulated][value=yes]")
    page.wait_for_selector("[name=f_licence]")
    page.fill("[name=f_legal_name]", LONG_NAME)
    page.wait_for_selector("[data-saved]:has-text('Saved')")
    page.check("[name=f_regulated][value=no]")
    page.wait_for_selector("[name=f_licence]", state="detached")
    assert axe(page) == []
    phone = open_as(bench.contact.person, width=375, scheme="dark")
    phone.goto(path)
    assert phone.input_value("[name=f_legal_name]") == LONG_NAME
    phone.click("summary:has-text('All parts')")
    assert axe(phone) == []
    assert phone.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


def test_totals_count_while_rows_are_typed(form, open_as) -> None:
    bench, path = form
    page = open_as(bench.contact.person)
    page.goto(f"{path}?page=money")
    page.fill("[name=f_seats]", "12")
    page.fill("[name=f_price]", "9,50")
    page.fill("[name='f_items.0.count']", "3")
    page.fill("[name='f_items.0.cost']", "10.25")
    page.wait_for_selector("[data-q=all_items] output:has-text('30.75')")
    assert page.inner_text("[data-q=total] output") == "114"


def test_by_keyboard_alone_and_without_javascript(form, open_as) -> None:
    bench, path = form
    page = open_as(bench.contact.person, javascript=False)
    page.goto(f"{path}?page=owners")
    page.focus("[name='f_owners.0.name']")
    page.keyboard.type("A")
    page.keyboard.press("Tab")
    page.keyboard.type("60")
    page.keyboard.press("Enter")  # goes on, and does not take the row out
    assert "The shares have to come to 100." in page.inner_text(".errors")
    assert page.input_value("[name='f_owners.0.name']") == "A"
    page.click(".errors a")
    assert page.url.endswith("#at-f_owners")
