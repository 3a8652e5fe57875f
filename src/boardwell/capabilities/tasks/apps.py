"""Registers the capability."""

from boardwell.kit import apps


class TasksConfig(apps.CapabilityConfig):
    """Plain tasks with a checklist, and milestones."""

    name = "boardwell.capabilities.tasks"
