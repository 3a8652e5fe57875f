"""The pages of automations: the form that needs no code, the sentence, trying out, switches, the log; and the API that reads them."""

import pytest
from django.test import Client

from boardwell.domain.audit.models import AuditEntry
from boardwell.domain.automations.actions.save_automation import save_automation
from boardwell.domain.automations.actions.switch_automation import switch_automation
from boardwell.domain.automations.models import Automation, AutomationVersion, MasterSwitch
from boardwell.domain.automations.queries import automation_by_id
from boardwell.domain.automations.recipes import recipes
from boardwell.domain.automations.rules import Clause, Deed, Rule, kept
from boardwell.domain.people.actions.manage_api_keys import create_api_key
from boardwell.kernel.tasks.worker import run_until_idle

TYPED = {
    "name": "Big ones", "trigger": "step_completed", "clause0_subject": "facts.seats", "clause0_operator": "more", "clause0_value": "50",
    "deed0_do": "note", "deed0_text": "{account} is big",
}  # fmt: skip


@pytest.fixture
def owner(house, signed_in) -> Client:
    return signed_in(house.owner.person)


def test_the_form_grows_with_what_is_chosen_and_reads_as_a_sentence(owner: Client) -> None:
    body = owner.get("/acme/automations/new/").content.decode()
    assert "When …, then …." in body
    assert 'name="clause0_value"' not in body
    body = owner.post("/acme/automations/check/", {**TYPED, "clause1_subject": "step.side"}).content.decode()
    assert "When a step is completed and Seats is more than 50" in body
    assert "then leave an internal note." in body
    for name in ("clause0_value", "clause1_operator", "clause2_subject", "deed0_text", "deed1_do"):
        assert f'name="{name}"' in body
    body = owner.post("/acme/automations/new/", {**TYPED, "refresh": "1"}).content.decode()
    assert 'name="deed1_do"' in body
    assert 'value="Big ones"' in body


def test_a_rule_is_saved_switched_and_read_again(house, owner: Client) -> None:
    answer = owner.post("/acme/automations/new/", {**TYPED, "and_on": "1"})
    assert answer.status_code == 302
    with house.as_owner():
        row = Automation.objects.get()
        rule = automation_by_id(row.id).rule
        assert rule == Rule(
            "step_completed", (Clause("facts.seats", "more", "50", "number"),), "", (Deed("note", text="{account} is big"),)
        )
        assert (row.name, row.state) == ("Big ones", "on")
    assert answer.headers["Location"] == f"/acme/automations/{row.id}/"
    assert "Big ones" in owner.get("/acme/automations/").content.decode()
    owner.post(f"/acme/automations/{row.id}/do/", {"verb": "off"})
    with house.as_owner():
        assert Automation.objects.get().state == "off"


def test_what_is_wrong_comes_back_beside_its_box_with_what_was_typed(house, owner: Client) -> None:
    answer = owner.post("/acme/automations/new/", {**TYPED, "clause0_value": "many", "deed0_text": "", "expression": "facts.seats >"})
    body = answer.content.decode()
    assert answer.status_code == 422
    assert "Enter a number, such as 25." in body
    assert "At character 14: The condition ends too early." in body
    assert 'value="many"' in body
    with house.as_owner():
        assert not Automation.objects.exists()


def test_trying_out_shows_past_events_and_saves_nothing(house, owner: Client) -> None:
    from boardwell.domain.journeys.actions.complete_step import complete_step

    journey_id = house.start(facts={"seats": 60}, title="The big one")
    with house.as_owner():
        complete_step(journey_id, "welcome")
        run_until_idle()
        before = AuditEntry.objects.count()
    body = owner.post("/acme/automations/new/", {**TYPED, "try": "1", "days": "30"}).content.decode()
    assert "It would have acted 1 time" in body
    assert "The big one" in body
    with house.as_owner():
        assert AuditEntry.objects.count() == before
        assert not AutomationVersion.objects.exists()


def test_each_recipe_opens_filled_in(owner: Client) -> None:
    assert len(recipes()) == 6
    body = owner.get("/acme/automations/").content.decode()
    for recipe in recipes():
        assert f"?recipe={recipe.key}" in body
        opened = owner.get(f"/acme/automations/new/?recipe={recipe.key}").content.decode()
        assert f'value="{recipe.name}"' in opened
        assert "When …" not in opened


def test_the_switch_for_all_is_one_button_and_says_who_pressed_it(house, owner: Client) -> None:
    owner.post("/acme/automations/do/", {"verb": "off"})
    assert "Switched off by Owner acme" in owner.get("/acme/automations/").content.decode()
    owner.post("/acme/automations/do/", {"verb": "on"})
    with house.as_owner():
        assert not MasterSwitch.objects.exists()


def test_who_only_sees_reads_the_sentence_and_the_log_but_no_form(house, signed_in) -> None:
    with house.as_owner():
        automation_id = save_automation("", name="Rule", rule=Rule("journey_started", (), "", (Deed("note", text="hello"),)))
        switch_automation(automation_id, on=True)
    house.start(title="Written down")
    run_until_idle()
    client = signed_in(house.member("specialist").person)
    body = client.get(f"/acme/automations/{automation_id}/").content.decode()
    assert "When an onboarding starts, then leave an internal note." in body
    assert "Written down" in body
    assert 'name="deed0_do"' not in body
    client.post(f"/acme/automations/{automation_id}/do/", {"verb": "off"})
    client.post("/acme/automations/do/", {"verb": "off"})
    assert client.post(f"/acme/automations/{automation_id}/", {**TYPED}).status_code == 422
    with house.as_owner():
        assert Automation.objects.get().state == "on"
        assert not MasterSwitch.objects.exists()
        assert AutomationVersion.objects.count() == 1


def test_the_api_lists_rules_and_what_they_did_by_scope(house) -> None:
    rule = Rule("journey_started", (), "", (Deed("note", text="hello"),))
    with house.as_owner():
        automation_id = save_automation("", name="Rule", rule=rule)
        switch_automation(automation_id, on=True)
        secret = create_api_key(name="reader", scopes=["automations:view"])[1]
        weak = create_api_key(name="weak", scopes=["journeys:view"])[1]
    journey_id = house.start()
    run_until_idle()
    client = Client(headers={"Authorization": f"Bearer {secret}"})
    (listed,) = client.get("/api/v1/automations").json()["data"]
    assert (listed["id"], listed["name"], listed["state"], listed["deeds"]) == (automation_id, "Rule", "on", kept(rule)["deeds"])
    (firing,) = client.get(f"/api/v1/automations/{automation_id}/firings").json()["data"]
    assert (firing["state"], firing["journey_id"], firing["deeds"]) == ("done", journey_id, ["leave an internal note"])
    refused = Client(headers={"Authorization": f"Bearer {weak}"})
    assert refused.get("/api/v1/automations").status_code == 403
    assert refused.get(f"/api/v1/automations/{automation_id}/firings").status_code == 403
    assert client.get("/api/v1/automations/aut_nothing/firings").status_code == 404
