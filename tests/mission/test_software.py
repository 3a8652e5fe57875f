"""The playbook of software makers: goals first, acceptance by criteria that were agreed, success measured by those goals."""

import hashlib
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import QueryDict
from django.utils import translation
from django.utils.datastructures import MultiValueDict

from boardwell.domain.audit.queries import entries_for_journey
from boardwell.domain.journeys.actions.go_live import go_live
from boardwell.domain.journeys.actions.record_facts import apply_proposal
from boardwell.domain.journeys.actions.skip_step import skip_step
from boardwell.domain.journeys.handle import handle_for
from boardwell.domain.journeys.kinds import kind_rules, registry
from boardwell.domain.journeys.models import Fact, Journey, PlanProposal, Step
from boardwell.domain.playbooks.actions.write_playbook import import_playbook
from boardwell.domain.playbooks.document import parse
from boardwell.domain.vault.models import StoredFile
from boardwell.kernel.errors import Conflict

SOURCE = (Path(__file__).resolve().parents[2] / "playbooks" / "software.yaml").read_text(encoding="utf-8")
PLAN = parse(SOURCE)
CONDITIONAL = {"server", "installation", "environment", "integration", "migration-data", "migration", "fix", "retest"}

HOSTED = {"hosting": "hosted", "integrations": "no", "migration": "no"}
EVERYTHING = {"hosting": "on_premises", "integrations": "yes", "migration": "yes"}
ANSWERS = {
    "needs": "Closing the month in one system", "goals": "The month is closed in three days", "measure": "Eight days, three wanted",
    "priorities": ["time", "reports"], "pains": ["manual"], "golive": "2027-03-01", "legal_name": "Acme Ltd", "country": "GB",
    "technical_email": "it@acme-customer.example", "channel": "phone", "training_form": "site", "users": "80", **HOSTED,
    "support_level": "extended", "callers": "Ann Lee, +44 117 496 0000", "csat": "5", "criteria": "all", "issues_found": "no",
    "recommend": "9", "figure": "Eight days, now three", "goal_reached": "full", "next": "Second site, Ann Lee, 1 June",
}  # fmt: skip


@pytest.fixture
def firm(house):
    with house.as_owner():
        import_playbook(SOURCE, kind_rules())
    house.journey_id = house.start(playbook_key="software")
    return house


def do(firm, key: str, *, verb: str = "complete", **answers: Any) -> None:
    """Fills the step's own screen in, as whoever it belongs to, and takes over what that changes in the plan."""
    plan = PLAN.step(key)
    assert plan is not None
    typed = QueryDict(mutable=True)
    typed["verb"] = verb
    typed["remark"] = answers.pop("remark", "")
    typed.setlist("ticked", [item["key"] for name in ("checklist", "statements") for item in plan.settings.get(name, [])])
    for field in plan.settings.get("fields", []):
        answer = answers.pop(field["key"], ANSWERS.get(field["key"], ""))
        typed.setlist("f_" + field["key"], answer if isinstance(answer, list) else [answer])
    assert not answers
    files: MultiValueDict[str, Any] = MultiValueDict()
    for item in plan.settings.get("files", []):
        if item.get("required", True):
            files.appendlist("file_" + item["key"], SimpleUploadedFile(f"{item['key']}.csv", b"name,role\nAnn,reader\n"))
    with firm.as_owner() if plan.side == "ours" else firm.as_contact():
        if plan.marks == "go_live":
            go_live(firm.journey_id)
        else:
            screen = registry.get(plan.kind).screen
            assert screen.submit(handle_for(firm.journey_id, key), typed, files).errors == {}
    with firm.as_owner():
        for proposal_id in PlanProposal.objects.filter(journey_id=firm.journey_id, state="open").values_list("id", flat=True):
            apply_proposal(proposal_id)


def run(firm, *, until: str = "", leave: Iterable[str] = (), **answers: Any) -> list[str]:
    """Does what is open, in the order of the days in the plan, until that step is next or nothing is left; the keys done."""
    done = []
    while True:
        with firm.as_owner():
            steps = Step.objects.filter(journey_id=firm.journey_id, state__in=("ready", "active")).exclude(key__in=leave)
            key = steps.order_by("due_at", "position").values_list("key", flat=True).first()
        if key is None or key == until:
            return done
        plan = PLAN.step(key)
        mine = {field["key"] for field in plan.settings.get("fields", [])} & answers.keys()
        do(firm, key, **{name: answers[name] for name in mine})
        done.append(key)


def plan_of(firm) -> set[str]:
    with firm.as_owner():
        return set(Step.objects.filter(journey_id=firm.journey_id).exclude(state="cancelled").values_list("key", flat=True))


def step(firm, key: str) -> Step:
    with firm.as_owner():
        return Step.objects.exclude(state="cancelled").get(journey_id=firm.journey_id, key=key)


def fact(firm, key: str) -> tuple[Any, str, str]:
    """Its value, which side said it, and in which step."""
    with firm.as_owner():
        found = Fact.objects.get(journey_id=firm.journey_id, key=key, superseded_at=None)
        return found.value, found.recorded_by_kind, Step.objects.get(pk=found.step_id).key


def test_b1_the_customer_is_asked_for_needs_and_goals_before_anything_else(firm) -> None:
    first = next(one for one in PLAN.every_step() if one.side == "customer")
    assert (first.key, first.needs) == ("discovery", ())
    do(firm, "discovery")
    assert {key: fact(firm, key) for key in ("needs", "pains", "priorities", "goals", "measure")} == {
        "needs": ("Closing the month in one system", "contact", "discovery"),
        "pains": (["manual"], "contact", "discovery"),
        "priorities": (["time", "reports"], "contact", "discovery"),
        "goals": ("The month is closed in three days", "contact", "discovery"),
        "measure": ("Eight days, three wanted", "contact", "discovery"),
    }


def test_i4_details_and_preferences_are_facts_that_shape_the_plan(firm) -> None:
    assert plan_of(firm) & CONDITIONAL == {"environment"}
    do(firm, "details", **EVERYTHING)
    assert fact(firm, "legal_name") == ("Acme Ltd", "contact", "details")
    assert fact(firm, "channel") == ("phone", "contact", "details")
    assert fact(firm, "training_form") == ("site", "contact", "details")
    assert plan_of(firm) & CONDITIONAL == {"server", "installation", "integration", "migration-data", "migration"}


@pytest.mark.parametrize(
    ("answers", "expected"),
    [
        ({}, {"environment"}),
        ({"hosting": "on_premises"}, {"server", "installation"}),
        ({"integrations": "yes"}, {"environment", "integration"}),
        ({"migration": "yes"}, {"environment", "migration-data", "migration"}),
    ],
)
def test_i4_only_what_the_customer_has_said_is_planned(firm, answers: dict[str, str], expected: set[str]) -> None:
    do(firm, "details", **answers)
    assert plan_of(firm) & CONDITIONAL == expected


def test_i4_a_priority_alone_brings_the_integration(firm) -> None:
    do(firm, "discovery", priorities=["integrations"])
    assert "integration" in plan_of(firm)


def test_i4_the_customer_chooses_the_support_level_after_it_was_explained(firm) -> None:
    do(firm, "discovery")
    with pytest.raises(Conflict):
        do(firm, "support-level")
    do(firm, "details")
    do(firm, "features")
    do(firm, "support-level", support_level="round_the_clock")
    assert fact(firm, "support_level") == ("round_the_clock", "contact", "support-level")


@pytest.mark.parametrize("language", ["en", "hi", "bn", "az", "ms", "mn"])
def test_i4_the_roadmap_is_accepted_in_the_words_that_were_shown(firm, language: str) -> None:
    run(firm, until="expectations", leave=("implementation-plan",))
    with translation.override(language):
        do(firm, "expectations")
    words = PLAN.step("expectations").settings["document"][language]
    assert step(firm, "expectations").outcome == {
        "word": "accepted",
        "answers": {
            "statements": ["read", "roadmap", "accept"], "language": language, "sha256": hashlib.sha256(words.encode()).hexdigest(),
        },
    }  # fmt: skip


def test_b3_set_up_begins_with_the_kick_off_and_that_when_all_is_agreed(firm) -> None:
    run(firm, until="plan-approval", leave=("users-list",))
    assert step(firm, "kickoff").state == "locked"
    do(firm, "plan-approval", verb="approve")
    assert step(firm, "kickoff").state == "ready"
    assert step(firm, "environment").state == "locked"
    do(firm, "kickoff")
    assert step(firm, "environment").state == "ready"
    with firm.as_owner():
        assert Journey.objects.get(pk=firm.journey_id).kicked_off_at is not None


def test_i4_on_own_servers_the_licences_wait_for_servers_and_installation(firm) -> None:
    run(firm, leave=("server", "migration-data"), **EVERYTHING)
    assert {key: step(firm, key).state for key in ("server", "installation", "licences")} == {
        "server": "ready", "installation": "locked", "licences": "locked",
    }  # fmt: skip
    do(firm, "server")
    do(firm, "installation")
    assert step(firm, "licences").state == "ready"
    run(firm, leave=("migration-data",))
    assert {key: step(firm, key).state for key in ("migration", "user-training", "system-test")} == dict.fromkeys(
        ("migration", "user-training", "system-test"), "locked"
    )
    do(firm, "migration-data")
    run(firm, until="system-test")
    assert step(firm, "migration").state == "done"
    with firm.as_owner():
        assert set(StoredFile.objects.filter(journey_id=firm.journey_id).values_list("name", flat=True)) == {"users.csv", "data.csv"}


def test_i4_the_customer_reads_of_the_knowledge_base_and_of_nothing_internal(firm, signed_in) -> None:
    run(firm, until="support-portal", leave=("configuration",))
    client = signed_in(firm.contact.person)
    page = client.get(f"/p/{firm.journey_id}/plan/").content.decode()
    assert PLAN.step("support-portal").title["en"] in page
    hidden = [one for one in PLAN.every_step() if one.visibility == "internal"]
    assert [one.key for one in hidden] == ["handover", "retrospective"]
    for one in hidden:
        assert one.title["en"] not in page
        assert client.get(f"/p/{firm.journey_id}/steps/{one.key}/").status_code == 404


def test_i4_what_the_test_finds_is_resolved_and_tested_again_before_acceptance(firm) -> None:
    run(firm, until="system-test")
    assert not plan_of(firm) & {"fix", "retest"}
    do(firm, "system-test", criteria="most", issues_found="yes", issues="Closing, 3 days, takes 4, grave\nLogo, blue, grey, light")
    assert step(firm, "system-test").outcome["answers"]["issues"] == ["Closing, 3 days, takes 4, grave", "Logo, blue, grey, light"]
    run(firm, until="retest")
    assert step(firm, "acceptance").state == "locked"
    do(firm, "retest", verb="refuse", remark="Closing takes four days still")
    assert (step(firm, "retest").state, step(firm, "retest").reason) == ("waiting", "Closing takes four days still")
    assert step(firm, "acceptance").state == "locked"
    do(firm, "retest", verb="approve")
    assert step(firm, "acceptance").state == "ready"


def test_i4_a_test_without_issues_leads_straight_to_acceptance(firm) -> None:
    run(firm, until="acceptance")
    assert not plan_of(firm) & {"fix", "retest"}
    assert step(firm, "acceptance").state == "ready"
    with firm.as_owner(), pytest.raises(Conflict):
        go_live(firm.journey_id)


def test_i4_acceptance_keeps_the_hash_and_opens_go_live(firm) -> None:
    run(firm, until="acceptance")
    do(firm, "acceptance")
    words = PLAN.step("acceptance").settings["document"]["en"]
    assert step(firm, "acceptance").outcome["answers"]["sha256"] == hashlib.sha256(words.encode()).hexdigest()
    do(firm, "cutover")
    do(firm, "go-live")
    with firm.as_owner():
        journey = Journey.objects.get(pk=firm.journey_id)
        assert journey.state == "live"
        assert journey.first_value_at <= journey.live_at


def test_b6_feedback_after_set_up_and_test_may_be_left_out_but_not_after_a_month(firm) -> None:
    assert {one.key: one.required for one in PLAN.every_step() if one.key.startswith("feedback-")} == {
        "feedback-setup": False, "feedback-test": False, "feedback-month": True,
    }  # fmt: skip
    run(firm, leave=("feedback-setup", "feedback-test"))
    assert step(firm, "retrospective").state == "locked"
    with firm.as_owner():
        skip_step(firm.journey_id, "feedback-setup", reason="No answer")
        skip_step(firm.journey_id, "feedback-test", reason="No answer")
    assert step(firm, "retrospective").state == "ready"


@pytest.mark.parametrize(
    ("answers", "steps"), [(HOSTED, 34 - 7), ({**EVERYTHING, "issues_found": "yes"}, 34 - 1)], ids=["hosted", "everything"]
)
def test_i4_from_first_question_to_review_of_success_and_closed(firm, answers: dict[str, str], steps: int) -> None:
    done = run(firm, **answers, goal_reached="partly", csat="4")
    assert len(done) == len(set(done)) == steps
    assert [fact(firm, key) for key in ("satisfaction_setup", "satisfaction_test", "satisfaction")] == [
        (4, "contact", "feedback-setup"), (4, "contact", "feedback-test"), (4, "contact", "feedback-month"),
    ]  # fmt: skip
    assert fact(firm, "goals") == ("The month is closed in three days", "contact", "discovery")
    assert fact(firm, "goal_reached") == ("partly", "member", "success-review")
    assert step(firm, "success-review").outcome["answers"]["figure"] == "Eight days, now three"
    with firm.as_owner():
        journey = Journey.objects.get(pk=firm.journey_id)
        assert (journey.state, journey.steps_done, journey.steps_total) == ("closed", steps, steps)
        timeline = [(line.verb, line.label) for line in entries_for_journey(firm.journey_id)][::-1]
    assert [label for verb, label in timeline if verb == "step.completed"] == done
    assert [verb for verb, _label in timeline if verb in {"journey.kickoff", "journey.first_value", "journey.go_live"}] == [
        "journey.kickoff", "journey.first_value", "journey.go_live",
    ]  # fmt: skip
