"""Registers journeys with Django; their listeners and recurring work are known from then on."""

from importlib import import_module

from django.apps import AppConfig


class JourneysConfig(AppConfig):
    """The heart of the house."""

    name = "boardwell.domain.journeys"
    label = "journeys"

    def ready(self) -> None:
        """Makes the listeners and recurring jobs known."""
        import_module("boardwell.domain.journeys.tasks")
        import_module("boardwell.domain.journeys.clockwork")
