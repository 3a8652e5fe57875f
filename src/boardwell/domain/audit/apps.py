"""Registers the audit log; its checkpoints are made from then on."""

from importlib import import_module

from django.apps import AppConfig


class AuditConfig(AppConfig):
    """The lowest step of the domain."""

    name = "boardwell.domain.audit"
    label = "audit"

    def ready(self) -> None:
        """Makes the recurring checkpoints known."""
        import_module("boardwell.domain.audit.checkpoints")
