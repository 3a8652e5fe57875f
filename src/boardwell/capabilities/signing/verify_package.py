"""Checks an evidence package without the system that made it: `python3 verify.py FOLDER [SHA-256 fingerprint of the root]`.

Needs Python 3.10 or newer and `openssl`; with `pdfsig` (poppler) on the path it asks that as well about each document. No network.
Says for every file and every claim whether it holds, and names what was changed. Ends with 0 when everything holds, else 1.
"""

import base64
import hashlib
import json
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

FORMAT = "boardwell-envelope/1"
START = "0" * 64


def sha256(content: bytes | str) -> str:
    """In hexadecimal."""
    return hashlib.sha256(content.encode() if isinstance(content, str) else content).hexdigest()


def canonical(value: Any) -> str:
    """The text that was hashed: JSON with sorted keys, no spaces."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


class Check:
    """Collects what was found."""

    def __init__(self, folder: str, fingerprint: str = "") -> None:
        self.folder, self.fingerprint = Path(folder), fingerprint.replace(":", "").lower()
        self.faults: list[str] = []
        self.lines: list[str] = []

    def says(self, holds: bool, claim: str, fault: str = "") -> bool:
        """Notes one claim."""
        self.lines.append(("ok    " if holds else "WRONG ") + (claim if holds else fault or claim))
        if not holds:
            self.faults.append(fault or claim)
        return holds

    def read(self, name: str) -> bytes:
        """A file of the package; empty when it is not there."""
        path = self.folder / name
        return path.read_bytes() if path.is_file() else b""

    def run(self) -> bool:
        """Everything; True when all of it holds."""
        manifest = self._manifest()
        self._sums()
        self._roots()
        if manifest is not None:
            self._documents(manifest)
            self._trail(manifest)
            self._consents(manifest)
            self._shown(manifest)
        self._log(manifest or {})
        return not self.faults

    def _manifest(self) -> dict[str, Any] | None:
        try:
            found: dict[str, Any] = json.loads(self.read("manifest.json"))
        except ValueError:
            self.says(False, "manifest.json can be read")
            return None
        if not self.says(found.get("format") == FORMAT, f"manifest.json is a {FORMAT}"):
            return None
        command = [
            "openssl",
            "cms",
            "-verify",
            "-binary",
            "-inform",
            "DER",
            "-in",
            "manifest.p7s",
            "-content",
            "manifest.json",
            "-CAfile",
            "roots.pem",
            "-purpose",
            "any",
            "-out",
            "/dev/null",
        ]
        ran = subprocess.run(command, cwd=self.folder, capture_output=True, check=False)
        self.says(
            ran.returncode == 0,
            "the seal's signature over manifest.json holds",
            "manifest.json or manifest.p7s was changed, or roots.pem is another",
        )
        return found

    def _sums(self) -> None:
        listed: dict[str, str] = {}
        for line in self.read("SHA256SUMS").decode(errors="replace").splitlines():
            value, _space, name = line.partition("  ")
            listed[name] = value
        self.says(bool(listed), "SHA256SUMS lists the files", "SHA256SUMS is missing or empty")
        present = {str(path.relative_to(self.folder)) for path in self.folder.rglob("*") if path.is_file()} - {"SHA256SUMS"}
        for name in sorted(present | set(listed)):
            if name not in listed:
                self.says(False, "", f"{name} does not belong to the package")
            elif name not in present:
                self.says(False, "", f"{name} is missing")
            elif sha256(self.read(name)) != listed[name]:
                self.says(False, "", f"{name} was changed")
        self.says(True, f"{len(listed)} files compared with SHA256SUMS")

    def _roots(self) -> None:
        blocks = re.findall(rb"-----BEGIN CERTIFICATE-----(.+?)-----END CERTIFICATE-----", self.read("roots.pem"), re.DOTALL)
        prints = [sha256(base64.b64decode(block)) for block in blocks]
        if self.fingerprint:
            self.says(
                self.fingerprint in prints,
                "the root is the one that you trust",
                "roots.pem holds no root with the fingerprint that you trust",
            )
        else:
            for one in prints:
                self.lines.append("look   compare this fingerprint with the sender's: " + ":".join(re.findall("..", one)).upper())

    def _documents(self, manifest: dict[str, Any]) -> None:
        for number, one in enumerate(manifest["sealed"]):
            name = f"documents/{one['file']}"
            content = self.read(name)
            self.says(sha256(content) == one["sha256"], f"{name} is the file that was sealed", f"{name} is not the file that was sealed")
            last = [int(each) for each in (re.findall(rb"/ByteRange\s*\[\s*(\d+)\s+(\d+)\s+(\d+)\s+(\d+)", content) or [(0, 0, 0, 0)])[-1]]
            whole = last[0] == 0 and last[2] + last[3] == len(content) > 0
            self.says(whole, f"{name}: the last seal covers every byte", f"{name}: something follows the last seal, or there is none")
            if shutil.which("pdfsig") and content:
                told = subprocess.run(["pdfsig", "-nocert", str(self.folder / name)], capture_output=True, text=True, check=False).stdout
                first = re.search(r"Signature Validation: (.+)", told)
                self.says(
                    first is not None and "Signature is Valid" in first[1],
                    f"{name}: pdfsig calls the seal valid",
                    f"{name}: pdfsig does not call the seal valid",
                )
            shown = self.read(f"shown/{number + 1:02d}.pdf")
            self.says(
                sha256(shown) == manifest["documents"][number]["shown_sha256"],
                f"document {number + 1}: what was shown is here",
                f"shown/{number + 1:02d}.pdf is not what was shown",
            )
        self.says(
            sha256(self.read("certificate.pdf")) == manifest["certificate_sha256"],
            "certificate.pdf is the one that was sealed",
            "certificate.pdf was changed",
        )

    def _trail(self, manifest: dict[str, Any]) -> None:
        before, count, at_end = START, 0, START
        for text in self.read("trail.jsonl").decode(errors="replace").splitlines():
            try:
                entry = json.loads(text)
            except ValueError:
                self.says(False, "", f"trail.jsonl: line {count + 1} cannot be read")
                return
            if entry.get("n") != count or entry.get("prev") != before:
                self.says(False, "", f"trail.jsonl: line {count + 1} does not follow from the one before")
                return
            before, count = sha256(canonical(entry)), count + 1
            if count == manifest["trail_entries"]:
                at_end = before
        self.says(
            at_end == manifest["trail_head"],
            f"trail.jsonl: {count} entries, each following from the one before",
            "trail.jsonl was changed or cut off",
        )

    def _consents(self, manifest: dict[str, Any]) -> None:
        texts = {sha256(path.read_bytes()) for path in sorted(self.folder.glob("consent/*.txt"))}
        for one in manifest["signers"]:
            held = one["consent"]["sha256"] in texts
            self.says(held, f"{one['name']}: the words agreed to are here", f"the words that {one['name']} agreed to are not here")
            self.says(one["consent"]["at"] <= one["signed_at"], f"{one['name']} agreed before signing")

    def _shown(self, manifest: dict[str, Any]) -> None:
        bound = sha256(canonical([*manifest["documents"], manifest["envelope"]]))
        for one in manifest["signers"]:
            self.says(
                one["binding"] == bound,
                f"{one['name']} signed exactly what is here",
                f"{one['name']} signed something else than what is here",
            )
        for number, document in enumerate(manifest["documents"], start=1):
            for page, told in enumerate(document["pages"], start=1):
                name = f"shown/{number:02d}-page-{page}.png"
                if sha256(self.read(name)) != told["picture_sha256"]:
                    self.says(False, "", f"{name} is not the picture that was shown")
            if document["received_sha256"] and sha256(self.read(f"received/{number:02d}.pdf")) != document["received_sha256"]:
                self.says(False, "", f"received/{number:02d}.pdf is not the file that came in")
            if document["twin_sha256"] and sha256(self.read(f"shown/{number:02d}.txt")) != document["twin_sha256"]:
                self.says(False, "", f"shown/{number:02d}.txt is not the text that was shown")

    def _log(self, manifest: dict[str, Any]) -> None:
        try:
            log = json.loads(self.read("log.json"))
            _origin, size, root = log["note"].split("\n")[:3]
        except (ValueError, KeyError, AttributeError):
            self.says(False, "log.json can be read")
            return
        signed = self._note_holds(log)
        self.says(signed, "log.json: the signature of the log's note holds", "log.json: the note was changed")
        wanted = base64.b64decode(root)
        good = 0
        for position, body, path in log["entries"]:
            leaf = hashlib.sha256(b"\x00" + body.encode()).digest()
            if climb(leaf, position, int(size), [bytes.fromhex(each) for each in path]) == wanted:
                good += 1
            else:
                self.says(False, "", f"log.json: entry {position} is not in the signed log")
        told = {json.loads(body)["after"].get("trail") for _position, body, _path in log["entries"] if "after" in json.loads(body)}
        self.says(
            good > 0 and manifest.get("trail_head") in told,
            f"log.json: {good} entries stand in the signed log, and one names the trail",
            "log.json: no entry of the log names this trail",
        )

    def _note_holds(self, log: dict[str, Any]) -> bool:
        """An Ed25519 signature, checked by openssl: the key gets the header of its kind (RFC 8410)."""
        text, _empty, line = log["note"].partition("\n\n")
        key = base64.b64decode(log["public_key"])
        pem = (
            "-----BEGIN PUBLIC KEY-----\n"
            + base64.b64encode(bytes.fromhex("302a300506032b6570032100") + key).decode()
            + "\n-----END PUBLIC KEY-----\n"
        )
        with tempfile.TemporaryDirectory() as scratch:
            place = Path(scratch)
            (place / "key").write_text(pem)
            (place / "text").write_bytes((text + "\n").encode())
            (place / "value").write_bytes(base64.b64decode(line.split(" ")[2])[4:])
            command = ["openssl", "pkeyutl", "-verify", "-pubin", "-inkey", "key", "-rawin", "-in", "text", "-sigfile", "value"]
            return subprocess.run(command, cwd=scratch, capture_output=True, check=False).returncode == 0


def climb(leaf: bytes, position: int, size: int, path: list[bytes]) -> bytes:
    """The root that a leaf and its path lead to (RFC 6962, 2.1.1)."""
    if size <= 1:
        return leaf
    half = 1 << ((size - 1).bit_length() - 1)
    if position < half:
        return hashlib.sha256(b"\x01" + climb(leaf, position, half, path[:-1]) + path[-1]).digest()
    return hashlib.sha256(b"\x01" + path[-1] + climb(leaf, position - half, size - half, path[:-1])).digest()


def main(arguments: list[str]) -> int:
    """The command line."""
    if not arguments:
        print(__doc__)
        return 2
    check = Check(*arguments[:2])
    sound = check.run()
    print("\n".join(check.lines))
    print("Everything holds." if sound else f"{len(check.faults)} claims do not hold.")
    return 0 if sound else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
