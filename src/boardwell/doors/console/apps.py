"""Registers the door."""

from django.apps import AppConfig


class ConsoleConfig(AppConfig):
    """Doors have no tables."""

    name = "boardwell.doors.console"
    label = "console_door"
