"""Registers the kernel with Django."""

from importlib import import_module

from django.apps import AppConfig


class KernelConfig(AppConfig):
    """The ground floor."""

    name = "boardwell.kernel"
    label = "kernel"

    def ready(self) -> None:
        """Protects the tables after every `migrate`, and teaches SQLite to fold text; imported here because models exist only from here on."""
        import_module("boardwell.kernel.schema").connect(self)
        import_module("boardwell.kernel.folding").connect()
