"""Registers papers with Django; their recurring work is known from then on."""

from importlib import import_module

from django.apps import AppConfig


class PapersConfig(AppConfig):
    """Status reports and expectation sheets."""

    name = "boardwell.domain.papers"
    label = "papers"

    def ready(self) -> None:
        """Makes the recurring job known."""
        import_module("boardwell.domain.papers.tasks")
