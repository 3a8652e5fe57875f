"""Rules at work: once for each event, all or nothing, in the name of their maker, within the guards, or not at all."""

from datetime import timedelta

import pytest
import time_machine
from django.db import DatabaseError, OperationalError, transaction

from boardwell.domain.audit.models import AuditEntry
from boardwell.domain.automations.actions import fire as firing_module
from boardwell.domain.automations.actions.fire import fire
from boardwell.domain.automations.actions.save_automation import save_automation
from boardwell.domain.automations.actions.switch_automation import remove_automation, switch_all, switch_automation
from boardwell.domain.automations.models import Automation, AutomationVersion, Firing
from boardwell.domain.automations.queries import automation_by_id, automation_list, firings_of
from boardwell.domain.automations.recipes import recipes
from boardwell.domain.automations.rehearse import rehearse
from boardwell.domain.automations.rules import MOST_DEPTH, MOST_FAILURES, MOST_OF_ONE, Clause, Deed, Rule
from boardwell.domain.automations.tasks import call
from boardwell.domain.automations.triggers import all_triggers
from boardwell.domain.conversations.models import Message
from boardwell.domain.journeys.actions.complete_step import complete_step
from boardwell.domain.journeys.actions.hold_step import block_step
from boardwell.domain.journeys.actions.record_facts import record_facts
from boardwell.domain.journeys.models import Fact, Journey, Step
from boardwell.domain.journeys.tasks import due_tick, tell_turned
from boardwell.domain.people.actions.change_member import change_member
from boardwell.domain.people.roles import actor_for_member
from boardwell.kernel import tenancy
from boardwell.kernel.clock import now
from boardwell.kernel.errors import Invalid, NotAllowed, NotFound
from boardwell.kernel.events import Heard, listeners_for
from boardwell.kernel.models import BackgroundTask, Mail, OutboxEvent
from boardwell.kernel.tasks.worker import run_until_idle

DONE = Rule("step_completed", (Clause("step.key", "is", "welcome"),), "", (Deed("note", text="{account}: {step} is done"),))


def rule_on(house, rule: Rule, name: str = "Rule") -> str:
    with house.as_owner():
        automation_id = save_automation("", name=name, rule=rule)
        switch_automation(automation_id, on=True)
    return automation_id


def states(house, automation_id: str) -> list[str]:
    with house.as_owner():
        return list(Firing.objects.filter(automation_id=automation_id).order_by("event_id").values_list("state", flat=True))


def notes(house) -> list[tuple[str, str, str]]:
    with house.as_owner():
        return list(Message.objects.order_by("id").values_list("author_kind", "visibility", "body"))


def test_a_rule_acts_once_for_an_event_that_fits_and_says_why_it_does_not(house) -> None:
    journey_id = house.start()
    automation_id = rule_on(house, DONE)
    run_until_idle()
    with house.as_owner():
        complete_step(journey_id, "welcome")
    run_until_idle()
    with house.as_contact():
        complete_step(journey_id, "needs")
    run_until_idle()
    assert notes(house) == [("automation", "internal", "Customer of acme: Welcome is done")]
    assert states(house, automation_id) == ["done", "unmatched"]
    with house.as_owner():
        lines, older = firings_of(automation_id)
        assert [(line.state, line.step_key, line.words) for line in lines] == [
            ("unmatched", "needs", "Not so: the step's key is welcome"), ("done", "welcome", ""),
        ]  # fmt: skip
        assert older == ""
        written = AuditEntry.objects.filter(verb="message.posted").get()
        assert (written.actor_kind, written.actor_id) == ("automation", automation_id)


def test_an_event_that_comes_again_is_not_acted_on_again(house) -> None:
    journey_id = house.start()
    automation_id = rule_on(house, DONE)
    with house.as_owner():
        complete_step(journey_id, "welcome")
    run_until_idle()
    event = OutboxEvent.objects.get(name="StepCompleted")
    with tenancy.acting_for(house.organisation_id), transaction.atomic():
        fire(Heard(event.pk, event.organisation_id, event.name, event.body, event.happened_at))
    assert states(house, automation_id) == ["done"]
    assert len(notes(house)) == 1


def test_an_event_whose_delivery_is_killed_leaves_nothing_and_is_acted_on_once_afterwards(house, monkeypatch) -> None:
    """The deeds, the firing and the event's settlement are one transaction: dying at its end takes all of them back."""
    journey_id = house.start()
    automation_id = rule_on(house, DONE)
    with house.as_owner():
        complete_step(journey_id, "welcome")
    from boardwell.kernel.tasks import rows, worker

    settle = rows.mark_delivered

    def die(ids: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(rows, "mark_delivered", die)
    with pytest.raises(KeyboardInterrupt):
        worker.Worker("dying").deliver_events()
    assert states(house, automation_id) == []
    assert notes(house) == []
    monkeypatch.setattr(rows, "mark_delivered", settle)
    run_until_idle()
    assert states(house, automation_id) == ["done"]
    assert len(notes(house)) == 1


def test_all_deeds_are_done_or_none_and_the_log_says_what_was_wrong(house) -> None:
    journey_id = house.start()
    rule = Rule("step_completed", (), "", (Deed("note", text="first"), Deed("resume")))
    automation_id = rule_on(house, rule)
    with house.as_owner():
        complete_step(journey_id, "welcome")
    run_until_idle()
    assert notes(house) == []
    with house.as_owner():
        failed = Firing.objects.get()
        assert (failed.state, failed.error, failed.deeds) == ("failed", "Only a paused onboarding can be resumed.", [])
        assert Automation.objects.get(pk=automation_id).failures == 1


def test_a_rule_that_fails_again_and_again_stops_itself_and_says_so(house) -> None:
    automation_id = rule_on(house, Rule("journey_started", (), "", (Deed("resume"),)))
    for _number in range(MOST_FAILURES + 1):
        house.start()
    run_until_idle()
    assert states(house, automation_id) == ["failed"] * MOST_FAILURES
    with house.as_owner():
        row = Automation.objects.get(pk=automation_id)
        assert (row.state, row.stopped_words) == ("stopped", "Only a paused onboarding can be resumed.")
        stopped = AuditEntry.objects.get(verb="automation.stopped")
        assert stopped.actor_kind == "system"
    with time_machine.travel(now().replace(hour=12)):
        from boardwell.listeners.notifications.notices import send_waiting

        send_waiting()
    mail = Mail.objects.get(purpose="notice")
    assert (mail.recipient, mail.subject) == ("owner@acme.example", "The automation “Rule” was switched off")
    with house.as_owner():
        switch_automation(automation_id, on=True)
        row.refresh_from_db()
        assert (row.state, row.failures, row.stopped_words) == ("on", 0, "")


def test_a_success_forgets_the_errors_before(house) -> None:
    automation_id = rule_on(house, Rule("step_completed", (), "", (Deed("set_fact", what="seats", value="12"),)))
    with house.as_owner():
        Automation.objects.filter(pk=automation_id).update(failures=MOST_FAILURES - 1)
    journey_id = house.start()
    with house.as_owner():
        complete_step(journey_id, "welcome")
    run_until_idle()
    with house.as_owner():
        assert Automation.objects.get(pk=automation_id).failures == 0
        fact = Fact.objects.get(journey_id=journey_id, key="seats")
        assert (fact.value, fact.recorded_by_kind, fact.recorded_by_name) == (12, "automation", "Rule")


def test_a_rule_may_do_what_its_maker_may_and_nothing_when_the_maker_has_left(house) -> None:
    maker = house.member("manager")
    with tenancy.acting_for(house.organisation_id, actor_for_member(maker)):
        automation_id = save_automation("", name="By a manager", rule=Rule("journey_started", (), "", (Deed("note", text="hello"),)))
        switch_automation(automation_id, on=True)
    house.start()
    run_until_idle()
    with house.as_owner():
        change_member(maker.id, role="viewer")
    house.start()
    run_until_idle()
    with house.as_owner():
        change_member(maker.id, active=False)
    house.start()
    run_until_idle()
    assert states(house, automation_id) == ["done", "failed", "failed"]
    assert len(notes(house)) == 1
    with house.as_owner():
        save_automation(automation_id, name="By a manager", rule=automation_by_id(automation_id).rule)
    house.start()
    run_until_idle()
    assert states(house, automation_id)[-1] == "done"


def test_rules_that_set_each_other_off_are_cut_and_the_log_says_so(house) -> None:
    """Each recorded fact sets the other rule off: after four in a row the guard stops it, however the numbers change."""
    up = rule_on(house, Rule("facts_changed", (), "facts.seats == 1", (Deed("set_fact", what="seats", value="2"),)), "Up")
    down = rule_on(house, Rule("facts_changed", (), "facts.seats == 2", (Deed("set_fact", what="seats", value="1"),)), "Down")
    journey_id = house.start()
    with house.as_owner():
        record_facts(journey_id, {"seats": 1})
    run_until_idle()
    with house.as_owner():
        acted = Firing.objects.filter(state="done").count()
        cut = Firing.objects.get(state="cut")
        assert (acted, cut.depth, cut.why) == (MOST_DEPTH, MOST_DEPTH, {"cut": "depth", "n": MOST_DEPTH})
        chain = [cut.caused_by]
        while chain[-1]:
            chain.append(Firing.objects.get(pk=chain[-1]).caused_by)
        assert len(chain) == MOST_DEPTH + 1
        lines, _older = firings_of(cut.automation_id)
        assert lines[0].words == "Stopped: automations had set each other off 4 times in a row."
        assert cut.automation_id == up
        assert Automation.objects.get(pk=down).failures == 0


def test_one_rule_acts_on_one_onboarding_so_often_an_hour_and_no_more(house) -> None:
    automation_id = rule_on(house, Rule("facts_changed", (), "", (Deed("note", text="changed"),)))
    journey_id, other = house.start(), house.start()
    for number in range(MOST_OF_ONE + 2):
        with house.as_owner():
            record_facts(journey_id, {"seats": number})
        run_until_idle()
    with house.as_owner():
        record_facts(other, {"seats": 1})
    run_until_idle()
    assert states(house, automation_id) == ["done"] * MOST_OF_ONE + ["cut", "cut", "done"]
    with time_machine.travel(now() + timedelta(hours=2), tick=True):
        with house.as_owner():
            record_facts(journey_id, {"seats": 999})
        run_until_idle()
    assert states(house, automation_id)[-1] == "done"


def test_a_rule_that_is_off_or_all_of_them_off_hears_nothing(house) -> None:
    automation_id = rule_on(house, Rule("journey_started", (), "", (Deed("note", text="hello"),)))
    with house.as_owner():
        switch_automation(automation_id, on=False)
    house.start()
    run_until_idle()
    with house.as_owner():
        switch_automation(automation_id, on=True)
        switch_all(on=False)
    house.start()
    run_until_idle()
    assert states(house, automation_id) == []
    with house.as_owner():
        switch_all(on=True)
    house.start()
    run_until_idle()
    assert states(house, automation_id) == ["done"]
    with house.as_owner():
        remove_automation(automation_id)
        with pytest.raises(NotFound):
            automation_by_id(automation_id)
        assert automation_list() == []
    house.start()
    run_until_idle()
    assert states(house, automation_id) == ["done"]


def test_a_saved_rule_is_a_new_version_and_the_old_one_stays(house) -> None:
    with house.as_owner():
        automation_id = save_automation("", name="Rule", rule=DONE)
        assert save_automation(automation_id, name="Rule", rule=DONE) == automation_id
        save_automation(automation_id, name="Rule", rule=Rule("journey_live", (), "", DONE.deeds))
        numbers = list(AutomationVersion.objects.order_by("number").values_list("number", "rule__trigger"))
        assert numbers == [(1, "step_completed"), (2, "journey_live")]
        assert Automation.objects.get().event == "JourneyWentLive"
        with pytest.raises(DatabaseError), transaction.atomic():
            AutomationVersion.objects.filter(number=1).update(number=7)


def test_what_is_wrong_with_a_rule_is_said_field_by_field_and_nothing_is_kept(house) -> None:
    rule = Rule(
        "journey_live", (Clause("facts.seats", "more", "many", "number"), Clause("nothing", "is", "x")), "step.colour == 1",
        (Deed("assign", who="owner"), Deed("notify", who="mem_nobody", text=""), Deed("webhook", what="http://inside")),
    )  # fmt: skip
    with house.as_owner():
        with pytest.raises(Invalid) as refused:
            save_automation("", name="", rule=rule)
        assert set(refused.value.fields) == {
            "name", "clause0_value", "clause1_subject", "expression", "deed0_do", "deed1_who", "deed1_text", "deed2_what",
        }  # fmt: skip
        assert not Automation.objects.exists()


def test_who_may_not_make_automations_makes_none(house) -> None:
    specialist = house.member("specialist")
    with tenancy.acting_for(house.organisation_id, actor_for_member(specialist)):
        assert automation_list() == []
        with pytest.raises(NotAllowed):
            save_automation("", name="Rule", rule=DONE)
        with pytest.raises(NotAllowed):
            switch_all(on=False)
    viewer = house.member("viewer")
    with tenancy.acting_for(house.organisation_id, actor_for_member(viewer)), pytest.raises(NotAllowed):
        automation_list()


def test_trying_out_shows_what_would_have_been_done_with_the_facts_of_then_and_does_nothing(house) -> None:
    journey_id = house.start(facts={"seats": 60})
    with house.as_owner():
        complete_step(journey_id, "welcome")
        run_until_idle()
        record_facts(journey_id, {"seats": 5})
        run_until_idle()
        before = (AuditEntry.objects.count(), OutboxEvent.objects.count(), BackgroundTask.objects.count(), Message.objects.count())
        tried = rehearse(Rule("step_completed", (Clause("facts.seats", "more", "50", "number"),), "", (Deed("note", text="big"),)), days=7)
        assert [(line.step_key, line.deeds, line.why) for line in tried.lines] == [("welcome", ("leave an internal note",), "")]
        assert tried.acted == 1
        tried = rehearse(
            Rule("step_completed", (Clause("facts.seats", "less", "50", "number"),), "", (Deed("note", text="small"),)), days=7
        )
        assert [(line.deeds, line.why) for line in tried.lines] == [((), "Not so: Seats is less than 50")]
        after = (AuditEntry.objects.count(), OutboxEvent.objects.count(), BackgroundTask.objects.count(), Message.objects.count())
        assert after == before
        assert not Firing.objects.exists()


def test_a_message_to_the_customer_carries_the_name_of_the_house_not_of_the_rule(house) -> None:
    rule_on(house, Rule("journey_started", (), "", (Deed("message", text="Welcome, {account}."),)), "Secret VIP rule")
    house.start()
    run_until_idle()
    with house.as_contact():
        message = Message.objects.get()
        assert (message.author_name, message.body) == ("House acme", "Welcome, Customer of acme.")


def test_each_deed_does_its_verb(house) -> None:
    helper = house.member("specialist")
    deeds = (
        Deed("assign", who=helper.id), Deed("add_step", text="Call {account}", who="customer", value="3"),
        Deed("move_due", value="2", text="More time"), Deed("notify", who="role:owner", text="Look at {step}"),
    )  # fmt: skip
    automation_id = rule_on(house, Rule("step_blocked", (), "", deeds))
    with time_machine.travel("2026-03-02T10:00:00Z", tick=True):
        journey_id = house.start()
        with house.as_owner():
            block_step(journey_id, "welcome", reason="No access")
        run_until_idle()
    assert states(house, automation_id) == ["done"]
    with house.as_owner():
        step = Step.objects.get(journey_id=journey_id, key="welcome")
        assert (step.member_id, step.planned_on.isoformat()) == (helper.id, "2026-03-05")
        added = Step.objects.get(journey_id=journey_id, key__startswith="added-")
        assert (added.contact_id, added.planned_on.isoformat(), added.texts["title"]) == (
            house.contact.id, "2026-03-05", {"en": "Call Customer of acme"},
        )  # fmt: skip
    mail = Mail.objects.get(purpose="notice")
    assert (mail.recipient, mail.subject) == ("owner@acme.example", "Customer of acme: Rule")
    assert "Look at Welcome" in mail.text


def test_an_onboarding_is_paused_and_another_one_started(house) -> None:
    rule_on(house, Rule("step_completed", (), "", (Deed("start", what="small"), Deed("pause", text="The next one begins"))))
    journey_id = house.start()
    with house.as_owner():
        complete_step(journey_id, "welcome")
    run_until_idle()
    with house.as_owner():
        assert Journey.objects.get(pk=journey_id).state == "paused"
        second = Journey.objects.get(source="automation")
        assert (second.account_id, second.owner_id, second.state) == (house.account_id, house.owner.id, "active")


def test_lateness_and_a_turn_of_health_are_events_once_each(house) -> None:
    overdue = rule_on(house, Rule("step_overdue", (), "", (Deed("note", text="late"),)))
    turned = rule_on(house, Rule("health_turned", (Clause("event.after", "is", "at_risk"),), "", (Deed("note", text="turned"),)))
    with time_machine.travel("2026-03-02T10:00:00Z", tick=True):
        house.start()
        run_until_idle()
    with time_machine.travel("2026-03-06T10:00:00Z", tick=True):
        for _again in range(2):
            due_tick()
            tell_turned()
            run_until_idle()
    assert states(house, overdue) == ["done"]
    assert states(house, turned) == ["done"]
    with house.as_owner():
        assert Journey.objects.get().health_told == "at_risk"


def test_an_address_outside_is_called_after_the_commit_signed_and_never_inside(house, monkeypatch) -> None:
    calls: list[tuple[str, str, dict[str, str]]] = []

    class Answer:
        status_code = 204

    def post(self: object, url: str, data: str, headers: dict[str, str]) -> Answer:
        calls.append((url, data, headers))
        return Answer()

    monkeypatch.setattr("boardwell.domain.automations.tasks.Gateway.post", post)
    automation_id = rule_on(house, Rule("journey_started", (), "", (Deed("webhook", what="https://crm.example/hook"),)))
    journey_id = house.start()
    run_until_idle()
    with house.as_owner():
        firing = Firing.objects.get(automation_id=automation_id)
        assert firing.deeds == [{"do": "webhook", "url": "https://crm.example/hook", "answer": 204}]
        ((url, body, headers),) = calls
        assert (url, headers["webhook-id"]) == ("https://crm.example/hook", f"{firing.id}.0")
        assert f'"journey": "{journey_id}"' in body
        assert headers["webhook-signature"].startswith("v1,")
        call.func(firing.id)
    assert len(calls) == 1  # it has answered


def test_an_address_that_leads_inside_is_refused_and_written_down(house) -> None:
    automation_id = rule_on(house, Rule("journey_started", (), "", (Deed("webhook", what="https://localhost/hook"),)))
    house.start()
    run_until_idle()
    with house.as_owner():
        firing = Firing.objects.get(automation_id=automation_id)
        assert (firing.state, firing.error) == ("failed", "https://localhost/hook: localhost leads inside")
        assert BackgroundTask.objects.filter(function__endswith="automations.tasks.call", state="done").count() == 1


def test_every_recipe_can_be_saved_but_for_the_address_that_only_you_know(house) -> None:
    with house.as_owner():
        for recipe in recipes():
            rule = recipe.rule
            if recipe.key == "crm":
                rule = Rule(rule.trigger, rule.clauses, "", (Deed("webhook", what="https://crm.example/"),))
            save_automation("", name=recipe.name, rule=rule)
        assert [view.sentence for view in automation_list() if view.row.name == "What is blocked goes to the owner"] == [
            "When a step is blocked, then give the step to whoever owns the onboarding and write to everybody who is: Manager."
        ]
        assert len(automation_list()) == 6


def test_the_catalogue_is_heard_whole_also_what_capabilities_add() -> None:
    keys = {trigger.key for trigger in all_triggers()}
    assert {"meeting_missed", "step_overdue", "health_turned", "file_uploaded", "journey_live"} <= keys
    for trigger in all_triggers():
        labels = [label for label, _listener in listeners_for(trigger.event.__name__)]
        assert labels.count("automations.hear") == 1, trigger.key


def test_rules_of_another_house_hear_nothing_and_are_not_found(house, other) -> None:
    automation_id = rule_on(other, Rule("journey_started", (), "", (Deed("note", text="hello"),)))
    house.start()
    run_until_idle()
    assert states(other, automation_id) == []
    with house.as_owner(), pytest.raises(NotFound):
        automation_by_id(automation_id)


def test_a_fault_of_the_database_is_no_error_of_the_rule(house, monkeypatch) -> None:
    automation_id = rule_on(house, DONE)
    journey_id = house.start()
    with house.as_owner():
        complete_step(journey_id, "welcome")

    def locked(*_more: object) -> None:
        raise OperationalError("database is locked")

    kind = firing_module.KINDS["note"]
    monkeypatch.setattr(kind.__class__, "run", property(lambda _self: locked, lambda *_more: None), raising=False)
    with pytest.raises(OperationalError), tenancy.acting_for(house.organisation_id), transaction.atomic():
        event = OutboxEvent.objects.get(name="StepCompleted")
        fire(Heard(event.pk, event.organisation_id, event.name, event.body, event.happened_at))
    assert states(house, automation_id) == []
