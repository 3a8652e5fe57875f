"""Registers the capability."""

from boardwell.kit.apps import CapabilityConfig


class ApprovalsConfig(CapabilityConfig):
    """Approvals with a remark on refusal."""

    name = "boardwell.capabilities.approvals"
