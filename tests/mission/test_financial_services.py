"""The playbook of banks: enhanced checks only where they are due, and nothing that tips the customer off."""

from pathlib import Path
from typing import Any

import pytest

from boardwell.domain.journeys.actions.complete_step import complete_step
from boardwell.domain.journeys.actions.record_facts import apply_proposal
from boardwell.domain.journeys.kinds import kind_rules
from boardwell.domain.journeys.models import Journey, PlanProposal, Step
from boardwell.domain.journeys.orders import Outcome
from boardwell.domain.playbooks.actions.write_playbook import import_playbook
from boardwell.domain.playbooks.document import parse
from boardwell.domain.playbooks.problems import lint

SOURCE = (Path(__file__).resolve().parents[2] / "playbooks" / "financial-services.yaml").read_text(encoding="utf-8")
ENHANCED = {"enhanced-review", "senior-approval"}
PERSON = {"customer_type": "person", "pep": False}
CLEAR = {"screening_result": "clear", "pep_found": False}
LOW = {"risk": "low", "more_papers": False}


@pytest.fixture
def bank(house):
    with house.as_owner():
        import_playbook(SOURCE, kind_rules())
    house.journey_id = house.start(playbook_key="financial-services")
    return house


def finish(bank, key: str, **facts: Any) -> None:
    """Ends a step with its facts, and takes over what they change in the plan."""
    with bank.as_owner():
        complete_step(bank.journey_id, key, Outcome(facts=facts))
        for proposal_id in PlanProposal.objects.filter(journey_id=bank.journey_id, state="open").values_list("id", flat=True):
            apply_proposal(proposal_id)


def plan_of(bank) -> set[str]:
    with bank.as_owner():
        return set(Step.objects.filter(journey_id=bank.journey_id).exclude(state="cancelled").values_list("key", flat=True))


def apply(bank, *, discovery: dict[str, Any] = PERSON, screening: dict[str, Any] = CLEAR, rating: dict[str, Any] = LOW) -> set[str]:
    """From the application to the rating; the plan that follows from it."""
    finish(bank, "prepare")
    finish(bank, "discovery", **discovery)
    for key in ("identity", "company-papers", "owners", "tax", "funds", "identity-check", "owners-check"):
        if key in plan_of(bank):
            finish(bank, key)
    finish(bank, "screening", **screening)
    if "hit-review" in plan_of(bank):
        finish(bank, "hit-review")
    finish(bank, "risk-rating", **rating)
    return plan_of(bank)


def test_it_lints_clean() -> None:
    assert lint(SOURCE, kinds=kind_rules()) == []


def test_k1_a_low_risk_person_has_no_enhanced_check_and_sends_no_company_papers(bank) -> None:
    plan = apply(bank)
    assert not plan & {*ENHANCED, "wealth", "company-papers", "owners", "owners-check", "hit-review", "decline"}
    assert {"risk-rating", "decision", "go-live"} <= plan


def test_k1_a_company_shows_its_papers_and_owners(bank) -> None:
    assert {"company-papers", "owners", "owners-check"} <= apply(bank, discovery={"customer_type": "company", "pep": False})


@pytest.mark.parametrize(
    ("changed", "asked_for_wealth"),
    [
        ({"discovery": {**PERSON, "pep": True}}, True),
        ({"screening": {**CLEAR, "pep_found": True}}, False),
        ({"rating": {"risk": "high", "more_papers": False}}, False),
        ({"rating": {"risk": "high", "more_papers": True}}, True),
    ],
)
def test_k1_exposure_or_high_risk_brings_the_enhanced_checks(bank, changed, asked_for_wealth: bool) -> None:
    plan = apply(bank, **changed)
    assert plan >= ENHANCED
    assert ("wealth" in plan) is asked_for_wealth


def test_k4_the_decision_waits_for_the_approval_of_a_higher_risk(bank) -> None:
    apply(bank, rating={"risk": "high", "more_papers": False})
    with bank.as_owner():
        assert Step.objects.get(journey_id=bank.journey_id, key="decision").state == "locked"
    finish(bank, "enhanced-review")
    finish(bank, "senior-approval")
    with bank.as_owner():
        assert Step.objects.get(journey_id=bank.journey_id, key="decision").state != "locked"


def test_k4_whoever_rates_is_not_the_role_that_decides() -> None:
    document = parse(SOURCE)
    owners = {key: document.step(key).owner for key in ("screening", "hit-review", "risk-rating", "senior-approval", "decision")}
    assert {owners["screening"], owners["risk-rating"]} == {"compliance-officer"}
    assert {owners["hit-review"], owners["senior-approval"], owners["decision"]} == {"compliance-lead"}


def test_k2_a_refusal_takes_the_opening_out_of_the_plan(bank) -> None:
    apply(bank)
    finish(bank, "decision", decision="declined")
    plan = plan_of(bank)
    assert {"decline", "records"} <= plan
    assert not plan & {"agreement", "open-account", "credentials", "go-live", "monitoring"}


def test_k2_nothing_of_the_checks_reaches_the_customer(bank, signed_in) -> None:
    apply(bank, screening={"screening_result": "possible", "pep_found": True}, rating={"risk": "high", "more_papers": False})
    hidden = [step for step in parse(SOURCE).every_step() if step.visibility == "internal"]
    assert {step.key for step in hidden} >= {"screening", "hit-review", "risk-rating", "decision", "monitoring", *ENHANCED}
    client = signed_in(bank.contact.person)
    for page in ("", "plan/", "messages/", "files/", "people/", "steps/identity/", "steps/agreement/"):
        answer = client.get(f"/p/{bank.journey_id}/{page}")
        assert answer.status_code == 200
        assert [step.key for step in hidden if step.title["en"] in answer.content.decode()] == []
    for step in hidden:
        assert client.get(f"/p/{bank.journey_id}/steps/{step.key}/").status_code == 404
        assert client.post(f"/p/{bank.journey_id}/steps/{step.key}/").status_code == 404
    assert client.get(f"/api/v1/journeys/{bank.journey_id}").status_code == 401
    with bank.as_owner():
        assert Step.objects.get(journey_id=bank.journey_id, key="enhanced-review").state != "done"


def test_i2_an_accepted_person_is_driven_to_go_live(bank) -> None:
    apply(bank)
    finish(bank, "decision", decision="accepted")
    order = ["records", "terms", "agreement", "open-account", "credentials", "security", "call", "try-out", "fix", "sign-off", "go-live"]
    for key in order:
        finish(bank, key)
    with bank.as_owner():
        assert Journey.objects.get(pk=bank.journey_id).live_at is not None
