"""Registers the capability."""

from boardwell.kit.apps import CapabilityConfig


class FormsConfig(CapabilityConfig):
    """Forms whose answers become facts."""

    name = "boardwell.capabilities.forms"
