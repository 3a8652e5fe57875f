"""No changed, missing, doubled or swapped byte of the log goes unnoticed, and the entry at fault is named."""

import base64
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.db import DatabaseError, connection, transaction

from boardwell.domain.audit import standalone, verify
from boardwell.domain.audit.actions import record
from boardwell.domain.audit.checkpoints import make_checkpoints
from boardwell.domain.audit.merkle import append, leaf_hash
from boardwell.domain.audit.models import AuditEntry
from boardwell.domain.audit.standalone import RawCheckpoint, RawEntry, Report, check
from boardwell.domain.audit.verify import export, verify_all, verify_organisation
from boardwell.kernel import tenancy
from boardwell.kernel.schema import append_only_lifted
from boardwell.kernel.signing import public_key

BITS = (0, 3, 6)
SQLITE = connection.vendor == "sqlite"


def tamper(sql: str, *values: object) -> None:
    """Changes rows behind the house's back, as somebody with the database in hands could."""
    with tenancy.unscoped("test: somebody with the database in hands"), connection.cursor() as cursor:
        cursor.execute(sql, values)


def rows(sql: str, *values: object) -> list[tuple]:
    with tenancy.unscoped("test: reads raw rows"), connection.cursor() as cursor:
        cursor.execute(sql, values)
        return cursor.fetchall()


def write_log(house, entries: int) -> None:
    with house.as_owner(), transaction.atomic():
        for number in range(entries):
            record(
                "thing.changed", object_kind="thing", object_id=f"t{number}", account_id=house.account_id, journey_id="jrn_x",
                label="ü ध", before={"n": number}, after={"n": number + 1}, why="because",
            )  # fmt: skip


@pytest.fixture
def log(house):
    """A log with a checkpoint in the middle and one at the end."""
    write_log(house, 10)
    make_checkpoints()
    write_log(house, 10)
    make_checkpoints()
    return house


@pytest.fixture
def open_log(log):
    """The same, with the database's own refusal switched off."""
    with append_only_lifted():
        yield log


def kinds(house) -> list[tuple[str, int | None]]:
    return [(finding.kind, finding.position) for finding in verify_organisation(house.organisation_id).findings]


def test_an_untouched_log_is_sound(log) -> None:
    report = verify_organisation(log.organisation_id)
    assert report.findings == []
    assert report.entries > 20
    assert report.checkpoints == 2
    assert [each.organisation_id for each in verify_all()] == [log.organisation_id]


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE audit_auditentry SET verb = 'x'",
        "DELETE FROM audit_auditentry",
        pytest.param(
            "INSERT OR REPLACE INTO audit_auditentry SELECT * FROM audit_auditentry",
            marks=pytest.mark.skipif(not SQLITE, reason="SQLite's own statement"),
        ),
        pytest.param("TRUNCATE audit_auditentry", marks=pytest.mark.skipif(SQLITE, reason="PostgreSQL's own statement")),
    ],
)
def test_the_database_itself_refuses_to_change_the_log(log, sql: str) -> None:
    before = rows("SELECT * FROM audit_auditentry ORDER BY id")
    with pytest.raises(DatabaseError), transaction.atomic():
        tamper(sql)
    assert rows("SELECT * FROM audit_auditentry ORDER BY id") == before


# --- every byte -------------------------------------------------------------------------------------------------------


def raw(house) -> tuple[list[RawEntry], list[RawCheckpoint], tuple[int, bytes]]:
    with house.as_owner():
        head = verify._head(house.organisation_id)
        assert head is not None
        return list(verify._entries(house.organisation_id)), list(verify._checkpoints(house.organisation_id)), head


def flips(value: bytes) -> Iterator[bytes]:
    for place in range(len(value)):
        for bit in BITS:
            changed = bytearray(value)
            changed[place] ^= 1 << bit
            yield bytes(changed)


def mutants(entry: RawEntry) -> Iterator[RawEntry]:
    """The entry with one bit changed: every byte of body, hash and columns, three bits each."""
    for body in flips(entry.body):
        yield RawEntry(entry.position, body, entry.leaf_hash, entry.columns)
    for leaf in flips(entry.leaf_hash):
        yield RawEntry(entry.position, entry.body, leaf, entry.columns)
    for name, value in entry.columns.items():
        if isinstance(value, str):
            for changed in flips(value.encode()):
                try:
                    text = changed.decode()
                except UnicodeDecodeError:
                    text = None
                yield RawEntry(entry.position, entry.body, entry.leaf_hash, {**entry.columns, name: text})


def test_every_flipped_bit_of_a_hundred_entries_is_found_and_named(house) -> None:
    write_log(house, 100)
    entries, _, head = raw(house)
    tried, missed = 0, []
    for entry in entries:
        for mutant in mutants(entry):
            report = Report(house.organisation_id)
            # The rest of the log is untouched, so that only this entry's own checks decide whether it is named.
            standalone._walk(report, [mutant], set())
            tried += 1
            if not any(finding.kind == "changed" and finding.position == entry.position for finding in report.findings):
                missed.append((entry.position, mutant))
    assert missed == []
    assert tried > 100_000
    assert check(Report(house.organisation_id), entries, [], head, public_key()).findings == []


@pytest.mark.skipif(not SQLITE, reason="PostgreSQL refuses bytes that are no text")
def test_flipped_bits_in_the_file_itself_are_found_and_named(open_log) -> None:
    [[pk, position]] = rows("SELECT id, position FROM audit_auditentry ORDER BY position DESC LIMIT 1 OFFSET 3")
    columns = ["body", "leaf_hash", "at", "verb", "actor_kind", "actor_id", "object_kind", "object_id", "account_id", "journey_id"]
    missed = []
    for column in columns:
        [[value]] = rows(f"SELECT CAST({column} AS BLOB) FROM audit_auditentry WHERE id = %s", pk)
        cast = "%s" if column == "leaf_hash" else "CAST(%s AS TEXT)"
        for place, changed in enumerate(flips(value)):
            if place % 5 and column == "body":
                continue
            tamper(f"UPDATE audit_auditentry SET {column} = {cast} WHERE id = %s", changed, pk)
            if position not in {found for _kind, found in kinds(open_log)}:
                missed.append((column, place))
        tamper(f"UPDATE audit_auditentry SET {column} = {cast} WHERE id = %s", value, pk)
    assert missed == []
    assert kinds(open_log) == []


@pytest.mark.parametrize("column", ["actor_id", "verb", "object_kind", "object_id", "account_id", "journey_id", "actor_kind"])
def test_a_changed_column_is_found_and_named(open_log, column: str) -> None:
    [[pk, position]] = rows("SELECT id, position FROM audit_auditentry ORDER BY position DESC LIMIT 1 OFFSET 5")
    tamper(f"UPDATE audit_auditentry SET {column} = 'x' WHERE id = %s", pk)
    [finding] = verify_organisation(open_log.organisation_id).findings
    assert (finding.kind, finding.position) == ("changed", position)
    assert f"entry {position}: {column} says 'x'" in finding.words


def test_a_changed_instant_is_found_and_named(open_log) -> None:
    [[pk, position, at]] = rows("SELECT id, position, at FROM audit_auditentry ORDER BY position DESC LIMIT 1 OFFSET 5")
    later = str(at).replace("20", "19", 1)
    tamper("UPDATE audit_auditentry SET at = %s WHERE id = %s", later, pk)
    assert kinds(open_log) == [("changed", position)]


def test_every_flipped_bit_of_a_checkpoint_is_found(log) -> None:
    entries, [first, last], head = raw(log)
    mutated = [RawCheckpoint(last.size, last.root_hash, note, last.made_at) for note in flips(last.note)]
    mutated += [RawCheckpoint(last.size, root_hash, last.note, last.made_at) for root_hash in flips(last.root_hash)]
    mutated += [RawCheckpoint(last.size ^ (1 << bit), last.root_hash, last.note, last.made_at) for bit in range(40)]
    mutated += [RawCheckpoint(last.size, last.root_hash, last.note, made.decode()) for made in flips(last.made_at.encode())]
    for mutant in mutated:
        report = check(Report(log.organisation_id), entries, [first, mutant], head, public_key())
        assert [finding.kind for finding in report.findings] == ["checkpoint"], mutant
    assert len(mutated) > 500


def test_a_checkpoint_of_another_organisation_or_key_is_refused(log, other) -> None:
    entries, checkpoints, head = raw(log)
    report = check(Report(other.organisation_id), [], checkpoints, (0, b""), public_key())
    assert {finding.kind for finding in report.findings} == {"checkpoint"}
    report = check(Report(log.organisation_id), entries, checkpoints, head, bytes(32))
    assert [finding.kind for finding in report.findings] == ["checkpoint", "checkpoint"]


# --- rows -------------------------------------------------------------------------------------------------------------


def test_every_deleted_row_is_named(log) -> None:
    entries, checkpoints, head = raw(log)
    for gone in range(len(entries)):
        report = check(Report(log.organisation_id), entries[:gone] + entries[gone + 1 :], checkpoints, head, public_key())
        missing = [finding.position for finding in report.findings if finding.kind == "missing" and finding.position is not None]
        assert missing == ([gone] if gone < len(entries) - 1 else [])  # the last one is told by the checkpoint and the head
        assert not report.is_sound


def test_every_doubled_row_is_named(log) -> None:
    entries, checkpoints, head = raw(log)
    for place, entry in enumerate(entries):
        report = check(Report(log.organisation_id), [*entries[: place + 1], *entries[place:]], checkpoints, head, public_key())
        assert ("extra", entry.position) in [(finding.kind, finding.position) for finding in report.findings]


def test_two_swapped_bodies_are_both_named(open_log) -> None:
    [a, b] = rows("SELECT id, position, body, leaf_hash FROM audit_auditentry WHERE position IN (4, 9) ORDER BY position")
    for pk, body, leaf in ((a[0], b[2], b[3]), (b[0], a[2], a[3])):
        tamper("UPDATE audit_auditentry SET body = %s, leaf_hash = %s WHERE id = %s", body, leaf, pk)
    assert {("swapped", 4), ("swapped", 9)} <= set(kinds(open_log))


def test_two_swapped_positions_are_both_named(open_log) -> None:
    for place, now in ((4, 10_004), (9, 4), (10_004, 9)):
        tamper("UPDATE audit_auditentry SET position = %s WHERE position = %s", now, place)
    assert {("swapped", 4), ("swapped", 9)} <= set(kinds(open_log))


@pytest.mark.parametrize("left", range(1, 12))
def test_a_cut_off_end_is_found_even_when_the_head_is_rewritten(open_log, left: int) -> None:
    entries, _, _ = raw(open_log)
    frontier = b""
    for size, entry in enumerate(entries[:left]):
        frontier = append(size, frontier, entry.leaf_hash)
    tamper("DELETE FROM audit_auditentry WHERE position >= %s", left)
    assert ("head", None) in kinds(open_log)
    tamper("UPDATE audit_audithead SET size = %s, frontier = %s", left, frontier)
    words = [finding.words for finding in verify_organisation(open_log.organisation_id).findings]
    assert f"a checkpoint was signed at {len(entries)} entries; only {left} are there" in words


def test_an_emptied_log_is_found(open_log) -> None:
    tamper("DELETE FROM audit_auditentry")
    tamper("DELETE FROM audit_audithead")
    [report] = verify_all()
    assert [finding.kind for finding in report.findings] == ["missing", "missing"]


def test_an_entry_put_at_the_end_is_found(open_log) -> None:
    entries, _, _ = raw(open_log)
    body = entries[-1].body.decode().replace(f'"position":{len(entries) - 1}', f'"position":{len(entries)}')
    tamper(
        "INSERT INTO audit_auditentry (organisation_id, position, at, actor_kind, actor_id, verb, object_kind, object_id, account_id, "
        "journey_id, body, leaf_hash) SELECT organisation_id, position + 1, at, actor_kind, actor_id, verb, object_kind, object_id, "
        "account_id, journey_id, %s, %s FROM audit_auditentry WHERE position = %s",
        body, leaf_hash(body.encode()), len(entries) - 1,
    )  # fmt: skip
    assert kinds(open_log) == [("extra", len(entries))]


def test_a_body_rewritten_together_with_its_hash_is_narrowed_down_by_checkpoints_and_head(open_log) -> None:
    entries, [first, _last], _ = raw(open_log)
    place = first.size + 2
    body = entries[place].body.decode().replace('"n":', '"m":')
    tamper("UPDATE audit_auditentry SET body = %s, leaf_hash = %s WHERE position = %s", body, leaf_hash(body.encode()), place)
    findings = verify_organisation(open_log.organisation_id).findings
    assert {finding.kind for finding in findings} == {"changed", "head"}
    assert findings[0].words == f"among entries {first.size} to {len(entries) - 1} something is not what was signed"


def test_a_rewritten_log_with_a_rewritten_head_is_found_by_its_checkpoints(open_log) -> None:
    entries, _, _ = raw(open_log)
    body = entries[0].body.decode().replace("organisation.founded", "organisation.changed")
    tamper("UPDATE audit_auditentry SET body = %s, leaf_hash = %s WHERE position = 0", body, leaf_hash(body.encode()))
    frontier = b""
    for size, entry in enumerate(entries):
        frontier = append(size, frontier, entry.leaf_hash if size else leaf_hash(body.encode()))
    tamper("UPDATE audit_audithead SET frontier = %s", frontier)
    assert ("changed", None) in kinds(open_log)


# --- offline ----------------------------------------------------------------------------------------------------------


def run(bundle: Path, *more: str) -> tuple[int, str]:
    done = subprocess.run(
        [sys.executable, "-I", standalone.__file__, str(bundle), *more], capture_output=True, text=True, check=False, timeout=60
    )
    return done.returncode, done.stdout


def test_the_export_verifies_as_a_file_with_nothing_of_ours(log, tmp_path: Path) -> None:
    bundle = tmp_path / "log.jsonl"
    bundle.write_bytes(export(log.organisation_id))
    code, words = run(bundle, base64.b64encode(public_key()).decode())
    entries = len(raw(log)[0])
    assert (code, words) == (0, f"{log.organisation_id}: {entries} entries, 2 checkpoints: sound\n")
    source = Path(standalone.__file__).read_text(encoding="utf-8")
    assert len(source.splitlines()) <= 300
    assert "boardwell." not in source.split('"""', 2)[2]


def test_a_changed_line_of_the_export_is_named(log, tmp_path: Path) -> None:
    lines = export(log.organisation_id).splitlines(keepends=True)
    lines[-3] = lines[-3].replace(b"because", b"Because")
    lines[-5] = lines[-5].replace(b"t5", b"t6")
    bundle = tmp_path / "log.jsonl"
    bundle.write_bytes(b"".join(lines))
    code, words = run(bundle)
    assert code == 1
    assert f"entry {len(lines) - 4} was changed" in words
    assert f"entry {len(lines) - 6} was changed" in words


def test_the_export_of_a_forger_with_a_key_of_his_own_is_told(log, tmp_path: Path) -> None:
    bundle = tmp_path / "log.jsonl"
    bundle.write_bytes(export(log.organisation_id))
    code, words = run(bundle, base64.b64encode(bytes(32)).decode())
    assert code == 1
    assert "another public key than the one you trust" in words


def test_a_shortened_export_is_found(log, tmp_path: Path) -> None:
    lines = export(log.organisation_id).splitlines(keepends=True)
    bundle = tmp_path / "log.jsonl"
    bundle.write_bytes(b"".join(lines[:-1]))
    code, words = run(bundle)
    assert code == 1
    assert f"only {len(lines) - 2} are there" in words


def test_a_file_that_is_no_export_is_refused_in_words(tmp_path: Path) -> None:
    for content in (b"", b"{}", b"not json", json.dumps({"format": "boardwell-audit/1"}).encode()):
        bundle = tmp_path / "log.jsonl"
        bundle.write_bytes(content)
        code, words = run(bundle)
        assert code == 2
        assert "cannot be read as an audit log" in words


def test_the_log_of_one_organisation_holds_nothing_of_another(log, other) -> None:
    write_log(other, 3)
    assert log.account_id.encode() in export(log.organisation_id)
    assert other.account_id.encode() not in export(log.organisation_id)
    with log.as_owner():
        assert AuditEntry.objects.filter(account_id=other.account_id).count() == 0
