"""All or nothing under kill -9, by system call and at random; `script/crash` tries every point, this a bounded number of them."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.db import connection

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
POSTGRES = max(Path("/usr/lib/postgresql").glob("*/bin"), default=None)
pytestmark = [
    pytest.mark.outside,
    pytest.mark.sqlite_only,
    pytest.mark.timeout(900),
    pytest.mark.skipif(shutil.which("strace") is None, reason="needs strace (on Debian: apt install strace)"),
    pytest.mark.skipif(sys.platform != "linux", reason="strace is Linux's"),
    pytest.mark.skipif(connection.vendor != "sqlite", reason="walks the system calls of the embedded database"),
]
EFFECTS = {
    "complete a step": {"audit_auditentry", "journeys_step", "kernel_idempotentreply", "kernel_outboxevent"},
    "start a journey": {"audit_auditentry", "journeys_journey", "journeys_step", "kernel_idempotentreply", "kernel_outboxevent"},
    "accept a form": {"audit_auditentry", "journeys_fact", "journeys_step", "kernel_outboxevent"},
    "keep an uploaded file": {"audit_auditentry", "vault_storedfile"},
}
"""What has to move in one commit: the effect, its entry in the log, and its events."""


def driven(tmp_path: Path, *before: str, asked: list[str], database: str = "") -> dict[str, dict[str, Any]]:
    """What the drive found, by operation; a fault of any fails the test."""
    environment = {
        **os.environ, "BOARDWELL_VAR": str(tmp_path / "crash"), "BOARDWELL_DATABASE_URL": database, "PYTHONWARNINGS": "ignore",
    }  # fmt: skip
    command = [*before, sys.executable, str(HERE / "drive.py"), *asked]
    answer = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if "cannot attach" in answer.stderr:
        pytest.skip(answer.stderr.strip().splitlines()[-1])
    found = {one["operation"]: one for one in map(json.loads, answer.stdout.splitlines())}
    assert [fault for one in found.values() for fault in one["faults"]] == [], answer.stderr[-2000:]
    assert answer.returncode == 0, answer.stderr[-2000:]
    return found


def test_a_killed_operation_leaves_all_or_nothing_and_a_retry_makes_it_one(tmp_path: Path) -> None:
    found = driven(tmp_path, asked=["--most", os.environ.get("CRASH_POINTS", "6"), "--random", "2"])
    assert len(found) == 7
    for name, one in found.items():
        assert one["points"] >= 10, name
        assert one["crashed"] >= one["tried"] - 3, name  # a moment may lie after the end, a point beyond it
    for name, tables in EFFECTS.items():
        assert found[name]["commits"] == 1, name
        assert tables <= set(found[name]["moves"][0]), name


@pytest.mark.skipif(POSTGRES is None, reason="needs PostgreSQL's server")
def test_the_same_holds_on_postgresql_also_when_the_server_hangs_up(tmp_path: Path) -> None:
    server = [str(ROOT / "script" / "with-postgres"), str(POSTGRES)]
    found = driven(tmp_path, *server, asked=["--most", "2", "--random", "2", "complete a step", "deliver mail"])
    assert len(found) == 2
    for name, one in found.items():
        assert one["points"] >= 10, name
        assert one["crashed"] >= one["tried"] - 3, name
    assert found["complete a step"]["commits"] == 1
    assert EFFECTS["complete a step"] <= set(found["complete a step"]["moves"][0])
