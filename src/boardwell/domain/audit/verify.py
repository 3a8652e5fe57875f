"""Checks an organisation's log from its raw rows and names every entry that was changed, is missing, or was swapped."""

import base64
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from boardwell.domain.audit.checkpoints import note_text
from boardwell.domain.audit.merkle import append, leaf_hash, root
from boardwell.domain.audit.models import AuditCheckpoint, AuditEntry, AuditHead
from boardwell.kernel import tenancy
from boardwell.kernel.signing import public_key

_COLUMNS = (
    "position", "at", "actor_kind", "actor_id", "verb", "object_kind", "object_id", "account_id", "journey_id", "body",
    "leaf_hash",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong. `position` is None for what concerns the whole log."""

    kind: str
    position: int | None
    words: str


@dataclass(slots=True)
class Report:
    """What was checked of one organisation, and everything found."""

    organisation_id: str
    entries: int = 0
    checkpoints: int = 0
    findings: list[Finding] = field(default_factory=list)

    @property
    def is_sound(self) -> bool:
        """Whether nothing was found."""
        return not self.findings

    def say(self, kind: str, position: int | None, words: str) -> None:
        """Adds a finding."""
        self.findings.append(Finding(kind, position, words))


def verify_organisation(organisation_id: str) -> Report:
    """Recomputes every hash, compares columns with bodies, the tree with its head and with each signed checkpoint."""
    report = Report(organisation_id)
    with tenancy.acting_for(organisation_id):
        checkpoints = list(AuditCheckpoint.objects.order_by("size").values_list("size", "root_hash", "note"))
        head = AuditHead.objects.values_list("size", "frontier").first()
        rows = AuditEntry.objects.order_by("position", "id").values_list(*_COLUMNS).iterator(chunk_size=2000)
        roots = _walk(report, rows, {size for size, _root, _note in checkpoints})
    frontier, size = roots.pop(-1), report.entries
    if head is None:
        if size:
            report.say("head", None, "the head of the log is missing")
    elif (head[0], bytes(head[1])) != (size, frontier):
        report.say("head", None, f"the head says {head[0]} entries and another root; {size} entries are there")
    for at_size, root_hash, note in checkpoints:
        report.checkpoints += 1
        _check_checkpoint(report, at_size, bytes(root_hash), note, roots.get(at_size))
    return report


def _walk(report: Report, rows: Iterator[tuple[Any, ...]], sizes: set[int]) -> dict[int, bytes]:
    """Roots at the sizes asked for; under -1 the last frontier."""
    frontier, roots, expected = b"", {}, 0
    for row in rows:
        values = dict(zip(_COLUMNS, row, strict=True))
        position = int(str(values["position"]))
        if position > expected:
            for missing in range(expected, min(position, expected + 20)):
                report.say("missing", missing, f"entry {missing} is missing")
        elif position < expected:
            report.say("extra", position, f"entry {position} is there twice")
        body = str(values["body"])
        leaf = bytes(memoryview(values["leaf_hash"]))
        if leaf_hash(body.encode()) != leaf:
            report.say("changed", position, f"entry {position} was changed: its hash does not fit its body")
        _check_columns(report, position, values, body)
        frontier = append(report.entries, frontier, leaf)
        report.entries += 1
        expected = position + 1
        if report.entries in sizes:
            roots[report.entries] = root(frontier)
    roots[-1] = frontier
    return roots


def _check_columns(report: Report, position: int, values: dict[str, object], body: str) -> None:
    try:
        told = json.loads(body)
        pairs = {
            "position": (told["position"], position), "verb": (told["verb"], values["verb"]),
            "actor_kind": (told["actor"]["kind"], values["actor_kind"]), "actor_id": (told["actor"]["id"], values["actor_id"]),
            "object_kind": (told["object"]["kind"], values["object_kind"]), "object_id": (told["object"]["id"], values["object_id"]),
            "account_id": (told.get("account", ""), values["account_id"]), "journey_id": (told.get("journey", ""), values["journey_id"]),
            "organisation": (told["organisation"], report.organisation_id),
        }  # fmt: skip
        at = values["at"]
        if isinstance(at, datetime):
            pairs["at"] = (datetime.fromisoformat(told["at"]), at.astimezone(UTC))
    except (ValueError, KeyError, TypeError):
        report.say("changed", position, f"entry {position} cannot be read")
        return
    for name, (inside, beside) in pairs.items():
        if inside != beside:
            kind = "swapped" if name == "position" else "changed"
            report.say(kind, position, f"entry {position}: {name} says {beside!r}, the hashed body {inside!r}")


def _check_checkpoint(report: Report, size: int, root_hash: bytes, note: str, found: bytes | None) -> None:
    text = note_text(report.organisation_id, size, root_hash)
    try:
        signature = base64.b64decode(note.split("\n\n", 1)[1].split(" ")[2])
        if not note.startswith(text + "\n"):
            raise InvalidSignature
        Ed25519PublicKey.from_public_bytes(public_key()).verify(signature[4:], text.encode())
    except (InvalidSignature, IndexError, ValueError):
        report.say("checkpoint", None, f"the checkpoint at {size} entries has no valid signature")
        return
    if found is None:
        report.say("missing", None, f"a checkpoint was signed at {size} entries; only {report.entries} are there")
    elif found != root_hash:
        report.say("changed", None, f"the first {size} entries are not those that were signed")


def verify_all() -> list[Report]:
    """One report for each organisation that has a log."""
    with tenancy.unscoped("verify checks every organisation"):
        organisations = sorted(
            {
                *AuditHead.objects.values_list("organisation_id", flat=True),
                *AuditEntry.objects.values_list("organisation_id", flat=True).distinct(),
            }
        )
    return [verify_organisation(organisation_id) for organisation_id in organisations]
