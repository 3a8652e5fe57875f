"""The `boardwell` command."""

import os
import sys

import django
import typer

app = typer.Typer(no_args_is_help=True, add_completion=False, help="Boardwell: customer onboarding from first contact to go-live.")


def run() -> None:
    """Entry of the console script: sets Django up, then hands over to the commands."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "boardwell.config.settings")
    django.setup()
    # Commands import models, so they can only be read now.
    from boardwell.doors.console import audit, demo, playbooks, running

    for module in (running, demo, playbooks, audit):
        module.register(app)
    try:
        app()
    except BrokenPipeError:
        sys.exit(1)
