"""The playbook editor in a real browser: by keyboard, without JavaScript, clean in every part, usable at 200 steps."""

import re
from pathlib import Path

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from boardwell.domain.journeys.kinds import kind_rules
from boardwell.domain.playbooks.actions.write_playbook import create_playbook, import_playbook
from boardwell.domain.playbooks.queries import playbook_page
from boardwell.domain.playbooks.yamlfile import load

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
SHIPPED = (Path(__file__).resolve().parents[2] / "playbooks" / "four-steps.yaml").read_text(encoding="utf-8")
EDIT = "/acme/playbooks/small/edit/"
FAULTY = SHIPPED.replace("owner: customer-lead", "owner: nobody", 1).replace("when: ", "when: facts.nope && ", 1)


def steps(house, key: str = "small") -> list[dict]:
    with house.as_owner():
        return [step for stage in load(playbook_page(key).draft).plain["stages"] for step in stage["steps"]]


@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (375, "dark")])
def test_every_part_of_the_editor_is_clean(house, open_as, axe, width: int, scheme: str) -> None:
    with house.as_owner():
        import_playbook(SHIPPED, kind_rules())
        create_playbook("faulty", FAULTY)
    page = open_as(house.owner.person, width=width, scheme=scheme)
    found = {}
    paths = [f"four-steps/edit/?at={at}" for at in ("playbook", "roles", "facts", "0", "0.1", "0.2", "1.0", "2.3")]
    for path in [
        *paths,
        "four-steps/text/",
        "four-steps/picture/",
        "four-steps/publish/",
        "faulty/edit/?at=0.1",
        "faulty/text/",
        "faulty/publish/",
        "new/",
    ]:
        answer = page.goto(f"/acme/playbooks/{path}")
        assert answer is not None
        assert answer.status == 200, path
        page.evaluate("document.querySelectorAll('main details').forEach(one => { one.open = true })")
        if problems := axe(page):
            found[path] = problems
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), f"{path} scrolls sideways at {width}"
    assert found == {}


def test_a_step_is_found_changed_moved_and_saved_by_keyboard(house, open_as) -> None:
    page = open_as(house.owner.person)
    page.goto(EDIT)
    page.focus("#o-playbook")
    for _press in range(5):
        page.keyboard.press("ArrowDown")
    assert page.evaluate("document.activeElement.id") == "o-0.1"
    page.keyboard.press("Enter")
    page.wait_for_url("**/edit/?at=0.1")
    page.focus("[name='title.en']")
    page.keyboard.press("Control+A")
    page.keyboard.type("What you need")
    page.keyboard.press("Enter")
    page.wait_for_selector(".outline a:has-text('What you need')")
    assert [step["title"]["en"] for step in steps(house)][1] == "What you need"
    page.focus("#o-0\\.1")
    page.keyboard.press("Alt+ArrowDown")
    page.wait_for_url("**/edit/?at=0.2#o-0.2")
    assert [step["key"] for step in steps(house)] == ["welcome", "training", "needs", "signoff", "live"]
    assert page.evaluate("document.activeElement.id") == "o-0.2"


def test_what_was_typed_is_saved_on_the_way_to_another_part(house, open_as) -> None:
    page = open_as(house.owner.person)
    page.goto(f"{EDIT}?at=0.1")
    page.fill("[name=minutes]", "25")
    page.click("#o-0\\.0")
    page.wait_for_url("**/edit/?at=0.0")
    assert steps(house)[1]["minutes"] == 25


def test_problems_come_beside_their_fields_as_one_types_and_go_again(house, open_as) -> None:
    page = open_as(house.owner.person)
    page.goto(f"{EDIT}?at=0.2")
    assert "No problems" in page.inner_text("#problems")
    page.fill("[name=when]", "facts.seets > 50")
    page.wait_for_selector("#at-when .error-text")
    assert "Did you mean “seats”?" in page.inner_text("#at-when .error-text")
    assert page.get_attribute("#problems a[data-words]", "href") == "#at-when"
    page.fill("[name=when]", "facts.seats > 50")
    page.wait_for_selector("#problems >> text=No problems")
    assert page.locator("#at-when .error-text").count() == 0
    assert "when" in steps(house)[2]


def test_the_whole_editor_works_without_javascript(house, open_as) -> None:
    page = open_as(house.owner.person, width=375, javascript=False)
    page.goto(EDIT)
    page.select_option("#pick-at", "0.1")
    page.click("text=Open")
    page.fill("[name='title.en']", "Your needs")
    page.fill("[name='due.days']", "soon")
    page.click(".card-head >> text=Save")
    assert "due is such as" in page.inner_text("#at-due")
    page.fill("[name='due.days']", "4")
    page.click("button[value=add_step]")
    assert page.input_value("[name='title.en']") == "New step"
    page.click("button[value=delete]")
    page.click("text=Undo")
    assert [(step["key"], step.get("due")) for step in steps(house)][1:3] == [("needs", {"days": 4}), ("new-step", None)]


def big() -> str:
    """The shipped playbook's steps twelve times: 204 of them in six languages."""
    head, tail = SHIPPED.split("stages:\n", 1)
    numbered = [re.sub(r"(?m)^(\s+- key: |\s+needs: \[)([a-z-]+)", lambda found, n=n: f"{found[1]}{found[2]}-{n}", tail) for n in range(12)]
    return head.replace("key: four-steps", "key: big") + "stages:\n" + "".join(numbered)


def test_two_hundred_steps_stay_usable(house, open_as, signed_in) -> None:
    with house.as_owner():
        create_playbook("big", big())
        create_playbook("four", SHIPPED.replace("key: four-steps", "key: four"))
    client = signed_in(house.owner.person)
    queries = {}
    for key in ("four", "big"):
        client.get(f"/acme/playbooks/{key}/edit/?at=0.1")
        with CaptureQueriesContext(
            connection,
        ) as caught:
            answer = client.get(f"/acme/playbooks/{key}/edit/?at=0.1")
        queries[key] = len(caught)
        assert answer.status_code == 200
        if key == "big":
            assert len(answer.content) < 450_000
    assert queries["big"] == queries["four"]
    assert queries["big"] <= 12
    page = open_as(house.owner.person)
    page.goto("/acme/playbooks/big/edit/?at=30.0")
    assert page.locator(".outline a").count() == 3 + 48 + 204
    page.fill("[name='title.en']", "Changed")
    page.click(".card-head >> text=Save")
    # not `expect_navigation`: the first lint stamps the history, which counts as one
    page.wait_for_selector(".outline a:has-text('Changed')", timeout=60_000)
    assert [step["title"]["en"] for step in steps(house, "big")].count("Changed") == 1
