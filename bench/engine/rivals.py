"""Starts the rivals with their own Python and asks them for steps."""

import os
import subprocess
from pathlib import Path
from types import TracebackType
from typing import Self

HERE = Path(__file__).resolve().parent
RIVALS = {"SpiffWorkflow 3.2": "spiff.py", "viewflow 2.4": "viewflow_steps.py"}


class Rival:
    """One rival in a process of its own, on a database of its own."""

    def __init__(self, script: str, source: str) -> None:
        environment = {name: value for name, value in os.environ.items() if name != "DJANGO_SETTINGS_MODULE"}
        self.process = subprocess.Popen(
            [os.environ["BENCH_RIVALS"], str(HERE / "rivals" / script), source], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            text=True, env={**environment, "PYTHONPATH": str(HERE)},
        )  # fmt: skip
        self._line("ready")

    def _line(self, what: str) -> str:
        line = self.process.stdout.readline().strip() if self.process.stdout else ""
        if not line:
            raise SystemExit(f"bench engine: a rival gave no answer ({what}); see its words above")
        return line

    def rate(self, journeys: int, steps: int) -> float:
        """Steps completed a second over so many journeys."""
        if self.process.stdin is None:
            raise RuntimeError("a rival without an input")
        self.process.stdin.write(f"{journeys}\n")
        self.process.stdin.flush()
        return journeys * steps / float(self._line("seconds"))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.process.kill()
        self.process.wait()
