"""The playbook of consultants: what is agreed is accepted, and only what is needed is asked for."""

from pathlib import Path

from boardwell.domain.journeys.actions.complete_step import complete_step
from boardwell.domain.journeys.actions.record_facts import apply_proposal
from boardwell.domain.journeys.kinds import kind_rules
from boardwell.domain.journeys.models import Journey, PlanProposal, Step
from boardwell.domain.journeys.orders import Outcome
from boardwell.domain.journeys.queries.compliance import RequiredFilters, tallies
from boardwell.domain.papers.actions.write_paper import draft_paper, send_paper
from boardwell.domain.papers.queries import paper_by_id
from boardwell.domain.playbooks.actions.write_playbook import import_playbook
from boardwell.domain.playbooks.problems import lint

SOURCE = (Path(__file__).resolve().parents[2] / "playbooks" / "consulting.yaml").read_text(encoding="utf-8")
CONDITIONAL = {"nda", "access", "interviews", "change-request"}
OPEN = ("ready", "active", "waiting")


def drive(house, **facts: object) -> set[str]:
    """Runs a whole engagement to go-live, accepting every proposed change; the keys of the steps that were done."""
    with house.as_owner():
        import_playbook(SOURCE, kind_rules())
    journey_id = house.start(playbook_key="consulting")
    recorded = {"discovery": {key: value for key, value in facts.items() if key != "change"}, "comments": {"change": facts["change"]}}
    with house.as_owner():
        while Journey.objects.get(pk=journey_id).live_at is None:
            key = Step.objects.filter(journey_id=journey_id, state__in=OPEN).order_by("due_at").values_list("key", flat=True)[0]
            complete_step(journey_id, key, Outcome(facts=recorded.get(key, {})))
            for proposal in PlanProposal.objects.filter(journey_id=journey_id, state="open"):
                apply_proposal(proposal.id)
        return set(Step.objects.filter(journey_id=journey_id, state="done").values_list("key", flat=True))


def test_it_lints_clean() -> None:
    assert lint(SOURCE, kinds=kind_rules()) == []


def test_i3_a_small_engagement_goes_live_without_what_it_does_not_need(house) -> None:
    done = drive(house, stakeholders=5, confidential=False, systems=False, change=False)
    assert not done & CONDITIONAL
    assert {"sow", "kickoff", "plan", "progress", "acceptance", "go-live"} <= done


def test_i3_a_large_one_with_a_change_has_every_step_before_acceptance(house) -> None:
    assert drive(house, stakeholders=6, confidential=True, systems=True, change=True) >= {*CONDITIONAL, "acceptance", "go-live"}


def test_i3_progress_is_reported_to_the_customer_and_seen_on_the_teams_dashboards(house, signed_in) -> None:
    with house.as_owner():
        import_playbook(SOURCE, kind_rules())
    journey_id = house.start(playbook_key="consulting", title="Engagement")
    with house.as_owner():
        first = Step.objects.filter(journey_id=journey_id, state__in=OPEN).order_by("position").values_list("key", flat=True)[0]
        complete_step(journey_id, first)
        paper_id = draft_paper(journey_id, "status_report")
        report = paper_by_id(journey_id, paper_id)
        send_paper(paper_id, {section.key: section.text for section in report.sections}, revision=report.revision)
    portal = signed_in(house.contact.person).get(f"/p/{journey_id}/papers/{paper_id}/")
    assert portal.status_code == 200
    client = signed_in(house.owner.person)
    assert "Consulting engagement" in client.get(f"/{house.slug}/compliance/?playbook_key=consulting").content.decode()
    with house.as_owner():
        required = Step.objects.filter(journey_id=journey_id, required=True).exclude(state="cancelled")
        (tally,) = tallies(RequiredFilters(playbook_key="consulting"))
        assert (tally.required, tally.done) == (required.count(), required.filter(state="done").count())
