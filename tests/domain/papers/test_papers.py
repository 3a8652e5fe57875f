"""Papers: written from the plan without anything internal, frozen when sent, accepted by name, scheduled once."""

from datetime import UTC, date, datetime

import pytest
import time_machine

from boardwell.domain.audit.models import AuditEntry
from boardwell.domain.journeys.actions.complete_step import complete_step
from boardwell.domain.journeys.actions.pause_journey import pause_journey
from boardwell.domain.journeys.actions.reschedule_step import reschedule_step
from boardwell.domain.journeys.duedates import WorkingTime
from boardwell.domain.journeys.models import Journey, Step
from boardwell.domain.papers.actions.accept_paper import accept_paper
from boardwell.domain.papers.actions.schedule_reports import schedule_reports
from boardwell.domain.papers.actions.write_paper import discard_paper, draft_paper, save_paper, send_paper
from boardwell.domain.papers.composing import Line, Material, status_report
from boardwell.domain.papers.models import Paper, ReportSchedule
from boardwell.domain.papers.queries import changes_between, paper_by_id, papers_of, version_before
from boardwell.domain.papers.tasks import write_due
from boardwell.kernel.errors import Conflict, Invalid, NotAllowed, NotFound
from boardwell.kernel.models import Mail
from boardwell.kernel.tasks.worker import run_until_idle

pytestmark = pytest.mark.django_db(transaction=True)
MONDAY = datetime(2026, 11, 23, 9, tzinfo=UTC)


def sections_of(journey_id: str, paper_id: str) -> dict[str, str]:
    return {section.key: section.text for section in paper_by_id(journey_id, paper_id).sections}


def test_a_report_says_what_is_done_late_asked_and_next_and_nothing_internal(house) -> None:
    with time_machine.travel(MONDAY, tick=False):
        journey_id = house.start(facts={"seats": 80})
    with time_machine.travel(datetime(2026, 11, 27, 9, tzinfo=UTC), tick=False), house.as_owner():
        Step.objects.filter(journey_id=journey_id, key="signoff").update(visibility="internal")
        complete_step(journey_id, "welcome")
        found = sections_of(journey_id, draft_paper(journey_id, "status_report"))
    assert found == {
        "summary": "1 of 4 steps done. Go-live is planned for 4 December 2026.",
        "done": "- Welcome (27 November 2026)",
        "late": "- Needs: 1 working day late, with Lead acme",
        "asks": "- Needs (Lead acme, 26 November 2026)",
        "next": "- Training (Owner acme, 1 December 2026)\n- Live (Owner acme, 4 December 2026)",
    }


def test_the_summary_says_by_how_many_working_days_go_live_has_moved() -> None:
    lines = (Line(title="One", stage="", side="ours", who="We", is_open=True, is_done=False, planned_on=date(2026, 12, 4), done_on=None),)
    words = {}
    for live_on in (date(2026, 12, 4), date(2026, 12, 8), date(2026, 12, 3)):
        seen = Material(
            us="We", account_name="They", owner_name="Anna", support_email="", summary="", kickoff_on=date(2026, 11, 23), live_on=live_on,
            first_agreed_on=date(2026, 12, 4), is_live=False, lines=lines, time=WorkingTime(),
        )  # fmt: skip
        words[live_on.day] = (
            status_report(seen, date(2026, 11, 20), date(2026, 11, 23))["summary"].partition(" done. ")[2].partition(". ")[2]
        )
    assert words == {
        4: "",
        8: "That is 2 working days later than first planned (4 December 2026).",
        3: "That is 1 working day earlier than first planned (4 December 2026).",
    }


def test_a_paper_is_written_in_the_language_of_the_account(house) -> None:
    with house.as_owner():
        journey_id = house.start()
        Journey.objects.get(pk=journey_id).account.__class__.objects.filter(pk=house.account_id).update(language="mn")
        seen = paper_by_id(journey_id, draft_paper(journey_id, "status_report"))
    assert (seen.language, seen.title != "Status report") == ("mn", True)


def test_what_was_sent_is_kept_as_it_was_and_a_new_one_has_the_next_number(house) -> None:
    journey_id = house.start()
    with house.as_owner():
        first = draft_paper(journey_id, "status_report")
        assert draft_paper(journey_id, "status_report") == first
        with pytest.raises(Invalid):
            send_paper(first, {}, revision=1)
        send_paper(first, {"summary": "All is well."}, revision=1)
        with pytest.raises(Conflict):
            save_paper(first, {"summary": "Other words"}, revision=3)
        with pytest.raises(Conflict):
            discard_paper(first)
        second = draft_paper(journey_id, "status_report")
        assert [(paper.number, paper.state) for paper in papers_of(journey_id)] == [(2, "draft"), (1, "sent")]
        assert sections_of(journey_id, first)["summary"] == "All is well."
        verbs = list(AuditEntry.objects.filter(object_kind="paper").order_by("position").values_list("verb", flat=True))
    assert verbs == ["paper.drafted", "paper.changed", "paper.sent", "paper.drafted"]
    run_until_idle()
    with house.as_owner():
        assert Mail.objects.filter(purpose="paper").count() == 0  # nobody at the customer was invited yet
    with house.as_contact():
        assert [paper.id for paper in papers_of(journey_id)] == [first]
        with pytest.raises(NotFound):
            paper_by_id(journey_id, second)
        with pytest.raises(NotAllowed):
            draft_paper(journey_id, "status_report")


def test_two_who_edit_one_draft_do_not_overwrite_each_other(house) -> None:
    journey_id = house.start()
    with house.as_owner():
        paper_id = draft_paper(journey_id, "status_report")
        save_paper(paper_id, {"summary": "Mine"}, revision=1)
        with pytest.raises(Conflict):
            save_paper(paper_id, {"summary": "Theirs"}, revision=1)
        assert sections_of(journey_id, paper_id)["summary"] == "Mine"


def test_a_sheet_is_accepted_by_name_once_and_the_next_version_shows_its_changes(house) -> None:
    journey_id = house.start()
    with house.as_owner():
        first = draft_paper(journey_id, "expectation_sheet")
        send_paper(first, {"support": "- Answer in a day\n- By mail"}, revision=1)
    with house.as_contact():
        with pytest.raises(Invalid) as refused:
            accept_paper(journey_id, first, name=" ")
        assert refused.value.fields == {"name": ["Type your full name."]}
        accept_paper(journey_id, first, name="Sarnai Dorj")
        accept_paper(journey_id, first, name="Somebody Else")
        assert (paper_by_id(journey_id, first).state, paper_by_id(journey_id, first).accepted_name) == ("accepted", "Sarnai Dorj")
    with house.as_owner():
        entry = AuditEntry.objects.get(verb="paper.accepted")
        assert entry.object_id == first
        second = draft_paper(journey_id, "expectation_sheet")
        assert sections_of(journey_id, second)["support"] == "- Answer in a day\n- By mail"
        send_paper(second, {"support": "- Answer in four hours\n- By mail"}, revision=1)
        seen = paper_by_id(journey_id, second)
        before = version_before(seen)
        assert before is not None
        assert changes_between(before, seen) == [
            ("Support", [("-", "- Answer in a day"), ("+", "- Answer in four hours"), (" ", "- By mail")])
        ]
        third = draft_paper(journey_id, "expectation_sheet")
        send_paper(third, {"support": "x"}, revision=1)
    with house.as_contact(), pytest.raises(Conflict):
        accept_paper(journey_id, second, name="Sarnai Dorj")


def test_another_organisation_finds_no_paper(house, other) -> None:
    journey_id = house.start()
    with house.as_owner():
        paper_id = draft_paper(journey_id, "expectation_sheet")
        send_paper(paper_id, {"support": "x"}, revision=1)
    for act in (lambda: paper_by_id(journey_id, paper_id), lambda: save_paper(paper_id, {}, revision=2), lambda: discard_paper(paper_id)):
        with other.as_owner(), pytest.raises(NotFound):
            act()
    with other.as_contact(), pytest.raises(NotFound):
        accept_paper(journey_id, paper_id, name="Mallory")
    with house.as_owner():
        assert Paper.objects.get(pk=paper_id).state == "sent"


@pytest.mark.parametrize("by_itself", [False, True])
def test_a_scheduled_report_is_written_once_on_its_morning(house, by_itself: bool) -> None:
    with time_machine.travel(MONDAY, tick=False):
        journey_id = house.start()
        with house.as_owner():
            with pytest.raises(Invalid):
                schedule_reports(journey_id, every="week", first_on=date(2026, 11, 23), by_itself=by_itself)
            schedule_reports(journey_id, every="week", first_on=date(2026, 11, 25), by_itself=by_itself)
    states = {}
    for moment in (
        datetime(2026, 11, 25, 7, 30, tzinfo=UTC),
        datetime(2026, 11, 25, 8, 30, tzinfo=UTC),
        datetime(2026, 11, 25, 9, tzinfo=UTC),
    ):
        with time_machine.travel(moment, tick=False):
            write_due()
            with house.as_owner():
                states[moment.strftime("%H:%M")] = list(Paper.objects.values_list("state", flat=True))
    written = "sent" if by_itself else "draft"
    assert states == {"07:30": [], "08:30": [written], "09:00": [written]}
    with house.as_owner():
        assert ReportSchedule.objects.get().next_on == date(2026, 12, 2)


def test_a_paused_onboarding_is_reported_after_it_runs_again(house) -> None:
    with time_machine.travel(MONDAY, tick=False):
        journey_id = house.start()
        with house.as_owner():
            schedule_reports(journey_id, every="week", first_on=date(2026, 11, 24), by_itself=True)
            pause_journey(journey_id, reason="Their move to a new office")
    with time_machine.travel(datetime(2026, 11, 26, 9, tzinfo=UTC), tick=False):
        write_due()
        with house.as_owner():
            assert not Paper.objects.exists()
            assert ReportSchedule.objects.get().next_on == date(2026, 11, 24)


def test_the_pages_write_send_and_accept(house, signed_in) -> None:
    journey_id = house.start()
    team, customer = signed_in(house.owner.person), signed_in(house.contact.person)
    base = f"/acme/journeys/{journey_id}/papers/"
    assert "Nothing was written yet" in team.get(base).content.decode()
    path = team.post(f"{base}write/", {"kind": "expectation_sheet"}).headers["Location"]
    words = {"support": "We answer in **four hours**.", "revision": "1"}
    lost = team.post(path, {**words, "revision": "9", "verb": "save"})
    assert (lost.status_code, "We answer in **four hours**." in lost.content.decode()) == (422, True)
    assert team.post(path, {**words, "verb": "send"}).status_code == 302
    theirs = path.replace(f"/acme/journeys/{journey_id}", f"/p/{journey_id}")
    assert "Please accept" in customer.get(f"/p/{journey_id}/plan/").content.decode()
    assert "<strong>four hours</strong>" in customer.get(theirs).content.decode()
    assert customer.post(theirs, {"name": ""}).status_code == 422
    assert customer.post(theirs, {"name": "Sarnai Dorj"}).status_code == 302
    assert "accepted by Sarnai Dorj" in team.get(base).content.decode()
    for client, address in ((team, path), (customer, theirs)):
        answer = client.get(f"{address}pdf/")
        assert (answer.headers["Content-Type"], answer.content[:5]) == ("application/pdf", b"%PDF-")
    late = team.post(f"{base}write/", {"verb": "schedule", "every": "week", "first_on": "2020-01-01"})
    assert (late.status_code, "Choose a day from tomorrow on." in late.content.decode()) == (422, True)


def test_a_moved_plan_is_seen_in_the_next_report(house) -> None:
    with time_machine.travel(MONDAY, tick=False):
        journey_id = house.start()
        with house.as_owner():
            reschedule_step(journey_id, "live", due_on=date(2026, 12, 18), reason="Their wish")
            found = sections_of(journey_id, draft_paper(journey_id, "status_report"))
    assert "18 December 2026" in found["summary"]


def test_the_customers_home_says_that_a_sheet_waits_until_it_is_accepted(house, signed_in) -> None:
    journey_id = house.start()
    with house.as_owner():
        draft_paper(journey_id, "expectation_sheet")
    client, home = signed_in(house.contact.person), f"/p/{journey_id}/"
    words = "Please read it and accept it by name."
    assert words not in client.get(home).content.decode(), "a draft is not shown"
    with house.as_owner():
        paper = next(one for one in papers_of(journey_id) if one.kind == "expectation_sheet")
        send_paper(paper.id, sections_of(journey_id, paper.id), revision=paper.revision)
    body = client.get(home).content.decode()
    assert words in body
    assert f'href="/p/{journey_id}/papers/{paper.id}/"' in body
    with house.as_contact():
        accept_paper(journey_id, paper.id, name="Lead acme")
    assert words not in client.get(home).content.decode()


def test_the_onboarding_says_when_its_next_report_is_written(house, signed_in) -> None:
    journey_id = house.start()
    with house.as_owner():
        schedule_reports(journey_id, every="week", first_on=date(2099, 1, 5), by_itself=False)
    assert (
        "The next status report is written on"
        in signed_in(house.owner.person).get(f"/{house.slug}/journeys/{journey_id}/").content.decode()
    )
