"""The portfolio in a real browser: axe, phone and desk, light and dark, grouped, empty, and with ten thousand rows."""

import os
from datetime import timedelta

import pytest

from boardwell.domain.accounts.models import Account
from boardwell.domain.journeys.models import Journey

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
PICTURES = os.environ.get("PICTURES", "")
MANY = int(os.environ.get("PORTFOLIO_ROWS", "120"))


def picture(page, name: str) -> None:
    if PICTURES:
        page.screenshot(path=f"{PICTURES}/{name}.png", full_page=True)


@pytest.fixture
def full(house) -> None:
    """Copies of one onboarding, some of them late, worth something, heard from."""
    first = house.start(value_minor=4_200_000, currency="EUR")
    with house.as_owner():
        row = Journey.objects.get(pk=first)
        Account.objects.bulk_create(Account(organisation_id=house.organisation_id, name=f"Firm {n:05}") for n in range(MANY))
        accounts = list(Account.objects.exclude(pk=house.account_id).order_by("name"))
        copies = []
        for number, account in enumerate(accounts):
            values = {field.attname: getattr(row, field.attname) for field in Journey._meta.concrete_fields if field.attname != "id"}
            copy = Journey(**{**values, "account_id": account.id, "title": f"{account.name} – Small"})
            if number % 3 == 0:
                copy.health, copy.health_reasons = "off_track", [{"code": "overdue", "steps": 3}, {"code": "silent", "days": 12}]
                copy.forecast_live_on, copy.overdue_steps = row.forecast_live_on + timedelta(days=number % 20), 3
                copy.last_customer_activity_at = row.created_at - timedelta(days=12)
                copy.committed_live_on = row.planned_live_on
            copies.append(copy)
        Journey.objects.bulk_create(copies, batch_size=1_000)


@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (375, "dark")])
def test_the_portfolio_reads_well_on_a_desk_and_on_a_phone(house, open_as, axe, full: None, width: int, scheme: str) -> None:
    page = open_as(house.owner.person, width=width, scheme=scheme)
    every = "&".join(f"cols={key}" for key in ("health", "stage", "waiting", "contact", "owner", "forecast", "promised", "slip", "value"))
    for name, query in (("plain", "state=open"), ("grouped", "state=open&group=health"), ("every", f"state=open&sort=-slip&{every}")):
        page.goto(f"/{house.slug}/journeys/?{query}")
        picture(page, f"portfolio-{name}-{width}-{scheme}")
        assert axe(page) == [], name
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), name
        assert page.locator("a[data-row]").count() == 50


def test_an_empty_portfolio_says_what_will_be_here(house, open_as, axe) -> None:
    page = open_as(house.owner.person)
    page.goto(f"/{house.slug}/journeys/?group=owner")
    picture(page, "portfolio-empty")
    assert axe(page) == []
    assert page.get_by_text("No onboarding yet").is_visible()


@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (375, "dark")])
def test_the_rules_of_health_are_set_with_a_look_before_without_javascript(
    house, open_as, axe, full: None, width: int, scheme: str
) -> None:
    page = open_as(house.owner.person, width=width, scheme=scheme)
    page.goto(f"/{house.slug}/settings/health/")
    assert axe(page) == []
    page = open_as(house.owner.person, width=width, scheme=scheme, javascript=False)
    page.goto(f"/{house.slug}/settings/health/")
    page.uncheck("[name=overdue_many_on]")
    page.get_by_role("button", name="Show what would change").click()
    picture(page, f"health-{width}-{scheme}")
    assert page.get_by_text("would change").count() >= 1
    assert not page.is_checked("[name=overdue_many_on]")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
