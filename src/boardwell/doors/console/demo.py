"""`boardwell demo`: a house full of examples, and `--check`, which drives the main job through it."""

import os
import shutil
import subprocess
import sys
import tempfile
from typing import Annotated

import typer
from django.conf import settings
from rich.console import Console

from boardwell.domain.organisations.queries import any_organisation
from boardwell.doors.console import demodata, drive
from boardwell.doors.console.demohouses import SMALL_HOUSE
from boardwell.doors.console.running import command_line, fail, prepare, require_free
from boardwell.kernel.tasks.worker import run_until_idle

console = Console()


def demo(
    check: Annotated[bool, typer.Option("--check", help="Drive the main job on a scratch database and exit")] = False,
    port: Annotated[int, typer.Option(help="Port to listen on")] = 8000,
) -> None:
    """Load the demo organisations and serve them; everything stays on this machine."""
    if check:
        raise typer.Exit(_check())
    prepare()
    require_free(port)
    os.environ["BOARDWELL_BASE_URL"] = settings.BASE_URL = f"http://localhost:{port}"
    if not any_organisation():
        with console.status("Loading the demo organisations…"):
            demodata.load()
            run_until_idle()
    console.print(demodata.welcome(port), markup=False, highlight=False)
    os.environ["BOARDWELL_SERVING"] = "1"
    command = command_line(port)
    os.execv(command[0], command)  # noqa: S606 - our own interpreter and arguments


def _check() -> int:
    """Runs this command again on a scratch folder, so that nothing of the real one is touched."""
    scratch = os.environ.get("BOARDWELL_SCRATCH")
    if scratch is None:
        folder = tempfile.mkdtemp(prefix="boardwell-check-")
        port = drive.free_port()
        here = {**os.environ, "BOARDWELL_SCRATCH": folder, "BOARDWELL_VAR": folder, "BOARDWELL_DATABASE_URL": "",
                "BOARDWELL_BASE_URL": f"http://localhost:{port}", "BOARDWELL_SMTP_HOST": ""}  # fmt: skip
        try:
            return subprocess.run([sys.executable, *sys.argv], env=here, check=False).returncode
        finally:
            shutil.rmtree(folder, ignore_errors=True)
    prepare()
    demodata.load((SMALL_HOUSE,))
    run_until_idle()
    port = int(settings.BASE_URL.rpartition(":")[2])
    server = subprocess.Popen(command_line(port), env={**os.environ, "BOARDWELL_SERVING": "1"})
    try:
        drive.wait_for(port)
        lines = drive.main_job(settings.BASE_URL)
    except drive.WentWrong as problem:
        fail(f"The main job stopped: {problem}")
        return 1
    finally:
        server.terminate()
        server.wait(10)
    for line in lines:
        console.print(line, markup=False, highlight=False)
    return 0


def register(app: typer.Typer) -> None:
    """Adds the command."""
    app.command()(demo)
