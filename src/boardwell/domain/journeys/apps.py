"""Registers journeys with Django; their listeners and recurring work are known from then on."""

from django.apps import AppConfig


class JourneysConfig(AppConfig):
    """The heart of the house."""

    name = "boardwell.domain.journeys"
    label = "journeys"

    def ready(self) -> None:
        """Makes the listeners and recurring jobs known."""
        from boardwell.domain.journeys import tasks  # noqa: F401, PLC0415 - models must be loaded first
