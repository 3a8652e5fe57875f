"""The one registration point: a capability's AppConfig registers the folder's CAPABILITY."""

from importlib import import_module

from django.apps import AppConfig
from django.core.exceptions import ImproperlyConfigured

from boardwell.domain.journeys.kinds import registry
from boardwell.kit.capability import Capability
from boardwell.kit.kind import Kind


class CapabilityConfig(AppConfig):
    """Base of every capability's AppConfig. A fault names the folder that it lies in."""

    def ready(self) -> None:
        """Registers the kinds of `<folder>.capability.CAPABILITY`."""
        found = getattr(import_module(f"{self.name}.capability"), "CAPABILITY", None)
        if not isinstance(found, Capability):
            raise ImproperlyConfigured(f"{self.name}/capability.py must define CAPABILITY = Capability(…)")
        for kind in found.kinds:
            if not isinstance(kind, Kind):
                raise ImproperlyConfigured(f"{self.name}: {kind!r} is no Kind")
            registry.register(kind)
