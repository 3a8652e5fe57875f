"""`boardwell serve`, `worker`, `migrate`: running the house."""

from pathlib import Path
from typing import Annotated

import typer
from django.conf import settings
from django.core.management import call_command
from django.utils.module_loading import import_string
from rich.console import Console

from boardwell.doors.console import again
from boardwell.kernel.schema import schema_problems
from boardwell.kernel.tasks.worker import run_forever

errors = Console(stderr=True)


def fail(words: str) -> typer.Exit:
    """Prints one line on standard error and gives the exit to raise."""
    errors.print(words, markup=False, highlight=False, soft_wrap=True)
    return typer.Exit(1)


def prepare() -> None:
    """Makes the data folder and brings the database up to date, or says in one line why that cannot be."""
    try:
        for folder in (settings.VAR, Path(settings.STATIC_ROOT)):
            folder.mkdir(parents=True, exist_ok=True)
        probe = settings.VAR / ".writable"
        probe.touch()
        probe.unlink()
    except OSError as problem:
        raise fail(f"Cannot write to {settings.VAR}: {problem.strerror}. Set BOARDWELL_VAR to a folder that can be written.") from problem
    call_command("migrate", verbosity=0, interactive=False)


def require_walls() -> None:
    """Says in one line why the database would not keep organisations apart: nothing may be served before that is put right."""
    if problems := schema_problems():
        more = f" (and {len(problems) - 1} more)" if len(problems) > 1 else ""
        raise fail(f"Not started: {problems[0]}{more}. Organisations would not be kept apart; see docs/guides/operate.md.")


def require_free(port: int) -> None:
    """Says in one line when somebody else listens on the port."""
    if not again.is_free(port):
        raise fail(f"Port {port} is in use. Choose another one with --port.")


def serve(
    port: Annotated[int, typer.Option(help="Port to listen on")] = 8000,
    host: Annotated[str, typer.Option(help="Address to listen on")] = "127.0.0.1",
) -> None:
    """Serve the pages and the API, with background work and the clock in the same process."""
    prepare()
    require_walls()
    require_free(port)
    again.serve(again.command_line(port, host))


def worker() -> None:
    """Run background work only, for installations that split it from the web process."""
    require_walls()
    if not settings.QUEUE_URL:
        run_forever()
        return
    try:
        consume = import_string("boardwell.kernel.tasks.overcelery.work")
    except ImportError as problem:
        raise fail("BOARDWELL_QUEUE is set, but Celery is not installed: pip install 'boardwell[celery]'.") from problem
    consume()


def migrate() -> None:
    """Bring the database up to date."""
    prepare()


def register(app: typer.Typer) -> None:
    """Adds the commands."""
    for command in (serve, worker, migrate):
        app.command()(command)
