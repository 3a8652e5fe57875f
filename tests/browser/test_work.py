"""The workspace's work in a real browser: by keyboard, without JavaScript, at two widths and in the dark, and nothing for axe."""

import io

import pytest

from boardwell.domain.accounts.actions.save_account import create_account
from boardwell.domain.journeys.actions.import_accounts import start_import, upload_import
from boardwell.domain.journeys.models import ImportRun, Journey, Step
from boardwell.kernel.tasks.worker import Worker, run_until_idle

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
CSV = "Company,CRM id,Country\nAlpha,1,GB\nBeta,2,Britain\n"


def start_for(house, name: str) -> str:
    with house.as_owner():
        account_id = create_account(name=name)
    return house.start(account_id=account_id)


@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (375, "dark")])
def test_the_pages_of_work_are_clean(house, open_as, axe, width: int, scheme: str) -> None:
    ids = [start_for(house, name) for name in ("Alpha", "Günəş")]
    with house.as_owner():
        runs = [upload_import(io.BytesIO(CSV.encode()), f"{n}.csv") for n in range(2)]
        start_import(runs[1], mapping=ImportRun.objects.get(pk=runs[1]).mapping)
    run_until_idle()
    page = open_as(house.owner.person, width=width, scheme=scheme)
    found: dict[str, object] = {}

    def look(name: str) -> None:
        if problems := axe(page):
            found[name] = problems
        if not page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"):
            found[f"{name} scrolls sideways"] = width

    for path in (
        "journeys/?sort=account&cols=promised&cols=late", "journeys/?view=board&group=waiting", f"imports/{runs[0]}/", f"imports/{runs[1]}/",
        "imports/", "settings/general/", "settings/calendars/", "search/?q=gunes", f"journeys/{ids[0]}/timeline/?kind=steps",
    ):  # fmt: skip
        page.goto(f"/acme/{path}")
        look(path)
    page.goto("/acme/journeys/")
    page.locator("summary", has_text="Saved views").click()
    page.locator("summary", has_text="Columns").click()
    page.evaluate("scrollTo(0, 0)")  # else the bar that stays on top may lie over half of a field, which scrolling mends
    look("open menus")
    page.goto("/acme/journeys/")
    page.locator("input[name=ids]").nth(0).check()
    page.select_option("#bulk-verb", "shift")
    page.click("text=Go on")
    page.fill("[name=working_days]", "5")
    page.fill("[name=reason]", "Holidays")
    page.click("button[value=preview]")
    look("bulk")
    page.goto(f"/acme/journeys/{ids[0]}/steps/live/")
    page.locator("summary", has_text="Move the due day").click()
    page.fill("[name=due_on]", "2027-06-01")
    page.click("button[value=preview_move]")
    look("preview of a move")
    page.goto("/acme/journeys/start/")
    page.fill("[name=account_name]", "Neuland")
    page.click("button[value=preview]")
    look("preview of a start")
    assert found == {}


def test_a_list_is_walked_chosen_and_opened_by_keyboard(house, open_as) -> None:
    ids = {name: start_for(house, name) for name in ("Alpha", "Beta")}
    page = open_as(house.owner.person)
    page.goto("/acme/journeys/?sort=account")
    page.keyboard.press("j")
    assert page.evaluate("document.activeElement.textContent") == "Alpha"
    page.keyboard.press("x")
    page.keyboard.press("ArrowDown")
    assert page.evaluate("document.activeElement.textContent") == "Beta"
    page.keyboard.press("k")
    assert page.locator("input[name=ids]:checked").get_attribute("value") == ids["Alpha"]
    page.keyboard.press("?")
    assert page.locator("dialog#list-keys").is_visible()
    page.keyboard.press("Escape")
    page.keyboard.press("/")
    assert page.evaluate("document.activeElement.id") == "f-search"
    page.keyboard.type("jx?")
    assert page.input_value("#f-search") == "jx?"
    page.keyboard.press("Control+k")
    page.keyboard.type("beta")
    page.wait_for_selector(".quick a")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/journeys/{ids['Beta']}/")


def test_a_step_is_skipped_and_taken_back_by_keyboard(house, open_as) -> None:
    journey_id = start_for(house, "Alpha")
    page = open_as(house.owner.person)
    page.goto(f"/acme/journeys/{journey_id}/steps/welcome/")
    page.keyboard.press("s")
    page.keyboard.type("Known already")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_selector("text=Skipped.")
    with house.as_owner():
        assert Step.objects.get(journey_id=journey_id, key="welcome").state == "skipped"
    page.locator("button", has_text="Undo").focus()
    page.keyboard.press("Enter")
    page.wait_for_selector("text=Undone.")
    with house.as_owner():
        assert Step.objects.get(journey_id=journey_id, key="welcome").state == "ready"


def test_bulk_and_undo_work_without_javascript(house, open_as) -> None:
    ids = [start_for(house, name) for name in ("Alpha", "Beta")]
    page = open_as(house.owner.person, javascript=False)
    page.goto("/acme/journeys/?sort=account")
    for place in range(2):
        page.locator("input[name=ids]").nth(place).check()
    page.select_option("#bulk-verb", "pause")
    page.click("text=Go on")
    page.fill("[name=reason]", "Summer")
    page.click("button[value=preview]")
    page.click("button[value=apply]")
    assert "2 onboardings were changed." in page.content()
    with house.as_owner():
        assert set(Journey.objects.values_list("state", flat=True)) == {"paused"}
    page.goto(f"/acme/journeys/{ids[0]}/")
    page.click("button[value=resume]")
    with house.as_owner():
        assert Journey.objects.get(pk=ids[0]).state == "active"


def test_an_import_is_mapped_and_its_progress_moves_by_itself_and_by_reloading(house, open_as) -> None:
    rows = "".join(f"Company {n},{n}\n" for n in range(60))
    file = {"name": "crm.csv", "mimeType": "text/csv", "buffer": f"Firma,Nummer\n{rows}".encode()}
    plain, lively = open_as(house.owner.person, javascript=False), open_as(house.owner.person)
    plain.goto("/acme/imports/")
    plain.set_input_files("#file", file)
    plain.click("text=Upload")
    assert "60 rows" in plain.content()
    plain.select_option("[name=name]", "Firma")
    plain.select_option("[name=external_id]", "Nummer")
    plain.click("text=Import 60 rows")
    lively.goto(plain.url)
    assert "0 / 60" in lively.inner_text("poll-part")
    Worker().run_inside()
    lively.wait_for_selector("poll-part >> text=25 / 60")
    plain.click("text=Reload")
    assert "25 / 60" in plain.inner_text("poll-part")
    run_until_idle()
    lively.wait_for_selector("text=No row was refused.")
    plain.click("text=Reload")
    assert "60 / 60" in plain.inner_text("poll-part")
