"""The rules of health are the organisation's to change: pure, previewed, kept, audited, and in force at the next step."""

from datetime import date

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from boardwell.domain.audit.models import AuditEntry
from boardwell.domain.journeys.actions import change_health_rules as change_health_rules_module
from boardwell.domain.journeys.actions.change_health_rules import change_health_rules, health_rules, judge_batch, preview_health_rules
from boardwell.domain.journeys.actions.complete_step import complete_step
from boardwell.domain.journeys.actions.record_facts import record_facts
from boardwell.domain.journeys.health import SHIPPED, HealthInput, Rule, health_of, kept_from, rules_from
from boardwell.domain.journeys.kinds import kind_rules
from boardwell.domain.journeys.models import Journey
from boardwell.domain.journeys.queries.reasons import reasons_in_words
from boardwell.domain.journeys.tasks import judge_some
from boardwell.domain.organisations.models import Organisation
from boardwell.domain.playbooks.actions.write_playbook import import_playbook
from boardwell.kernel.errors import Invalid, NotAllowed
from boardwell.kernel.tasks.worker import run_until_idle
from tests.conftest import SMALL

TODAY = date(2026, 5, 1)
LATE = HealthInput(today=TODAY, overdue_steps=2)
STRICT = {"overdue_many": Rule(True, "off_track", 2)}
LAX = {"overdue_many": Rule(False, "off_track", 3), "overdue": Rule(True, "at_risk", 5)}


@pytest.mark.parametrize(
    ("said", "word"), [({}, "at_risk"), (STRICT, "off_track"), (LAX, "on_track"), ({"overdue": Rule(False, "at_risk", 1)}, "on_track")]
)
def test_a_rule_has_a_switch_a_threshold_and_a_severity(said: dict[str, Rule], word: str) -> None:
    found, reasons = health_of(LATE, rules_from(kept_from({**SHIPPED, **said})))
    assert found == word
    assert reasons == ([] if word == "on_track" else [{"code": "overdue", "steps": 2}])


def test_the_worst_reason_comes_first_whatever_the_order_of_the_rules() -> None:
    rules = rules_from(kept_from({**SHIPPED, "silent": Rule(True, "off_track", 3), "no_owner": Rule(True, "at_risk")}))
    seen = HealthInput(today=TODAY, has_owner=False, waiting_side="customer", waiting_days=4)
    assert health_of(seen, rules) == ("off_track", [{"code": "silent", "days": 4}, {"code": "no_owner"}])


def test_only_what_differs_from_the_shipped_rules_is_kept() -> None:
    assert kept_from(SHIPPED) == ""
    assert rules_from("") is SHIPPED
    assert rules_from(kept_from({**SHIPPED, **STRICT}))["overdue_many"] == Rule(True, "off_track", 2)


def test_a_change_is_previewed_then_made_and_every_running_onboarding_is_judged_anew(house, other) -> None:
    late, fine, foreign = house.start(), house.start(), other.start()
    for place, journey_id in ((house, late), (other, foreign)):
        with place.as_owner():
            Journey.objects.filter(pk=journey_id).update(
                overdue_steps=2, health="at_risk", health_reasons=[{"code": "overdue", "steps": 2}]
            )
    with house.as_owner():
        seen = preview_health_rules(STRICT)
        assert (seen.total, seen.changed, seen.moves) == (2, 1, (("at_risk", "off_track", 1),))
        assert dict(seen.counts) == {"off_track": 1, "on_track": 1}
        assert Organisation.objects.get(pk=house.organisation_id).health_rules == ""
        change_health_rules(STRICT)
        change_health_rules(STRICT)
        assert AuditEntry.objects.filter(verb="health_rules.changed").count() == 1
    run_until_idle()
    with house.as_owner():
        assert dict(Journey.objects.values_list("id", "health")) == {late: "off_track", fine: "on_track"}
        assert health_rules()["overdue_many"] == Rule(True, "off_track", 2)
    with other.as_owner():
        assert Journey.objects.get(pk=foreign).health == "at_risk"


def test_a_completed_step_is_judged_by_the_organisations_rules_in_as_many_statements(house) -> None:
    first, second = house.start(), house.start()
    with house.as_owner():
        Journey.objects.update(overdue_steps=2)
        with CaptureQueriesContext(connection) as shipped:
            complete_step(first, "welcome")
        change_health_rules(STRICT)
        with CaptureQueriesContext(connection) as own:
            complete_step(second, "welcome")
        assert dict(Journey.objects.values_list("id", "health")) == {first: "at_risk", second: "off_track"}
    assert len(own) == len(shipped)


@pytest.mark.parametrize(
    ("wanted", "field"),
    [
        ({"silent": Rule(True, "at_risk", 0)}, "silent_threshold"),
        ({"silent": Rule(True, "at_risk", 366)}, "silent_threshold"),
        ({"paused": Rule(True, "dreadful")}, "paused_severity"),
    ],
)
def test_an_impossible_rule_is_refused_by_name_and_nothing_changes(house, wanted: dict[str, Rule], field: str) -> None:
    with house.as_owner():
        for act in (preview_health_rules, change_health_rules):
            with pytest.raises(Invalid) as refused:
                act(wanted)
            assert list(refused.value.fields) == [field]
        assert AuditEntry.objects.filter(verb="health_rules.changed").count() == 0
        assert health_rules() is SHIPPED


def test_the_page_shows_what_would_change_keeps_what_was_typed_and_is_for_whoever_manages(house, signed_in) -> None:
    client, path = signed_in(house.owner.person), f"/{house.slug}/settings/health/"
    late = house.start()
    with house.as_owner():
        Journey.objects.filter(pk=late).update(overdue_steps=2, health="at_risk")
    form = {f"{name}_on": "1" for name in SHIPPED} | {f"{name}_severity": rule.severity for name, rule in SHIPPED.items()}
    form |= {f"{name}_threshold": str(rule.threshold) for name, rule in SHIPPED.items()}
    shown = client.post(path, {**form, "overdue_many_threshold": "2", "look": "1"}).content.decode()
    assert "1 running onboarding would change" in shown
    assert 'name="overdue_many_threshold" type="number" value="2"' in shown
    with house.as_owner():
        assert health_rules() is SHIPPED
    wrong = client.post(path, {**form, "silent_threshold": "0"})
    assert (wrong.status_code, 'id="at-silent_threshold"' in wrong.content.decode()) == (422, True)
    assert client.post(path, {**form, "overdue_many_threshold": "2"}).status_code == 302
    with house.as_owner():
        assert health_rules()["overdue_many"].threshold == 2
    viewer = house.member("manager")
    with house.as_owner():
        before = AuditEntry.objects.count()
    assert signed_in(viewer.person).post(path, {**form, "look": ""}).status_code in {403, 404, 422}
    with house.as_owner():
        assert AuditEntry.objects.count() == before
        assert health_rules()["overdue_many"].threshold == 2


def test_who_may_not_manage_the_settings_may_neither_look_nor_change(house) -> None:
    with house.as_contact():
        for act in (preview_health_rules, change_health_rules):
            with pytest.raises(NotAllowed):
                act(STRICT)


def test_a_low_score_makes_it_at_risk_as_soon_as_it_is_recorded_and_a_better_one_takes_that_back(house) -> None:
    with house.as_owner():
        import_playbook(
            SMALL.replace("key: small", "key: rated").replace("facts:", "facts:\n  satisfaction: {type: number, title: {en: S}}"),
            kind_rules(),
        )
    journey_id = house.start(playbook_key="rated")
    seen = []
    for score in (2, 3):
        with house.as_owner():
            record_facts(journey_id, {"satisfaction": score})
        run_until_idle()
        with house.as_owner():
            seen.append(Journey.objects.values_list("satisfaction", "health", "health_reasons").get(pk=journey_id))
    assert seen == [(2.0, "at_risk", [{"code": "low_satisfaction", "score": 2.0}]), (3.0, "on_track", [])]


def test_the_score_is_still_seen_when_the_next_step_ends(house) -> None:
    journey_id = house.start()
    with house.as_owner():
        Journey.objects.filter(pk=journey_id).update(satisfaction=1.5)
        complete_step(journey_id, "welcome")
        assert Journey.objects.get(pk=journey_id).health_reasons == [{"code": "low_satisfaction", "score": 1.5}]
        assert reasons_in_words([{"code": "low_satisfaction", "score": 1.5}]) == ("The customer’s satisfaction is 1.5",)


def test_running_onboardings_are_judged_batch_by_batch(house, monkeypatch) -> None:
    monkeypatch.setattr(change_health_rules_module, "BATCH", 2)
    ids = sorted(house.start(title=f"J{number}") for number in range(5))
    with house.as_owner():
        Journey.objects.update(overdue_steps=1)
        assert judge_batch("") == (2, ids[1])
        assert judge_batch(ids[1]) == (2, ids[3])
        assert judge_batch(ids[3]) == (1, "")
        Journey.objects.update(overdue_steps=3)
        judge_some.enqueue("", False)
    run_until_idle()
    with house.as_owner():
        assert list(Journey.objects.values_list("health", flat=True)) == ["off_track"] * 5
