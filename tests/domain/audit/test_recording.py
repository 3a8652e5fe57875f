"""What an entry holds, what writing one costs, and that two writers never break the chain."""

import json
import threading
from datetime import UTC, date, datetime

import pytest
import time_machine
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from boardwell.domain.audit.actions import Entry, record, record_many
from boardwell.domain.audit.checkpoints import make_checkpoints
from boardwell.domain.audit.merkle import root_of
from boardwell.domain.audit.models import AuditCheckpoint, AuditEntry, AuditHead
from boardwell.domain.audit.verify import verify_organisation
from boardwell.domain.organisations.models import Organisation
from boardwell.kernel import tenancy

ANNA = tenancy.Actor(kind="member", id="mem_1", name="Anna Ødegård")


@pytest.fixture
def bare(db) -> str:
    """An organisation in whose log nothing stands yet, not even a head."""
    return Organisation.objects.create(slug="bare", name="Bare").id


def bodies() -> list[str]:
    return list(AuditEntry.objects.order_by("position").values_list("body", flat=True))


def test_the_body_is_canonical_and_holds_everything(bare) -> None:
    at = datetime(2026, 3, 1, 9, 30, 0, 120_000, tzinfo=UTC)
    with time_machine.travel(at, tick=False), tenancy.acting_for(bare, ANNA, "req_7"), transaction.atomic():
        position = record(
            "step.skipped", object_kind="step", object_id="stp_1", account_id="acc_1", journey_id="jrn_1", label="Vérification",
            before={"state": "ready", "due": date(2026, 3, 4)}, after={"state": "skipped"}, why="not needed",
        )  # fmt: skip
        assert position == 0
        assert bodies() == [
            '{"account":"acc_1","actor":{"id":"mem_1","kind":"member","name":"Anna Ødegård"},"after":{"state":"skipped"},'
            '"at":"2026-03-01T09:30:00.120000+00:00","before":{"due":"2026-03-04","state":"ready"},"journey":"jrn_1",'
            '"object":{"id":"stp_1","kind":"step","label":"Vérification"},"organisation":"' + bare + '","position":0,'
            '"request":"req_7","verb":"step.skipped","why":"not needed"}'
        ]
        entry = AuditEntry.objects.get()
        assert (entry.at, entry.verb, entry.object_id, entry.account_id) == (at, "step.skipped", "stp_1", "acc_1")
    assert verify_organisation(bare).findings == []


def test_many_entries_take_no_more_statements_than_few(bare) -> None:
    with tenancy.acting_for(bare, ANNA), transaction.atomic():
        record("first", object_kind="x", object_id="1")
        with CaptureQueriesContext(
            connection,
        ) as few:
            assert record("second", object_kind="x", object_id="1") == 1
        with CaptureQueriesContext(connection) as many:
            assert record_many([Entry("third", "x", str(number)) for number in range(200)]) == 2
        assert (len(few), len(many)) == (3 if connection.vendor == "sqlite" else 2, 3)  # few go as one with the head
        head = AuditHead.objects.get()
        leaves = [bytes(leaf) for leaf in AuditEntry.objects.order_by("position").values_list("leaf_hash", flat=True)]
    make_checkpoints()
    with tenancy.acting_for(bare):
        assert (head.size, len(leaves)) == (202, 202)
        assert bytes(AuditCheckpoint.objects.get().root_hash) == root_of(leaves)
    assert verify_organisation(bare).findings == []


def test_nothing_to_say_writes_nothing(bare) -> None:
    with tenancy.acting_for(bare), transaction.atomic(), CaptureQueriesContext(connection) as queries:
        assert record_many([]) == -1
    assert len([query for query in queries if "audit_" in query["sql"]]) == 0


@pytest.mark.parametrize("odd", ["\x00", "\ud800", "\u2028", "'; DROP TABLE audit_auditentry; --", "%s %(x)s", "𝕏" * 300])
def test_odd_characters_are_kept_and_do_not_stop_the_effect(bare, odd: str) -> None:
    with tenancy.acting_for(bare, ANNA), transaction.atomic():
        record("thing.named", object_kind="x", object_id="1", label=odd, after={"name": odd})
        assert json.loads(bodies()[0])["after"]["name"] == odd
    assert verify_organisation(bare).findings == []


@pytest.mark.parametrize("value", [object(), float("nan"), {1, 2}])
def test_what_has_no_one_spelling_in_json_is_refused(bare, value: object) -> None:
    with tenancy.acting_for(bare), pytest.raises((TypeError, ValueError)), transaction.atomic():
        record("x", object_kind="x", object_id="1", after={"value": value})
    with tenancy.acting_for(bare):
        assert AuditEntry.objects.count() == 0


def test_an_entry_goes_when_its_effect_does(bare) -> None:
    with tenancy.acting_for(bare), pytest.raises(ZeroDivisionError), transaction.atomic():
        record("x", object_kind="x", object_id=str(1 // 0))
    with tenancy.acting_for(bare), transaction.atomic():
        record("kept", object_kind="x", object_id="1")
        with pytest.raises(IntegrityError), transaction.atomic():
            record("lost", object_kind="x", object_id="2")
            raise IntegrityError
        assert record("next", object_kind="x", object_id="3") == 1
    assert verify_organisation(bare).findings == []


@pytest.mark.django_db(transaction=True)
def test_outside_a_transaction_nothing_is_recorded() -> None:
    bare = Organisation.objects.create(slug="bare", name="Bare").id
    with tenancy.acting_for(bare):
        with pytest.raises(RuntimeError, match="commit together"):
            record("x", object_kind="x", object_id="x")
        assert AuditEntry.objects.count() == 0


@pytest.mark.django_db(transaction=True)
def test_writers_at_the_same_time_get_one_chain_from_the_very_first_entry() -> None:
    bare = Organisation.objects.create(slug="bare", name="Bare").id
    writers, each = 4, 25
    together, problems = threading.Barrier(writers), []

    def write(name: str) -> None:
        try:
            together.wait()
            for number in range(each):
                with tenancy.acting_for(bare, ANNA), transaction.atomic():
                    record("x", object_kind="x", object_id=f"{name}-{number}")
        except Exception as problem:
            problems.append(problem)
        finally:
            connection.close()

    threads = [threading.Thread(target=write, args=(f"w{number}",)) for number in range(writers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert problems == []
    report = verify_organisation(bare)
    assert (report.findings, report.entries) == ([], writers * each)


def test_checkpoints_are_made_only_when_the_log_has_grown(bare) -> None:
    assert make_checkpoints() == 0
    with tenancy.acting_for(bare), transaction.atomic():
        record("x", object_kind="x", object_id="1")
    assert make_checkpoints() == 1
    assert make_checkpoints() == 0
    with tenancy.acting_for(bare):
        checkpoint = AuditCheckpoint.objects.get()
        lines = checkpoint.note.split("\n")
        assert lines[:2] == [f"boardwell/{bare}", "1"]
        assert lines[4] == ""
        assert lines[5].startswith("— boardwell ")
