"""Registers the capability."""

from boardwell.kit import apps


class MeetingsConfig(apps.CapabilityConfig):
    """Meetings: real slots, calendar files, minutes whose actions become steps."""

    name = "boardwell.capabilities.meetings"
