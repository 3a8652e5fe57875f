"""Steps completed through the full action, and journeys started: against the same rows by hand, SpiffWorkflow and viewflow."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

import report  # noqa: E402
import scratch  # noqa: E402

PORT = 55_417


def rows_of(name: str, folder: Path, database_url: str) -> list[dict[str, Any]]:
    """One database's rows, measured in a process of its own."""
    environment = {
        **os.environ, "BOARDWELL_VAR": str(folder), "BOARDWELL_DATABASE_URL": database_url, "PYTHONPATH": str(HERE.parent),
        "DJANGO_SETTINGS_MODULE": "boardwell.config.settings",
    }  # fmt: skip
    done = subprocess.run([sys.executable, str(HERE / "rounds.py"), name], env=environment, stdout=subprocess.PIPE, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"bench engine: the rounds on {name} failed; see above")
    rows: list[dict[str, Any]] = json.loads(done.stdout.splitlines()[-1])
    return rows


def main() -> None:
    """Both databases, one table, one file."""
    folder = scratch.folder("engine")
    try:
        rows = rows_of("SQLite", folder, "")
        if scratch.postgres_bin():
            with scratch.postgres(folder, PORT) as url:
                rows += rows_of("PostgreSQL", folder, url)
        else:
            print("bench engine: no PostgreSQL server on this machine; its rows are missing", file=sys.stderr)
    finally:
        scratch.drop(folder)
    report.publish("engine", rows)


main()
