"""Registers the capability."""

from boardwell.kit import apps


class SigningConfig(apps.CapabilityConfig):
    """Acknowledgements, and envelopes of documents that several people sign."""

    name = "boardwell.capabilities.signing"
