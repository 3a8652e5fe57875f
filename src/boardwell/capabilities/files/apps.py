"""Registers the capability."""

from boardwell.kit.apps import CapabilityConfig


class FilesConfig(CapabilityConfig):
    """Requests for files."""

    name = "boardwell.capabilities.files"
