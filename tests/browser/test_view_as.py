"""Looking through a customer's eyes in a real browser: whose eyes, that nothing can be changed, and the way out."""

import pytest

from boardwell.domain.journeys.actions.complete_step import complete_step
from boardwell.domain.journeys.models import Step

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.mark.parametrize(("width", "scheme"), [(375, "light"), (1280, "dark")])
def test_a_member_looks_around_changes_nothing_and_comes_back(house, open_as, axe, width: int, scheme: str) -> None:
    journey_id = house.start()
    with house.as_owner():
        complete_step(journey_id, "welcome")
    page = open_as(house.owner.person, width=width, scheme=scheme)
    page.goto(f"/acme/journeys/{journey_id}/people/")
    assert axe(page) == []
    page.click("text=What can they see?")
    page.wait_for_url("**/visibility/")
    assert axe(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    page.click("text=See the portal as Lead acme")
    page.wait_for_url(f"**/p/{journey_id}/")
    found = {}
    for path in ("", "plan/", "messages/", "files/", "people/", "steps/needs/"):
        page.goto(f"/p/{journey_id}/{path}")
        assert "You see this as Lead acme (Customer of acme) sees it." in page.inner_text("aside.looking")
        if problems := axe(page):
            found[path] = problems
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), f"{path} scrolls sideways at {width}"
    assert found == {}
    page.click("text=Stop looking")
    page.wait_for_url("**/people/")
    assert "You are back, with your own eyes." in page.content()
    assert [cookie for cookie in page.context.cookies() if cookie["name"] == "looking"] == []
    with house.as_owner():
        assert Step.objects.get(journey_id=journey_id, key="needs").state == "ready"
