"""Rehearsals, past cases and promises in a browser: accessible, no wider than the phone, and a log goes in by the pages alone."""

import pytest

from boardwell.domain.journeys.actions.import_log import survey_log, upload_log
from boardwell.domain.journeys.actions.rehearse_playbook import start_rehearsal
from boardwell.kernel.tasks.worker import run_until_idle
from tests.domain.journeys.test_history import MAPPING, STEPS, past

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (375, "dark")])
def test_the_pages_of_forecasts_are_clean_and_lead_from_a_log_to_what_was_learnt(house, open_as, axe, width: int, scheme: str) -> None:
    journey_id = house.start()
    with house.as_owner():
        run_id = start_rehearsal("small", number=1, customers=30)
        log_id = upload_log(past(8, more="1,Needs,some day\n"), "past.csv")
        survey_log(log_id, mapping=MAPPING, playbook_key="small")
    run_until_idle()
    page = open_as(house.owner.person, width=width, scheme=scheme)
    found: dict[str, object] = {}

    def look(name: str) -> None:
        if problems := axe(page):
            found[name] = problems
        if not page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"):
            found[f"{name} scrolls sideways"] = width

    for path in ("playbooks/small/rehearsals/", f"playbooks/small/rehearsals/{run_id}/", "history/", f"history/{log_id}/"):
        page.goto(f"/acme/{path}")
        look(path)
    page.get_by_label("Welcome call").select_option(STEPS["Welcome call"])
    page.get_by_label("Needs").select_option(STEPS["Needs"])
    page.click("button[value=start]")
    run_until_idle()
    page.goto(f"/acme/history/{log_id}/")
    assert page.locator("td", has_text="some day").count() == 1
    look("what was learnt")
    page.goto(f"/acme/journeys/{journey_id}/dates/")
    page.locator("summary", has_text="Promise the go-live").click()
    page.fill("[name=committed_on]", "2020-01-06")
    page.click("button[value=preview_commit]")
    page.evaluate("scrollTo(0, 0)")
    look("preview of a promise")
    assert found == {}
