"""Registers the vault with Django; its recurring work is known from then on."""

from importlib import import_module

from django.apps import AppConfig


class VaultConfig(AppConfig):
    """Files and their hashes."""

    name = "boardwell.domain.vault"
    label = "vault"

    def ready(self) -> None:
        """Makes the recurring job known."""
        import_module("boardwell.domain.vault.tasks")
