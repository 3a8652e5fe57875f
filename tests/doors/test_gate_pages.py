"""A shut gate on the pages: the team sees conditions and buttons, the customer the reason in their words."""

from boardwell.domain.journeys.kinds import kind_rules
from boardwell.domain.journeys.models import Gate
from boardwell.domain.people.actions.manage_api_keys import create_api_key
from boardwell.domain.playbooks.actions.write_playbook import import_playbook
from boardwell.kernel.tasks.worker import run_until_idle

BOOK = """boardwell: 1
key: gated
title: {en: Gated, ms: Berpagar}
languages: [en, ms]
roles:
  manager: {side: ours, title: {en: Manager, ms: Pengurus}}
  lead: {side: customer, title: {en: Lead, ms: Ketua}}
facts:
  seats: {type: number, title: {en: Seats, ms: Tempat}}
stages:
  - key: begin
    title: {en: Begin, ms: Mula}
    steps:
      - {key: check, kind: task, side: ours, owner: manager, visibility: internal, title: {en: Secret check, ms: Semakan}}
      - key: train
        kind: task
        side: customer
        owner: lead
        title: {en: Train, ms: Latih}
        gate:
          - {if: facts.seats > 5, says: {en: You need more than five seats, ms: Lebih lima tempat}}
          - {done: check}
          - {opened_by: manager}
"""


def test_the_team_sees_why_it_is_shut_and_can_act(house, signed_in) -> None:
    with house.as_owner():
        import_playbook(BOOK, kind_rules())
    journey_id = house.start(playbook_key="gated")
    client = signed_in(house.owner.person)
    body = client.get(f"/acme/journeys/{journey_id}/steps/train/").content.decode()
    for words in ("Shut before: Train", "You need more than five seats", "“Secret check” is done", "It is up to Owner acme."):
        assert words in body
    assert "Shut until:" in client.get(f"/acme/journeys/{journey_id}/plan/").content.decode()
    path = f"/acme/journeys/{journey_id}/steps/train/do/"
    assert client.post(path, {"verb": "sign_gate", "gate": "step:train"}).status_code == 302
    assert client.post(path, {"verb": "override_gate", "gate": "step:train", "reason": ""}).status_code == 422
    assert client.post(path, {"verb": "override_gate", "gate": "step:train", "reason": "In a hurry"}).status_code == 302
    body = client.get(f"/acme/journeys/{journey_id}/steps/train/").content.decode()
    assert "opened the gate before it against its conditions" in body
    with house.as_owner():
        gate = Gate.objects.get()
        assert (gate.state, gate.signed_by_name, gate.opened_by_name, gate.reason) == ("open", "Owner acme", "Owner acme", "In a hurry")


def test_the_customer_reads_it_in_their_words_and_nothing_internal(house, signed_in) -> None:
    with house.as_owner():
        import_playbook(BOOK, kind_rules())
    journey_id = house.start(playbook_key="gated")
    run_until_idle()
    client = signed_in(house.contact.person)
    for path in (f"/p/{journey_id}/steps/train/", f"/p/{journey_id}/plan/"):
        body = client.get(path).content.decode()
        assert "You need more than five seats" in body
        assert "Something is finished on our side" in body
        assert "Secret check" not in body
        assert "Owner acme" not in body or path.endswith("plan/")
        assert 'name="gate"' not in body


def test_the_api_says_what_keeps_a_step_locked(house, client) -> None:
    with house.as_owner():
        import_playbook(BOOK, kind_rules())
        secret = create_api_key(name="reader", scopes=["journeys:view"])[1]
    journey_id = house.start(playbook_key="gated")
    steps = client.get(f"/api/v1/journeys/{journey_id}", headers={"Authorization": f"Bearer {secret}"}).json()["steps"]
    (gate,) = next(step["gates"] for step in steps if step["key"] == "train")
    assert gate["gate"] == "step:train"
    assert [(line["words"], line["holds"]) for line in gate["conditions"]] == [
        ("You need more than five seats", False), ("“Secret check” is done", False), ("It is opened by hand", False),
    ]  # fmt: skip
    assert next(step["gates"] for step in steps if step["key"] == "check") == []
