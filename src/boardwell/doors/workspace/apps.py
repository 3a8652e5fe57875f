"""Registers the door."""

from django.apps import AppConfig


class WorkspaceConfig(AppConfig):
    """Doors have no tables."""

    name = "boardwell.doors.workspace"
    label = "workspace_door"
