"""What the house shows and says: attributes, prints, letters, decisions, scripts, and how translations are taken in."""

import ast
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SOURCE = ROOT / "src" / "boardwell"
SCRIPTS = sorted(path for path in (ROOT / "script").iterdir() if path.suffix == "")
LETTERS = sorted(path for path in SOURCE.rglob("templates/**/mail/*") if path.suffix in {".html", ".txt"})
HX = {"hx-get", "hx-post", "hx-target", "hx-swap", "hx-trigger", "hx-boost", "hx-headers", "hx-indicator"}
PRINTS = {"capabilities/signing/verify_package.py", "domain/audit/standalone.py"}
"""Runs by itself, without the console, on the machine of whoever checks an export."""


def test_templates_use_eight_attributes_of_htmx() -> None:
    used = {name for path in SOURCE.rglob("templates/**/*.html") for name in re.findall(r"\bhx-[a-z-]+", path.read_text(encoding="utf-8"))}
    assert used - HX == set()


def test_only_the_console_prints() -> None:
    found = set()
    for path in SOURCE.rglob("*.py"):
        name = path.relative_to(SOURCE).as_posix()
        calls = [node for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))) if isinstance(node, ast.Call)]
        if any(isinstance(call.func, ast.Name) and call.func.id == "print" for call in calls) and not name.startswith("doors/console/"):
            found.add(name)
    assert found == PRINTS


@pytest.mark.parametrize("path", LETTERS, ids=lambda path: path.name)
def test_letters_have_no_text_outside_translation(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    for block in (r"\{%\s*blocktrans.*?endblocktrans\w*\s*%\}", r"<style.*?</style>", r"\{#.*?#\}|\{%.*?%\}|\{\{.*?\}\}", r"<[^>]*>"):
        text = re.sub(block, " ", text, flags=re.DOTALL)
    assert [word for word in re.findall(r"[A-Za-z]{3,}", re.sub(r"&\w+;", "", text)) if word != "Boardwell"] == []


def test_letters_are_found() -> None:
    assert len(LETTERS) > 8


def test_decisions_are_numbered_without_gaps() -> None:
    numbers = sorted(int(path.name[:4]) for path in (ROOT / "docs" / "decisions").glob("*.md"))
    assert numbers == list(range(1, len(numbers) + 1))


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.name)
def test_scripts_say_what_they_do_and_parse(path: Path) -> None:
    first, second = path.read_text(encoding="utf-8").splitlines()[:2]
    assert (first, second[:2], os.access(path, os.X_OK)) == ("#!/usr/bin/env bash", "# ", True)
    assert subprocess.run(["bash", "-n", str(path)], check=False).returncode == 0


def test_a_checkout_that_cannot_be_written_is_one_clear_line(tmp_path: Path) -> None:
    folder = tmp_path / "checkout"
    (folder / "script").mkdir(parents=True)
    shutil.copy(ROOT / "script" / "bootstrap", folder / "script")
    (folder / "var").write_text("a file where the folder should be: refuses also for root")
    answer = subprocess.run([folder / "script" / "bootstrap"], capture_output=True, text=True, check=False)
    assert (answer.returncode, answer.stdout) == (1, "")
    assert answer.stderr == "script/bootstrap: this folder is read-only; clone Boardwell into one you can write to.\n"


@pytest.mark.parametrize(
    ("given", "fault"),
    [
        ({"There is no such text anywhere": "x"}, "no such text"),
        ({"Saved.": ""}, "not translated"),
        ({"Saved.": ["a", "b"]}, "needs 1 form(s), not 2"),
        ({"Saved.": "Saved %(when)s"}, "other placeholders"),
        ({"Saved.": " Saved."}, "white space at the ends"),
    ],
)
def test_a_wrong_translation_is_named_and_nothing_is_kept(tmp_path: Path, given: dict[str, object], fault: str) -> None:
    catalogue = SOURCE / "locale" / "ms" / "LC_MESSAGES" / "django.po"
    before = catalogue.read_bytes()
    file = tmp_path / "ms.json"
    file.write_text(json.dumps(given))
    command = [sys.executable, "script/messages.py", "fill", "ms", str(file)]
    answer = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert answer.returncode == 1
    assert fault in answer.stderr
    assert answer.stderr.endswith("Nothing was kept.\n")
    assert catalogue.read_bytes() == before
