"""The one registration point: a capability's AppConfig registers the folder's CAPABILITY."""

from importlib import import_module

from django.apps import AppConfig
from django.core.exceptions import ImproperlyConfigured


class CapabilityConfig(AppConfig):
    """Base of every capability's AppConfig. A fault names the folder that it lies in."""

    def ready(self) -> None:
        """Registers the kinds of `<folder>.capability.CAPABILITY`."""
        # AppConfigs are read before models exist, and kinds know models: they are looked up by name, here.
        registration = import_module("boardwell.kit.registration")
        found = getattr(import_module(f"{self.name}.capability"), "CAPABILITY", None)
        try:
            registration.register(found)
        except (LookupError, TypeError) as problem:
            raise ImproperlyConfigured(f"{self.name}/capability.py: {problem}") from problem
