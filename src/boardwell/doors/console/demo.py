"""`boardwell demo`: a house full of examples, and `--check`, which drives the main job through it."""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Annotated

import typer
from django.conf import settings
from rich.console import Console

from boardwell.domain.organisations.queries import any_organisation
from boardwell.doors.console import again, demodata, drive
from boardwell.doors.console.demohouses import SMALL_HOUSE
from boardwell.doors.console.running import fail, prepare, require_free
from boardwell.kernel.tasks.worker import run_until_idle

console = Console()


def demo(
    check: Annotated[bool, typer.Option("--check", help="Drive the main job on a scratch database and exit")] = False,
    port: Annotated[int, typer.Option(help="Port to listen on")] = 8000,
) -> None:
    """Load the demo organisations and serve them; everything stays on this machine."""
    if check:
        raise typer.Exit(_check())
    _clear_what_was_half_loaded()
    prepare()
    require_free(port)
    os.environ["BOARDWELL_BASE_URL"] = settings.BASE_URL = f"http://localhost:{port}"
    if not any_organisation():
        half_loaded().touch()
        with console.status("Loading the demo organisations…"):
            demodata.load()
            run_until_idle()
        half_loaded().unlink()
    welcome = demodata.welcome()
    again.remember(welcome)
    console.print(welcome.replace("{port}", str(port)), markup=False, highlight=False, soft_wrap=True)
    again.serve(again.command_line(port))


def half_loaded() -> Path:
    """Lies there while the demo is being loaded, and longer when that was cut short."""
    return Path(settings.VAR) / "demo-loading"


def _clear_what_was_half_loaded() -> None:
    """A demo that was cut short is loaded anew, into an empty database."""
    if not half_loaded().exists():
        return
    for path in Path(settings.VAR).glob("boardwell.sqlite3*"):
        path.unlink()
    shutil.rmtree(settings.FILES_ROOT, ignore_errors=True)
    half_loaded().unlink()


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
    server = subprocess.Popen(again.command_line(port), env={**os.environ, "BOARDWELL_SERVING": "1"})
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
