"""Registers the capability."""

from boardwell.kit import apps


class FilesConfig(apps.CapabilityConfig):
    """Requests for files."""

    name = "boardwell.capabilities.files"
