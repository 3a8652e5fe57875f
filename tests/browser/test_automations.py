"""Automations, gates and ladders in a real browser: the form follows what is chosen, with and without JavaScript; nothing for axe."""

import pytest

from boardwell.domain.automations.actions.save_automation import save_automation
from boardwell.domain.automations.actions.switch_automation import switch_automation
from boardwell.domain.automations.models import Automation
from boardwell.domain.automations.queries import automation_by_id
from boardwell.domain.automations.rules import Clause, Deed, Rule
from boardwell.domain.journeys.actions.change_ladder import change_ladder, suggested
from boardwell.domain.journeys.kinds import kind_rules
from boardwell.domain.playbooks.actions.write_playbook import import_playbook
from boardwell.kernel.tasks.worker import run_until_idle
from tests.conftest import SMALL

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
GATED = SMALL.replace("key: small", "key: gated").replace("needs: [welcome]", "gate: [{done: welcome}, {opened_by: manager}]")


@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (375, "dark")])
def test_the_pages_are_clean(house, open_as, axe, width: int, scheme: str) -> None:
    rule = Rule("step_opened", (Clause("step.side", "is", "customer"),), "facts.seats > 5", (Deed("note", text="{step} is open"),))
    with house.as_owner():
        import_playbook(GATED, kind_rules())
        change_ladder(suggested())
        automation_id = save_automation("", name="Say it", rule=rule)
        switch_automation(automation_id, on=True)
    journey_id = house.start(playbook_key="gated", facts={"seats": 6})
    run_until_idle()
    found: dict[str, object] = {}
    page = open_as(house.owner.person, width=width, scheme=scheme)
    paths = [
        "automations/", "automations/new/?recipe=rescue", f"automations/{automation_id}/", "settings/escalation/",
        f"journeys/{journey_id}/steps/needs/", f"journeys/{journey_id}/steps/welcome/", "playbooks/gated/edit/?at=0.1",
    ]  # fmt: skip
    for path in [f"/acme/{path}" for path in paths]:
        page.goto(path)
        if problems := axe(page):
            found[path] = problems
        if not page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"):
            found[f"{path} scrolls sideways"] = width
    page.goto("/acme/automations/new/?recipe=rescue")
    page.select_option("[name=days]", "30")
    page.click("button[name=try]")
    if problems := axe(page):
        found["tried out"] = problems
    customer = open_as(house.contact.person, width=width, scheme=scheme)
    customer.goto(f"/p/{journey_id}/steps/needs/")
    if problems := axe(customer):
        found["the portal's step"] = problems
    assert found == {}


def test_the_form_follows_what_is_chosen_and_says_it(house, open_as) -> None:
    page = open_as(house.owner.person)
    page.goto("/acme/automations/new/")
    page.fill("[name=name]", "Late customers")
    page.select_option("[name=trigger]", "step_overdue")
    page.wait_for_selector("text=When a step becomes overdue, then")
    page.select_option("[name=clause0_subject]", "step.side")
    page.wait_for_selector("[name=clause0_value]")
    page.fill("[name=clause0_value]", "customer")
    page.select_option("[name=deed0_do]", "message")
    page.wait_for_selector("[name=deed0_text]")
    page.fill("[name=deed0_text]", "Can we help?")
    page.click("button[name=and_on]")
    page.wait_for_selector("text=When a step becomes overdue and the side that does the step is the customer, then write to the customer.")
    with house.as_owner():
        row = Automation.objects.get()
        assert (row.name, row.state) == ("Late customers", "on")
        assert automation_by_id(row.id).rule.deeds == (Deed("message", text="Can we help?"),)
