"""Registers the capability."""

from boardwell.kit.apps import CapabilityConfig


class SigningConfig(CapabilityConfig):
    """Acknowledgements of documents."""

    name = "boardwell.capabilities.signing"
