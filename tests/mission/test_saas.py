"""The playbook of software services, driven through the portal and the workspace as customer and team drive it."""

import hashlib
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from boardwell.domain.audit.models import AuditEntry
from boardwell.domain.audit.verify import verify_organisation
from boardwell.domain.journeys.kinds import kind_rules
from boardwell.domain.journeys.models import Fact, Journey, PlanProposal, Step
from boardwell.domain.journeys.plan import included_keys
from boardwell.domain.playbooks.actions.write_playbook import import_playbook
from boardwell.domain.playbooks.document import parse
from boardwell.domain.playbooks.problems import lint
from boardwell.domain.vault.models import StoredFile

SOURCE = (Path(__file__).resolve().parents[2] / "playbooks" / "saas.yaml").read_text(encoding="utf-8")
PLAN = parse(SOURCE)
SECURITY = {"security-papers", "security-review"}
SIGN_ON = {"sso-details", "sso"}
DATA = {"data-files", "data-import", "data-check"}
CONDITIONAL = {step.key for step in PLAN.every_step() if step.when is not None}
LARGE: dict[str, dict[str, Any]] = {
    "discovery": {
        "needs": "Plan deliveries together", "pains": ["scattered", "adoption"], "priorities": ["reports", "integrations"],
        "goals": "Reports in one hour instead of one day", "golive": "2026-05-04",
    },
    "account-details": {"legal_name": "Acme Ltd", "country": "bd", "address.street": "1 Quay", "address.city": "Dhaka", "billing_email": "pay@acme-customer.example"},
    "technical": {"users": "250", "has_data": "yes", "sso": "yes", "security_review": "no"},
    "choose-plan": {"plan": "business", "billing": "yearly"},
    "order-check": {"register": "RJSC C-1204", "signatory": "A. Rahman, director", "matches": "yes", "renewal_on": "2027-03-01"},
    "sso-details": {
        "provider": "microsoft", "metadata": "https://login.acme-customer.example/openid", "domains": "acme-customer.example",
        "contact": "it@acme-customer.example",
    },
    "champions": {"champions": "Rina, Dispatch"},
    "try-out": {"works": "some", "issues_found": "yes", "issues": "Export is empty"},
    "survey": {"csat": "3", "recommend": "6", "better": "Faster import"},
    "review": {"goal_reached": "partly", "figures": "One day, now two hours"},
}  # fmt: skip
SMALL: dict[str, dict[str, Any]] = {
    **LARGE,
    "discovery": {**LARGE["discovery"], "pains": ["manual"], "priorities": ["time"]},
    "technical": {"users": "50", "has_data": "no", "sso": "no", "security_review": "no"},
    "try-out": {"works": "all", "issues_found": "no"},
    "survey": {"csat": "4"},
    "review": {"goal_reached": "full", "figures": "One day, now one hour"},
}


class Deal:
    """One onboarding, and a browser of each side."""

    def __init__(self, house: Any, signed_in: Callable[..., Client], answers: dict[str, dict[str, Any]]) -> None:
        self.house, self.answers = house, answers
        with house.as_owner():
            import_playbook(SOURCE, kind_rules())
        self.id = house.start(playbook_key="saas", kickoff_on=date(2026, 3, 2))
        self.customer, self.member = signed_in(house.contact.person), signed_in(house.owner.person)
        self.done: list[str] = []

    def step(self, key: str) -> Step:
        with self.house.as_owner():
            return Step.objects.get(journey_id=self.id, key=key)

    def state(self, key: str) -> str:
        return self.step(key).state

    def outcome(self, key: str) -> dict[str, Any]:
        return self.step(key).outcome["answers"]

    def planned(self, **which: Any) -> set[str]:
        with self.house.as_owner():
            return set(Step.objects.filter(journey_id=self.id, **which).exclude(state="cancelled").values_list("key", flat=True))

    def facts(self) -> dict[str, Any]:
        with self.house.as_owner():
            return dict(Fact.objects.filter(journey_id=self.id, superseded_at=None).values_list("key", "value"))

    def journey(self) -> Journey:
        with self.house.as_owner():
            return Journey.objects.get(pk=self.id)

    def send(self, key: str, **more: Any) -> int:
        """Fills a step's page in as its side would, and sends it; the status of the answer."""
        plan = PLAN.step(key)
        assert plan is not None
        typed: dict[str, Any] = {"verb": "approve" if plan.kind == "approval" else "complete"}
        typed["ticked"] = [item["key"] for name in ("checklist", "statements") for item in plan.settings.get(name, [])]
        for name, value in self.answers.get(key, {}).items():
            typed[f"f_{name}"] = value
        for item in plan.settings.get("files", []):
            if item.get("required", True):
                kind, content = ("csv", b"name,role\nRina,editor\n") if "csv" in item["accept"] else ("pdf", b"%PDF-1.4\n%%EOF\n")
                typed[f"file_{item['key']}"] = SimpleUploadedFile(f"{item['key']}.{kind}", content)
        if plan.side == "ours":
            return self.member.post(f"/acme/journeys/{self.id}/steps/{key}/", {**typed, **more}).status_code
        return self.customer.post(f"/p/{self.id}/steps/{key}/", {**typed, **more}).status_code

    def finish(self, key: str) -> None:
        """Does a step and takes over what its answers change in the plan."""
        assert self.send(key) == 302
        assert self.state(key) == "done"
        self.done.append(key)
        with self.house.as_owner():
            proposals = list(PlanProposal.objects.filter(journey_id=self.id, state="open").values_list("id", flat=True))
        for proposal in proposals:
            self.member.post(f"/acme/journeys/{self.id}/do/", {"verb": "apply", "proposal": proposal})

    def until(self, last: str = "") -> "Deal":
        """Does the open steps in the order of the plan, up to and including one; all of them without a name."""
        while last not in self.done:
            with self.house.as_owner():
                found = Step.objects.filter(journey_id=self.id, state="ready").order_by("position").values_list("key", flat=True).first()
            if found is None:
                break
            self.finish(found)
        assert not last or last in self.done
        return self


@pytest.fixture
def large(house, signed_in) -> Deal:
    """A customer that needs everything, finds issues and is not content."""
    return Deal(house, signed_in, LARGE)


@pytest.fixture
def small(house, signed_in) -> Deal:
    """A customer that needs nothing special and is content."""
    return Deal(house, signed_in, SMALL)


def test_it_lints_clean_and_is_of_a_size_that_people_can_follow() -> None:
    assert lint(SOURCE, kinds=kind_rules()) == []
    assert len(list(PLAN.every_step())) == 40


def test_i1_a_small_customer_is_done_without_what_it_does_not_need(small) -> None:
    small.until()
    assert set(small.done) == {step.key for step in PLAN.every_step()} - CONDITIONAL
    assert small.journey().state == "closed"


def test_i1_a_large_customer_goes_through_every_step_and_the_log_proves_it(large) -> None:
    large.until()
    assert set(large.done) == {step.key for step in PLAN.every_step()}
    journey = large.journey()
    assert (journey.state, journey.steps_done) == ("closed", 40)
    assert None not in (journey.kicked_off_at, journey.first_value_at, journey.live_at, journey.ended_at)
    with large.house.as_owner():
        entries = AuditEntry.objects.filter(journey_id=large.id)
        assert entries.filter(verb="step.completed").count() == 40
        marks = ["journey.started", "journey.kickoff", "journey.first_value", "journey.go_live"]
        assert list(entries.filter(verb__in=marks).order_by("position").values_list("verb", flat=True)) == marks
    assert verify_organisation(large.house.organisation_id).findings == []


@pytest.mark.parametrize(
    ("changed", "steps"),
    [
        ({}, set()),
        ({"users": 51}, {"champions"}),
        ({"users": 249}, {"champions"}),
        ({"users": 250}, {"champions", *SECURITY}),
        ({"security_review": True}, SECURITY),
        ({"sso": True}, SIGN_ON),
        ({"has_data": True}, DATA),
        ({"priorities": ["time", "integrations"]}, {"integrations"}),
        ({"pains": ["adoption"]}, {"champions"}),
        ({"issues_found": True}, {"fix"}),
        ({"satisfaction": 3}, {"recovery"}),
    ],
)
def test_b1_each_answer_brings_its_own_steps_and_no_others(changed: dict[str, Any], steps: set[str]) -> None:
    plain = {
        "users": 50, "security_review": False, "sso": False, "has_data": False, "priorities": ["time"], "pains": ["manual"],
        "issues_found": False, "satisfaction": 4,
    }  # fmt: skip
    assert included_keys(PLAN, {**plain, **changed}) & CONDITIONAL == steps


def test_i1_customer_and_account_information_is_collected_needs_first_and_kept_with_who_said_it(large) -> None:
    assert large.planned(state="ready") == {"handover", "discovery"}
    large.until("technical")
    facts = large.facts()
    assert (facts["needs"], facts["goals"]) == ("Plan deliveries together", "Reports in one hour instead of one day")
    assert (facts["pains"], facts["priorities"]) == (["scattered", "adoption"], ["reports", "integrations"])
    assert (facts["legal_name"], facts["country"], facts["users"]) == ("Acme Ltd", "BD", 250)
    with large.house.as_owner():
        said = Fact.objects.get(journey_id=large.id, key="needs", superseded_at=None)
    assert (said.recorded_by_kind, said.recorded_by_name, said.step_id) == ("contact", "Lead acme", large.step("discovery").id)


def test_i1_nothing_is_recorded_of_a_form_with_a_required_answer_missing(large) -> None:
    large.finish("handover")
    assert large.send("discovery", f_goals="") == 422
    assert large.facts() == {}
    assert large.state("discovery") == "ready"


def test_i1_features_plans_and_prices_are_explained_chosen_and_accepted_word_for_word(large) -> None:
    large.until("options")
    assert large.outcome("options") == {"ticked": ["fit", "prices", "limits", "written"]}
    assert large.state("expectations") == "locked"
    large.finish("choose-plan")
    assert large.facts()["plan"] == "business"
    assert large.send("expectations", ticked=["read", "fees"]) == 422
    assert large.state("expectations") == "ready"
    large.finish("expectations")
    words = PLAN.step("expectations").settings["document"]["en"]
    accepted = {"statements": ["read", "fees", "part"], "language": "en", "sha256": hashlib.sha256(words.encode()).hexdigest()}
    assert large.outcome("expectations") == accepted
    with large.house.as_owner():
        entry = AuditEntry.objects.get(journey_id=large.id, verb="step.completed", object_id=large.step("expectations").id)
    assert accepted["sha256"] in entry.body
    assert accepted["sha256"] != hashlib.sha256(PLAN.step("expectations").settings["document"]["bn"].encode()).hexdigest()


def test_a2_the_account_opens_only_after_order_signatory_and_security_are_checked(large) -> None:
    large.until("security-papers")
    assert large.send("security-review", verb="refuse", remark="The penetration test is missing") == 302
    assert large.state("security-review") == "waiting"
    large.until("kickoff")
    assert large.facts()["renewal_on"] == "2027-03-01"
    assert large.outcome("order-check")["signatory"] == "A. Rahman, director"
    assert large.state("workspace") == "locked"
    large.finish("security-review")
    assert large.state("workspace") == "ready"


def test_i1_the_account_is_set_up_and_permissions_are_assigned_after_the_sign_on_and_the_list_of_users(large) -> None:
    large.until("workspace")
    assert large.outcome("workspace") == {"ticked": ["account", "licences", "look", "backup"]}
    with large.house.as_owner():
        kept = StoredFile.objects.get(step_id=large.step("users-list").id)
    assert (kept.name, kept.visibility) == ("users.csv", "shared")
    assert large.state("permissions") == "locked"
    large.finish("sso")
    large.finish("permissions")
    assert large.outcome("permissions") == {"ticked": ["admins", "roles", "invited", "ours"]}


def test_i1_documentation_guides_and_walkthroughs_are_in_the_customers_hands(large) -> None:
    large.until("permissions")
    guide = SimpleUploadedFile("guide for users.pdf", b"%PDF-1.4\n%%EOF\n")
    large.member.post(f"/acme/journeys/{large.id}/files/upload/", {"files": guide})
    large.finish("material")
    assert "guide for users.pdf" in large.customer.get(f"/p/{large.id}/files/").content.decode()
    assert large.send("first-sign-in", ticked=["in", "factor"]) == 422
    large.finish("first-sign-in")
    assert large.outcome("first-sign-in") == {"ticked": ["in", "factor", "guide"]}


def test_i1_the_demo_is_held_in_the_customers_own_account_and_training_joins_what_was_prepared(large) -> None:
    large.until("integrations")
    large.until("data-import")
    assert large.state("demo") == "locked"
    large.until("data-check")
    assert large.state("demo") == "ready"
    large.until("demo")
    assert large.outcome("demo") == {"ticked": ["cases", "questions", "recording"]}
    large.until("training")
    assert {"champions", "first-sign-in", "demo"} <= set(large.done)


def test_i1_the_system_is_tested_with_the_customer_and_issues_are_resolved_before_the_sign_off(large) -> None:
    large.until("training")
    assert "fix" not in large.planned()
    large.finish("try-out")
    assert large.outcome("try-out")["issues"] == ["Export is empty"]
    assert (large.state("fix"), large.state("sign-off")) == ("ready", "locked")
    large.finish("fix")
    assert large.state("go-live") == "locked"
    large.finish("sign-off")
    large.finish("go-live")
    assert large.journey().state == "live"


def test_b6_feedback_of_a_customer_who_is_not_content_brings_a_call_that_they_do_not_see(large) -> None:
    large.until("survey")
    assert large.step("survey").outcome["measures"] == {"csat": 3.0, "recommend": 6.0}
    assert (large.state("recovery"), large.state("month-one")) == ("ready", "locked")
    plan = large.customer.get(f"/p/{large.id}/plan/").content.decode()
    hidden = [step for step in PLAN.every_step() if step.visibility == "internal"]
    assert [step.key for step in hidden] == ["handover", "order-check", "recovery", "retrospective", "renewal"]
    assert [step.key for step in hidden if step.title["en"] in plan] == []
    assert [large.customer.get(f"/p/{large.id}/steps/{step.key}/").status_code for step in hidden] == [404] * 5


def test_i1_the_review_is_shared_and_the_renewal_is_due_ninety_days_before_the_term_ends(large) -> None:
    large.until("review")
    assert large.facts()["goal_reached"] == "partly"
    assert "One day, now two hours" in large.customer.get(f"/p/{large.id}/steps/review/").content.decode()
    renewal = large.step("renewal")
    assert (renewal.state, renewal.required, renewal.planned_on) == ("ready", False, date(2026, 12, 1))


def test_b1_b3_every_step_has_an_owner_of_its_side_and_a_day_and_customers_are_reminded() -> None:
    for step in PLAN.every_step():
        assert PLAN.roles[step.owner].side == step.side
        assert step.due is not None
        if step.side == "customer":
            assert step.minutes
            assert step.remind.after


def test_b3_go_live_is_planned_five_weeks_after_the_start(small) -> None:
    assert small.journey().planned_live_on == date(2026, 4, 7)  # 25 working days after 2 March, of which Good Friday is none


@pytest.mark.parametrize("language", ["en", "hi", "bn", "az", "ms", "mn"])
def test_l1_the_whole_plan_is_in_the_contacts_language(small, language: str) -> None:
    person = small.house.contact.person
    person.language = language
    person.save()
    page = small.customer.get(f"/p/{small.id}/plan/").content.decode()
    shared = [step for step in PLAN.every_step() if step.visibility == "shared" and step.when is None]
    assert [step.key for step in shared if step.title[language].replace("'", "&#x27;") not in page] == []
    if language != "en":
        assert [step.key for step in shared if step.title["en"].replace("'", "&#x27;") in page] == []
