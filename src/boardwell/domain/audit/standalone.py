"""Verifies an exported audit log without Boardwell: `python standalone.py log.jsonl [public key]`; needs only `cryptography`.

The export is a file of JSON lines: a header (organisation, public key, head of the tree), then entries and signed
checkpoints. Each entry's `body` is hashed exactly as it stands (RFC 6962 §2.1); checkpoints are C2SP signed notes.
Inside Boardwell `verify.py` feeds the same checks from the raw rows of the database.
"""

import base64
import binascii
import json
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

FORMAT = "boardwell-audit/1"
KEY_NAME = "boardwell"
_MOST_GAPS = 50
"""A gap of a million entries is told as one; this many are named singly."""

COLUMNS: Mapping[str, Callable[[Mapping[str, Any]], Any]] = {
    "position": lambda body: body["position"],
    "organisation": lambda body: body["organisation"],
    "at": lambda body: body["at"],
    "verb": lambda body: body["verb"],
    "actor_kind": lambda body: body["actor"]["kind"],
    "actor_id": lambda body: body["actor"]["id"],
    "object_kind": lambda body: body["object"]["kind"],
    "object_id": lambda body: body["object"]["id"],
    "account_id": lambda body: body.get("account", ""),
    "journey_id": lambda body: body.get("journey", ""),
}
"""The columns beside the body, for search, and where the hashed body says the same."""


@dataclass(frozen=True, slots=True)
class RawEntry:
    """An entry as it lies there. `columns` holds what stands beside the body; a value that cannot be read is None."""

    position: int | None
    body: bytes
    leaf_hash: bytes
    columns: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class RawCheckpoint:
    """A signed note as it lies there, and the columns beside it."""

    size: int | None
    root_hash: bytes
    note: bytes
    made_at: str | None = None


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong. `kind`: changed, missing, swapped, extra, head or checkpoint. `position` None: no one entry."""

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


def leaf_hash(body: bytes) -> bytes:
    """SHA-256(0x00 || body)."""
    return sha256(b"\x00" + body).digest()


class Tree:
    """Peaks of the complete subtrees so far, largest first, and the root over them."""

    def __init__(self) -> None:
        self.size = 0
        self.peaks: list[bytes] = []

    def append(self, leaf: bytes) -> None:
        """One more leaf; merges peaks of equal size."""
        size, node = self.size, leaf
        while size & 1:
            node = sha256(b"\x01" + self.peaks.pop() + node).digest()
            size >>= 1
        self.peaks.append(node)
        self.size += 1

    def root(self) -> bytes:
        """The root of everything appended."""
        if not self.peaks:
            return sha256(b"").digest()
        node = self.peaks[-1]
        for peak in reversed(self.peaks[:-1]):
            node = sha256(b"\x01" + peak + node).digest()
        return node


def key_id(public_key: bytes) -> bytes:
    """The four bytes that name an Ed25519 key in a signed note (C2SP signed-note)."""
    return sha256(KEY_NAME.encode() + b"\n\x01" + public_key).digest()[:4]


def note_text(organisation_id: str, size: int, root_hash: bytes, made_at: str) -> str:
    """The signed lines: origin, size, root, and as an extension line when it was made."""
    return f"boardwell/{organisation_id}\n{size}\n{base64.b64encode(root_hash).decode()}\nmade {made_at}\n"


def note_with(text: str, public_key: bytes, signature: bytes) -> str:
    """A text and its signature line."""
    return f"{text}\n— {KEY_NAME} {base64.b64encode(key_id(public_key) + signature).decode()}\n"


def check(
    report: Report,
    entries: Iterable[RawEntry],
    checkpoints: Iterable[RawCheckpoint],
    head: tuple[int, bytes] | None,
    public_key: bytes,
) -> Report:
    """Recomputes everything. `head` is (size, frontier) as read before the entries; entries come in order of position."""
    signed = {}
    for checkpoint in checkpoints:
        report.checkpoints += 1
        if _signature_holds(report, checkpoint, public_key):
            signed[checkpoint.size] = checkpoint.root_hash
    sizes = {*signed, head[0] if head else 0}
    peaks_at = _walk(report, entries, sizes)
    last_good = 0
    for size in sorted(size for size in signed if size is not None):
        if size not in peaks_at:
            report.say("missing", None, f"a checkpoint was signed at {size} entries; only {report.entries} are there")
        elif peaks_at[size].root() == signed[size]:
            last_good = size
        else:
            report.say("changed", None, f"among entries {last_good} to {size - 1} something is not what was signed")
            last_good = size
    _check_head(report, peaks_at, head)
    return report


def _walk(report: Report, entries: Iterable[RawEntry], sizes: set[int | None]) -> dict[int | None, Tree]:
    """Copies of the tree at the sizes asked for."""
    tree, expected = Tree(), 0
    kept: dict[int | None, Tree] = {}
    for entry in entries:
        position = entry.position
        if position is None:
            report.say("changed", None, f"after entry {expected - 1} stands one whose position cannot be read")
        elif position > expected:
            for missing in range(expected, min(position, expected + _MOST_GAPS)):
                report.say("missing", missing, f"entry {missing} is missing")
            if position - expected > _MOST_GAPS:
                report.say("missing", None, f"entries {expected + _MOST_GAPS} to {position - 1} are missing")
        elif position < expected:
            report.say("extra", position, f"entry {position} is there more than once")
        if leaf_hash(entry.body) != entry.leaf_hash:
            report.say("changed", position, f"entry {position} was changed: its hash does not fit its body")
        _check_columns(report, entry)
        tree.append(entry.leaf_hash)
        report.entries += 1
        if position is not None:
            expected = max(expected, position + 1)
        if tree.size in sizes:
            copy = Tree()
            copy.size, copy.peaks = tree.size, list(tree.peaks)
            kept[tree.size] = copy
    return kept


def _check_columns(report: Report, entry: RawEntry) -> None:
    try:
        body = json.loads(entry.body)
        told = {name: inside(body) for name, inside in COLUMNS.items()}
    except (ValueError, KeyError, TypeError, AttributeError):
        report.say("changed", entry.position, f"entry {entry.position} cannot be read")
        return
    for name, inside in told.items():
        beside = entry.columns.get(name)
        if inside != beside or type(inside) is not type(beside):
            kind = "swapped" if name == "position" else "changed"
            report.say(kind, entry.position, f"entry {entry.position}: {name} says {beside!r}, the hashed body {inside!r}")


def _check_head(report: Report, peaks_at: dict[int | None, Tree], head: tuple[int, bytes] | None) -> None:
    if head is None:
        if report.entries:
            report.say("head", None, f"the head of the log is missing; {report.entries} entries are there")
        return
    size, frontier = head
    tree = peaks_at.get(size) or Tree()
    if tree.size != size:
        report.say("head", None, f"the head says {size} entries; {report.entries} are there")
        return
    peaks = [frontier[start : start + 32] for start in range(0, len(frontier), 32)]
    if len(peaks) != len(tree.peaks):
        report.say("head", None, f"the head at {size} entries cannot be read")
        return
    start = 0
    lengths = [1 << bit for bit in range(size.bit_length() - 1, -1, -1) if size >> bit & 1]
    for ours, theirs, length in zip(tree.peaks, peaks, lengths, strict=True):
        if ours != theirs:
            report.say("head", None, f"among entries {start} to {start + length - 1} something is not what the head says")
        start += length


def _signature_holds(report: Report, checkpoint: RawCheckpoint, public_key: bytes) -> bool:
    try:
        if checkpoint.size is None:
            raise ValueError("no size")
        text, _, line = checkpoint.note.decode().partition("\n\n")
        signature = base64.b64decode(line.split(" ")[2].strip(), validate=True)[4:]
        made_at = text.split("\n")[3].removeprefix("made ")
        expected = note_text(report.organisation_id, checkpoint.size, checkpoint.root_hash, made_at)
        # Compared as a whole, so that no byte of the note may stand differently, not even unused bits of its base64.
        if note_with(expected, public_key, signature).encode() != checkpoint.note or checkpoint.made_at not in {None, made_at}:
            raise ValueError("another note")
        Ed25519PublicKey.from_public_bytes(public_key).verify(signature, expected.encode())
    except (InvalidSignature, IndexError, ValueError, binascii.Error):
        report.say("checkpoint", None, f"the checkpoint at {checkpoint.size} entries has no valid signature")
        return False
    return True


def read_bundle(lines: Iterable[bytes], trusted_key: bytes | None = None) -> Report:
    """Checks an export. A `trusted_key` got from elsewhere proves who signed; without one the bundle's own is used."""
    source = iter(lines)
    header = json.loads(next(source, b"{}"))
    if header.get("format") != FORMAT:
        raise ValueError(f"not a {FORMAT} file")
    public_key = base64.b64decode(header["public_key"])
    report = Report(header["organisation"])
    if trusted_key is not None and trusted_key != public_key:
        report.say("checkpoint", None, "the file names another public key than the one you trust")
        public_key = trusted_key
    head = (header["head"]["size"], bytes.fromhex(header["head"]["frontier"])) if header["head"] else None
    checkpoints = [
        RawCheckpoint(each["size"], bytes.fromhex(each["root_hash"]), each["note"].encode(), each["made_at"])
        for each in header["checkpoints"]
    ]
    check(report, _entries(source), checkpoints, head, public_key)
    if head and report.entries > head[0]:
        report.say("extra", head[0], f"entries from {head[0]} on are not in the head")
    return report


def _entries(lines: Iterator[bytes]) -> Iterator[RawEntry]:
    for line in lines:
        each = json.loads(line)
        columns = {name: each.get(name) for name in COLUMNS}
        yield RawEntry(each["position"], each["body"].encode(), bytes.fromhex(each["leaf_hash"]), columns)


def main(arguments: list[str]) -> int:
    """The command line; 0 when sound, 1 when something was found, 2 when the file cannot be read."""
    if not arguments:
        print(__doc__)
        return 2
    trusted = base64.b64decode(arguments[1]) if len(arguments) > 1 else None
    try:
        with Path(arguments[0]).open("rb") as lines:
            report = read_bundle(lines, trusted)
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as problem:
        print(f"This file cannot be read as an audit log: {problem!r}")
        return 2
    for finding in report.findings:
        print(f"{finding.kind}: {finding.words}")
    verdict = "sound" if report.is_sound else f"{len(report.findings)} finding(s)"
    print(f"{report.organisation_id}: {report.entries} entries, {report.checkpoints} checkpoints: {verdict}")
    return 0 if report.is_sound else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
