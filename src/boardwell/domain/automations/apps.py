"""Registers automations with Django; they hear from then on."""

from importlib import import_module

from django.apps import AppConfig


class AutomationsConfig(AppConfig):
    """Rules over what happens."""

    name = "boardwell.domain.automations"
    label = "automations"

    def ready(self) -> None:
        """Makes the listener and the recurring job known."""
        import_module("boardwell.domain.automations.tasks")
