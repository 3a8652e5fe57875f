"""Registers the capability."""

from boardwell.kit import apps


class FormsConfig(apps.CapabilityConfig):
    """Forms whose answers become facts."""

    name = "boardwell.capabilities.forms"
