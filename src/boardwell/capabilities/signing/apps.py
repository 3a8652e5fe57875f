"""Registers the capability."""

from boardwell.kit import apps


class SigningConfig(apps.CapabilityConfig):
    """Acknowledgements of documents."""

    name = "boardwell.capabilities.signing"
