"""Registers the capability."""

from boardwell.kit.apps import CapabilityConfig


class TasksConfig(CapabilityConfig):
    """Plain tasks with a checklist, and milestones."""

    name = "boardwell.capabilities.tasks"
