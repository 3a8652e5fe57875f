"""Every main page in a real browser: silent console, nothing for axe to find, usable by keyboard and without JavaScript."""

import pytest

from boardwell.domain.journeys.actions.complete_step import complete_step
from boardwell.domain.journeys.models import Step
from boardwell.domain.papers.actions.write_paper import draft_paper, send_paper

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

WORKSPACE = (
    "", "inbox/", "search/?q=customer", "accounts/", "accounts/new/", "journeys/", "journeys/?view=board", "journeys/start/", "playbooks/",
    "playbooks/small/", "playbooks/small/edit/", "playbooks/small/compare/", "playbooks/new/", "playbooks/small/text/", "playbooks/small/picture/", "playbooks/small/publish/", "people/", "settings/brand/", "settings/calendars/",
    "settings/access/", "settings/keys/", "audit/", "outbox/",
)  # fmt: skip


@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (390, "dark")])
def test_every_workspace_page_is_clean(house, open_as, axe, width: int, scheme: str) -> None:
    journey_id = house.start()
    page = open_as(house.owner.person, width=width, scheme=scheme)
    paths = [f"/acme/{path}" for path in WORKSPACE]
    paths += [
        f"/acme/journeys/{journey_id}/{tab}"
        for tab in ("", "timeline/", "people/", "files/", "messages/", "facts/", "steps/welcome/", "papers/")
    ]
    with house.as_owner():
        paths.append(f"/acme/journeys/{journey_id}/papers/{draft_paper(journey_id, 'expectation_sheet')}/")
    paths += [f"/acme/accounts/{house.account_id}/", "/me/", "/gallery/"]
    found = {}
    for path in paths:
        answer = page.goto(path)
        assert answer is not None
        assert answer.status == 200, path
        if problems := axe(page):
            found[path] = problems
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), f"{path} scrolls sideways at {width}"
    assert found == {}


@pytest.mark.parametrize(("width", "scheme"), [(390, "light"), (1280, "dark")])
def test_every_portal_page_is_clean(house, open_as, axe, width: int, scheme: str) -> None:
    journey_id = house.start()
    with house.as_owner():
        complete_step(journey_id, "welcome")
        paper_id = draft_paper(journey_id, "expectation_sheet")
        send_paper(paper_id, {"support": "We answer in **four hours**."}, revision=1)
    page = open_as(house.contact.person, width=width, scheme=scheme)
    found = {}
    for path in ("", "plan/", "messages/", "files/", "people/", "steps/needs/", f"papers/{paper_id}/"):
        page.goto(f"/p/{journey_id}/{path}")
        if problems := axe(page):
            found[path] = problems
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), f"{path} scrolls sideways at {width}"
    assert found == {}


def test_the_customer_does_a_step_without_javascript(house, open_as) -> None:
    journey_id = house.start()
    with house.as_owner():
        complete_step(journey_id, "welcome")
    page = open_as(house.contact.person, width=390, javascript=False)
    page.goto(f"/p/{journey_id}/")
    page.click('a.btn:has-text("Begin")')
    page.click("button.primary[value=complete]")
    assert "There is a problem" in page.content()
    page.fill("[name=f_seats]", "12")
    page.click("button.primary[value=complete]")
    assert "Thank you" in page.content()
    with house.as_owner():
        assert Step.objects.get(journey_id=journey_id, key="needs").outcome["answers"] == {"seats": 12}


def test_the_next_action_is_reached_and_done_by_keyboard(house, open_as) -> None:
    journey_id = house.start()
    with house.as_owner():
        complete_step(journey_id, "welcome")
    page = open_as(house.contact.person)
    page.goto(f"/p/{journey_id}/")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    for _press in range(20):
        page.keyboard.press("Tab")
        if "/steps/needs/" in (page.evaluate("document.activeElement.href || ''")):
            break
    page.keyboard.press("Enter")
    page.wait_for_url("**/steps/needs/")
    page.focus("[name=f_seats]")
    page.keyboard.type("7")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/p/{journey_id}/")
    with house.as_owner():
        assert Step.objects.get(journey_id=journey_id, key="needs").state == "done"


def test_the_editor_shows_the_lint_as_one_types(house, open_as) -> None:
    page = open_as(house.owner.person)
    page.goto("/acme/playbooks/small/text/")
    assert "No problems" in page.inner_text("#problems")
    source = page.input_value("#source")
    page.fill("#source", source.replace("owner: lead", "owner: leed"))
    page.wait_for_selector("#problems >> text=leed")
    assert "Did you mean “lead”?" in page.inner_text("#problems")
