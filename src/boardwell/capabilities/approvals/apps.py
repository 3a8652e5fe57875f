"""Registers the capability."""

from boardwell.kit import apps


class ApprovalsConfig(apps.CapabilityConfig):
    """Approvals with a remark on refusal."""

    name = "boardwell.capabilities.approvals"
