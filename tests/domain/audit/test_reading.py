"""The log as people read it: pages, filters, words, and who may look."""

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import translation

from boardwell.domain.audit.actions import record
from boardwell.domain.audit.models import AuditEntry
from boardwell.domain.audit.queries import (
    act_at,
    actors_of_journey,
    entries_for_journey,
    entries_for_object,
    log,
    newest_of_actor,
    openings_of_journey,
)
from boardwell.domain.audit.words import WORDS, register_verb, sentence
from boardwell.kernel import tenancy
from boardwell.kernel.errors import NotAllowed, NotFound
from boardwell.kernel.schema import append_only_lifted


@pytest.fixture
def seven(house):
    with house.as_owner(), transaction.atomic():
        for number in range(7):
            record(
                "step.skipped" if number % 2 else "step.completed", object_kind="step", object_id=f"stp_{number}",
                journey_id="jrn_a" if number < 5 else "jrn_b", account_id=house.account_id, label=f"Step {number}", why="no need",
                before={"state": "ready"}, after={"state": "ended"},
            )  # fmt: skip
    return house


def test_pages_follow_each_other_without_loss_while_entries_arrive(seven) -> None:
    with seven.as_owner():
        everything = [line.position for line in log(most=1000)]
        got, before = [], None
        while page := log(before_position=before, most=3):
            got += [line.position for line in page]
            before = page[-1].position
            with transaction.atomic():
                record("step.saved", object_kind="step", object_id="stp_new")
    assert got == everything == sorted(everything, reverse=True)


def test_filters_narrow(seven) -> None:
    with seven.as_owner():
        assert {line.label for line in log(verb="step.skipped")} == {"Step 1", "Step 3", "Step 5"}
        assert {line.label for line in log(journey_id="jrn_b")} == {"Step 5", "Step 6"}
        assert [line.label for line in log(words="stp_4")] == ["Step 4"]
        assert log(actor_id="mem_nobody") == []
        assert [line.label for line in entries_for_journey("jrn_b")] == ["Step 6", "Step 5"]
        [line] = entries_for_object("stp_3")
    assert (line.words, line.why, line.before, line.after) == ("skipped a step", "no need", {"state": "ready"}, {"state": "ended"})
    assert line.actor_name == "Owner acme"


@pytest.mark.sqlite_only
@pytest.mark.sqlite_only
def test_what_happened_in_a_journey_is_found_by_its_index_however_long_the_log(seven) -> None:
    with seven.as_owner(), CaptureQueriesContext(connection) as seen:
        assert newest_of_actor("jrn_b", seven.owner.id) == entries_for_journey("jrn_b")[0].position
        assert [line.label for line in act_at("jrn_b", entries_for_journey("jrn_b")[0].position)] == ["Step 6"]
        assert openings_of_journey("jrn_b") == {}
        assert actors_of_journey("jrn_b") == [(seven.owner.id, "Owner acme")]
    reads = [query["sql"] for query in seen if "journey_id" in query["sql"].partition("WHERE")[2]]
    with connection.cursor() as cursor:
        plans = [str(cursor.execute(f"EXPLAIN QUERY PLAN {sql}").fetchall()) for sql in reads]
    assert len(reads) == 7
    assert [sql for sql, plan in zip(reads, plans, strict=True) if "audit_of_journey" not in plan and "position=?" not in plan] == []


def test_neither_a_customer_nor_another_organisation_reads_the_log(seven, other) -> None:
    with seven.as_contact():
        with pytest.raises(NotFound):
            entries_for_journey("jrn_a")
        with pytest.raises(NotFound):
            entries_for_object("stp_1")
        with pytest.raises(NotAllowed):
            log()
    with other.as_owner():
        assert entries_for_journey("jrn_a") == []
        assert {line.journey_id for line in log()} == {""}


def test_the_page_opens_although_somebody_has_been_at_the_row(seven) -> None:
    with append_only_lifted(), tenancy.unscoped("test: tampers"), connection.cursor() as cursor:
        cursor.execute("UPDATE audit_auditentry SET body = '[1' WHERE object_id = 'stp_2'")
    with seven.as_owner():
        [line] = entries_for_object("stp_2")
    assert "cannot be read" in line.label


def test_every_verb_that_was_recorded_has_words_in_every_language(house) -> None:
    house.start()
    with house.as_owner():
        verbs = set(AuditEntry.objects.values_list("verb", flat=True))
    assert verbs <= set(WORDS)
    with translation.override("bn"):
        assert all(sentence(verb) != verb for verb in WORDS)


def test_a_verb_is_worded_once(monkeypatch) -> None:
    monkeypatch.setattr("boardwell.domain.audit.words.WORDS", {})
    register_verb("quiz.passed", "passed a quiz")
    register_verb("quiz.passed", "passed a quiz")
    assert sentence("quiz.passed") == "passed a quiz"
    with pytest.raises(ValueError, match="words already"):
        register_verb("quiz.passed", "won")
