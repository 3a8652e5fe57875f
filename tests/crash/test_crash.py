"""All or nothing under kill -9, by system call; `script/crash` tries every point, this a bounded number of them."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from django.db import connection

HERE = Path(__file__).parent
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


def test_a_killed_operation_leaves_all_or_nothing_and_a_retry_makes_it_one(tmp_path: Path) -> None:
    environment = {**os.environ, "BOARDWELL_VAR": str(tmp_path / "crash"), "PYTHONWARNINGS": "ignore"}
    command = [sys.executable, str(HERE / "drive.py"), "--most", os.environ.get("CRASH_POINTS", "6")]
    answer = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if "cannot attach" in answer.stderr:
        pytest.skip(answer.stderr.strip().splitlines()[-1])
    found = {one["operation"]: one for one in map(json.loads, answer.stdout.splitlines())}
    assert [fault for one in found.values() for fault in one["faults"]] == [], answer.stderr[-2000:]
    assert answer.returncode == 0, answer.stderr[-2000:]
    assert len(found) == 7
    for name, one in found.items():
        assert one["points"] >= 10, name
        assert one["crashed"] >= one["tried"] - 1, name
    for name, tables in EFFECTS.items():
        assert found[name]["commits"] == 1, name
        assert tables <= set(found[name]["moves"][0]), name
