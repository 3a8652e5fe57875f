"""The evidence package, checked by its own verifier and by standard programs; every changed byte is named."""

import subprocess
import sys
import zipfile
from io import BytesIO
from pathlib import Path
from shutil import which

import pytest

from boardwell.capabilities.signing.evidence import VERIFIER
from boardwell.kit.testing import Bench, signed_in
from tests.capabilities.signing.test_envelopes import SETTINGS, Desk


@pytest.fixture
def package(db, tmp_path: Path) -> Path:
    desk = Desk({**SETTINGS, "documents": [{"title": {"en": "Agreement"}, "text": {"en": "We *do* it."}}]})
    desk.finish()
    answer = desk.customer.get(f"{desk.portal}out/evidence.zip")
    assert answer.status_code == 200
    folder = tmp_path / "package"
    with zipfile.ZipFile(BytesIO(answer.content)) as archive:
        archive.extractall(folder)
    return folder


def checked(folder: Path, *more: str) -> tuple[int, str]:
    """As a stranger runs it: without Django, without our packages, from the package itself."""
    ran = subprocess.run([sys.executable, "-I", "verify.py", ".", *more], cwd=folder, capture_output=True, text=True, check=False)
    return ran.returncode, ran.stdout


def test_the_verifier_is_short_and_needs_nothing_of_ours() -> None:
    text = VERIFIER.read_text(encoding="utf-8")
    assert len(text.splitlines()) < 300
    assert "boardwell." not in text


def test_a_package_holds_and_every_changed_byte_is_named(package) -> None:
    code, said = checked(package)
    assert (code, said.splitlines()[-1]) == (0, "Everything holds.")
    names = sorted(path.relative_to(package).as_posix() for path in package.rglob("*") if path.is_file())
    assert [name for name in names if name.startswith(("documents/", "shown/"))] == [
        "documents/01 Agreement.pdf", "shown/01-page-1.png", "shown/01.pdf", "shown/01.txt",
    ]  # fmt: skip
    for name in names:
        path = package / name
        kept = path.read_bytes()
        if name == "verify.py":
            continue
        path.write_bytes(kept[:-2] + bytes([kept[-2] ^ 1]) + kept[-1:])
        code, said = checked(package)
        assert (code, name.rpartition("/")[2] in said) == (1, True), (name, said)
        path.write_bytes(kept)
    (package / "extra.txt").write_text("x")
    assert "extra.txt does not belong to the package" in checked(package)[1]
    (package / "extra.txt").unlink()
    (package / "trail.jsonl").write_text("\n".join((package / "trail.jsonl").read_text().splitlines()[:-2]) + "\n")
    assert checked(package)[0] == 1
    assert checked(package, "AB" * 32)[1].count("roots.pem holds no root with the fingerprint that you trust") == 2 - 1


def test_standard_programs_agree(package) -> None:
    shell = [
        "openssl", "cms", "-verify", "-binary", "-inform", "DER", "-in", "manifest.p7s", "-content", "manifest.json", "-CAfile", "roots.pem",
        "-purpose", "any", "-out", "/dev/null",
    ]  # fmt: skip
    assert subprocess.run(shell, cwd=package, capture_output=True, check=False).returncode == 0
    assert subprocess.run(["sha256sum", "-c", "--quiet", "SHA256SUMS"], cwd=package, capture_output=True, check=False).returncode == 0
    if which("pdfsig"):
        told = subprocess.run(
            ["pdfsig", "-nocert", "documents/01 Agreement.pdf"], cwd=package, capture_output=True, text=True, check=False
        ).stdout
        assert ("Signature is Valid" in told, "Total document signed" in told) == (True, True)


def test_somebody_elses_package_is_not_handed_out(db) -> None:
    desk = Desk({**SETTINGS, "documents": [{"title": {"en": "A"}, "text": {"en": "B"}}]})
    assert desk.customer.get(f"{desk.portal}out/evidence.zip").status_code == 404
    desk.finish()
    assert signed_in(Bench("rival").contact.person).get(f"{desk.portal}out/evidence.zip").status_code == 404
    assert desk.member.get(f"{desk.desk}out/evidence.zip").status_code == 200
    for client, path in ((desk.customer, desk.portal), (desk.member, desk.desk)):
        page = client.get(path).content.decode()
        assert ('href="out/evidence.zip"' in page, "01 A.pdf" in page) == (True, True)
