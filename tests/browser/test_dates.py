"""The plan over time, and why a day is what it is, in a real browser: axe, keyboard, phone, without JavaScript."""

import os
from datetime import date, timedelta

import pytest
import time_machine

from boardwell.domain.accounts.models import Account
from boardwell.domain.audit.queries import entries_for_journey
from boardwell.domain.journeys.actions.complete_step import complete_step
from boardwell.domain.journeys.kinds import kind_rules
from boardwell.domain.journeys.models import Step
from boardwell.domain.journeys.orders import Outcome
from boardwell.domain.playbooks.actions.write_playbook import import_playbook
from boardwell.domain.playbooks.shipped import shipped
from boardwell.kernel.clock import now
from boardwell.kernel.tasks.worker import run_until_idle

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
PICTURES = os.environ.get("PICTURES", "")


def picture(page, name: str) -> None:
    if PICTURES:
        page.screenshot(path=f"{PICTURES}/{name}.png", full_page=True)


@pytest.fixture
def late(house) -> str:
    """A consulting engagement that began three weeks ago, with one step done late."""
    began = now() - timedelta(days=21)
    with house.as_owner():
        import_playbook(shipped()["consulting"], kinds=kind_rules())
        Account.objects.filter(pk=house.account_id).update(country="BD")
        with time_machine.travel(began, tick=False):
            journey_id = house.start(
                playbook_key="consulting",
                kickoff_on=began.date(),
                committed_live_on=(began + timedelta(days=60)).date(),
                facts={"confidential": True, "systems": True, "change": False},
            )
        with time_machine.travel(began + timedelta(days=1), tick=False):
            complete_step(journey_id, "handover")
        with time_machine.travel(began + timedelta(days=9), tick=False):
            complete_step(journey_id, "discovery", Outcome())
        run_until_idle()
    return journey_id


@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (375, "dark")])
def test_the_plan_over_time_is_drawn_read_and_used_by_keyboard(house, open_as, axe, late: str, width: int, scheme: str) -> None:
    page = open_as(house.owner.person, width=width, scheme=scheme)
    page.goto(f"/{house.slug}/journeys/{late}/dates/")
    picture(page, f"dates-{width}-{scheme}")
    assert axe(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    with house.as_owner():
        dated = Step.objects.filter(journey_id=late).exclude(planned_on=None).count()
    assert page.locator(".gantt a .bar").count() == dated > 20
    assert page.locator(".gantt .today").count() == 1
    first = page.locator(".gantt a").first
    first.focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**/steps/**")
    assert page.get_by_text("Why this day?").count() == 1


def test_a_step_is_moved_from_the_picture_with_a_look_before_and_undone_after_without_javascript(house, open_as, axe, late: str) -> None:
    page = open_as(house.owner.person, javascript=False)
    page.goto(f"/{house.slug}/journeys/{late}/dates/")
    with house.as_owner():
        target = Step.objects.filter(journey_id=late, state__in=["ready", "active"]).exclude(planned_on=None).order_by("position")[0]
    page.select_option("[name=step]", target.key)
    page.fill("[name=due_on]", (now() + timedelta(days=30)).date().isoformat())
    page.get_by_role("button", name="Show what would move").click()
    picture(page, "move")
    assert page.get_by_role("heading", name="would move").count() == 1
    page.fill("#mv-why", "Their holidays")
    page.get_by_role("button", name="Move them").click()
    picture(page, "moved")
    assert page.locator(".why-day").get_by_text("Their holidays").is_visible()
    with house.as_owner():
        assert entries_for_journey(late, groups=("step",))[0].verb == "step.rescheduled"
    page.get_by_role("button", name="Undo").first.click()
    with house.as_owner():
        target.refresh_from_db()
        assert target.planned_on == Step.objects.get(pk=target.pk).baseline_on


def test_a_bar_is_dragged_to_another_day_and_shows_what_would_move(house, open_as, late: str) -> None:
    page = open_as(house.owner.person)
    page.goto(f"/{house.slug}/journeys/{late}/dates/")
    bar = page.locator("[data-step=nda] .bar")
    day = float(page.locator("drag-days").get_attribute("day") or "0")
    on = date.fromisoformat(page.locator("[data-step=nda]").get_attribute("data-on") or "")
    bar.scroll_into_view_if_needed()
    box = bar.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 4, box["y"] + 4)
    page.mouse.down()
    page.mouse.move(box["x"] + 4 + 3 * day, box["y"] + 6, steps=4)
    page.keyboard.press("Escape")
    page.mouse.up()
    assert page.url.endswith("/dates/")  # let go: nothing was asked, and it was no click either
    page.mouse.move(box["x"] + 4, box["y"] + 4)
    page.mouse.down()
    page.mouse.move(box["x"] + 4 + 7 * day, box["y"] + 6, steps=4)
    page.mouse.up()
    page.wait_for_url("**/move/")
    assert page.locator("input[type=hidden][name=due_on]").input_value() == (on + timedelta(days=7)).isoformat()
    assert page.get_by_role("heading", name="would move").count() == 1


def test_the_customer_reads_why_and_no_name_of_what_is_internal(house, open_as, axe, late: str) -> None:
    with house.as_owner():
        step = Step.objects.filter(journey_id=late, side="customer", state="ready").exclude(planned_on=None).order_by("position")[0]
    page = open_as(house.contact.person, width=375)
    page.goto(f"/p/{late}/steps/{step.key}/")
    page.get_by_text("Why this day?").click()
    picture(page, "portal-why")
    assert axe(page) == []
    assert "Take over from sales" not in page.content()
