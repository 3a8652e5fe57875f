"""The `boardwell` command."""

import os
import sys

from boardwell.doors.console import again


def run() -> None:
    """Entry of the console script: sets Django up, then hands over to the commands."""
    if sys.argv[1:2] == ["demo"]:
        again.start_again(sys.argv[2:])
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "boardwell.config.settings")
    # Read only now: starting again needs none of it, and commands import models, which Django has to know first.
    import django
    import typer

    django.setup()
    from boardwell.doors.console import audit, demo, playbooks, running

    app = typer.Typer(no_args_is_help=True, add_completion=False, help="Boardwell: customer onboarding from first contact to go-live.")
    for module in (running, demo, playbooks, audit):
        module.register(app)
    try:
        app()
    except BrokenPipeError:
        sys.exit(1)
