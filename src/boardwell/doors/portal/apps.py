"""Registers the door."""

from django.apps import AppConfig


class PortalConfig(AppConfig):
    """Doors have no tables."""

    name = "boardwell.doors.portal"
    label = "portal_door"
