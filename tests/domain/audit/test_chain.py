"""The log's chain: RFC 6962 vectors, and that no changed, missing or swapped byte goes unnoticed."""

from hashlib import sha256

import pytest
from django.db import DatabaseError, connection, transaction
from hypothesis import given
from hypothesis import strategies as st

from boardwell.domain.audit.actions import record
from boardwell.domain.audit.checkpoints import make_checkpoints
from boardwell.domain.audit.merkle import append, inclusion_proof, leaf_hash, node_hash, root, root_from_proof, root_of
from boardwell.domain.audit.models import AuditEntry
from boardwell.domain.audit.verify import verify_organisation
from boardwell.kernel.schema import append_only_lifted

# Inputs and roots as published with the Certificate Transparency reference code for RFC 6962.
LEAVES = [
    bytes.fromhex(text) for text in ("", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f")
]
ROOTS = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]


def test_roots_agree_with_the_published_vectors() -> None:
    assert root(b"") == sha256(b"").digest()
    for size in range(1, 9):
        assert root_of(leaf_hash(leaf) for leaf in LEAVES[:size]).hex() == ROOTS[size - 1]


@given(st.lists(st.binary(min_size=32, max_size=32), min_size=1, max_size=70))
def test_the_frontier_gives_the_root_of_the_whole_tree_and_every_leaf_proves_itself(leaves: list[bytes]) -> None:
    def whole(part: list[bytes]) -> bytes:
        if len(part) == 1:
            return part[0]
        k = 1 << ((len(part) - 1).bit_length() - 1)
        return node_hash(whole(part[:k]), whole(part[k:]))

    frontier = b""
    for size, leaf in enumerate(leaves):
        frontier = append(size, frontier, leaf)
    assert root(frontier) == whole(leaves)
    for position, leaf in enumerate(leaves):
        assert root_from_proof(leaf, position, len(leaves), inclusion_proof(leaves, position)) == whole(leaves)


def unguarded(sql: str, values: list[object]) -> None:
    """Changes rows behind the house's back, as somebody with the database in hands could."""
    with append_only_lifted(), connection.cursor() as cursor:
        cursor.execute(sql, values)


@pytest.fixture
def log(house):
    with house.as_owner(), transaction.atomic():
        for number in range(20):
            record("thing.changed", object_kind="thing", object_id=f"t{number}", label="ü", before={"n": number}, after={"n": number + 1})
    make_checkpoints()
    with append_only_lifted():
        yield house


def test_an_untouched_log_is_sound(log) -> None:
    report = verify_organisation(log.organisation_id)
    assert report.findings == []
    assert report.entries > 20
    assert report.checkpoints == 1


def test_every_changed_byte_of_a_body_is_found_and_named(log) -> None:
    with log.as_owner():
        entry = AuditEntry.objects.order_by("-position")[3]
    body = entry.body
    missed = []
    for place in range(len(body)):
        changed = body[:place] + chr(ord(body[place]) ^ 1) + body[place + 1 :]
        unguarded("UPDATE audit_auditentry SET body = %s WHERE id = %s", [changed, entry.pk])
        if not any(finding.position == entry.position for finding in verify_organisation(log.organisation_id).findings):
            missed.append(place)
    assert missed == []


@pytest.mark.parametrize("column", ["actor_id", "verb", "object_kind", "object_id", "account_id", "journey_id", "actor_kind"])
def test_a_changed_column_is_found_and_named(log, column: str) -> None:
    with log.as_owner():
        entry = AuditEntry.objects.order_by("-position")[5]
    unguarded(f"UPDATE audit_auditentry SET {column} = 'x' WHERE id = %s", [entry.pk])
    findings = verify_organisation(log.organisation_id).findings
    assert [(finding.position, column in finding.words) for finding in findings] == [(entry.position, True)]


def test_a_rewritten_hash_does_not_help(log) -> None:
    with log.as_owner():
        entry = AuditEntry.objects.order_by("-position")[5]
    body = entry.body.replace('"n":', '"m":')
    unguarded("UPDATE audit_auditentry SET body = %s, leaf_hash = %s WHERE id = %s", [body, leaf_hash(body.encode()), entry.pk])
    assert {finding.kind for finding in verify_organisation(log.organisation_id).findings} == {"head", "changed"}


def test_missing_swapped_and_cut_off_entries_are_found(log) -> None:
    with log.as_owner():
        ids = list(AuditEntry.objects.order_by("position").values_list("id", "position"))
    unguarded("DELETE FROM audit_auditentry WHERE id = %s", [ids[4][0]])
    assert 4 in {finding.position for finding in verify_organisation(log.organisation_id).findings if finding.kind == "missing"}
    unguarded("DELETE FROM audit_auditentry WHERE position >= %s", [ids[-3][1]])
    assert any("only" in finding.words for finding in verify_organisation(log.organisation_id).findings)


@pytest.mark.django_db(transaction=True)
def test_audit_outside_a_transaction_is_refused(house) -> None:
    with house.as_owner():
        before = AuditEntry.objects.count()
        with pytest.raises(RuntimeError, match="commit together"):
            record("x", object_kind="x", object_id="x")
        assert AuditEntry.objects.count() == before


@pytest.mark.parametrize("sql", ["UPDATE audit_auditentry SET verb = 'x'", "DELETE FROM audit_auditentry"])
def test_the_database_itself_refuses_to_change_the_log(house, sql: str) -> None:
    with house.as_owner():
        before = list(AuditEntry.objects.order_by("position").values_list("position", "verb"))
        with pytest.raises(DatabaseError, match="append-only"), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(sql)
        assert list(AuditEntry.objects.order_by("position").values_list("position", "verb")) == before
